//! One request of each route, as a shell sends it, and its answer. A test runs
//! them all.

use serde_json::{Value, json};
use utoipa::openapi::extensions::Extensions;

/// A request and its answer.
pub struct Sample {
    /// The operation's name.
    pub operation: &'static str,
    /// Lines for a shell that knows `GATEWAY`, and `TOKEN` or `SECRET`.
    pub request: &'static str,
    /// The body that comes back, its members in order.
    pub answer: &'static str,
}

macro_rules! sample {
    ($operation:literal) => {
        Sample {
            operation: $operation,
            request: include_str!(concat!("samples/", $operation, ".sh")),
            answer: include_str!(concat!("samples/", $operation, ".json")),
        }
    };
}

pub(super) const CUSTOMERS: Sample = sample!("listCustomers");
pub(super) const CUSTOMER: Sample = sample!("getCustomer");
pub(super) const TRANSACTIONS: Sample = sample!("listCardTransactions");
pub(super) const NOTIFICATION: Sample = sample!("receiveNotification");

/// The sample of an operation.
pub fn sample(operation: &str) -> Option<Sample> {
    let all = [CUSTOMERS, CUSTOMER, TRANSACTIONS, NOTIFICATION];
    all.into_iter().find(|sample| sample.operation == operation)
}

impl Sample {
    /// The request where other tools look for it.
    pub(super) fn code(&self) -> Extensions {
        let code = json!([{ "lang": "Shell", "label": "curl", "source": self.request.trim_end() }]);
        Extensions::from_iter([("x-codeSamples", code)])
    }

    /// The answer, its members in no order.
    pub(super) fn example(&self) -> Option<Value> {
        serde_json::from_str(self.answer).ok()
    }
}
