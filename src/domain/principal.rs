//! The caller of a request.

use std::fmt;

use super::scope::{Scope, Scopes};
use crate::error::{Error, Result};

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

/// What a caller has shown to prove who it is. Idempotency keys, rate limits and the audit
/// belong to it. As a text (`token:…` or `client:…`) it is safe to log and to store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Credential {
    /// A token of `token create`, by its identifier.
    Token(String),
    /// A client with a key pair, by its identifier, also when it sends one of its tokens.
    Client(String),
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(id) => write!(f, "token:{id}"),
            Self::Client(id) => write!(f, "client:{id}"),
        }
    }
}

/// The caller of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The program that it belongs to.
    pub program: ProgramId,
    /// Who it is.
    pub credential: Credential,
    /// What it may do.
    pub scopes: Scopes,
}

impl Principal {
    /// Whether the caller may do something that needs a scope. REST routes say what they need
    /// with `http::scope::requires`, GraphQL fields with the guard `RequiresScope`.
    ///
    /// # Errors
    /// `Forbidden`, naming the scope that is missing.
    pub fn require(&self, scope: Scope) -> Result<()> {
        if self.scopes.contains(scope) { Ok(()) } else { Err(Error::lacks_scope(scope.name())) }
    }
}
