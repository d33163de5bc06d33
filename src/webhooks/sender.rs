//! Sends signed test events, as the issuer does.

use std::time::Duration;

use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use url::Url;
use uuid::Uuid;

use super::headers::{DELIVERY_ID, EVENT, SIGNATURE, TIMESTAMP};
use super::signature;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};

/// How long the issuer waits for a response.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Sends events of one program to one gateway.
pub struct Sender {
    client: Client,
    url: Url,
    secret: Vec<u8>,
}

/// The gateway's response.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub text: String,
}

impl Sender {
    /// A sender to the gateway at this URL, for a program and with its secret.
    ///
    /// # Errors
    /// If the HTTP client cannot be created.
    pub fn new(gateway: &Url, program: &str, secret: &[u8]) -> Result<Self> {
        // The gateway may be below a path of its own.
        let mut url = gateway.clone();
        let path = format!("{}/webhooks/yativo/{program}", gateway.path().trim_end_matches('/'));
        url.set_path(&path);
        // Fails if a provider is installed already; it is the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().timeout(TIMEOUT).build().map_err(Error::internal)?;
        Ok(Self { client, url, secret: secret.to_vec() })
    }

    /// Signs an event's body now and sends it once.
    ///
    /// # Errors
    /// If the gateway does not respond.
    pub async fn send(&self, event_type: &str, body: String) -> Result<Sent> {
        let timestamp = Timestamp::now().millis().div_euclid(1_000).to_string();
        let signature = signature::sign(&self.secret, &timestamp, body.as_bytes());
        let sending = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(SIGNATURE, signature)
            .header(TIMESTAMP, timestamp)
            .header(EVENT, event_type)
            .header(DELIVERY_ID, Uuid::new_v4().to_string())
            .body(body);
        let failed = |error: reqwest::Error| {
            let message = format!("the gateway at {} does not answer", self.url);
            Error::new(Kind::Unavailable, message).because(error)
        };
        let answer = sending.send().await.map_err(failed)?;
        let status = answer.status().as_u16();
        Ok(Sent { status, text: answer.text().await.map_err(failed)? })
    }
}
