//! What commands print.

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use crate::error::{Error, Kind, Result};

/// Prints a result. A reader that closes the pipe early is not an error.
pub(super) fn out(text: &str) -> Result<()> {
    print(text).map(drop)
}

/// As [`out`]. Returns whether there is still a reader.
pub(super) fn print(text: &str) -> Result<bool> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => {
            let message = "standard output cannot be written to";
            Err(Error::new(Kind::Unavailable, message).because(error))
        }
    }
}

/// Says something to the person at the terminal, beside the result. A result is for
/// programs; this is not.
pub(super) fn say(text: &str) {
    // Without standard error, the text has no reader.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Prints an error as one sentence, with its cause: operators may see it.
pub(super) fn failed(error: &Error) -> ExitCode {
    let cause = error.private_source();
    let cause = cause.map(|cause| format!(" ({cause})")).unwrap_or_default();
    say(&format!("card-gateway: {}{cause}", error.message()));
    let usage = error.kind() == Kind::Invalid;
    if usage { ExitCode::from(2) } else { ExitCode::FAILURE }
}
