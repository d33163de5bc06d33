//! One JSON-RPC call over HTTP (JSON-RPC 2.0).

use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use crate::error::{Error, Result as OurResult};

/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 1 << 20;

/// Why there is no result. `Debug` is for the log: it has no address in it,
/// because those can hold keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It took too long.
    Timeout,
    /// There is no connection, or it broke.
    Unreachable,
    /// Another HTTP status than 200, and when to come back, if it said so.
    Status(u16, Option<Duration>),
    /// The answer is not JSON-RPC.
    Garbled,
    /// The answer is JSON-RPC, but cannot be the answer to what was asked.
    Incredible,
    /// The answer is longer than we read.
    TooLong,
    /// It is the answer to another question.
    OtherAnswer,
    /// The block of that number is another one now.
    OtherBlock,
    /// The endpoint understood, and said no.
    Refused { code: i64, message: String },
    /// Its newest block is old: it does not keep up.
    Stale,
    /// It has no time for us now: its breaker is open, or its budget is spent.
    Resting,
    /// It is not an endpoint of the chain that is read.
    Unfit,
}

/// An endpoint.
pub(super) struct Rpc {
    client: Client,
    url: Url,
    last_id: AtomicU64,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    result: Option<Value>,
    #[serde(default)]
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    code: i64,
    #[serde(default)]
    message: String,
}

impl Rpc {
    /// An endpoint by its address.
    ///
    /// # Errors
    /// If this machine cannot do TLS.
    pub(super) fn new(url: Url) -> OurResult<Self> {
        static CRYPTOGRAPHY: Once = Once::new();
        CRYPTOGRAPHY.call_once(|| {
            // The first caller has installed the same.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        // A redirect could lead anywhere.
        let client = Client::builder().redirect(Policy::none()).user_agent("card-gateway").build();
        Ok(Self { client: client.map_err(Error::internal)?, url, last_id: AtomicU64::new(0) })
    }

    /// The result of a call.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
        within: Duration,
    ) -> Result<T, Failure> {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let body = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let sent = tokio::time::timeout(within, self.send(&body));
        let answer = sent.await.map_err(|_| Failure::Timeout)??;
        let answer: Answer = serde_json::from_slice(&answer).map_err(|_| Failure::Garbled)?;
        if answer.id != id {
            // Some servers report an error before they have read the request's id.
            let no_id = answer.id.is_null() && answer.error.is_some();
            return Err(if no_id { Failure::Garbled } else { Failure::OtherAnswer });
        }
        match (answer.error, answer.result) {
            (Some(refusal), _) => Err(refusal.into()),
            (None, Some(result)) => serde_json::from_value(result).map_err(|_| Failure::Garbled),
            (None, None) => Err(Failure::Garbled),
        }
    }

    async fn send(&self, body: &Value) -> Result<Vec<u8>, Failure> {
        let lost = |error: reqwest::Error| {
            if error.is_timeout() { Failure::Timeout } else { Failure::Unreachable }
        };
        let request = self.client.post(self.url.clone()).json(body);
        let mut answer = request.send().await.map_err(lost)?;
        if answer.status() != StatusCode::OK {
            let after = answer.headers().get(header::RETRY_AFTER);
            let after = after.and_then(|value| later(value.to_str().ok()?.trim()));
            return Err(Failure::Status(answer.status().as_u16(), after));
        }
        let mut text = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(lost)? {
            if text.len() + part.len() > MAX_ANSWER {
                return Err(Failure::TooLong);
            }
            text.extend_from_slice(&part);
        }
        Ok(text)
    }
}

/// When to come back (RFC 9110, section 10.2.3): in seconds, or at a date.
fn later(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    (date.to_utc() - Utc::now()).to_std().ok()
}

/// Some servers report their rate limit in words of their own.
impl From<Refusal> for Failure {
    fn from(Refusal { code, message }: Refusal) -> Self {
        let words = message.to_ascii_lowercase();
        let often = ["rate", "too many", "per second", "request limit"];
        if matches!(code, -32_005 | 429) || often.iter().any(|word| words.contains(word)) {
            return Self::Status(429, Some(Duration::from_secs(1)));
        }
        Self::Refused { code, message }
    }
}

impl Failure {
    /// Whether it says that the question was too large for the endpoint.
    /// There is no code for it: each says so in words of its own.
    pub(super) fn is_too_large(&self) -> bool {
        match self {
            Self::TooLong | Self::Status(413, _) => true,
            Self::Refused { message, .. } => {
                let message = message.to_ascii_lowercase();
                ["gas", "too large", "too big", "size", "limit exceeded", "payload"]
                    .iter()
                    .any(|word| message.contains(word))
            }
            _ => false,
        }
    }

    /// Whether it says that something is wrong with the endpoint itself.
    pub(super) const fn is_its_own(&self) -> bool {
        !matches!(self, Self::Refused { .. } | Self::TooLong | Self::Resting | Self::Unfit)
    }

    /// Whether it can mean that the endpoint does not know the block.
    pub(super) const fn may_be_the_block(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::OtherBlock | Self::Garbled)
    }

    /// A word for metrics.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Status(..) => "status",
            Self::Garbled => "garbled",
            Self::Incredible => "incredible",
            Self::OtherBlock => "other_block",
            Self::TooLong => "too_long",
            Self::OtherAnswer => "other_answer",
            Self::Refused { .. } => "refused",
            Self::Stale => "stale",
            Self::Resting => "resting",
            Self::Unfit => "unfit",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_to_come_back_is_said_in_seconds_or_as_a_date() {
        assert_eq!(later("7"), Some(Duration::from_secs(7)));
        assert_eq!(later("Wed, 21 Oct 2015 07:28:00 GMT"), None, "it is over");
        let date = (Utc::now() + chrono::Duration::seconds(90)).to_rfc2822();
        let found = later(&date.replace("+0000", "GMT")).expect("a date");
        assert!((85..=90).contains(&found.as_secs()), "{found:?}");
        assert_eq!(later("soon"), None);
    }

    #[test]
    fn too_often_is_not_too_large() {
        let of = |code, message: &str| Failure::from(Refusal { code, message: message.to_owned() });
        for (code, message) in
            [(-32_005, "limit exceeded"), (429, "no"), (-32_000, "Too many requests")]
        {
            assert!(matches!(of(code, message), Failure::Status(429, Some(_))), "{message}");
        }
        for message in ["out of gas", "response size exceeded", "request too large"] {
            assert!(of(-32_000, message).is_too_large(), "{message}");
        }
        assert!(!of(-32_000, "header not found").is_too_large());
    }
}
