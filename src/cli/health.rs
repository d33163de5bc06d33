//! `health`.

use super::output::out;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::http::probe::{Question, ask};

/// Asks the gateway that listens where the settings say, and prints a sentence.
///
/// # Errors
/// If it does not answer, or is not ready.
pub(super) async fn run(config: &Config, ready: bool) -> Result<()> {
    let listen = config.server.health_listen.unwrap_or(config.server.listen);
    if listen.port() == 0 {
        let message = "the port in the settings is 0, so that the system has chosen another one; \
            name the address with --listen";
        return Err(Error::new(Kind::Invalid, message));
    }
    let question = if ready { Question::Ready } else { Question::Alive };
    out(&format!("{}\n", ask(listen, question).await?))
}
