//! The sandbox issuer, over HTTP.

mod support;

mod faults;
mod reads;
