//! The text of a GraphQL document.

use std::sync::LazyLock;

use card_gateway::graphql::validates;

/// A fragment with more brackets than any limit lets through.
static TOO_DEEP: LazyLock<String> = LazyLock::new(|| {
    let depth = 100;
    format!("fragment TooDeep on Query {}{}", "{a".repeat(depth), "}".repeat(depth))
});

/// # Panics
/// If a document is taken for valid although brackets beyond the limit follow:
/// then a string or a comment hides them from the limits. Or if the parser, the
/// validator or what follows them panics.
pub fn check(text: &[u8]) {
    let Ok(text) = str::from_utf8(text) else { return };
    validates(text);
    // Behind a comment, they are a part of it.
    let deep = format!("{text}\n{}", *TOO_DEEP);
    assert!(!validates(&deep), "{deep}");
}
