//! Where settings come from, one layer over the other.

use std::collections::BTreeMap;
use std::ffi::OsString;

use toml::{Table, Value};
use zeroize::Zeroize as _;

use super::flags::Flags;
use crate::domain::nearest::nearest;

const DEFAULTS: &str = include_str!("../config.default.toml");
const PREFIX: &str = "CARD_GATEWAY__";

/// Every setting by its dotted key, with where it comes from.
pub(super) struct Layers {
    defaults: BTreeMap<String, Value>,
    set: BTreeMap<String, (Value, String)>,
}

impl Layers {
    pub(super) fn gather(
        file: Option<(&str, &str)>,
        environment: impl Iterator<Item = (OsString, OsString)>,
        flags: &Flags,
        errors: &mut Vec<String>,
    ) -> Self {
        let mut defaults = BTreeMap::new();
        let table = DEFAULTS.parse().unwrap_or_else(|error| unreachable!("the defaults: {error}"));
        flatten("", table, &mut defaults);
        defaults.retain(|_, value| !value.is_table());
        let mut layers = Self { defaults, set: BTreeMap::new() };
        if let Some((name, text)) = file {
            layers.add_file(name, text, errors);
        }
        layers.add_environment(environment, errors);
        for (key, flag, value) in [
            ("server.listen", "--listen", &flags.listen),
            ("database.url", "--database-url", &flags.database_url),
            ("log.level", "--log-level", &flags.log_level),
        ] {
            if let Some(value) = value {
                layers.put(key, value.clone().into(), flag, errors);
            }
        }
        if flags.persisted_only {
            layers.put("graphql.persisted_only", true.into(), "--persisted-only", errors);
        }
        layers
    }

    fn add_file(&mut self, name: &str, text: &str, errors: &mut Vec<String>) {
        match text.parse() {
            Ok(table) => {
                let mut values = BTreeMap::new();
                flatten("", table, &mut values);
                for (key, value) in values {
                    self.put(&key, value, name, errors);
                }
            }
            Err(error) => errors.push(format!("{name} is not TOML: {}", error.message())),
        }
    }

    fn add_environment(
        &mut self,
        environment: impl Iterator<Item = (OsString, OsString)>,
        errors: &mut Vec<String>,
    ) {
        // Sorted, so that the order of errors does not change.
        let environment: BTreeMap<OsString, OsString> = environment.collect();
        for (name, value) in environment {
            let Some(name) = name.to_str() else { continue };
            let key = match name.strip_prefix(PREFIX) {
                Some(rest) => key_of_variable(rest),
                None if name == "DATABASE_URL" => "database.url".to_owned(),
                None if name == "DATABASE_READ_URL" => "database.read_url".to_owned(),
                None => continue,
            };
            match value.into_string() {
                Ok(value) => self.put(&key, value.into(), name, errors),
                Err(_) => errors.push(format!("{key} ({name}) is not UTF-8")),
            }
        }
    }

    fn put(&mut self, key: &str, value: Value, origin: &str, errors: &mut Vec<String>) {
        let below = format!("{key}.");
        let section = || {
            matches!(key, "webhooks" | "webhooks.secrets")
                || self.defaults.keys().any(|known| known.starts_with(&below))
        };
        if value.is_table() && section() {
            // A section with nothing in it.
        } else if self.defaults.contains_key(key) || program_in(key).is_some() {
            self.set.insert(key.to_owned(), (value, origin.to_owned()));
        } else {
            let near = nearest(key, self.defaults.keys().map(String::as_str));
            let hint = near.map(|near| format!(": did you mean {near}?")).unwrap_or_default();
            errors.push(format!("{key} ({origin}) is not a setting{hint}"));
        }
    }

    /// The default of a setting that has one.
    pub(super) fn default_value(&self, key: &str) -> &Value {
        self.defaults.get(key).unwrap_or_else(|| unreachable!("{key} has no default"))
    }

    /// The effective value of a setting.
    pub(super) fn value(&self, key: &str) -> &Value {
        self.set.get(key).map_or_else(|| self.default_value(key), |(value, _)| value)
    }

    /// Whether another layer than the defaults has it.
    pub(super) fn has(&self, key: &str) -> bool {
        self.set.contains_key(key)
    }

    /// The layer that its value comes from.
    pub(super) fn origin(&self, key: &str) -> &str {
        self.set.get(key).map_or("default", |(_, origin)| origin)
    }

    /// The keys `before<program>after` that are set, with their programs.
    pub(super) fn programs_of(&self, before: &str, after: &str) -> Vec<(String, String)> {
        let program = |key: &String| {
            let program = key.strip_prefix(before)?.strip_suffix(after)?;
            (program_in(key)? == program).then(|| (key.clone(), program.to_owned()))
        };
        self.set.keys().filter_map(program).collect()
    }

    /// Overwrites the secrets of programs, once they have been read: nothing
    /// that is shown later needs them.
    pub(super) fn forget_secrets(&mut self) {
        for (key, (value, _)) in &mut self.set {
            if program_in(key).is_some() {
                if let Value::String(text) = value {
                    text.zeroize();
                }
                *value = Value::from("[hidden]");
            }
        }
    }

    /// Every key that has a value, in order.
    pub(super) fn keys(&self) -> impl Iterator<Item = &String> {
        let extra = self.set.keys().filter(|key| !self.defaults.contains_key(*key));
        self.defaults.keys().chain(extra)
    }
}

/// The program in a key that has one.
pub(super) fn program_in(key: &str) -> Option<&str> {
    let parts: Vec<&str> = key.split('.').collect();
    let (["webhooks", "secrets", program] | ["issuer", program, "api_key" | "api_secret"]) =
        parts.as_slice()
    else {
        return None;
    };
    crate::domain::principal::is_program_name(program).then_some(*program)
}

/// `WEBHOOKS__SECRETS__MY_PROGRAM` is `webhooks.secrets.my-program`.
fn key_of_variable(rest: &str) -> String {
    let mut parts: Vec<String> = rest.split("__").map(str::to_ascii_lowercase).collect();
    let program = match parts.as_slice() {
        [first, second, _] if first == "webhooks" && second == "secrets" => Some(2),
        [first, _, _] if first == "issuer" => Some(1),
        _ => None,
    };
    if let Some(at) = program {
        parts[at] = parts[at].replace('_', "-");
    }
    parts.join(".")
}

fn flatten(before: &str, table: Table, into: &mut BTreeMap<String, Value>) {
    for (key, value) in table {
        let key = format!("{before}{key}");
        match value {
            Value::Table(table) if !table.is_empty() => flatten(&format!("{key}."), table, into),
            value => {
                into.insert(key, value);
            }
        }
    }
}
