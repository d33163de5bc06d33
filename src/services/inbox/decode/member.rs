//! Single members: numbers as numbers or as texts, times, names and words.

use serde_json::value::RawValue;

use crate::domain::identifier;
use crate::domain::money::{Amount, Currency, Minor, currency_code, decimals};
use crate::domain::time::Timestamp;

/// A text, or a number as it stands; null and the rest are as good as missing.
/// A NUL, which databases do not keep in a text, is left out.
pub(super) fn text_of(raw: &RawValue) -> Option<String> {
    let raw = raw.get();
    match raw.as_bytes().first()? {
        b'"' => serde_json::from_str(raw).ok().map(|text: String| text.replace('\0', "")),
        b'-' | b'0'..=b'9' => Some(raw.to_owned()),
        _ => None,
    }
}

/// A word of the issuer's or of the network's, in lower case.
pub(super) fn word(raw: Option<&RawValue>) -> Option<String> {
    raw.and_then(text_of).map(|text| text.trim().to_lowercase())
}

/// A customer's identifier; one that is empty, blank or 0 is missing.
pub(super) fn customer_name(raw: &RawValue) -> Option<String> {
    text_of(raw).filter(|text| !matches!(text.trim(), "" | "0"))
}

/// The identifier of something else; one that is empty or blank is missing.
pub(super) fn name(field: &str, raw: Option<&RawValue>) -> Result<Option<String>, String> {
    let text = raw.and_then(text_of).filter(|text| !text.trim().is_empty());
    match text.as_deref().map(identifier::check) {
        Some(Err(what)) => Err(format!("{field} {what}")),
        _ => Ok(text),
    }
}

/// A moment; one that cannot be read is as good as missing.
pub(super) fn moment(raw: Option<&RawValue>) -> Option<Timestamp> {
    Timestamp::parse_any(text_of(raw?)?.trim())
}

/// An ISO 4217 code, where one is stated.
pub(super) fn currency(field: &str, raw: Option<&RawValue>) -> Result<Option<String>, String> {
    let text = raw.and_then(text_of).filter(|text| !text.trim().is_empty());
    let Some(text) = text else { return Ok(None) };
    let code = currency_code(&text).ok_or_else(|| format!("{field} is not an ISO 4217 code"))?;
    Ok(Some(code))
}

/// A member of money and its names.
pub(super) struct Money<'a> {
    pub(super) field: &'static str,
    /// Major units, as a number or as a text.
    pub(super) major: Option<&'a RawValue>,
    /// The same in minor units.
    pub(super) minor: Option<&'a RawValue>,
}

impl Money<'_> {
    /// The amount in a currency of so many decimals, never by way of a float.
    pub(super) fn read(&self, decimals: u32) -> Result<Option<Minor>, String> {
        let field = self.field;
        let is_stated = |raw: &&RawValue| raw.get() != "null";
        let number = |raw: &RawValue, decimals: u32| {
            text_of(raw).and_then(|text| Minor::parse(text.trim(), decimals))
        };
        let major = self.major.filter(is_stated).map(|raw| {
            let what = || format!("{field} is not an amount with at most {decimals} decimals");
            number(raw, decimals).ok_or_else(what)
        });
        let minor = self.minor.filter(is_stated).map(|raw| {
            number(raw, 0).ok_or_else(|| format!("{field}_minor is not a whole number"))
        });
        match (minor.transpose()?, major.transpose()?) {
            (Some(minor), Some(major)) if minor != major => {
                Err(format!("{field} and {field}_minor are not the same amount"))
            }
            (minor, major) => Ok(minor.or(major)),
        }
    }

    /// The amount in a wallet's currency.
    pub(super) fn of_wallet(&self) -> Result<Option<Minor>, String> {
        self.read(Currency::DECIMALS)
    }

    /// The amount without its sign, in a currency that may be stated.
    pub(super) fn amount(&self, currency: Option<String>) -> Result<Option<Amount>, String> {
        let minor = self.read(currency.as_deref().map_or(Currency::DECIMALS, decimals))?;
        Ok(minor.map(|minor| Amount { minor: minor.magnitude(), currency }))
    }
}

/// A rate of exchange as a decimal number; one that is none is as good as missing.
pub(super) fn rate(raw: Option<&RawValue>) -> Option<String> {
    const DECIMALS: u32 = 10;
    const LONGEST: usize = 24;
    let text = text_of(raw?)?;
    let text = text.trim();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let is_plain =
        text.len() <= LONGEST && text.split('.').count() <= 2 && text.split('.').all(is_number);
    if is_plain {
        return Some(text.to_owned());
    }
    let rate = Minor::parse(text, DECIMALS).filter(|rate| rate.get() > 0)?;
    Some(rate.json_number(DECIMALS).as_str().to_owned())
}
