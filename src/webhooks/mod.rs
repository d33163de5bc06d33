//! The issuer's webhooks: the endpoint, the signature, and a sender of test events.

mod body;
mod endpoint;
mod headers;
mod openapi;
mod rejection;
mod sample;
mod sender;
mod senders;
pub mod signature;

pub use endpoint::{Endpoint, Settings, error_response, openapi, router};
pub use sample::{Members, Sample, names};
pub use sender::{Sender, Sent};
