//! Members of an event's `data`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::domain::money::Minor;

/// Members of an event's `data`, by their names. Values stay as they are written, so
/// that no amount goes through a float.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Members(BTreeMap<String, Box<RawValue>>);

impl Members {
    /// Sets a member.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        let raw = to_raw_value(&value.into());
        self.0.insert(name.to_owned(), raw.unwrap_or_else(|_| RawValue::NULL.to_owned()));
    }

    /// Sets a member to an exact decimal number.
    pub fn set_number(&mut self, name: &str, number: Minor, decimals: u32) {
        let text = number.json_number(decimals).as_str().to_owned();
        let raw = RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned());
        self.0.insert(name.to_owned(), raw);
    }

    /// Sets an amount of a currency with so many decimals: in major and in minor units.
    pub fn set_money(&mut self, name: &str, amount: Minor, decimals: u32) {
        self.set_number(name, amount, decimals);
        self.set(&minor_name(name), amount.get());
    }

    /// Sets an amount that is unknown.
    pub fn set_no_money(&mut self, name: &str) {
        self.set(name, Value::Null);
        self.set(&minor_name(name), Value::Null);
    }

    /// An amount of a currency with so many decimals; none if it is null or missing.
    pub fn money(&self, name: &str, decimals: u32) -> Option<Minor> {
        let read = |name: &str, decimals| {
            let raw = self.0.get(name)?.get();
            Minor::parse(raw.trim_matches('"'), decimals)
        };
        read(&minor_name(name), 0).or_else(|| read(name, decimals))
    }

    /// A text; none if the member is something else or missing.
    pub fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.0.get(name)?.get()).ok()
    }

    /// Whether a member is there, null perhaps.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Puts other members in the place of these. One form of an amount replaces both.
    pub(super) fn replace(&mut self, by: &Self) {
        for name in by.0.keys() {
            let other = name.strip_suffix(MINOR).map_or_else(|| minor_name(name), str::to_owned);
            self.0.remove(&other);
        }
        self.0.extend(by.0.clone());
    }
}

/// What the name of an amount in minor units ends in.
const MINOR: &str = "_minor";

fn minor_name(name: &str) -> String {
    format!("{name}{MINOR}")
}
