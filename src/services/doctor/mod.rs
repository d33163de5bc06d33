//! Checks everything that the gateway depends on, for `card-gateway doctor`: each file one
//! thing. Nothing is changed.

pub mod chain;
pub mod clock;
pub mod database;
pub mod issuer;
pub mod standby;
pub mod webhooks;

use serde::Serialize;
use strum::AsRefStr;

/// How a check has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, AsRefStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Verdict {
    /// It is as it should be.
    Ok,
    /// The gateway works, but something needs a look.
    Warn,
    /// The gateway, or a part of it, does not work.
    Fail,
}

/// What a check has found: a line for the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was checked: `database`, `chain`, ….
    pub check: &'static str,
    /// How it is.
    pub verdict: Verdict,
    /// What was found, as a sentence without its full stop. Without secrets.
    pub found: String,
    /// What to do.
    pub advice: Option<String>,
}

impl Finding {
    /// All is well.
    pub fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Ok, found: found.into(), advice: None }
    }

    /// Something needs a look.
    pub fn warn(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        let (found, advice) = (found.into(), Some(advice.into()));
        Self { check, verdict: Verdict::Warn, found, advice }
    }

    /// Something does not work.
    pub fn fail(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        let (found, advice) = (found.into(), Some(advice.into()));
        Self { check, verdict: Verdict::Fail, found, advice }
    }

    /// An error whose message says what to do itself.
    pub fn failed(check: &'static str, error: &crate::error::Error) -> Self {
        let cause = error.private_source();
        let cause = cause.map(|cause| format!(" ({cause})")).unwrap_or_default();
        let found = format!("{}{cause}", error.message());
        Self { check, verdict: Verdict::Fail, found, advice: None }
    }
}

/// The variable of the environment for a setting of a program.
fn variable(before: &str, program: &str, after: &str) -> String {
    format!("CARD_GATEWAY__{before}__{}{after}", program.to_uppercase().replace('-', "_"))
}
