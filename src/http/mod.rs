//! What all transports share: authentication, rate limits, time-outs, the request
//! log, error bodies, health and metrics and who asks for them, and the server itself.

pub mod accept;
pub mod address_limit;
pub mod authentication;
pub mod client_address;
pub mod compression;
pub mod connections;
pub mod content_coding;
pub mod cors;
pub mod deadline;
pub mod envelope;
pub mod failure_log;
pub mod headers;
pub mod health;
pub mod health_listener;
pub mod host;
pub mod json_body;
pub mod openapi;
pub mod probe;
pub mod problem;
pub mod rate;
mod read_timeout;
pub mod request_log;
pub mod scope;
pub mod server;
pub mod shedding;
pub mod status;
pub mod streams;
mod write_timeout;
