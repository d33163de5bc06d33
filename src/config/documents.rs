//! What GraphQL documents may ask for, and which may be used.

use std::collections::HashMap;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::Reader;
use super::parse::{introspection, text, whole, yes_or_no};
use crate::domain::principal::Scope;

/// What a document may ask of us.
#[derive(Clone, Copy, Debug)]
pub struct DocumentLimits {
    /// Bytes of its text.
    pub document: usize,
    /// Tokens of its text.
    pub tokens: usize,
    /// How deep brackets of any kind may be nested.
    pub nesting: usize,
    /// How deep fields may be nested; those of introspection apart.
    pub depth: usize,
    /// Fields with another name.
    pub aliases: usize,
    /// Fields of the operation itself.
    pub root_fields: usize,
    /// Directives.
    pub directives: usize,
    /// Selections once all fragments are spread.
    pub selections: usize,
    /// Selections of one object.
    pub fields: usize,
    /// Variables that come with a request.
    pub variables: usize,
    /// What it costs: fields, multiplied by the pages that they are on.
    pub complexity: usize,
}

/// Who may ask what the schema holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Introspection {
    /// Any token.
    Any,
    /// Tokens that may read the schema.
    Schema,
    /// No token.
    Off,
}

impl Introspection {
    /// Whether a token of this scope may introspect.
    pub fn allows(self, scope: Scope) -> bool {
        match self {
            Self::Any => true,
            Self::Schema => scope == Scope::Schema,
            Self::Off => false,
        }
    }
}

/// Documents by the hexadecimal form of their SHA-256.
pub type Trusted = HashMap<String, String>;

/// The documents that may be used.
#[derive(Clone, Debug)]
pub struct Documents {
    /// What each may ask for.
    pub limits: DocumentLimits,
    /// How many bytes of persisted documents are remembered.
    pub persisted_cache: u64,
    /// Documents that are known beforehand.
    pub trusted: Trusted,
    /// Whether no others may be used.
    pub persisted_only: bool,
    /// Who may ask what the schema holds.
    pub introspection: Introspection,
}

impl Reader<'_> {
    pub(super) fn documents(&mut self) -> Documents {
        let limits = DocumentLimits {
            document: self.get("limits.document", whole),
            tokens: self.get("limits.tokens", whole),
            nesting: self.get("limits.nesting", whole),
            depth: self.get("limits.depth", whole),
            aliases: self.get("limits.aliases", whole),
            root_fields: self.get("limits.root_fields", whole),
            directives: self.get("limits.directives", whole),
            selections: self.get("limits.selections", whole),
            fields: self.get("limits.fields", whole),
            variables: self.get("limits.variables", whole),
            complexity: self.get("limits.complexity", whole),
        };
        if limits.nesting > 64 {
            self.mistake("limits.nesting", "must be at most 64: the parser works on the stack");
        }
        let file = self.get("graphql.trusted_documents", text);
        let trusted = if file.is_empty() { Ok(Trusted::new()) } else { read(Path::new(&file)) };
        let trusted = trusted.unwrap_or_else(|what| {
            self.mistake("graphql.trusted_documents", &what);
            Trusted::new()
        });
        Documents {
            limits,
            persisted_cache: self.get("graphql.persisted_cache", whole),
            trusted,
            persisted_only: self.get("graphql.persisted_only", yes_or_no),
            introspection: self.get("graphql.introspection", introspection),
        }
    }
}

/// A JSON object of texts, each under its hash.
fn read(file: &Path) -> Result<Trusted, String> {
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
