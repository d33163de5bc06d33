//! What resolvers need while an operation runs.

pub(crate) mod cost_report;
pub(crate) mod customer_page;
pub(crate) mod json;
pub(crate) mod look_ups;
pub(crate) mod page_writer;
pub(crate) mod request_context;
