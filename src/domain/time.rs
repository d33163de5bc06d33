//! Moments, to the millisecond, in UTC.

use std::fmt;

use chrono::{DateTime, Datelike as _, NaiveDateTime, Timelike as _, Utc};

use super::text::Text;

/// How far the issuer's clock may be ahead of ours: 10 minutes.
pub const CLOCK_TOLERANCE_MILLIS: i64 = 10 * 60 * 1_000;

/// Unix milliseconds in UTC, within the years that RFC 3339 can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 0000-01-01T00:00:00Z.
    const FIRST: i64 = -62_167_219_200_000;
    /// Unix times from here on are in milliseconds: seconds reach this number in the year
    /// 5138, milliseconds did in 1973.
    const UNIX_MILLIS: u64 = 100_000_000_000;
    /// 9999-12-31T23:59:59.999Z.
    const LAST: i64 = 253_402_300_799_999;

    /// The moment of a Unix time in milliseconds, if RFC 3339 can write it.
    pub const fn from_millis(millis: i64) -> Option<Self> {
        if millis < Self::FIRST || millis > Self::LAST { None } else { Some(Self(millis)) }
    }

    /// Unix milliseconds.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Now, by the clock of this machine.
    pub fn now() -> Self {
        Self(Utc::now().timestamp_millis().clamp(Self::FIRST, Self::LAST))
    }

    /// Parses RFC 3339 with any offset; digits beyond milliseconds are cut off.
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_millis(DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis())
    }

    /// Reads a moment in any form in which the issuer writes one: RFC 3339, also without
    /// an offset (then it is UTC) or with a space, or a Unix time in seconds or milliseconds.
    pub fn parse_any(text: &str) -> Option<Self> {
        let utc = |form| NaiveDateTime::parse_from_str(text, form).ok().map(|at| at.and_utc());
        let without_offset = || {
            let at = utc("%Y-%m-%dT%H:%M:%S%.f").or_else(|| utc("%Y-%m-%d %H:%M:%S%.f"))?;
            Self::from_millis(at.timestamp_millis())
        };
        let unix = || {
            let number: i64 = text.parse().ok()?;
            let is_seconds = number.unsigned_abs() < Self::UNIX_MILLIS;
            Self::from_millis(if is_seconds { number * 1_000 } else { number })
        };
        Self::parse(text).or_else(without_offset).or_else(unix)
    }

    /// Whether this is further ahead of `now` than clocks may differ: no statement about
    /// that time can be true yet.
    pub const fn is_future(self, now: Self) -> bool {
        self.0 > now.0 + CLOCK_TOLERANCE_MILLIS
    }

    /// The moment `millis` later (earlier, if negative), kept within range.
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis).clamp(Self::FIRST, Self::LAST))
    }
}

impl Timestamp {
    /// `2026-04-20T08:00:00.000Z`.
    pub fn text(self) -> Text {
        let moment = DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or_default();
        let mut text = Text::pattern(b"0000-00-00T00:00:00.000Z");
        text.digits(0..4, moment.year().unsigned_abs());
        text.digits(5..7, moment.month());
        text.digits(8..10, moment.day());
        text.digits(11..13, moment.hour());
        text.digits(14..16, moment.minute());
        text.digits(17..19, moment.second());
        text.digits(20..23, moment.timestamp_subsec_millis());
        text
    }
}

/// `2026-04-20T08:00:00.000Z`.
/// As a text in RFC 3339.
impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text().as_str())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_and_written_in_utc() {
        for (read, written) in [
            ("2026-04-20T08:00:00.000Z", "2026-04-20T08:00:00.000Z"),
            ("2026-04-20T10:00:00+02:00", "2026-04-20T08:00:00.000Z"),
            ("2026-04-20T08:00:00.123987Z", "2026-04-20T08:00:00.123Z"),
            ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp::parse(read).map(|t| t.to_string()), Some(written.to_owned()));
        }
        for bad in ["", "2026-04-20", "2026-04-20T08:00:00", "yesterday", "2026-13-01T00:00:00Z"] {
            assert_eq!(Timestamp::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_range_is_what_rfc_3339_can_write() {
        for millis in [Timestamp::FIRST, Timestamp::LAST] {
            let moment = Timestamp::from_millis(millis).expect("in range");
            assert_eq!(Timestamp::parse(&moment.to_string()), Some(moment));
        }
        assert_eq!(Timestamp::from_millis(Timestamp::LAST + 1), None);
    }
}
