//! How an issuer is started.

use std::time::Duration;

use super::dialect::Dialect;
use super::limit::RateLimit;
use super::state::ProgramSpec;
use super::time::Time;

/// How an issuer is started. The default is one approved program called `demo`
/// without a rate limit.
#[derive(Clone, Debug)]
pub struct IssuerOptions {
    /// Its programs, each with a key pair of its own.
    pub programs: Vec<ProgramSpec>,
    /// The port on 127.0.0.1; 0 is a free one.
    pub port: u16,
    /// How long a token is good, in seconds.
    pub token_seconds: u32,
    /// How many calls a program may make.
    pub rate_limit: Option<RateLimit>,
    /// How answers are written. It can be changed while the issuer runs.
    pub dialect: Dialect,
    /// How webhooks are sent.
    pub sender: SenderOptions,
    /// The code that is "sent" by e-mail and SMS.
    pub otp: String,
    /// What the world's clock shows first; the machine's time where there is none.
    pub start: Option<Time>,
}

impl Default for IssuerOptions {
    fn default() -> Self {
        Self {
            programs: vec![ProgramSpec::named("demo")],
            port: 0,
            token_seconds: 3_600,
            rate_limit: None,
            dialect: Dialect::default(),
            sender: SenderOptions::default(),
            otp: "123456".to_owned(),
            start: None,
        }
    }
}

/// How webhooks are sent.
#[derive(Clone, Debug)]
pub struct SenderOptions {
    /// What is waited before each attempt but the first. There is one attempt
    /// more than there are delays.
    pub delays: Vec<Duration>,
    /// How long an answer may take.
    pub patience: Duration,
    /// How many are sent at a time. With 1, first attempts keep their order.
    pub concurrency: usize,
    /// Failed deliveries in a row that switch a subscription off.
    pub failures_allowed: u32,
    /// Sends each so manieth delivery twice.
    pub twice_every: Option<usize>,
}

impl Default for SenderOptions {
    fn default() -> Self {
        let minutes = [1, 5, 30, 120, 720, 1_440];
        Self {
            delays: minutes.map(|minutes| Duration::from_secs(minutes * 60)).to_vec(),
            patience: Duration::from_secs(30),
            concurrency: 4,
            failures_allowed: 100,
            twice_every: None,
        }
    }
}

impl SenderOptions {
    /// The documented number of attempts, `delay` apart.
    pub fn every(delay: Duration) -> Self {
        Self { delays: vec![delay; 6], patience: Duration::from_secs(5), ..Self::default() }
    }
}
