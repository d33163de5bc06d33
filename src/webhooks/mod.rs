//! The issuer's webhooks: the endpoint, the signature, and a sender of test events.

mod address_limit;
mod body;
mod endpoint;
mod openapi;
mod sample;
mod sender;
pub mod signature;

pub use endpoint::{Endpoint, Settings, error_response, openapi, router};
pub use sample::{Sample, names};
pub use sender::{Sender, Sent};

/// The header of the signature.
const SIGNATURE: &str = "x-yativo-signature";
/// The header of the time of signing.
const TIMESTAMP: &str = "x-yativo-timestamp";
/// The header that repeats the event's type.
const EVENT: &str = "x-yativo-event";
