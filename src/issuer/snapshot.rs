//! How a program's calls do at the moment, for operators.

use crate::domain::time::Timestamp;

/// How a program's calls do at the moment. It holds no credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The program's name.
    pub program: String,
    /// How many calls the issuer still allows in its window, if it says so.
    pub issuer_calls_left: Option<u64>,
    /// When that window ends, if the issuer says so.
    pub issuer_window_ends: Option<Timestamp>,
    /// How many calls our own budget allows now; none without a budget.
    pub budget_calls_left: Option<u64>,
    /// Until when the issuer wants no call at all.
    pub paused_until: Option<Timestamp>,
    /// Whether the issuer is called at all.
    pub breaker: BreakerState,
    /// The last failure since the program started.
    pub last_error: Option<LastError>,
    /// When the issuer last answered a call as asked.
    pub last_success: Option<Timestamp>,
    /// When the present token ends; none before the first exchange.
    pub token_expires_at: Option<Timestamp>,
}

/// A circuit breaker's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls go out.
    Closed,
    /// No call goes out before this moment.
    Open(Timestamp),
    /// One call goes out, to see whether the issuer is back.
    HalfOpen,
}

/// A failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastError {
    /// When it happened.
    pub at: Timestamp,
    /// What happened, in a sentence that may be shown to operators.
    pub sentence: String,
}
