//! The issuer: whether it takes each program's key pair.

use std::time::Duration;

use super::{Finding, variable};
use crate::domain::time::Timestamp;
use crate::issuer::{HeaderMap, Issuer, IssuerError, Method, Path, ProgramClient, Reason};
use crate::store::Program;

/// How long the calls for one program may take, with all their retries.
const TIMEOUT: Duration = Duration::from_secs(15);
/// A call that every program may make.
const STATUS: &str = "/v1/card-issuer/status";

/// What was learnt from the issuer.
#[derive(Debug, Default)]
pub struct Answers {
    /// A line for each program with a key pair.
    pub findings: Vec<Finding>,
    /// How many milliseconds the issuer's clock is ahead of ours; none if it did not say.
    pub ahead: Option<i64>,
}

/// Exchanges each key pair for a token, and makes a call with it. `programs`: those of the
/// database, if it is there.
pub async fn key_pairs(issuer: &Issuer, programs: Option<&[Program]>) -> Answers {
    let mut answers = Answers::default();
    for (name, client) in issuer.programs() {
        let known = programs.is_none_or(|all| all.iter().any(|program| program.name == name));
        if !known {
            let found = format!("{name} has a key pair, but there is no such program");
            let advice =
                format!("card-gateway program create --name {name}, or remove the setting");
            answers.findings.push(Finding::warn("issuer", found, advice));
        }
        let called = tokio::time::timeout(TIMEOUT, call(client)).await;
        let called = called.unwrap_or_else(|_| {
            Err((format!("no answer within {TIMEOUT:?}"), "try again later".to_owned()))
        });
        answers.findings.push(match called {
            Ok((found, ahead)) => {
                answers.ahead = answers.ahead.or(ahead);
                Finding::ok("issuer", format!("{name}: {found}"))
            }
            Err((found, advice)) => {
                let advice = advice.replace("KEY_PAIR", &variable("ISSUER", name, "__API_KEY"));
                Finding::fail("issuer", format!("{name}: {found}"), advice)
            }
        });
    }
    if answers.findings.is_empty() {
        answers.findings.push(Finding::ok("issuer", "off: no program has a key pair"));
    }
    answers
}

/// What was found, and how far the issuer's clock is ahead; or what failed and what to do.
async fn call(client: &ProgramClient) -> Result<(String, Option<i64>), (String, String)> {
    let failed = |error: IssuerError| (error.to_string(), advice(&error).to_owned());
    let program = client.status().await.map_err(failed)?;
    let path = Path::new(STATUS, &[]).map_err(failed)?;
    let sent = Timestamp::now();
    let answer = client.send(Method::GET, &path, &[], None, HeaderMap::new()).await;
    let date = answer.ok().and_then(|answer| {
        let date = answer.headers.get("date")?.to_str().ok()?;
        let date = httpdate::parse_http_date(date).ok()?;
        let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok()
    });
    // The header has whole seconds.
    let ahead = date.map(|date| date + 500 - sent.millis().midpoint(Timestamp::now().millis()));
    let status = program.status.unwrap_or_else(|| "not stated".to_owned());
    Ok((format!("the key pair works; the program's status is {status}"), ahead))
}

const fn advice(error: &IssuerError) -> &'static str {
    match error.reason() {
        Reason::Unauthorized => "check KEY_PAIR and …__API_SECRET with the issuer",
        Reason::Unreachable | Reason::Timeout | Reason::Redirected | Reason::Unreadable => {
            "check CARD_GATEWAY__ISSUER__BASE_URL and the way there (proxy, firewall, DNS)"
        }
        Reason::RateLimited => "wait a minute; another process may use up the limit",
        _ => "ask the issuer",
    }
}
