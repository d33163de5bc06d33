//! Sends events to subscriptions.

mod sender;
mod signature;

pub(crate) use sender::run;
pub use signature::sign;
