//! What happens before a request runs: body, persisted documents, limits, validation,
//! variables, cost.

pub(crate) mod cost;
pub(crate) mod document_cache;
mod input_objects;
pub(crate) mod limits;
pub(crate) mod operation;
pub(crate) mod persisted_documents;
mod positions;
pub(crate) mod rejection;
pub(crate) mod request_body;
mod shape_limits;
mod subscriptions;
mod suggestion;
mod syntax;
mod syntax_error;
mod tokens;
pub(crate) mod types;
pub(crate) mod validation;
mod variable_error;
pub(crate) mod variables;
