//! What resolvers need while an operation runs.

pub(crate) mod arrivals;
pub(crate) mod batch;
pub(crate) mod cost_report;
pub(crate) mod json;
pub(crate) mod loaders;
pub(crate) mod page_writer;
pub(crate) mod siblings;
