//! One JSON-RPC call over HTTP (JSON-RPC 2.0).

use std::io::{self, ErrorKind};
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
use crate::trace;

/// Maximum size of an answer, in bytes.
const MAX_ANSWER: usize = 1 << 20;

/// Why there is no result. `Debug` is for the log and shows no address, because an
/// address can contain a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It took too long.
    Timeout,
    /// No connection, or it was lost, for this reason.
    Unreachable(&'static str),
    /// An HTTP status other than 200, with its `Retry-After`.
    Status(u16, Option<Duration>),
    /// The answer is not JSON-RPC.
    Garbled,
    /// The answer is JSON-RPC, but not a possible answer to the call.
    InvalidAnswer,
    /// The answer exceeds [`MAX_ANSWER`].
    TooLong,
    /// The answer has the id of another call.
    OtherAnswer,
    /// Another block has that number now.
    OtherBlock,
    /// A JSON-RPC error.
    Refused { code: i64, message: String },
    /// Its newest block is too old.
    Stale,
    /// No call was sent: the circuit breaker is open, or the rate limit is used up.
    NotCalled,
    /// The endpoint serves another chain.
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
        static TLS_PROVIDER: Once = Once::new();
        TLS_PROVIDER.call_once(|| {
            // Another caller may have installed the same one already.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        // A redirect could lead to any host.
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
            if error.is_timeout() {
                Failure::Timeout
            } else {
                Failure::Unreachable(connection_failure(&error))
            }
        };
        let request = self.client.post(self.url.clone()).json(body);
        let request = trace::headers()
            .into_iter()
            .fold(request, |request, (name, value)| request.header(name, value));
        let mut answer = request.send().await.map_err(lost)?;
        if answer.status() != StatusCode::OK {
            let after = answer.headers().get(header::RETRY_AFTER);
            let after = after.and_then(|value| retry_after(value.to_str().ok()?.trim()));
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

/// Why there is no connection, without the address.
fn connection_failure(error: &reqwest::Error) -> &'static str {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<rustls::Error>() {
            return "its TLS certificate or protocol is not accepted";
        }
        match error.downcast_ref::<io::Error>().map(io::Error::kind) {
            Some(ErrorKind::ConnectionRefused) => return "nobody listens there",
            Some(ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable) => {
                return "there is no way to it in the network";
            }
            // Some layers wrap the error that says more.
            _ if error.to_string().starts_with("dns error") => return "its host does not exist",
            _ => {}
        }
        // An error of I/O shows what is inside its cause as its own.
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause = inner.map(|inner| inner as _).or_else(|| error.source());
    }
    "the connection broke"
}

/// Reads a `Retry-After` header (RFC 9110, section 10.2.3): seconds or a date.
fn retry_after(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    (date.to_utc() - Utc::now()).to_std().ok()
}

/// Some servers report a rate limit with their own code and message.
impl From<Refusal> for Failure {
    fn from(Refusal { code, message }: Refusal) -> Self {
        let words = message.to_ascii_lowercase();
        let rate_limited = ["rate", "too many", "per second", "request limit"];
        if matches!(code, -32_005 | 429) || rate_limited.iter().any(|word| words.contains(word)) {
            return Self::Status(429, Some(Duration::from_secs(1)));
        }
        Self::Refused { code, message }
    }
}

impl Failure {
    /// Whether the call was too large for the endpoint. There is no code for this, so
    /// the message decides.
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

    /// Whether it is a failure of the endpoint itself.
    pub(super) const fn is_of_endpoint(&self) -> bool {
        !matches!(self, Self::Refused { .. } | Self::TooLong | Self::NotCalled | Self::Unfit)
    }

    /// Whether it can mean that the endpoint does not have the block.
    pub(super) const fn may_be_the_block(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::OtherBlock | Self::Garbled)
    }

    /// What has happened, as the end of a sentence. Nothing in it comes from the endpoint,
    /// but for the status.
    pub(super) fn sentence(&self) -> String {
        let text = match self {
            Self::Timeout => "it did not answer in time",
            Self::Unreachable(why) => why,
            Self::Status(429, _) => "it limits the number of calls (status 429)",
            Self::Status(status @ (401 | 403), _) => {
                return format!("it refuses the access, key or plan (status {status})");
            }
            Self::Status(status, _) => return format!("it answered with status {status}"),
            Self::Garbled => "its answer is not JSON-RPC",
            Self::InvalidAnswer => "its answer cannot be right",
            Self::TooLong => "its answer is too long",
            Self::OtherAnswer => "it answered another call",
            Self::OtherBlock => "it has another block",
            Self::Refused { code, .. } => {
                return format!("it refused the call (JSON-RPC error {code})");
            }
            Self::Stale => "its newest block is too old",
            Self::NotCalled => "it was not called",
            Self::Unfit => "it serves another chain",
        };
        text.to_owned()
    }

    /// The label in metrics.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unreachable(_) => "unreachable",
            Self::Status(..) => "status",
            Self::Garbled => "garbled",
            Self::InvalidAnswer => "incredible",
            Self::OtherBlock => "other_block",
            Self::TooLong => "too_long",
            Self::OtherAnswer => "other_answer",
            Self::Refused { .. } => "refused",
            Self::Stale => "stale",
            Self::NotCalled => "resting",
            Self::Unfit => "unfit",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_in_seconds_or_a_date() {
        assert_eq!(retry_after("7"), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), None, "in the past");
        let date = (Utc::now() + chrono::Duration::seconds(90)).to_rfc2822();
        let found = retry_after(&date.replace("+0000", "GMT")).expect("a date");
        assert!((85..=90).contains(&found.as_secs()), "{found:?}");
        assert_eq!(retry_after("soon"), None);
    }

    #[test]
    fn a_rate_limit_is_not_a_size_limit() {
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
