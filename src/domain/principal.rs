//! The caller of a request, and its scope.

use strum::{AsRefStr, EnumString, IntoStaticStr, VariantArray};

/// The number of a program. Every function of the store takes one first, so that no
/// statement can read the rows of another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProgramId(pub i32);

/// Whether a text can be a program's name: `[a-z0-9-]`, 1 to 64 of them, no
/// `-` at either end and no two in a row (in the environment `-` is `_`, and
/// `__` separates).
pub fn is_program_name(text: &str) -> bool {
    let letters = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (1..=64).contains(&text.len())
        && text.bytes().all(letters)
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}

/// What a token may do.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Scope {
    /// Read.
    Read,
    /// Read and introspect, even if introspection is restricted.
    Schema,
    /// Read and write.
    Write,
}

/// The caller of a request: a token of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The program of the token.
    pub program: ProgramId,
    /// The identifier of the token; safe to log.
    pub token_id: String,
    /// What the token may do.
    pub scope: Scope,
}
