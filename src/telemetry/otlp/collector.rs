//! The way to the collector.

use std::sync::{LazyLock, Once};
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use reqwest::redirect::Policy;
use tokio::runtime::Handle;
use url::Url;

use crate::error::{Error, Result};
use crate::outage::Outage;

/// How long the collector may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The most that is read of an answer: it says what was wrong.
const MAX_ANSWER: usize = 64 * 1024;

static OUTAGE: LazyLock<Outage> = LazyLock::new(|| Outage::of("OpenTelemetry collector"));

/// The collector. Clones share their connections.
#[derive(Clone, Debug)]
pub(super) struct Collector {
    client: reqwest::Client,
    base: String,
    /// The library sends spans from a thread of its own.
    runtime: Handle,
}

impl Collector {
    /// The collector at an address. Needs a runtime.
    ///
    /// # Errors
    /// If this machine cannot do TLS.
    pub(super) fn new(endpoint: &Url) -> Result<Self> {
        static CRYPTOGRAPHY: Once = Once::new();
        CRYPTOGRAPHY.call_once(|| {
            // Another caller may have installed the same one already.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let client = reqwest::Client::builder().timeout(TIMEOUT).redirect(Policy::none()).build();
        Ok(Self {
            client: client.map_err(Error::internal)?,
            base: endpoint.as_str().trim_end_matches('/').to_owned(),
            runtime: Handle::current(),
        })
    }

    /// Where a signal is sent: `traces` or `metrics`.
    pub(super) fn endpoint(&self, signal: &str) -> String {
        format!("{}/v1/{signal}", self.base)
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sending = self.runtime.spawn(send(self.client.clone(), request));
        sending.await?.inspect_err(|error| OUTAGE.failed(&error.to_string()))
    }
}

async fn send(
    client: reqwest::Client,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, HttpError> {
    let mut answer = client.execute(request.try_into()?).await?;
    let status = answer.status();
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await? {
        if body.len() + part.len() > MAX_ANSWER {
            break;
        }
        body.extend_from_slice(&part);
    }
    if status.is_success() {
        OUTAGE.succeeded();
    } else {
        OUTAGE.failed(&format!("it answers {status}"));
    }
    Ok(Response::builder().status(status).body(body.into())?)
}
