//! Parsed documents, remembered: clients send the same few texts all day.

use std::sync::{Arc, OnceLock};

use async_graphql::Response;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::ExecutableDocument;
use moka::sync::Cache;

use super::error::{too_complex, unparsable};
use super::guard;
use super::order::Order;

/// How many bytes of text are remembered altogether. A parsed document takes
/// some twenty times its text.
const CAPACITY: u64 = 512 * 1024;
/// Longer texts are not remembered: a few of them would drive out all others.
const LONGEST: usize = 16 * 1024;

/// A parsed document.
pub(super) struct Document {
    pub(super) parsed: ExecutableDocument,
    order: OnceLock<Option<Order>>,
}

impl Document {
    /// Brings the fields of an answer to a valid document into their order.
    pub(super) fn put_in_order(&self, operation: Option<&str>, response: &mut Response) {
        if self.parsed.operations.iter().count() > 1 {
            if let Some(order) = Order::of(&self.parsed, operation) {
                order.apply(&mut response.data);
            }
        } else if let Some(order) = self.order.get_or_init(|| Order::of(&self.parsed, None)) {
            order.apply(&mut response.data);
        }
    }
}

/// The documents that were parsed lately, by their text.
#[derive(Clone)]
pub(super) struct Documents(Cache<String, Arc<Document>>);

impl Documents {
    pub(super) fn new() -> Self {
        let weigh =
            |text: &String, _: &Arc<Document>| u32::try_from(text.len()).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(CAPACITY).weigher(weigh).build())
    }

    /// The document of a text, parsed now or before; else the answer that says
    /// why there is none.
    pub(super) fn get(&self, text: &str) -> Result<Arc<Document>, Box<Response>> {
        if let Some(document) = self.0.get(text) {
            return Ok(document);
        }
        guard::check_text(text).map_err(|what| Box::new(too_complex(what)))?;
        let parsed = parse_query(text).map_err(|error| Box::new(unparsable(error)))?;
        guard::check_document(&parsed).map_err(|what| Box::new(too_complex(what)))?;
        let document = Arc::new(Document { parsed, order: OnceLock::new() });
        if text.len() <= LONGEST {
            self.0.insert(text.to_owned(), Arc::clone(&document));
        }
        Ok(document)
    }
}
