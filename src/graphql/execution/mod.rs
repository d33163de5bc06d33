//! Running an operation: what resolvers load, and how the response is written.

pub(crate) mod after_change;
pub(crate) mod card_holders;
pub(crate) mod change_page;
pub(crate) mod change_watch;
pub(crate) mod changed_customer;
pub(crate) mod cost_report;
pub(crate) mod customer_page;
pub(crate) mod customer_watch;
pub(crate) mod list_total;
mod look_ups;
pub(crate) mod nodes;
pub(crate) mod page_writer;
pub(crate) mod request_context;
pub(crate) mod response;
pub(crate) mod stream_place;
pub(crate) mod viewer;
