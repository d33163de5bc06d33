//! The effective settings, for the operator's eyes.

use std::fmt::Write as _;

use toml::Value;
use url::Url;

use super::layers::{Layers, program_in};

/// As TOML, a comment behind each setting that says where it comes from.
pub(super) fn toml(layers: &Layers) -> String {
    let mut keys: Vec<&String> = layers.keys().collect();
    keys.sort_by_key(|key| key.rsplit_once('.'));
    let mut text = String::new();
    let mut section = "";
    for key in keys {
        let (of, name) = key.rsplit_once('.').unwrap_or(("", key));
        if of != section {
            let gap = if section.is_empty() { "" } else { "\n" };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{gap}[{of}]");
            section = of;
        }
        let _ =
            writeln!(text, "{name} = {} # {}", shown(key, layers.value(key)), layers.origin(key));
    }
    text
}

fn shown(key: &str, value: &Value) -> Value {
    if program_in(key).is_some() {
        return Value::from("[hidden]");
    }
    match (key, value) {
        // Addresses of databases and of RPC providers carry credentials.
        (_, Value::String(text)) if text.is_empty() => value.clone(),
        (
            "database.url" | "database.read_url" | "issuer.base_url" | "shared.url",
            Value::String(text),
        ) => Value::from(without_secrets(text)),
        ("chain.rpc_urls", Value::String(text)) => {
            Value::from(text.split(',').map(|url| host_of(url.trim())).collect::<Vec<_>>())
        }
        ("chain.rpc_urls", Value::Array(urls)) => Value::from(
            urls.iter().map(|url| host_of(url.as_str().unwrap_or(""))).collect::<Vec<_>>(),
        ),
        _ => value.clone(),
    }
}

fn without_secrets(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else { return "[hidden]".to_owned() };
    if url.password().is_some() && url.set_password(Some("[hidden]")).is_err() {
        return "[hidden]".to_owned();
    }
    let query = url.query_pairs().map(|(key, value)| {
        let value = if key == "password" { "[hidden]".into() } else { value };
        (key.into_owned(), value.into_owned())
    });
    let query: Vec<(String, String)> = query.collect();
    if query.iter().any(|(key, _)| key == "password") {
        url.query_pairs_mut().clear().extend_pairs(query);
    }
    url.to_string().replace("%5Bhidden%5D", "[hidden]")
}

/// Providers put their keys into the path or the query.
fn host_of(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) => format!("{}://{}/[hidden]", url.scheme(), url.host_str().unwrap_or("")),
        Err(_) => "[hidden]".to_owned(),
    }
}
