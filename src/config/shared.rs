//! Settings of what replicas share besides the database.

use std::time::Duration;

use toml::Value;
use url::Url;

use super::parse::{nonzero_duration, text};
use super::reader::Reader;

/// The server that replicas share. No `Debug`: its address can contain a password.
#[derive(Clone)]
pub struct Shared {
    /// `redis://…` or `rediss://…`; none: each replica counts for itself.
    pub url: Option<String>,
    /// How long a request waits for it.
    pub timeout: Duration,
    /// What all keys begin with.
    pub prefix: String,
}

pub(super) fn shared(read: &mut Reader) -> Shared {
    Shared {
        url: read.get("shared.url", url),
        timeout: read.get("shared.timeout", nonzero_duration),
        prefix: read.get("shared.prefix", text),
    }
}

/// The error must not repeat the text, which can contain a password.
fn url(value: &Value) -> Result<Option<String>, String> {
    let text = text(value)?;
    if text.is_empty() {
        return Ok(None);
    }
    let known = Url::parse(&text)
        .is_ok_and(|url| matches!(url.scheme(), "redis" | "rediss") && url.has_host());
    let what = "must be a redis:// or rediss:// address; in a password, # / ? and @ are written \
                %23 %2F %3F %40";
    if known { Ok(Some(text)) } else { Err(what.to_owned()) }
}
