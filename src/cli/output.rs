//! What commands print.

use std::io::Write as _;
use std::process::ExitCode;

use crate::error::{Error, Kind, Result};

/// Prints a result. A reader that closes the pipe early is not an error.
pub(super) fn out(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            let message = "standard output cannot be written to";
            Err(Error::new(Kind::Unavailable, message).because(error))
        }
        _ => Ok(()),
    }
}

/// Prints an error as one sentence, with its cause: operators may see it.
pub(super) fn failed(error: &Error) -> ExitCode {
    let cause = error.private_source().map(|cause| format!(" ({cause})")).unwrap_or_default();
    eprintln!("card-gateway: {}{cause}", error.message());
    let usage = error.kind() == Kind::Invalid;
    if usage { ExitCode::from(2) } else { ExitCode::FAILURE }
}
