//! The names of the issuer's headers.

/// The signature.
pub(super) const SIGNATURE: &str = "x-yativo-signature";
/// The time of signing, in Unix seconds.
pub(super) const TIMESTAMP: &str = "x-yativo-timestamp";
/// The event's type, as in the body.
pub(super) const EVENT: &str = "x-yativo-event";
/// The delivery's name, by which the issuer can send it again.
pub(super) const DELIVERY_ID: &str = "x-yativo-delivery-id";
