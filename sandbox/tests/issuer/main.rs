//! The sandbox issuer, over HTTP.

mod receiver;
mod support;

mod agreement;
mod cards;
mod faults;
mod mirror;
mod money;
mod onboarding;
mod reads;
mod spending;
mod table;
mod webhooks;
mod world;
