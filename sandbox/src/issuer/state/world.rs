//! All programs, and the tokens of their accounts.

use std::collections::HashMap;
use std::time::Duration;

use super::program::Program;
use super::spec::ProgramSpec;
use crate::issuer::time::Time;

/// A token that was handed out.
#[derive(Clone, Copy, Debug)]
struct Grant {
    program: usize,
    until: Time,
}

/// Everything that the issuer knows.
pub(crate) struct World {
    pub(crate) programs: Vec<Program>,
    tokens: HashMap<String, Grant>,
    /// How far the world's clock is ahead of the machine's, in milliseconds.
    ahead: i64,
    start: Option<(Time, Time)>,
    rng: fastrand::Rng,
}

impl World {
    /// A world of these programs. `start` is what its clock shows first; the
    /// machine's time where there is none.
    pub(crate) fn new(specs: Vec<ProgramSpec>, start: Option<Time>) -> Self {
        let now = start.unwrap_or_else(Time::now);
        let programs = specs.into_iter().map(|spec| Program::new(spec, now)).collect();
        let start = start.map(|start| (start, Time::now()));
        Self { programs, tokens: HashMap::new(), ahead: 0, start, rng: fastrand::Rng::new() }
    }

    /// The world's time.
    pub(crate) fn now(&self) -> Time {
        let machine = Time::now();
        let now = self.start.map_or(machine, |(start, then)| start.plus(machine.since(then)));
        now.plus(self.ahead)
    }

    /// Lets time pass.
    pub(crate) fn advance(&mut self, time: Duration) {
        self.ahead = Time(self.ahead).after(time).0;
    }

    /// Brings a program up to the present and hands it out.
    pub(crate) fn at(&mut self, program: usize) -> Option<&mut Program> {
        let now = self.now();
        let program = self.programs.get_mut(program)?;
        program.clock = now;
        program.now = program.now.max(now);
        Some(program)
    }

    /// The index of the program with this name.
    pub(crate) fn named(&self, name: &str) -> Option<usize> {
        self.programs.iter().position(|program| program.spec.name == name)
    }

    /// The index of the program with this key pair.
    pub(crate) fn by_keys(&self, api_key: &str, api_secret: &str) -> Option<usize> {
        let fits = |program: &Program| {
            program.spec.api_key == api_key && program.spec.api_secret == api_secret
        };
        self.programs.iter().position(fits)
    }

    /// Hands out a token that is good for `seconds` by the machine's clock, as its
    /// owner's. It looks like a JWT.
    pub(crate) fn grant(&mut self, program: usize, seconds: u32) -> (String, Time) {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let until = Time::now().plus(i64::from(seconds) * 1_000);
        let rng = &mut self.rng;
        let mut part = |length: usize| -> String {
            (0..length).map(|_| char::from(LETTERS[rng.usize(..LETTERS.len())])).collect()
        };
        // The header of a token that is signed with HMAC-SHA256.
        let token = format!("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{}.{}", part(80), part(43));
        self.tokens.insert(token.clone(), Grant { program, until });
        (token, until)
    }

    /// The index of the program whose token it is, while it is good.
    pub(crate) fn by_token(&self, token: &str) -> Option<usize> {
        let grant = self.tokens.get(token)?;
        (Time::now() < grant.until).then_some(grant.program)
    }

    /// Makes a token worthless.
    pub(crate) fn revoke(&mut self, token: &str) {
        self.tokens.remove(token);
    }

    /// Makes all tokens of a program worthless.
    pub(crate) fn revoke_all(&mut self, program: usize) {
        self.tokens.retain(|_, grant| grant.program != program);
    }
}
