//! Validated documents, cached by their text: clients send the same few all day.

use std::sync::Arc;

use moka::sync::Cache;

use super::limits::Limits;
use super::operation::{Field, Operation};
use super::positions::Positions;
use super::rejection::{Rejection, request_error};
use super::types::Types;
use super::validation::{self, Validated};
use crate::config::hash_of;
use crate::graphql::error::VALIDATION_FAILED;

/// Bytes that the cached documents may take, as [`Document::weight`] estimates them.
const CAPACITY: u64 = 16 * 1024 * 1024;
/// Bytes of a longer text are not cached: a few of them would drive out all others.
const LONGEST: usize = 16 * 1024;
/// Bytes that a selected field takes, roughly.
const FIELD: usize = 400;

/// A valid document.
pub(crate) struct Document {
    /// The hexadecimal SHA-256 of its text, for the log.
    pub(crate) hash: Arc<str>,
    /// Whether it asks for the schema's own description.
    pub(crate) introspects: bool,
    operations: Vec<Arc<Operation>>,
}

impl Document {
    fn of(text: &str, limits: &Limits, types: &Types, suggest: bool) -> Result<Self, Rejection> {
        let positions = Positions::of(text);
        let validated = validation::validate(text, &positions, limits, types, suggest)?;
        let Validated { document, introspects, null_defaults } = validated;
        let operations = document.operations.iter().map(|operation| {
            let pos = positions.of_span(operation.location());
            let fragments = &document.fragments;
            Arc::new(Operation::of(operation, pos, fragments, &positions, &null_defaults))
        });
        let operations = operations.collect();
        Ok(Self { hash: hash_of(text).into(), introspects, operations })
    }

    /// The operation that a request means.
    pub(crate) fn operation(&self, name: Option<&str>) -> Result<Arc<Operation>, Rejection> {
        let message = match (name, &self.operations[..]) {
            (None, [only]) => return Ok(Arc::clone(only)),
            (None, _) => {
                "The document has several operations: operationName must say which".to_owned()
            }
            (Some(name), all) => {
                match all.iter().find(|operation| operation.name.as_deref() == Some(name)) {
                    Some(operation) => return Ok(Arc::clone(operation)),
                    None => validation::cut(format!("Unknown operation named \"{name}\"")),
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

/// The documents that were used lately, by their text.
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

    /// The document of a text, or why it cannot be executed. If `suggest`, the
    /// reason may name fields that the text does not.
    pub(crate) fn get(&self, text: &str, suggest: bool) -> Result<Arc<Document>, Rejection> {
        if let Some(document) = self.known.get(text) {
            return Ok(document);
        }
        let document = Arc::new(Document::of(text, &self.limits, &self.types, suggest)?);
        if text.len() <= LONGEST {
            self.known.insert(text.to_owned(), Arc::clone(&document));
        }
        Ok(document)
    }
}
