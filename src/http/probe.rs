//! Asks a running gateway on this machine whether it works, for `card-gateway health`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::Value;

use crate::error::{Error, Kind, Result};

/// How long the answer may take. Probes wait for a few seconds only.
const TIMEOUT: Duration = Duration::from_secs(3);

/// What can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether the process answers: `/healthz`.
    Alive,
    /// Whether requests should be sent to it: `/readyz`.
    Ready,
}

/// Asks the gateway that listens at this address. Returns a sentence about it.
///
/// # Errors
/// [`Kind::Unavailable`] if it does not answer, or is not ready; the message says why.
pub async fn ask(listen: SocketAddr, question: Question) -> Result<String> {
    let address = reachable(listen);
    let (path, well) = match question {
        Question::Alive => ("/healthz", "answers"),
        Question::Ready => ("/readyz", "is ready"),
    };
    // Fails if a provider is installed already; it is the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // The gateway is on this machine: no proxy of the environment is asked.
    let client = Client::builder().timeout(TIMEOUT).no_proxy().build().map_err(Error::internal)?;
    let silent = |error: reqwest::Error| {
        let message = format!("the gateway at http://{address} does not answer");
        Error::new(Kind::Unavailable, message).because(error)
    };
    let answer = client.get(format!("http://{address}{path}")).send().await.map_err(silent)?;
    let status = answer.status();
    if status == StatusCode::OK {
        return Ok(format!("the gateway at http://{address} {well}"));
    }
    let why = why(status, &answer.text().await.unwrap_or_default());
    Err(Error::new(Kind::Unavailable, format!("the gateway at http://{address} {why}")))
}

/// An address that can be connected to: `0.0.0.0` and `::` mean every address of the machine.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// What an answer other than 200 says.
fn why(status: StatusCode, body: &str) -> String {
    let report: Value = serde_json::from_str(body).unwrap_or_default();
    if report["status"] != "not ready" {
        return format!("answered {status}; is it a card-gateway?");
    }
    let works = |member: &str| report[member] == "ok";
    let reasons = [
        (report["stopping"] == true, "it is stopping"),
        (!works("database"), "the database cannot be read"),
        (works("database") && !works("writes"), "the database cannot be written"),
    ];
    let reasons: Vec<&str> =
        reasons.into_iter().filter(|(so, _)| *so).map(|(_, reason)| reason).collect();
    format!("is not ready: {}", reasons.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_is_reached_by_loopback() {
        for (listen, asked) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("127.0.0.1:1", "127.0.0.1:1"),
            ("192.0.2.7:8080", "192.0.2.7:8080"),
        ] {
            let listen: SocketAddr = listen.parse().expect("an address");
            assert_eq!(reachable(listen).to_string(), asked);
        }
    }
}
