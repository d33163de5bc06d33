//! Values as both APIs write them, without a detour over the heap.

use std::io::Write as _;
use std::str;

use serde::ser::{Error as _, Serialize, Serializer};

/// Formats into a buffer on the stack, then hands the text over.
macro_rules! short {
    ($serializer:expr, $($format:tt)*) => {{
        let mut buffer = [0_u8; 40];
        let mut rest = &mut buffer[..];
        write!(rest, $($format)*).map_err(S::Error::custom)?;
        let unused = rest.len();
        let used = buffer.len() - unused;
        let text = str::from_utf8(&buffer[..used]).map_err(S::Error::custom)?;
        $serializer.serialize_str(text)
    }};
}

/// Unix milliseconds as RFC 3339: `2026-04-20T08:00:00.000Z`.
#[derive(Clone, Copy)]
pub(crate) struct Time(pub(crate) i64);

impl Time {
    /// The calendar day: year, month, day.
    pub(crate) const fn date(self) -> (i64, i64, i64) {
        // In years that begin in March, leap days come last, and the months
        // have the lengths 31, 30, 31, 30, 31 over and over.
        let days = self.0.div_euclid(86_400_000) + 719_468;
        let era = days.div_euclid(146_097);
        let day = days.rem_euclid(146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let date = day - (153 * month + 2) / 5 + 1;
        let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
        (era * 400 + year, month, date)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (year, month, day) = self.date();
        let rest = self.0.rem_euclid(86_400_000);
        let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
        let (second, milli) = (rest / 1_000 % 60, rest % 1_000);
        short!(
            serializer,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z"
        )
    }
}

/// Minor units as GraphQL's `Decimal`: `"38.50"`.
#[derive(Clone, Copy)]
pub(crate) struct Decimal(pub(crate) i64);

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sign = if self.0 < 0 { "-" } else { "" };
        let amount = self.0.unsigned_abs();
        short!(serializer, "{sign}{}.{:02}", amount / 100, amount % 100)
    }
}

/// Minor units as the REST contract's number: `38.5`.
#[derive(Clone, Copy)]
pub(crate) struct Number(pub(crate) i64);

impl Serialize for Number {
    #[expect(clippy::cast_precision_loss, reason = "the benchmark's amounts are small")]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 100 == 0 {
            serializer.serialize_i64(self.0 / 100)
        } else {
            serializer.serialize_f64(self.0 as f64 / 100.0)
        }
    }
}

/// A stored name as GraphQL writes the value of an enum.
#[derive(Clone, Copy)]
pub(crate) struct Upper<'a>(pub(crate) &'a str);

impl Serialize for Upper<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut buffer = [0_u8; 40];
        let text = buffer.get_mut(..self.0.len()).ok_or_else(|| S::Error::custom("too long"))?;
        text.copy_from_slice(self.0.as_bytes());
        text.make_ascii_uppercase();
        serializer.serialize_str(str::from_utf8(text).map_err(S::Error::custom)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: impl Serialize) -> String {
        serde_json::to_string(&value).expect("it can be written")
    }

    #[test]
    fn values_are_written_as_the_gateway_does() {
        assert_eq!(json(Time(1_776_672_000_000)), r#""2026-04-20T08:00:00.000Z""#);
        assert_eq!(json(Time(951_782_400_123)), r#""2000-02-29T00:00:00.123Z""#);
        assert_eq!(json(Time(-1)), r#""1969-12-31T23:59:59.999Z""#);
        assert_eq!(json((Decimal(3_850), Decimal(-5))), r#"["38.50","-0.05"]"#);
        assert_eq!(json((Number(3_850), Number(12_000), Number(5))), "[38.5,120,0.05]");
        assert_eq!(json(Upper("kyc_initiated")), r#""KYC_INITIATED""#);
    }
}
