//! Money as integer minor units. No float ever holds an amount.

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

impl Currency {
    /// How many decimals each of the wallets' currencies has.
    pub const DECIMALS: u32 = 2;
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

    /// Reads major units of a currency with so many decimals: `38.5`, `-1`, `1E+2`.
    /// More decimals are taken only if they are zeros.
    pub fn parse(text: &str, decimals: u32) -> Option<Self> {
        let (negative, number) = match text.strip_prefix('-') {
            Some(number) => (true, number),
            None => (false, text),
        };
        let (mantissa, exponent) = match number.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i16>().ok()?),
            None => (number, 0),
        };
        let (major, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (mantissa, ""),
        };
        let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if major.is_empty() || !is_number(major) || !is_number(fraction) {
            return None;
        }
        let digits = [major.trim_start_matches('0'), fraction].concat();
        // Zeros at the end count as an exponent, so that what is left must be whole.
        let kept = digits.trim_end_matches('0');
        if kept.is_empty() {
            return Some(Self::ZERO);
        }
        let zeros = i64::try_from(digits.len() - kept.len()).ok()?;
        let shift = i64::from(exponent) + i64::from(decimals) + zeros
            - i64::try_from(fraction.len()).ok()?;
        let scale = 10_i64.checked_pow(u32::try_from(shift).ok()?)?;
        let minor = kept.parse::<i64>().ok()?.checked_mul(scale)?;
        Self::new(if negative { -minor } else { minor })
    }

    /// The amount in major units with exactly so many decimals: `38.50`.
    pub fn decimal(self, decimals: u32) -> Text {
        let mut text = Text::empty();
        let mut rest = self.0.unsigned_abs();
        let mut at = 0;
        while at <= decimals || rest > 0 {
            if at == decimals && decimals > 0 {
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
    pub fn json_number(self, decimals: u32) -> Text {
        let mut text = self.decimal(decimals);
        if decimals > 0 {
            text.trim_end(b'0');
            text.trim_end(b'.');
        }
        text
    }
}

/// An amount of some currency, as a merchant or a bank states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// How much, in minor units of the currency.
    pub minor: Minor,
    /// ISO 4217 code; none where it is not stated, which means the wallet's.
    pub currency: Option<String>,
}

/// How many decimals a currency has by ISO 4217; 2 for a code that has none or
/// is not known.
pub fn decimals(code: &str) -> u32 {
    let known = iso_currency::Currency::from_code(code);
    let exponent = known.and_then(iso_currency::Currency::exponent);
    exponent.map_or(Currency::DECIMALS, u32::from)
}

/// The ISO 4217 code that a text means, in capitals: a code, or the label of a token
/// that stands for one, like `EURe`.
pub fn currency_code(text: &str) -> Option<String> {
    let code = text.trim().to_ascii_uppercase();
    match code.as_str() {
        "USDC" | "USDCE" => Some("USD".to_owned()),
        "EURE" => Some("EUR".to_owned()),
        "GBPE" => Some("GBP".to_owned()),
        _ => (code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase())).then_some(code),
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
            assert_eq!(amount.decimal(2).as_str(), decimal);
            assert_eq!(amount.json_number(2).as_str(), number);
            assert_eq!(Minor::parse(decimal, 2), Some(amount));
            assert_eq!(Minor::parse(number, 2), Some(amount));
        }
        assert_eq!(Minor::new(Minor::MAX + 1), None);
        assert_eq!(Minor::new(i64::MIN), None);
    }

    #[test]
    fn each_currency_has_its_own_decimals() {
        for (code, minor, decimal, number) in [
            ("JPY", 500, "500", "500"),
            ("JPY", -1_000, "-1000", "-1000"),
            ("KWD", 12_345, "12.345", "12.345"),
            ("KWD", 10, "0.010", "0.01"),
            ("CLF", 12_345, "1.2345", "1.2345"),
            ("EUR", 1, "0.01", "0.01"),
            // Gold has no minor unit; the other code does not exist.
            ("XAU", 150, "1.50", "1.5"),
            ("QQQ", 150, "1.50", "1.5"),
        ] {
            let amount = Minor::new(minor).expect("within the range");
            let decimals = decimals(code);
            assert_eq!(amount.decimal(decimals).as_str(), decimal, "{code}");
            assert_eq!(amount.json_number(decimals).as_str(), number, "{code}");
            assert_eq!(Minor::parse(number, decimals), Some(amount), "{code}");
        }
    }

    #[test]
    fn a_number_is_read_however_it_is_written() {
        for (text, decimals, minor) in [
            ("1E+2", 2, 10_000),
            ("1e2", 0, 100),
            ("1.005E1", 2, 1_005),
            ("100e-2", 2, 100),
            ("0.1e-1", 2, 1),
            ("-0.0e99", 2, 0),
            ("0e-99", 0, 0),
            ("120.4000", 2, 12_040),
            ("12.340", 3, 12_340),
            ("007", 0, 7),
            ("90071992547409.91", 2, Minor::MAX),
        ] {
            assert_eq!(Minor::parse(text, decimals).map(Minor::get), Some(minor), "{text}");
        }
        for bad in [
            "",
            "-",
            ".5",
            "5.",
            "+1",
            "--1",
            "1,5",
            "٣",
            "1e",
            "e2",
            "1e2.0",
            "1E99999",
            "1 2",
            "1.234",
            "1e-3",
            "99999999999999999999",
            "1e300",
            "90071992547409.92",
        ] {
            assert_eq!(Minor::parse(bad, 2), None, "{bad}");
        }
        assert_eq!(Minor::parse("0.5", 0), None);
        assert_eq!(Minor::parse("1.2345", 3), None);
    }

    #[test]
    fn a_currency_may_be_named_by_its_token() {
        for (text, code) in [("eur", "EUR"), ("USDCe", "USD"), (" GBPe ", "GBP"), ("kwd", "KWD")] {
            assert_eq!(currency_code(text).as_deref(), Some(code));
        }
        for bad in ["", "€", "EU", "EURO", "123"] {
            assert_eq!(currency_code(bad), None, "{bad}");
        }
    }
}
