//! What can go wrong: a sentence for whoever started the benchmark.

use std::error::Error;
use std::fmt::Display;

/// Anything that stops a benchmark.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// What most functions here return.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

/// Says what was being done when something failed.
pub(crate) trait While<T> {
    /// Puts `what` in front of the error.
    fn during(self, what: impl Display) -> Result<T>;
}

impl<T, E: Display> While<T> for std::result::Result<T, E> {
    fn during(self, what: impl Display) -> Result<T> {
        self.map_err(|error| format!("{what}: {error}").into())
    }
}
