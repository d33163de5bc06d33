//! The client of the issuer's API. It reads customers, and hands calls of
//! clients through, with the credentials of their program.
//!
//! - [`Issuer`]: a [`ProgramClient`] for each program that has a key pair.
//! - `client`: the calls with a meaning. `payments`: those that move money. `caller`: what each call goes through:
//!   breaker, limits, token, retries, metrics.
//! - `tokens`: exchanges the key pair for a token, once for all who wait.
//! - `pace`: when a call may leave: the issuer's limits and our own budget.
//!   `rate_headers`: what an answer says of them.
//! - `breaker`: no calls to an issuer that does not answer.
//! - `transport`: one call over HTTP. `path`: a route with its parameters.
//! - `said`: what an answer that is handed through says.
//! - `wire`: from JSON to plain types, as leniently as the API's pages differ.

mod breaker;
mod caller;
mod client;
mod error;
mod pace;
mod path;
mod payments;
mod rate_headers;
mod said;
mod settings;
mod snapshot;
mod tokens;
mod transport;
mod wire;

pub use reqwest::Method;
pub use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

pub use client::{DeliveryFilter, Issuer, LookUp, ProgramClient};
pub use error::{IssuerError, Reason};
pub use path::Path;
pub use payments::{PaymentResult, PaymentRoute};
pub use said::Said;
pub use settings::{KeyPair, Settings};
pub use snapshot::{BreakerState, LastError, Snapshot};
pub use transport::{Answer, MAX_ANSWER, MAX_BODY};
pub use wire::card::IssuerCard;
pub use wire::customer::{CustomersPage, IssuerBalance, IssuerCustomer};
pub use wire::money_event::{MoneyEvent, read_money_event};
pub use wire::program::IssuerProgram;
pub use wire::transfer::{IssuerTransfer, TransfersPage};
pub use wire::webhook::{DeliveriesPage, Delivery, DeliveryAttempt, Subscription};
