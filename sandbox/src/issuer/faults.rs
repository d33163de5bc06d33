//! What can go wrong with a call, and a script of when it does.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::state::Program;

/// A change of the world just before a call is answered.
#[derive(Clone)]
pub struct Change(pub Arc<dyn Fn(&mut Program) + Send + Sync>);

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Change")
    }
}

/// What goes wrong with a call.
#[derive(Clone, Debug)]
pub enum Fault {
    /// 401, and the token is worth nothing from now on.
    Unauthorized,
    /// 429, with `Retry-After` in seconds.
    TooManyCalls(u64),
    /// This status, with the issuer's general error body.
    Status(u16),
    /// This status, with a page for people.
    Html(u16),
    /// The first half of the answer, as if it were all. The call is done.
    CutJson,
    /// The first half of the answer, then the connection ends. The call is done.
    CutConnection,
    /// The connection is reset before anything is done.
    Reset,
    /// It is done so much later.
    Slow(Duration),
    /// 200 and 4 MiB of JSON.
    Huge,
    /// A redirect to another address.
    Redirect(String),
    /// A page of a list that has what the one before it had.
    RepeatedPage,
    /// The call is done; only then this goes wrong with its answer.
    AfterDone(Box<Fault>),
    /// The world changes just before the call is answered, as a list does that
    /// moves while it is read.
    Before(Change),
}

impl Fault {
    /// The call is done, then the connection is reset.
    pub fn lost_answer() -> Self {
        Self::AfterDone(Box::new(Self::Reset))
    }

    /// The world changes just before the call is answered.
    pub fn before(change: impl Fn(&mut Program) + Send + Sync + 'static) -> Self {
        Self::Before(Change(Arc::new(change)))
    }

    /// New customers come to the front of the list before the call is answered.
    pub fn insert_at_front(count: usize) -> Self {
        Self::before(move |program| program.insert_at_front(count))
    }

    /// Customers go from the middle of the list before the call is answered.
    pub fn remove_from_middle(count: usize) -> Self {
        Self::before(move |program| {
            program.remove_from_middle(count);
        })
    }

    /// The list gets another order before the call is answered.
    pub fn reorder(seed: u64) -> Self {
        Self::before(move |program| program.reorder(seed))
    }
}

/// When a fault happens.
#[derive(Clone, Debug)]
pub struct FaultRule {
    route: String,
    program: Option<String>,
    skip: u64,
    times: Option<u64>,
    fault: Fault,
}

impl FaultRule {
    /// A fault of each call of a route. `route` is as in the table of routes
    /// (`GET /v1/card-issuer/customers`), or a beginning of it with `*` behind.
    pub fn on(route: &str, fault: Fault) -> Self {
        Self { route: route.to_owned(), program: None, skip: 0, times: None, fault }
    }

    /// Not of the first so many calls.
    #[must_use]
    pub const fn after(mut self, calls: u64) -> Self {
        self.skip = calls;
        self
    }

    /// Of so many calls, and no more.
    #[must_use]
    pub const fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Of one call, and no more.
    #[must_use]
    pub const fn once(self) -> Self {
        self.times(1)
    }

    /// Only of calls for this program.
    #[must_use]
    pub fn for_program(mut self, name: &str) -> Self {
        self.program = Some(name.to_owned());
        self
    }

    fn fits(&self, route: &str, program: Option<&str>) -> bool {
        let path = match self.route.strip_suffix('*') {
            Some(beginning) => route.starts_with(beginning),
            None => route == self.route,
        };
        path && self.program.as_deref().is_none_or(|name| Some(name) == program)
    }
}

/// The script.
#[derive(Debug, Default)]
pub(crate) struct FaultScript(Vec<FaultRule>);

impl FaultScript {
    pub(crate) fn add(&mut self, rule: FaultRule) {
        self.0.push(rule);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The faults of a call that comes now, in the order of the script.
    pub(crate) fn take(&mut self, route: &str, program: Option<&str>) -> Vec<Fault> {
        let mut faults = Vec::new();
        for rule in self.0.iter_mut().filter(|rule| rule.fits(route, program)) {
            if rule.skip > 0 {
                rule.skip -= 1;
            } else if rule.times != Some(0) {
                rule.times = rule.times.map(|times| times - 1);
                faults.push(rule.fault.clone());
            }
        }
        faults
    }
}
