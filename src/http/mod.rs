//! What all transports share: who asks, how much, how long; health, metrics,
//! the server itself.

pub mod accept;
pub mod elsewhere;
pub mod gate;
pub mod envelope;
pub mod headers;
pub mod health;
pub mod openapi;
pub mod problem;
pub mod rate;
pub mod request_log;
pub mod server;
pub mod status;
mod write_timeout;
