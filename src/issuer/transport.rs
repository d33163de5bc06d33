//! One call to the issuer over HTTP.

use std::sync::Once;
use std::time::Duration;

use reqwest::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, StatusCode};
use url::{Host, Url};

use super::error::{IssuerError, Reason};
use super::path::Path;
use crate::domain::secret::Secret;
use crate::error::{Error, Result as OurResult};
use crate::trace;

/// The longest answer that is read, in bytes.
pub const MAX_ANSWER: usize = 2 << 20;
/// The longest body that is sent, in bytes.
pub const MAX_BODY: usize = 256 << 10;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a connection is kept for the next call. Servers that close sooner
/// make that call fail on its way.
const IDLE: Duration = Duration::from_secs(20);
const IDLE_CONNECTIONS: usize = 16;

/// Headers that are ours to set, or that concern one connection only.
const NOT_FORWARDED: &[&str] = &[
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-api-key",
    "x-api-secret",
];

/// The issuer's answer, whatever its status.
#[derive(Clone)]
pub struct Answer {
    /// The status; never a redirect.
    pub status: StatusCode,
    /// The headers as the issuer sent them.
    pub headers: HeaderMap,
    /// The body, at most [`MAX_ANSWER`] bytes.
    pub body: Vec<u8>,
}

/// Without the body, which holds data of customers.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({}, {} bytes)", self.status.as_u16(), self.body.len())
    }
}

/// A call.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) path: &'a Path,
    pub(super) query: &'a [(&'a str, &'a str)],
    pub(super) headers: HeaderMap,
    pub(super) body: Option<&'a [u8]>,
    /// Whether only JSON can be a successful answer.
    pub(super) json: bool,
}

impl<'a> Call<'a> {
    /// A read of JSON.
    pub(super) fn read(path: &'a Path, query: &'a [(&'a str, &'a str)]) -> Self {
        let headers = HeaderMap::new();
        Self { method: Method::GET, path, query, headers, body: None, json: true }
    }

    /// Whether the call can be made twice without harm.
    pub(super) fn is_read(&self) -> bool {
        matches!(self.method, Method::GET | Method::HEAD)
    }
}

/// The way to the issuer. Clones share their connections.
#[derive(Clone)]
pub(super) struct Transport {
    client: Client,
    base: String,
}

impl Transport {
    /// A way to the API at this address.
    ///
    /// # Errors
    /// If this machine cannot do TLS.
    pub(super) fn new(base: &Url) -> OurResult<Self> {
        static CRYPTOGRAPHY: Once = Once::new();
        CRYPTOGRAPHY.call_once(|| {
            // The first caller has installed the same.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let mut client = Client::builder()
            // A redirect could lead the credentials anywhere.
            .redirect(Policy::none())
            .user_agent(concat!("card-gateway/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_CONNECTIONS);
        // A proxy of the environment is used, but not for this machine.
        let this_machine = match base.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        if this_machine {
            client = client.no_proxy();
        }
        // Pages write the address with the version, too.
        let base = base.as_str().trim_end_matches('/');
        let base = base.strip_suffix("/v1").unwrap_or(base).to_owned();
        Ok(Self { client: client.build().map_err(Error::internal)?, base })
    }

    /// Makes a call, once.
    ///
    /// # Errors
    /// If there is no whole answer in time, or one that is too long, or a redirect.
    pub(super) async fn exchange(
        &self,
        call: &Call<'_>,
        token: Option<&Secret>,
        within: Duration,
    ) -> Result<Answer, IssuerError> {
        let exchange = tokio::time::timeout(within, self.send(call, token));
        exchange.await.map_err(|_| IssuerError::new(Reason::Timeout))?
    }

    async fn send(&self, call: &Call<'_>, token: Option<&Secret>) -> Result<Answer, IssuerError> {
        let invalid = |what| IssuerError::new(Reason::Invalid).detail(what);
        let url = Url::parse(&format!("{}{}", self.base, call.path.as_str()));
        let url = url.map_err(|_| invalid("the path cannot be one"))?;
        let mut request = self.client.request(call.method.clone(), url);
        if !call.query.is_empty() {
            request = request.query(call.query);
        }
        let forwarded = |name: &HeaderName| !NOT_FORWARDED.contains(&name.as_str());
        for (name, value) in call.headers.iter().filter(|(name, _)| forwarded(name)) {
            request = request.header(name, value);
        }
        for (name, value) in trace::headers() {
            request = request.header(name, value);
        }
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, bearer(token)?);
        }
        if let Some(body) = call.body {
            if body.len() > MAX_BODY {
                return Err(IssuerError::new(Reason::TooLarge));
            }
            if !call.headers.contains_key(CONTENT_TYPE) {
                request = request.header(CONTENT_TYPE, "application/json");
            }
            request = request.body(body.to_vec());
        }
        let mut answer = request.send().await.map_err(lost)?;
        let status = answer.status();
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            return Err(IssuerError::new(Reason::Redirected).with_status(status.as_u16()));
        }
        let too_large = || IssuerError::new(Reason::TooLarge).with_status(status.as_u16());
        let length = answer.headers().get(CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if length.is_some_and(|length| length > MAX_ANSWER) {
            return Err(too_large());
        }
        let headers = std::mem::take(answer.headers_mut());
        let mut body = Vec::with_capacity(length.unwrap_or_default());
        while let Some(part) = answer.chunk().await.map_err(lost)? {
            if body.len() + part.len() > MAX_ANSWER {
                return Err(too_large());
            }
            body.extend_from_slice(&part);
        }
        Ok(Answer { status, headers, body })
    }
}

/// The header with a token. It is marked, so that no library shows it.
fn bearer(token: &Secret) -> Result<HeaderValue, IssuerError> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose()))
        .map_err(|_| IssuerError::new(Reason::Unreadable).detail("the token cannot be one"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// There was no whole answer. The cause is kept without the address, whose
/// query can name a customer.
fn lost(error: reqwest::Error) -> IssuerError {
    let reason = if error.is_timeout() { Reason::Timeout } else { Reason::Unreachable };
    let lost = IssuerError::new(reason);
    // There was no connection to send anything over.
    let lost = if error.is_connect() { lost.unsent() } else { lost };
    lost.because(error.without_url())
}
