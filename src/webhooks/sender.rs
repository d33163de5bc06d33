//! Sends webhooks as the issuer does.

use std::time::Duration;

use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use url::Url;

use super::{EVENT, SIGNATURE, TIMESTAMP, signature};
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};

/// How long the issuer waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Sends events of one program to one gateway.
pub struct Sender {
    client: Client,
    url: Url,
    secret: Vec<u8>,
}

/// How it went.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The HTTP status.
    pub status: u16,
    /// The body of the answer.
    pub text: String,
}

impl Sender {
    /// To the gateway at this address, for a program, signed with its secret.
    ///
    /// # Errors
    /// If this machine cannot call anybody.
    pub fn new(gateway: &Url, program: &str, secret: &[u8]) -> Result<Self> {
        // Below whatever path the gateway has.
        let mut url = gateway.clone();
        let path = format!("{}/webhooks/yativo/{program}", gateway.path().trim_end_matches('/'));
        url.set_path(&path);
        // Whoever is first says whose cryptography it is: there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().timeout(PATIENCE).build().map_err(Error::internal)?;
        Ok(Self { client, url, secret: secret.to_vec() })
    }

    /// Signs an event now and sends it once.
    ///
    /// # Errors
    /// If nobody answers.
    pub async fn send(&self, event: &Value) -> Result<Sent> {
        let body = event.to_string();
        let timestamp = Timestamp::now().millis().div_euclid(1_000).to_string();
        let signature = signature::sign(&self.secret, &timestamp, body.as_bytes());
        let event_type = event["type"].as_str().unwrap_or_default();
        let sending = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(SIGNATURE, signature)
            .header(TIMESTAMP, timestamp)
            .header(EVENT, event_type)
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
