//! Converts a value to the type of a setting. An error is the rest of a sentence that
//! begins with the name of the setting.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use alloy_primitives::Address;
use ipnet::IpNet;
use toml::Value;
use url::Url;

pub(super) fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        _ => Err("must be a text".to_owned()),
    }
}

pub(super) fn text_as<T: std::str::FromStr>(what: &str) -> impl Fn(&Value) -> Result<T, String> {
    move |value| text(value)?.parse().map_err(|_| format!("must be {what}"))
}

/// An address and a port; none if the text is empty.
pub(super) fn maybe_address(value: &Value) -> Result<Option<SocketAddr>, String> {
    let of_text = text_as("an address like 127.0.0.1:8081, or empty");
    if text(value)?.is_empty() { Ok(None) } else { of_text(value).map(Some) }
}

pub(super) fn integer<T: TryFrom<i64>>(value: &Value) -> Result<T, String> {
    let number = match value {
        Value::Integer(number) => Some(*number),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let number = number.and_then(|number| T::try_from(number).ok());
    number.ok_or_else(|| "must be a whole number that is not negative".to_owned())
}

pub(super) fn positive(value: &Value) -> Result<u32, String> {
    match integer(value)? {
        0 => Err("must be at least 1".to_owned()),
        number => Ok(number),
    }
}

/// A number of requests or connections.
pub(super) fn places(value: &Value) -> Result<usize, String> {
    let number = positive(value)?;
    if number <= 1_000_000 {
        Ok(number as usize)
    } else {
        Err("must be at most 1000000".to_owned())
    }
}

pub(super) fn connections(value: &Value) -> Result<u32, String> {
    let number = positive(value)?;
    if number <= 1_000 { Ok(number) } else { Err("must be at most 1000".to_owned()) }
}

/// The error must not repeat the text, which can contain a password.
pub(super) fn database_url(value: &Value) -> Result<String, String> {
    let text = text(value)?;
    let known = Url::parse(&text)
        .is_ok_and(|url| matches!(url.scheme(), "sqlite" | "postgres" | "postgresql"));
    let what = "must be a sqlite:// or postgres:// address; in a password, # / ? and @ are written %23 %2F %3F %40";
    if known { Ok(text) } else { Err(what.to_owned()) }
}

pub(super) fn boolean(value: &Value) -> Result<bool, String> {
    match value {
        Value::Boolean(value) => Ok(*value),
        Value::String(text) if text == "true" => Ok(true),
        Value::String(text) if text == "false" => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
}

pub(super) fn duration(value: &Value) -> Result<Duration, String> {
    let what = "must be a duration with a unit, like 500ms, 10s or 2h";
    humantime::parse_duration(&text(value)?).map_err(|_| what.to_owned())
}

/// A list, or a text with commas.
pub(super) fn list(value: &Value) -> Result<Vec<String>, String> {
    let texts: Vec<String> = match value {
        Value::String(text) => text.split(',').map(|part| part.trim().to_owned()).collect(),
        Value::Array(parts) => parts.iter().map(text).collect::<Result<_, _>>()?,
        _ => return Err("must be a list".to_owned()),
    };
    Ok(texts.into_iter().filter(|text| !text.is_empty()).collect())
}

fn url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or_else(|| "must be http:// or https:// addresses".to_owned())
}

pub(super) fn urls(value: &Value) -> Result<Vec<Url>, String> {
    list(value)?.iter().map(|text| url(text)).collect()
}

/// Origins as browsers write them: a scheme, a host, perhaps a port.
pub(super) fn origins(value: &Value) -> Result<Vec<String>, String> {
    let all = list(value)?;
    let whole =
        |text: &String| url(text).is_ok_and(|url| url.origin().ascii_serialization() == *text);
    if all.iter().all(whole) {
        Ok(all)
    } else {
        Err("must be origins like https://app.example, without a path".to_owned())
    }
}

/// Names of headers, in lower case.
pub(super) fn header_names(value: &Value) -> Result<Vec<String>, String> {
    let all = list(value)?;
    let plain = |text: &String| {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    if all.iter().all(plain) {
        Ok(all.iter().map(|name| name.to_ascii_lowercase()).collect())
    } else {
        Err("must be names of headers like sentry-trace".to_owned())
    }
}

/// Networks like `10.0.0.0/8`. An address is the network of this address alone.
pub(super) fn networks(value: &Value) -> Result<Vec<IpNet>, String> {
    let network = |text: &String| {
        let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
        text.parse::<IpNet>().ok().or_else(address)
    };
    let all = list(value)?.iter().map(network).collect::<Option<Vec<IpNet>>>();
    all.ok_or_else(|| "must be addresses or networks like 10.0.0.0/8".to_owned())
}

/// An address of the chain. In mixed case it must have EIP-55's checksum.
pub(super) fn address(value: &Value) -> Result<Address, String> {
    let text = text(value)?;
    let one_case = |digits: &str| {
        digits.to_ascii_lowercase() == digits || digits.to_ascii_uppercase() == digits
    };
    let parsed = match text.strip_prefix("0x") {
        Some(digits) if one_case(digits) => text.parse().ok(),
        Some(_) => Address::parse_checksummed(&text, None).ok(),
        None => None,
    };
    parsed.ok_or_else(|| "must be an address like 0x…, with EIP-55's checksum".to_owned())
}

pub(super) fn decimals(value: &Value) -> Result<u8, String> {
    let decimals: u8 = integer(value)?;
    if decimals <= 77 { Ok(decimals) } else { Err("must be at most 77".to_owned()) }
}

pub(super) fn batch(value: &Value) -> Result<usize, String> {
    let number = positive(value)?;
    if number <= 1_000 { Ok(number as usize) } else { Err("must be at most 1000".to_owned()) }
}

pub(super) fn nonzero_duration(value: &Value) -> Result<Duration, String> {
    let time = duration(value)?;
    if time.is_zero() { Err("must not be 0".to_owned()) } else { Ok(time) }
}

/// The meaning of a name.
pub(super) fn one_of<T: Copy>(value: &Value, all: &[(&str, T)]) -> Result<T, String> {
    let text = text(value)?;
    let found = all.iter().find(|(name, _)| *name == text);
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        let (last, others) = names.split_last().unwrap_or((&"", &[]));
        format!("must be {} or {last}", others.join(", "))
    })
}
