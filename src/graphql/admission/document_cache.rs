//! Validated documents, cached by their text: clients send the same few documents again.

use std::sync::Arc;

use apollo_parser::{Lexer, TokenKind};
use moka::sync::Cache;

use super::limits::Limits;
use super::operation::{Field, Operation};
use super::positions::Positions;
use super::rejection::{Rejection, cut, request_error};
use super::types::Types;
use super::validation::{self, Validated};
use crate::config::hash_of;
use crate::graphql::error::VALIDATION_FAILED;

/// Maximum size of the cache in bytes, estimated by [`Document::weight`].
const CAPACITY: u64 = 16 * 1024 * 1024;
/// A longer text is not cached: a few of them would displace all others.
const MAX_TEXT: usize = 16 * 1024;
/// Estimated size of a selected field in bytes.
const FIELD: usize = 400;

/// What the log has in place of the hash of a private document.
const UNHASHED: &str = "unhashed";

/// Whether a document has mutations and, instead of variables, texts for them: codes from
/// e-mails, phone numbers and the like. Such a document is not kept.
fn holds_secrets(text: &str) -> bool {
    let mut has_mutation = false;
    let mut has_text = false;
    for token in Lexer::new(text).filter_map(Result::ok) {
        has_mutation |= token.kind() == TokenKind::Name && token.data() == "mutation";
        has_text |= token.kind() == TokenKind::StringValue;
    }
    has_mutation && has_text
}

/// A valid document.
pub(crate) struct Document {
    /// The hexadecimal SHA-256 of its text, for the log.
    pub(crate) hash: Arc<str>,
    /// Whether its text may hold what must not be kept: see [`holds_secrets`].
    pub(crate) is_private: bool,
    /// Whether it introspects.
    pub(crate) introspects: bool,
    operations: Vec<Arc<Operation>>,
}

impl Document {
    fn of(text: &str, limits: &Limits, types: &Types, suggest: bool) -> Result<Self, Rejection> {
        let positions = Positions::of(text);
        let validated = validation::validate(text, &positions, limits, types, suggest)?;
        let Validated { document, introspects, null_defaults } = validated;
        let is_private = holds_secrets(text);
        let operations = document.operations.iter().map(|operation| {
            let pos = positions.of_span(operation.location());
            let fragments = &document.fragments;
            Arc::new(Operation::of(operation, pos, fragments, &positions, types, &null_defaults))
        });
        let operations = operations.collect();
        // A short code could be found out from a hash.
        let hash = if is_private { UNHASHED.into() } else { hash_of(text).into() };
        Ok(Self { hash, is_private, introspects, operations })
    }

    /// The operation with this name, or the only one.
    pub(crate) fn operation(&self, name: Option<&str>) -> Result<Arc<Operation>, Rejection> {
        let message = match (name, &self.operations[..]) {
            (None, [only]) => return Ok(Arc::clone(only)),
            (None, _) => {
                "The document has several operations: operationName must say which".to_owned()
            }
            (Some(name), all) => {
                match all.iter().find(|operation| operation.name.as_deref() == Some(name)) {
                    Some(operation) => return Ok(Arc::clone(operation)),
                    None => cut(format!("Unknown operation named \"{name}\"")),
                }
            }
        };
        Err(request_error(message, None, VALIDATION_FAILED))
    }

    fn weight(&self, text: &str) -> u32 {
        fn count(fields: &[Field]) -> usize {
            fields.iter().map(|field| 1 + count(&field.below)).sum()
        }
        let fields: usize = self.operations.iter().map(|one| count(one.fields())).sum();
        u32::try_from(text.len() + fields * FIELD).unwrap_or(u32::MAX)
    }
}

/// The cache.
#[derive(Clone)]
pub(crate) struct DocumentCache {
    known: Cache<String, Arc<Document>>,
    limits: Limits,
    types: Arc<Types>,
}

impl DocumentCache {
    /// An empty cache of documents for a schema.
    pub(crate) fn new(limits: Limits, types: Arc<Types>) -> Self {
        let weigher = |text: &String, document: &Arc<Document>| document.weight(text);
        let known = Cache::builder().max_capacity(CAPACITY).weigher(weigher).build();
        Self { known, limits, types }
    }

    /// The document of a text, or why it cannot run. With `suggest`, the reason may name
    /// similar fields of the schema.
    pub(crate) fn get(&self, text: &str, suggest: bool) -> Result<Arc<Document>, Rejection> {
        if let Some(document) = self.known.get(text) {
            return Ok(document);
        }
        let document = Arc::new(Document::of(text, &self.limits, &self.types, suggest)?);
        if text.len() <= MAX_TEXT && !document.is_private {
            self.known.insert(text.to_owned(), Arc::clone(&document));
        }
        Ok(document)
    }
}

#[cfg(test)]
mod tests {
    use super::super::limits::defaults;
    use super::super::types::tests::published;
    use super::*;

    #[test]
    fn a_mutation_with_texts_in_it_is_not_kept() {
        let documents = DocumentCache::new(defaults(), Arc::new(published()));
        for (text, is_private) in [
            (
                r#"mutation { verifyPhone(input: { identifier: 1, code: "123456" }) { clientMutationId } }"#,
                true,
            ),
            (
                r#"mutation($c: String! = "123456") { verifyPhone(input: { identifier: 1, code: $c }) { clientMutationId } }"#,
                true,
            ),
            (
                "mutation($c: String!) { verifyPhone(input: { identifier: 1, code: $c }) { clientMutationId } }",
                false,
            ),
            (r#"{ cardCustomer(identifier: "usr_1") { id } }"#, false),
        ] {
            let document = documents.get(text, false).unwrap_or_else(|_| panic!("{text}"));
            assert_eq!(document.is_private, is_private, "{text}");
            assert_eq!(document.hash.len() == 64, !is_private, "{text}");
            assert_eq!(documents.known.get(text).is_some(), !is_private, "{text}");
        }
    }
}
