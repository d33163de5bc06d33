//! Moments, in Unix milliseconds.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};

/// A moment: Unix milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub i64);

/// Milliseconds of a minute.
pub(crate) const MINUTE: i64 = 60_000;
/// Milliseconds of an hour.
pub(crate) const HOUR: i64 = 60 * MINUTE;
/// Milliseconds of a day.
pub(crate) const DAY: i64 = 24 * HOUR;

impl Time {
    /// This moment, by the machine's clock.
    pub fn now() -> Self {
        Self(Utc::now().timestamp_millis())
    }

    /// So many milliseconds later.
    #[must_use]
    pub const fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// So much later.
    #[must_use]
    pub fn after(self, time: Duration) -> Self {
        self.plus(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
    }

    /// Milliseconds since an earlier moment.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Unix seconds.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    fn format(self, decimals: SecondsFormat) -> String {
        let moment = DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or_default();
        moment.to_rfc3339_opts(decimals, true)
    }

    /// `2026-04-20T08:00:00.000Z`.
    pub fn text(self) -> String {
        self.format(SecondsFormat::Millis)
    }

    /// `2026-04-20T08:00:00Z`, as the pages of transfers have it.
    pub fn text_of_seconds(self) -> String {
        self.format(SecondsFormat::Secs)
    }

    /// Reads a date or an RFC 3339 time.
    pub fn parse(text: &str) -> Option<Self> {
        let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
        Some(Self(DateTime::parse_from_rfc3339(&whole).ok()?.timestamp_millis()))
    }
}
