//! The members of an object, read in every form in which the pages show them.

use std::collections::HashMap;

use serde_json::value::RawValue;

use crate::domain::money::{Currency, Minor, currency_code};
use crate::domain::time::Timestamp;

/// The longest text that is kept of a member, in characters.
const LONGEST_TEXT: usize = 512;

/// An object's members as they stand.
pub(crate) struct Members<'a>(HashMap<String, &'a RawValue>);

impl<'a> Members<'a> {
    /// Reads an object; none for anything else.
    pub(crate) fn read(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok().map(Self)
    }

    /// The first member of these names that is there and not null.
    pub(crate) fn raw(&self, names: &[&str]) -> Option<&'a str> {
        let mut found = names.iter().filter_map(|name| self.0.get(*name)).map(|raw| raw.get());
        found.find(|raw| *raw != "null")
    }

    /// The first member of these names that a function can read.
    fn first<T>(&self, names: &[&str], read: impl Fn(&'a str) -> Option<T>) -> Option<T> {
        let mut found = names.iter().filter_map(|name| self.0.get(*name));
        found.find_map(|raw| read(raw.get()))
    }

    /// A text, or a number as it stands. One that is blank is unknown.
    pub(crate) fn text(&self, names: &[&str]) -> Option<String> {
        self.first(names, text)
    }

    /// True or false, also as a text or as 1 or 0.
    pub(crate) fn boolean(&self, names: &[&str]) -> Option<bool> {
        self.first(names, |raw| match raw {
            "true" => Some(true),
            "false" => Some(false),
            other => match text(other)?.to_ascii_lowercase().as_str() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
        })
    }

    /// A whole number, also as a text.
    pub(crate) fn whole<T: TryFrom<i64>>(&self, names: &[&str]) -> Option<T> {
        self.first(names, |raw| T::try_from(Minor::parse(&text(raw)?, 0)?.get()).ok())
    }

    /// A moment, see [`Timestamp::parse_any`].
    pub(crate) fn time(&self, names: &[&str]) -> Option<Timestamp> {
        self.first(names, |raw| Timestamp::parse_any(&text(raw)?))
    }

    /// An amount: `<name>_minor` first, else `name` in major units of the
    /// currency. Without a currency, major units have unknown decimals.
    pub(crate) fn money(&self, name: &str, currency: Option<Currency>) -> Option<Minor> {
        let minor = self.whole(&[&format!("{name}_minor")]).and_then(Minor::new);
        let major = || {
            currency?;
            self.first(&[name], |raw| Minor::parse(&text(raw)?, Currency::DECIMALS))
        };
        minor.or_else(major)
    }

    /// The word of a currency or its token, as it stands.
    pub(crate) fn currency_word(&self) -> Option<String> {
        self.text(&["currency"]).or_else(|| self.text(&["token"]))
    }

    /// A list's elements as they stand.
    pub(crate) fn list(&self, names: &[&str]) -> Option<Vec<&'a str>> {
        self.first(names, list)
    }

    /// The texts of a list; others in it are left out.
    pub(crate) fn texts(&self, names: &[&str]) -> Option<Vec<String>> {
        Some(self.list(names)?.into_iter().filter_map(text).collect())
    }

    /// The members of an object inside.
    pub(crate) fn object(&self, names: &[&str]) -> Option<Members<'a>> {
        self.first(names, Members::read)
    }
}

/// The elements of a list as they stand.
pub(crate) fn list(json: &str) -> Option<Vec<&str>> {
    let all: Vec<&RawValue> = serde_json::from_str(json).ok()?;
    Some(all.into_iter().map(RawValue::get).collect())
}

/// A text, or a number as it stands. What no database keeps is left out.
pub(crate) fn text(raw: &str) -> Option<String> {
    let text = match raw.as_bytes().first()? {
        b'"' => serde_json::from_str::<String>(raw).ok()?.replace('\0', ""),
        b'-' | b'0'..=b'9' => raw.to_owned(),
        _ => return None,
    };
    let text = text.trim();
    let text: String = text.chars().take(LONGEST_TEXT).collect();
    (!text.is_empty()).then_some(text)
}

