//! Reads single settings and collects all errors.

use toml::Value;

use super::layers::Layers;

/// Reads settings out of their layers, and collects what is wrong with them.
pub(super) struct Reader<'a> {
    layers: &'a Layers,
    errors: Vec<String>,
}

impl<'a> Reader<'a> {
    /// A reader that begins with these errors.
    pub(super) const fn new(layers: &'a Layers, errors: Vec<String>) -> Self {
        Self { layers, errors }
    }

    /// All errors so far.
    pub(super) fn into_errors(self) -> Vec<String> {
        self.errors
    }

    /// Notes what is wrong with a setting.
    pub(super) fn error(&mut self, key: &str, what: &str) {
        let origin = self.layers.origin(key);
        self.errors.push(format!("{key} ({origin}) {what}"));
    }

    /// A setting. If it is invalid, notes the error and returns the default.
    pub(super) fn get<T>(&mut self, key: &str, parse: impl Fn(&Value) -> Result<T, String>) -> T {
        match parse(self.layers.value(key)) {
            Ok(value) => value,
            Err(what) => {
                self.error(key, &what);
                let default = parse(self.layers.default_value(key));
                default.unwrap_or_else(|what| unreachable!("the default of {key} {what}"))
            }
        }
    }

    /// The value of a setting.
    pub(super) fn value(&self, key: &str) -> &'a Value {
        self.layers.value(key)
    }

    /// Whether a setting has another value than its default.
    pub(super) fn is_set(&self, key: &str) -> bool {
        self.layers.has(key)
    }

    /// The keys `before<program>after` that are set, with their programs.
    pub(super) fn programs_of(&self, before: &str, after: &str) -> Vec<(String, String)> {
        self.layers.programs_of(before, after)
    }
}
