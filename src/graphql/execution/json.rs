//! Answers as JSON, written once: what resolvers return goes straight into the
//! text, without a tree of values in between.

use async_graphql::{ID, Value};

/// Something that a field can return, as JSON.
pub(crate) trait ToJson {
    /// Writes the value.
    fn to_json(&self, json: &mut Vec<u8>);
}

impl<T: ToJson> ToJson for Option<T> {
    fn to_json(&self, json: &mut Vec<u8>) {
        match self {
            Some(value) => value.to_json(json),
            None => json.extend_from_slice(b"null"),
        }
    }
}

impl ToJson for bool {
    fn to_json(&self, json: &mut Vec<u8>) {
        json.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl ToJson for &str {
    fn to_json(&self, json: &mut Vec<u8>) {
        text(self, json);
    }
}

impl ToJson for String {
    fn to_json(&self, json: &mut Vec<u8>) {
        text(self, json);
    }
}

impl ToJson for ID {
    fn to_json(&self, json: &mut Vec<u8>) {
        text(self, json);
    }
}

macro_rules! whole_numbers {
    ($($number:ty),+) => { $(
        impl ToJson for $number {
            fn to_json(&self, json: &mut Vec<u8>) {
                serialize(self, json);
            }
        }
    )+ };
}

whole_numbers!(i32, i64, usize);

/// A text with whatever JSON wants escaped.
pub(crate) fn text(text: &str, json: &mut Vec<u8>) {
    serialize(text, json);
}

/// A text that needs no escaping: of digits, letters and the like.
pub(crate) fn plain_text(text: &str, json: &mut Vec<u8>) {
    json.push(b'"');
    json.extend_from_slice(text.as_bytes());
    json.push(b'"');
}

/// Texts, numbers and errors have no keys that JSON cannot have, and a vector
/// takes everything, so that this cannot fail.
pub(crate) fn serialize(value: &(impl serde::Serialize + ?Sized), json: &mut Vec<u8>) {
    let written = serde_json::to_writer(&mut *json, value);
    debug_assert!(written.is_ok(), "{written:?}");
}

/// A name and the colon behind it. GraphQL's names need no escaping.
pub(crate) fn key(name: &str, json: &mut Vec<u8>) {
    plain_text(name, json);
    json.push(b':');
}

/// What `items` are written as, with commas in between.
pub(crate) fn separated<T>(
    items: impl IntoIterator<Item = T>,
    json: &mut Vec<u8>,
    mut write: impl FnMut(T, &mut Vec<u8>),
) {
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            json.push(b',');
        }
        write(item, json);
    }
}

/// The engine's value. No type of this schema has binary values, so that those
/// stand for JSON that is written already: see [`crate::graphql::execution::page_writer`].
pub(crate) fn value(value: &Value, json: &mut Vec<u8>) {
    match value {
        Value::Binary(written) => json.extend_from_slice(written),
        Value::List(items) => {
            json.push(b'[');
            separated(items, json, self::value);
            json.push(b']');
        }
        Value::Object(fields) => {
            json.push(b'{');
            separated(fields, json, |(name, field), json| {
                key(name, json);
                self::value(field, json);
            });
            json.push(b'}');
        }
        plain => serialize(plain, json),
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;

    #[test]
    fn values_are_written_as_serde_would() {
        let tree = value!({
            "a": [1, 2.5, null, true, "\"\\\n\u{1}é😀"], "b": { "c": {}, "d": [] }, "e": [{ "f": -1 }],
        });
        let mut json = Vec::new();
        super::value(&tree, &mut json);
        assert_eq!(String::from_utf8(json).ok(), serde_json::to_string(&tree).ok());
    }

    #[test]
    fn what_is_written_already_is_taken_as_it_is() {
        let mut tree = value!({ "a": null });
        if let Value::Object(fields) = &mut tree {
            fields.insert(async_graphql::Name::new("a"), Value::Binary(r#"[{"b":1}]"#.into()));
        }
        let mut json = Vec::new();
        super::value(&tree, &mut json);
        assert_eq!(json, br#"{"a":[{"b":1}]}"#);
    }
}
