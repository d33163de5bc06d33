//! One JSON-RPC call over HTTP (JSON-RPC 2.0).

use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

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
    /// The answer is longer than we read.
    TooLong,
    /// It is the answer to another question.
    OtherAnswer,
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
            // Whoever came first has installed the same.
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
            // Some tell of an error before they have read whose it is.
            let nobodys = answer.id.is_null() && answer.error.is_some();
            return Err(if nobodys { Failure::Garbled } else { Failure::OtherAnswer });
        }
        match (answer.error, answer.result) {
            (Some(Refusal { code, message }), _) => Err(Failure::Refused { code, message }),
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
            let after = after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
            return Err(Failure::Status(answer.status().as_u16(), after.map(Duration::from_secs)));
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

    /// A word for metrics.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Status(..) => "status",
            Self::Garbled => "garbled",
            Self::TooLong => "too_long",
            Self::OtherAnswer => "other_answer",
            Self::Refused { .. } => "refused",
            Self::Stale => "stale",
            Self::Resting => "resting",
            Self::Unfit => "unfit",
        }
    }
}
