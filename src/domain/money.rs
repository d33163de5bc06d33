//! Money as integer minor units. No float ever holds an amount.

use std::fmt;

use strum::{AsRefStr, EnumString, IntoStaticStr, VariantArray};

use super::text::Text;

/// The currency of a customer's wallet; each has two decimals.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "UPPERCASE")]
pub enum Currency {
    /// US dollar.
    Usd,
    /// Euro.
    Eur,
    /// Pound sterling.
    Gbp,
}

/// An amount in minor units (cents).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minor(i64);

impl Minor {
    /// The largest magnitude: 2^53 - 1, the largest integer that every JSON
    /// reader takes as it is.
    pub const MAX: i64 = 9_007_199_254_740_991;

    /// An amount, or nothing if its magnitude is over [`Minor::MAX`].
    pub const fn new(minor: i64) -> Option<Self> {
        if minor < -Self::MAX || minor > Self::MAX { None } else { Some(Self(minor)) }
    }

    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The amount without its sign.
    #[must_use]
    pub const fn magnitude(self) -> Self {
        Self(self.0.abs())
    }

    /// The amount in minor units.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Reads major units with at most two decimals: `38.5`, `38.50`, `-1`.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (major, decimals) = digits.split_once('.').unwrap_or((digits, "00"));
        let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let sound = (1..=17).contains(&major.len()) && (1..=2).contains(&decimals.len());
        if !sound || !all_digits(major) || !all_digits(decimals) {
            return None;
        }
        let cents: i64 = decimals.parse().ok()?;
        let cents = if decimals.len() == 1 { cents * 10 } else { cents };
        let amount = major.parse::<i64>().ok()?.checked_mul(100)?.checked_add(cents)?;
        Self::new(if negative { -amount } else { amount })
    }

    /// The amount in major units with exactly two decimals: `38.50`.
    pub fn decimal(self) -> Text {
        let mut text = Text::empty();
        let mut rest = self.0.unsigned_abs();
        let mut at = 0;
        while at < 3 || rest > 0 {
            if at == 2 {
                text.before(b'.');
            }
            text.before(b'0' + (rest % 10) as u8);
            rest /= 10;
            at += 1;
        }
        if self.0 < 0 {
            text.before(b'-');
        }
        text
    }

    /// The amount in major units as the shortest JSON number: `120.4`, `38`, `-0.05`.
    pub fn json_number(self) -> Text {
        let mut text = self.decimal();
        text.trim_end(b'0');
        text.trim_end(b'.');
        text
    }
}

/// Major units with exactly two decimals: `38.50`.
impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.decimal().as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_to_the_cent() {
        for (minor, decimal, number) in [
            (0, "0.00", "0"),
            (5, "0.05", "0.05"),
            (-5, "-0.05", "-0.05"),
            (100, "1.00", "1"),
            (1_000, "10.00", "10"),
            (12_040, "120.40", "120.4"),
            (10_115, "101.15", "101.15"),
            (Minor::MAX, "90071992547409.91", "90071992547409.91"),
            (-Minor::MAX, "-90071992547409.91", "-90071992547409.91"),
        ] {
            let amount = Minor::new(minor).expect("within the range");
            assert_eq!(amount.to_string(), decimal);
            assert_eq!(amount.json_number().as_str(), number);
            assert_eq!(Minor::parse(decimal), Some(amount));
            assert_eq!(Minor::parse(number), Some(amount));
        }
        assert_eq!(Minor::new(Minor::MAX + 1), None);
        assert_eq!(Minor::new(i64::MIN), None);
        for bad in ["", ".5", "5.", "1.234", "1e2", "+1", "--1", "1,5", "٣", "99999999999999999999"]
        {
            assert_eq!(Minor::parse(bad), None, "{bad}");
        }
    }
}
