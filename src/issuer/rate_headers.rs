//! What an answer says of the issuer's limits.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

/// Longer waits than this only overflow a clock: ten years.
const LONGEST: Duration = Duration::from_hours(10 * 365 * 24);

/// What an answer says of the issuer's limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RateHeaders {
    /// How long to send nothing.
    pub(super) retry_after: Option<Duration>,
    /// How many more calls the window allows.
    pub(super) left: Option<u64>,
    /// When the next window begins.
    pub(super) resets_in: Option<Duration>,
}

impl RateHeaders {
    /// Reads the headers of an answer that arrived at `now`. Where the answer
    /// has a date, moments are compared with it: clocks may differ.
    pub(super) fn read(headers: &HeaderMap, now: SystemTime) -> Self {
        let text = |name: &HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
        let named = |name: &'static str| text(&HeaderName::from_static(name));
        let now = text(&DATE).and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
        Self {
            retry_after: text(&RETRY_AFTER).and_then(|text| later(text, now)),
            left: named("x-ratelimit-remaining").and_then(|text| text.parse().ok()),
            resets_in: named("x-ratelimit-reset").and_then(|text| reset(text, now)),
        }
    }

    /// Adds what the body of a refusal says.
    pub(super) fn with_body(mut self, retry_after: Option<Duration>) -> Self {
        self.retry_after = self.retry_after.max(retry_after);
        self
    }
}

/// Seconds, rounded up to whole milliseconds.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(rest) {
        return None;
    }
    // More digits than the clock has are as good as for ever.
    let whole = whole.parse().map_or(LONGEST, Duration::from_secs);
    let millis: u64 = format!("{rest:0<3}").get(..3)?.parse().ok()?;
    let finer = rest.bytes().skip(3).any(|byte| byte != b'0');
    let rest = Duration::from_millis(millis + u64::from(finer));
    Some(whole.saturating_add(rest).min(LONGEST))
}

/// When to come back (RFC 9110, section 10.2.3): in seconds, or at a date.
fn later(text: &str, now: SystemTime) -> Option<Duration> {
    let date = || {
        let date = httpdate::parse_http_date(text).ok()?;
        Some(date.duration_since(now).unwrap_or_default().min(LONGEST))
    };
    seconds(text).or_else(date)
}

/// When a window ends: Unix time in seconds. Milliseconds, and seconds from now
/// on, are recognised by their size.
fn reset(text: &str, now: SystemTime) -> Option<Duration> {
    const YEAR_2001: Duration = Duration::from_secs(1_000_000_000);
    const YEAR_5138: Duration = Duration::from_secs(100_000_000_000);
    let number = seconds_since_epoch(text)?;
    let at = match number {
        from_now if from_now < YEAR_2001 => return Some(from_now),
        millis if millis > YEAR_5138 => millis / 1_000,
        seconds => seconds,
    };
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    Some(at.saturating_sub(now).min(LONGEST))
}

fn seconds_since_epoch(text: &str) -> Option<Duration> {
    let number: u64 = text.split('.').next()?.parse().ok()?;
    Some(Duration::from_secs(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[(&'static str, &'static str)], now: u64) -> RateHeaders {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.insert(*name, value.parse().expect("a value"));
        }
        RateHeaders::read(&headers, UNIX_EPOCH + Duration::from_secs(now))
    }

    #[test]
    fn waits_are_read_as_seconds_and_as_dates() {
        // 2026-01-01T00:00:00Z.
        const NEW_YEAR: u64 = 1_767_225_600;
        for (text, wait) in [
            ("7", Some(7_000)),
            (" 7 ", Some(7_000)),
            ("0", Some(0)),
            ("1.5", Some(1_500)),
            ("1.0001", Some(1_001)),
            ("Thu, 01 Jan 2026 00:01:30 GMT", Some(90_000)),
            ("Thursday, 01-Jan-26 00:01:30 GMT", Some(90_000)),
            ("Wed, 31 Dec 2025 00:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
            ("", None),
        ] {
            let found = read(&[("retry-after", text)], NEW_YEAR).retry_after;
            assert_eq!(found, wait.map(Duration::from_millis), "{text}");
        }
        let skewed = [
            ("date", "Thu, 01 Jan 2026 01:00:00 GMT"),
            ("retry-after", "Thu, 01 Jan 2026 01:00:10 GMT"),
            ("x-ratelimit-reset", "1767229220"),
        ];
        let found = read(&skewed, NEW_YEAR);
        assert_eq!(found.retry_after, Some(Duration::from_secs(10)));
        assert_eq!(found.resets_in, Some(Duration::from_secs(20)));
        let endless = read(&[("retry-after", "99999999999999999999999")], NEW_YEAR);
        assert_eq!(endless.retry_after, Some(LONGEST));
    }

    #[test]
    fn windows_are_read() {
        for (text, wait) in [
            ("1767225660", Some(60)),
            ("1767225660000", Some(60)),
            ("1767225500", Some(0)),
            ("60", Some(60)),
            ("later", None),
        ] {
            let found = read(&[("x-ratelimit-reset", text)], 1_767_225_600).resets_in;
            assert_eq!(found, wait.map(Duration::from_secs), "{text}");
        }
        assert_eq!(read(&[("x-ratelimit-remaining", "0")], 0).left, Some(0));
        assert_eq!(read(&[("x-ratelimit-remaining", "many")], 0).left, None);
    }
}
