//! Quality values of `Accept` and similar headers (RFC 9110, section 12.4.2).

use axum::http::{HeaderMap, HeaderName};

/// The members of such a header, in lower case, each with its quality in
/// thousandths.
pub fn qualities<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = (String, u32)> + 'a {
    let all = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|accept| accept.split(',')).map(member).filter(|(name, _)| !name.is_empty())
}

fn member(text: &str) -> (String, u32) {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let quality = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
    (name, quality.map_or(1_000, thousandths))
}

/// `0.5` is 500. An invalid number is 0: not acceptable.
fn thousandths(text: &str) -> u32 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit());
    match whole {
        "1" if digits => 1_000,
        "0" if digits => format!("{part:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}
