//! Settings of the issuer's API.

use std::collections::BTreeMap;
use std::time::Duration;

use toml::Value;
use url::{Host, Url};

use super::parse::{boolean, duration, integer, nonzero_duration, text};
use super::reader::Reader;
use crate::domain::secret::Secret;

/// Settings of the issuer's API.
#[derive(Debug)]
pub struct Issuer {
    /// The address before `/v1/…`.
    pub base_url: Url,
    /// Maximum duration of one call.
    pub timeout: Duration,
    /// Maximum number of calls of a program in any minute; 0: as many as the issuer allows.
    pub calls_per_minute: u32,
    /// The credentials of each program, by its name.
    pub key_pairs: BTreeMap<String, KeyPair>,
    /// How often customers are synchronised in the background; zero: never.
    pub sync_interval: Duration,
    /// How long a process that has stopped keeps others from synchronising.
    pub sync_lease: Duration,
    /// Whether clients may ask for the address of the page that shows a whole card.
    pub card_pages: bool,
    /// How long after it was sent a payment that the issuer does not show counts as not made.
    pub payment_grace: Duration,
}

/// A program's credentials at the issuer.
#[derive(Clone, Debug)]
pub struct KeyPair {
    /// The public half.
    pub api_key: Secret,
    /// The private half.
    pub api_secret: Secret,
}

pub(super) fn issuer(read: &mut Reader) -> Issuer {
    Issuer {
        base_url: read.get("issuer.base_url", base_url),
        timeout: read.get("issuer.timeout", nonzero_duration),
        calls_per_minute: read.get("issuer.calls_per_minute", calls),
        key_pairs: key_pairs(read),
        sync_interval: read.get("issuer.sync_interval", duration),
        sync_lease: read.get("issuer.sync_lease", nonzero_duration),
        card_pages: read.get("issuer.card_pages", boolean),
        payment_grace: read.get("issuer.payment_grace", nonzero_duration),
    }
}

/// The key pair of each program that has one. Half a pair is an error.
fn key_pairs(read: &mut Reader) -> BTreeMap<String, KeyPair> {
    let mut all = BTreeMap::new();
    for (key, program) in read.programs_of("issuer.", ".api_key") {
        let secret = format!("issuer.{program}.api_secret");
        if read.is_set(&secret) {
            let api_key = credential(read, &key);
            let api_secret = credential(read, &secret);
            if let (Some(api_key), Some(api_secret)) = (api_key, api_secret) {
                all.insert(program, KeyPair { api_key, api_secret });
            }
        } else {
            read.error(&key, "needs the program's api_secret too");
        }
    }
    for (key, program) in read.programs_of("issuer.", ".api_secret") {
        if !read.is_set(&format!("issuer.{program}.api_key")) {
            read.error(&key, "needs the program's api_key too");
        }
    }
    all
}

fn credential(read: &mut Reader, key: &str) -> Option<Secret> {
    match text(read.value(key)).map(|text| Secret::new(text.trim())) {
        Ok(secret) if !secret.expose().is_empty() => return Some(secret),
        Ok(_) => read.error(key, "must not be empty"),
        Err(what) => read.error(key, &what),
    }
    None
}

/// An address to which credentials can be sent. The error does not repeat it:
/// it may hold a password.
fn base_url(value: &Value) -> Result<Url, String> {
    let text = text(value)?;
    let url = Url::parse(text.trim()).map_err(|_| "must be an https:// address".to_owned())?;
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let encrypted = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    if !encrypted {
        return Err("must be an https:// address; http:// only for this machine".to_owned());
    }
    let bare = url.username().is_empty() && url.password().is_none();
    if bare && url.query().is_none() && url.fragment().is_none() {
        Ok(url)
    } else {
        Err("must not have a user, a query or a fragment".to_owned())
    }
}

/// A number of calls a minute. The budget remembers each call for a minute.
fn calls(value: &Value) -> Result<u32, String> {
    let number = integer(value)?;
    if number <= 1_000_000 { Ok(number) } else { Err("must be at most 1000000".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_sent_encrypted_or_not_beyond_this_machine() {
        let read = |text: &str| base_url(&Value::from(text));
        for fine in [
            "https://crypto-api.yativo.com/api",
            "https://issuer.example:8443",
            "http://127.0.0.1:9000/api/",
            "http://127.8.8.8",
            "http://[::1]:9000/api",
            "http://localhost:9000/api",
        ] {
            assert!(read(fine).is_ok(), "{fine}");
        }
        for bad in [
            "",
            "issuer.example",
            "http://issuer.example/api",
            "http://localhost.example/api",
            "http://10.0.0.1/api",
            "ftp://127.0.0.1/api",
            "https://me:hunter2@issuer.example/api",
            "https://issuer.example/api?key=hunter2",
            "https://issuer.example/api#hunter2",
        ] {
            let what = read(bad).expect_err(bad);
            assert!(what.starts_with("must ") && !what.contains("hunter2"), "{bad}: {what}");
        }
    }
}
