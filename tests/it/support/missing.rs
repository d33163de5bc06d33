//! What a test needs, and this machine does not have.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::sync::{Mutex, PoisonError};

/// Says once, loudly, that some tests are skipped, not passed, and why. On a
/// build machine (CI) that is a failure.
pub(crate) fn skip(tests: &'static str, missing: &str) {
    static SAID: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
    assert!(!ci, "{missing}; on a build machine (CI) that is required");
    if SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(tests) {
        say(missing, &format!("THE TESTS {tests} ARE SKIPPED, NOT PASSED"));
    }
}

/// Says so that nobody overlooks it what is missing, and what follows from that.
pub(crate) fn say(missing: &str, what: &str) {
    let line = "=".repeat(78);
    // Not with `eprintln`: what that prints the test harness keeps to itself while
    // tests pass.
    let _ = write!(io::stderr(), "\n{line}\n{missing}.\n{what}.\n{line}\n");
}
