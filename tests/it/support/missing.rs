//! Tools that a test needs and that are missing: the machine lacks them, or the fast tests
//! leave it out.

use std::collections::BTreeSet;
use std::env;
use std::io::{self, Write as _};
use std::sync::{Mutex, PoisonError};

/// Chooses the tests: `fast` leaves out all that need more than Rust and SQLite.
const TESTS: &str = "CARD_GATEWAY_TESTS";

/// Whether a test must return because only the fast tests run; that has been
/// printed to standard error. To be asked before anything is looked for.
pub(crate) fn left_out(tests: &'static str) -> bool {
    let value = env::var(TESTS).unwrap_or_default();
    match value.as_str() {
        "" => false,
        "fast" => {
            skip(tests, &format!("{TESTS} is \"fast\": only Rust and SQLite are used"));
            true
        }
        other => panic!("{TESTS} is {other:?}; it must be \"fast\", or not set"),
    }
}

/// Prints once, loudly, that some tests are skipped, not passed, and why. On a
/// build machine (CI) that is a failure.
pub(crate) fn skip(tests: &'static str, missing: &str) {
    static SAID: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    let ci = env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
    assert!(!ci, "{missing}; on a build machine (CI) all tests must run");
    if SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(tests) {
        say(missing, &format!("THE TESTS {tests} ARE SKIPPED, NOT PASSED"));
    }
}

/// Prints what is missing and what follows from it, in a frame that is hard to overlook.
pub(crate) fn say(missing: &str, what: &str) {
    let line = "=".repeat(78);
    // Not with `eprintln`: the test harness hides what that prints while tests pass.
    let _ = write!(io::stderr(), "\n{line}\n{missing}.\n{what}.\n{line}\n");
}
