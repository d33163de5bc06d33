//! JSON whose members keep their order and whose amounts are never floats.

use serde::ser::{Error as _, Serialize, SerializeMap as _, Serializer};
use serde_json::value::RawValue;

use super::time::Time;

/// A JSON value. Members of an object stay in the order in which they were put.
#[derive(Clone, Debug)]
pub enum Json {
    /// No value.
    Null,
    /// True or false.
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// A number with `scale` decimals: `digits` / 10^`scale`.
    Decimal {
        /// All digits, as an integer.
        digits: i64,
        /// How many of them are decimals.
        scale: u8,
    },
    /// A text.
    Text(String),
    /// A moment, which pages write with or without milliseconds.
    Time(Time),
    /// JSON that was written before.
    Raw(Box<RawValue>),
    /// A list.
    List(Vec<Json>),
    /// An object.
    Object(Vec<(&'static str, Json)>),
}

/// Makes a [`Json::Object`]: `object! { "total": 3, "page": 1 }`.
macro_rules! object {
    ($($name:literal: $value:expr),* $(,)?) => {
        $crate::issuer::json::Json::Object(vec![
            $(($name, $crate::issuer::json::Json::from($value))),*
        ])
    };
}
pub(crate) use object;

impl Json {
    /// An amount in minor units, as a number of major ones with two decimals.
    pub const fn major(minor: i64) -> Self {
        Self::Decimal { digits: minor, scale: 2 }
    }

    /// The members of an object; none of anything else.
    pub fn members(self) -> Vec<(&'static str, Self)> {
        if let Self::Object(members) = self { members } else { Vec::new() }
    }

    /// This object with the members of another one behind its own.
    #[must_use]
    pub fn and(self, more: Self) -> Self {
        let mut members = self.members();
        members.extend(more.members());
        Self::Object(members)
    }

    /// This object without some members.
    #[must_use]
    pub fn without(self, names: &[&str]) -> Self {
        let mut members = self.members();
        members.retain(|(name, _)| !names.contains(name));
        Self::Object(members)
    }

    /// The text of it, without white space.
    pub fn text(&self) -> String {
        serde_json::to_string(self)
            .unwrap_or_else(|error| unreachable!("the value is only data: {error}"))
    }
}

/// Makes the two members of an amount: `money!("amount": minor)` is `amount` in
/// major units and `amount_minor` as an integer, both null where it is unknown.
macro_rules! money {
    ($name:literal: $minor:expr) => {{
        let minor: Option<i64> = $minor.into();
        $crate::issuer::json::Json::Object(vec![
            ($name, $crate::issuer::json::Json::from(minor.map($crate::issuer::json::Json::major))),
            (concat!($name, "_minor"), $crate::issuer::json::Json::from(minor)),
        ])
    }};
}
pub(crate) use money;

/// The digits of a decimal number.
pub(crate) fn decimal(digits: i64, scale: u8) -> String {
    let width = usize::from(scale) + 1;
    let sign = if digits < 0 { "-" } else { "" };
    let all = format!("{:0width$}", digits.unsigned_abs());
    let (whole, decimals) = all.split_at(all.len() - usize::from(scale));
    if decimals.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{decimals}") }
}

/// Reads a JSON number or a text of one as minor units. None where it is no
/// number, or has more than two decimals other than zero.
pub(crate) fn minor(text: &str) -> Option<i64> {
    let text = text.trim().trim_matches('"');
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let decimals = decimals.trim_end_matches('0');
    if whole.is_empty() || !all_digits(whole) || !all_digits(decimals) || decimals.len() > 2 {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let cents: i64 = format!("{decimals:0<2}").parse().ok()?;
    Some(sign * whole.checked_mul(100)?.checked_add(cents)?)
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Decimal { digits, scale } => {
                let number = RawValue::from_string(decimal(*digits, *scale));
                number.map_err(S::Error::custom)?.serialize(serializer)
            }
            Self::Text(text) => serializer.serialize_str(text),
            Self::Time(time) => serializer.serialize_str(&time.text()),
            Self::Raw(raw) => raw.serialize(serializer),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

/// Values are the same if their texts are.
impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Json {}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Json {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<u32> for Json {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<usize> for Json {
    fn from(value: usize) -> Self {
        Self::Integer(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Json {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<Time> for Json {
    fn from(time: Time) -> Self {
        Self::Time(time)
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Json>> From<Vec<T>> for Json {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_digit_by_digit() {
        let amounts =
            [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (3_850, "38.50"), (-12_040, "-120.40")];
        for (minor, text) in amounts {
            assert_eq!(Json::major(minor).text(), text);
        }
        assert_eq!(Json::Decimal { digits: 108_695_652, scale: 8 }.text(), "1.08695652");
        assert_eq!(Json::Decimal { digits: 7, scale: 0 }.text(), "7");
        assert_eq!(Json::major(i64::MAX).text(), "92233720368547758.07");
    }

    #[test]
    fn amounts_are_read_digit_by_digit() {
        for (text, amount) in
            [("38.5", 3_850), ("38.50", 3_850), ("5", 500), ("\"0.010\"", 1), ("-1.1", -110)]
        {
            assert_eq!(minor(text), Some(amount), "{text}");
        }
        for text in ["", "x", "1e3", "0.001", "1.2.3", "--1", "null", "99999999999999999999"] {
            assert_eq!(minor(text), None, "{text}");
        }
    }

    #[test]
    fn members_keep_their_order() {
        let json = object! { "z": 1_i64, "a": None::<bool>, "list": vec!["x"] };
        assert_eq!(json.text(), r#"{"z":1,"a":null,"list":["x"]}"#);
        assert_eq!(
            json.without(&["a"]).and(object! { "b": true }).text(),
            r#"{"z":1,"list":["x"],"b":true}"#
        );
    }
}
