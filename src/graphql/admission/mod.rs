//! What a request must pass before anything of it runs.

pub(crate) mod cost;
pub(crate) mod document_cache;
pub(crate) mod limits;
pub(crate) mod persisted_documents;
pub(crate) mod request_body;
pub(crate) mod shape_limits;
pub(crate) mod text;
pub(crate) mod variables;
