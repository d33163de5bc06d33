//! Values as JSON.

use async_graphql::Value;

/// A text that needs no escaping: of digits, letters and the like.
pub(crate) fn plain_text(text: &str, json: &mut Vec<u8>) {
    json.push(b'"');
    json.extend_from_slice(text.as_bytes());
    json.push(b'"');
}

/// Any text. Most need no escaping: pages have hundreds of them.
fn text(text: &str, json: &mut Vec<u8>) {
    // Looks at all bytes: the compiler makes that many at a time.
    let escaped = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    if text.bytes().fold(false, |found, byte| found | escaped(byte)) {
        serialize(text, json);
    } else {
        plain_text(text, json);
    }
}

/// A name and the colon behind it. GraphQL's names need no escaping.
pub(crate) fn key(name: &str, json: &mut Vec<u8>) {
    plain_text(name, json);
    json.push(b':');
}

/// Any value that serde knows. Texts, numbers and errors have no keys that JSON
/// cannot have, and a vector takes everything, so that this cannot fail.
pub(crate) fn serialize(value: &(impl serde::Serialize + ?Sized), json: &mut Vec<u8>) {
    let written = serde_json::to_writer(&mut *json, value);
    debug_assert!(written.is_ok(), "{written:?}");
}

/// A value of the engine. No type of this schema has binary values: they stand
/// for JSON that the page writer has written.
pub(crate) fn value(value: &Value, json: &mut Vec<u8>) {
    match value {
        Value::Binary(written) => json.extend_from_slice(written),
        Value::String(content) => text(content, json),
        Value::Enum(name) => plain_text(name, json),
        Value::Boolean(true) => json.extend_from_slice(b"true"),
        Value::Boolean(false) => json.extend_from_slice(b"false"),
        Value::Null => json.extend_from_slice(b"null"),
        plain => serialize(plain, json),
    }
}
