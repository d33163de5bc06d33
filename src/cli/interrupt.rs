//! Long commands that are stopped: by Ctrl-C, or by SIGTERM.

use std::process::ExitCode;

use super::output::say;
use crate::app::{Signal, shutdown_signal};
use crate::error::Result;

/// How work has ended.
pub(super) enum Ended<T> {
    /// It is done.
    Done(T),
    /// The process was told to stop; the exit status that says so.
    Stopped(ExitCode),
}

/// Runs a command's work to its end, or until a signal stops the process. Then `kept` says
/// what was done until now and how to go on.
pub(super) async fn watch<T>(
    work: impl Future<Output = Result<T>>,
    kept: impl FnOnce() -> String,
) -> Result<Ended<T>> {
    let stopped = shutdown_signal();
    let signal = tokio::select! {
        // A command that is done at the same moment is done.
        biased;
        done = work => return done.map(Ended::Done),
        signal = stopped => signal,
    };
    say(&format!("card-gateway: stopped: {}", kept()));
    // As shells have it: 128 and the number of the signal.
    Ok(Ended::Stopped(ExitCode::from(match signal {
        Signal::Person => 130,
        Signal::Terminate => 143,
    })))
}

/// As [`watch`], for work that is all of a command.
pub(super) async fn or(
    work: impl Future<Output = Result<ExitCode>>,
    kept: impl FnOnce() -> String,
) -> Result<ExitCode> {
    match watch(work, kept).await? {
        Ended::Done(status) | Ended::Stopped(status) => Ok(status),
    }
}
