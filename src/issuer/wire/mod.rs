//! From the issuer's JSON to plain types. The API's pages differ in names and
//! types of members, so each is read in every form that a page shows; what is
//! missing, null or of an odd type is unknown, and harms nothing else.
//!
//! - `members`: the members of an object, in all their forms. `amount`: exact
//!   numbers.
//! - `envelope`: what surrounds data and errors.
//! - `customer`, `card`, `program`, `transfer`, `money_event`, `webhook`, `token`: the data.

pub(super) mod card;
pub(super) mod customer;
pub(super) mod envelope;
pub(super) mod members;
pub(super) mod money_event;
pub(super) mod program;
pub(super) mod token;
pub(super) mod transfer;
pub(super) mod webhook;
