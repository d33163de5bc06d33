//! Money as integer minor units. No float ever holds an amount.

use strum::{AsRefStr, EnumString, IntoStaticStr, VariantArray};

use super::decimal::scaled;
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
    /// The label of the token that a wallet of this currency holds.
    pub const fn token(self) -> &'static str {
        match self {
            Self::Usd => "USDCe",
            Self::Eur => "EURe",
            Self::Gbp => "GBPe",
        }
    }

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
        scaled(text, decimals).and_then(Self::new)
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

/// A sum of amounts in minor units, however many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Total(i128);

impl Total {
    /// So many minor units.
    pub const fn new(minor: i128) -> Self {
        Self(minor)
    }

    /// The sum in minor units.
    pub const fn get(self) -> i128 {
        self.0
    }

    /// The sum in major units with exactly so many decimals: `38.50`.
    pub fn decimal(self, decimals: u32) -> String {
        let decimals = decimals as usize;
        let sign = if self.0 < 0 { "-" } else { "" };
        let digits = format!("{:0width$}", self.0.unsigned_abs(), width = decimals + 1);
        let (whole, rest) = digits.split_at(digits.len() - decimals);
        let point = if decimals > 0 { "." } else { "" };
        format!("{sign}{whole}{point}{rest}")
    }

    /// The sum in major units as the shortest JSON number: `120.4`, `38`.
    pub fn json_number(self, decimals: u32) -> String {
        let text = self.decimal(decimals);
        if decimals == 0 {
            return text;
        }
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
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

/// The ISO 4217 codes of currencies without decimals, with three, and with four; all others
/// have two.
pub const UNUSUAL_DECIMALS: [(u32, &[&str]); 3] = [
    (
        0,
        &[
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
            "VND", "VUV", "XAF", "XOF", "XPF",
        ],
    ),
    (3, &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]),
    (4, &["CLF", "UYW"]),
];

/// The ISO 4217 code that a text means, in capitals: a code, or the label of a token
/// that stands for one, like `EURe`.
pub fn currency_code(text: &str) -> Option<String> {
    let code = text.trim().to_ascii_uppercase();
    match code.as_str() {
        "USDC" | "USDCE" | "USDC.E" => Some("USD".to_owned()),
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
    fn totals_are_written_like_amounts_and_may_be_larger() {
        for minor in [0, 5, -5, 100, 1_000, 12_040, -12_040, Minor::MAX, -Minor::MAX] {
            let amount = Minor::new(minor).expect("within the range");
            let total = Total::new(minor.into());
            for decimals in [0, 2, 3] {
                assert_eq!(total.decimal(decimals), amount.decimal(decimals).as_str());
                assert_eq!(total.json_number(decimals), amount.json_number(decimals).as_str());
            }
        }
        let large = Total::new(i128::from(Minor::MAX) * 1_000_000);
        assert_eq!(large.decimal(2), "90071992547409910000.00");
        assert_eq!(large.json_number(2), "90071992547409910000");
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
    fn an_amount_is_within_the_range() {
        assert_eq!(Minor::parse("90071992547409.91", 2).map(Minor::get), Some(Minor::MAX));
        assert_eq!(Minor::parse("90071992547409.92", 2), None);
        assert_eq!(Minor::parse("1E+2", 2).map(Minor::get), Some(10_000));
        assert_eq!(Minor::parse("1.2345", 3), None);
    }

    #[test]
    fn a_currency_may_be_named_by_its_token() {
        for (text, code) in
            [("eur", "EUR"), ("USDCe", "USD"), ("USDC.e", "USD"), (" GBPe ", "GBP"), ("kwd", "KWD")]
        {
            assert_eq!(currency_code(text).as_deref(), Some(code));
        }
        for bad in ["", "€", "EU", "EURO", "123"] {
            assert_eq!(currency_code(bad), None, "{bad}");
        }
    }

    #[test]
    fn unusual_decimals_are_those_of_all_codes() {
        let letters = || 'A'..='Z';
        for first in letters() {
            for second in letters() {
                for third in letters() {
                    let code: String = [first, second, third].iter().collect();
                    let mut unusual = UNUSUAL_DECIMALS.iter();
                    let listed = unusual.find(|(_, codes)| codes.contains(&code.as_str()));
                    let expected = listed.map_or(Currency::DECIMALS, |(decimals, _)| *decimals);
                    assert_eq!(decimals(&code), expected, "{code}");
                }
            }
        }
    }
}