/// The wallet's currency of a word: its ISO code, or one of its tokens.
pub(crate) fn currency(word: &str) -> Option<Currency> {
    currency_code(word)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_read_in_every_form() {
        let json = |value: &str| format!(r#"{{"m":{value},"odd":[{{"m":1}}]}}"#);
        for (value, text, boolean, whole) in [
            ("null", None, None, None),
            ("\"usr_1\"", Some("usr_1"), None, None),
            ("\" \"", None, None, None),
            ("1207", Some("1207"), None, Some(1_207)),
            ("\"1207\"", Some("1207"), None, Some(1_207)),
            ("6.0", Some("6.0"), None, Some(6)),
            ("6.5", Some("6.5"), None, None),
            ("true", None, Some(true), None),
            ("\"True\"", Some("True"), Some(true), None),
            ("\"false\"", Some("false"), Some(false), None),
            ("0", Some("0"), Some(false), Some(0)),
            ("1", Some("1"), Some(true), Some(1)),
            ("\"a\\u0000b\"", Some("ab"), None, None),
            ("[]", None, None, None),
            ("{\"a\":1}", None, None, None),
        ] {
            let json = json(value);
            let members = Members::read(&json).expect("an object");
            assert_eq!(members.text(&["m"]).as_deref(), text, "{value}");
            assert_eq!(members.boolean(&["m"]), boolean, "{value}");
            assert_eq!(members.whole::<i64>(&["m"]), whole, "{value}");
            assert_eq!(members.text(&["missing", "m"]).as_deref(), text, "{value}");
        }
        assert!(Members::read("[]").is_none() && Members::read("1").is_none());
    }

    #[test]
    fn moments_are_read_with_and_without_milliseconds() {
        for (value, found) in [
            ("\"2026-05-12T14:00:00.123Z\"", Some("2026-05-12T14:00:00.123Z")),
            ("\"2026-05-12T14:00:00Z\"", Some("2026-05-12T14:00:00.000Z")),
            ("\"2026-05-12T16:00:00+02:00\"", Some("2026-05-12T14:00:00.000Z")),
            ("\"2026-05-12T14:00:00\"", Some("2026-05-12T14:00:00.000Z")),
            ("\"2026-05-12 14:00:00.5\"", Some("2026-05-12T14:00:00.500Z")),
            ("1778594400", Some("2026-05-12T14:00:00.000Z")),
            ("1778594400123", Some("2026-05-12T14:00:00.123Z")),
            ("\"yesterday\"", None),
            ("99999999999999999", None),
        ] {
            let json = format!(r#"{{"m":{value}}}"#);
            let members = Members::read(&json).expect("an object");
            let read = members.time(&["m"]).map(|time| time.to_string());
            assert_eq!(read.as_deref(), found, "{value}");
        }
    }

    #[test]
    fn amounts_are_minor_units_first() {
        for (json, found) in [
            (r#"{"a":120.4,"a_minor":12041}"#, Some(12_041)),
            (r#"{"a":120.4,"a_minor":"12041"}"#, Some(12_041)),
            (r#"{"a":120.4,"a_minor":null}"#, Some(12_040)),
            (r#"{"a":120.4,"a_minor":1.5}"#, Some(12_040)),
            (r#"{"a":"120.40"}"#, Some(12_040)),
            (r#"{"a":0.1}"#, Some(10)),
            (r#"{"a":90071992547409.91}"#, Some(Minor::MAX)),
            (r#"{"a":90071992547409.92}"#, None),
            (r#"{"a":120.405}"#, None),
            (r#"{"a":null}"#, None),
            (r#"{"a":{"amount":1}}"#, None),
            ("{}", None),
        ] {
            let members = Members::read(json).expect("an object");
            let amount = members.money("a", Some(Currency::Eur)).map(Minor::get);
            assert_eq!(amount, found, "{json}");
        }
        let members = Members::read(r#"{"a":1.5,"b_minor":150}"#).expect("an object");
        assert_eq!(members.money("a", None), None, "decimals of what?");
        assert_eq!(members.money("b", None), Minor::new(150));
    }

    #[test]
    fn currencies_go_by_their_tokens_too() {
        for (word, found) in [
            ("USD", Some(Currency::Usd)),
            ("usdc", Some(Currency::Usd)),
            ("USDCe", Some(Currency::Usd)),
            ("USDC.e", Some(Currency::Usd)),
            ("EURe", Some(Currency::Eur)),
            ("eur", Some(Currency::Eur)),
            ("GBPe", Some(Currency::Gbp)),
            ("CHF", None),
            ("", None),
        ] {
            assert_eq!(currency(word), found, "{word}");
        }
    }
}
