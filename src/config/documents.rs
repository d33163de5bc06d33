//! Settings of GraphQL documents: limits, trusted documents, introspection.

use std::collections::HashMap;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::parse::{boolean, integer, one_of, text};
use super::reader::Reader;
use crate::domain::scope::{Scope, Scopes};

/// The limits of a document.
#[derive(Clone, Copy, Debug)]
pub struct DocumentLimits {
    /// Size of its text in bytes.
    pub document: usize,
    /// Tokens of its text.
    pub tokens: usize,
    /// Nesting of brackets of any kind.
    pub nesting: usize,
    /// Nesting of fields, without introspection.
    pub depth: usize,
    /// Number of aliases.
    pub aliases: usize,
    /// Number of root fields.
    pub root_fields: usize,
    /// Number of directives.
    pub directives: usize,
    /// Number of selections with all fragments spread.
    pub selections: usize,
    /// Number of selections on one object.
    pub fields: usize,
    /// Number of values in the variables of a request, on all levels.
    pub variables: usize,
    /// Cost of a document: its fields, multiplied by page sizes.
    pub complexity: usize,
}

/// Who may introspect the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Introspection {
    /// Any token.
    Any,
    /// Tokens of scope `schema`.
    Schema,
    /// No token.
    Off,
}

impl Introspection {
    /// Whether a caller with these scopes may introspect.
    pub const fn allows(self, scopes: Scopes) -> bool {
        match self {
            Self::Any => true,
            Self::Schema => scopes.contains(Scope::Schema),
            Self::Off => false,
        }
    }
}

/// Documents by the hexadecimal form of their SHA-256.
pub type Trusted = HashMap<String, String>;

/// Settings of GraphQL documents.
#[derive(Clone, Debug)]
pub struct Documents {
    /// The limits of each document.
    pub limits: DocumentLimits,
    /// Size of the cache of automatically persisted queries, in bytes.
    pub persisted_cache: u64,
    /// The trusted documents.
    pub trusted: Trusted,
    /// Whether only trusted documents can run.
    pub persisted_only: bool,
    /// Who may introspect the schema.
    pub introspection: Introspection,
    /// Whether the schema is a subgraph of a federated graph.
    pub federation: bool,
}

pub(super) fn documents(read: &mut Reader) -> Documents {
    let introspection = [
        ("any", Introspection::Any),
        ("schema", Introspection::Schema),
        ("off", Introspection::Off),
    ];
    let limits = DocumentLimits {
        document: read.get("limits.document", integer),
        tokens: read.get("limits.tokens", integer),
        nesting: read.get("limits.nesting", integer),
        depth: read.get("limits.depth", integer),
        aliases: read.get("limits.aliases", integer),
        root_fields: read.get("limits.root_fields", integer),
        directives: read.get("limits.directives", integer),
        selections: read.get("limits.selections", integer),
        fields: read.get("limits.fields", integer),
        variables: read.get("limits.variables", integer),
        complexity: read.get("limits.complexity", integer),
    };
    if limits.nesting > 64 {
        read.error("limits.nesting", "must be at most 64: the parser works on the stack");
    }
    let file = read.get("graphql.trusted_documents", text);
    let trusted = if file.is_empty() { Ok(Trusted::new()) } else { read_trusted(Path::new(&file)) };
    let trusted = trusted.unwrap_or_else(|what| {
        read.error("graphql.trusted_documents", &what);
        Trusted::new()
    });
    Documents {
        limits,
        persisted_cache: read.get("graphql.persisted_cache", integer),
        trusted,
        persisted_only: read.get("graphql.persisted_only", boolean),
        introspection: read.get("graphql.introspection", |value| one_of(value, &introspection)),
        federation: read.get("graphql.federation", boolean),
    }
}

/// Reads a JSON object of texts, each under its hash.
fn read_trusted(file: &Path) -> Result<Trusted, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("cannot be read: {error}"))?;
    let documents: Trusted = serde_json::from_str(&text)
        .map_err(|error| format!("must be a JSON object of documents by their hash: {error}"))?;
    let wrong = documents.iter().find(|(hash, text)| **hash != hash_of(text));
    match wrong {
        Some((hash, _)) => Err(format!("has a document under {hash}, which is not its SHA-256")),
        None => Ok(documents),
    }
}

/// The hexadecimal form of a text's SHA-256.
pub fn hash_of(text: &str) -> String {
    const_hex::encode(Sha256::digest(text.as_bytes()))
}
