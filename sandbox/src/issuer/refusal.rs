//! Why the issuer does not do what it is asked.

use super::json::Json;

/// A documented failure. Each family of routes writes it in a shape of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The code, in capitals.
    pub code: &'static str,
    /// A sentence. Several documented examples have none.
    pub message: Option<String>,
    /// More members: at the top, or in `data`, as the family writes them.
    pub more: Vec<(&'static str, Json)>,
}

impl Refusal {
    /// A failure with a code and a sentence.
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: Some(message.into()), more: Vec::new() }
    }

    /// A failure whose documented example has no `message`.
    pub(crate) const fn bare(status: u16, code: &'static str) -> Self {
        Self { status, code, message: None, more: Vec::new() }
    }

    /// The same with more members.
    pub(crate) fn with(mut self, more: Json) -> Self {
        self.more.extend(more.members());
        self
    }

    /// The customer is not there.
    pub(crate) const fn no_customer() -> Self {
        Self::bare(404, "CUSTOMER_NOT_FOUND")
    }

    /// Something else is not there.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(404, "NOT_FOUND", format!("{what} was not found"))
    }

    /// A member of the request is missing or wrong.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "VALIDATION_ERROR", message)
    }
}
