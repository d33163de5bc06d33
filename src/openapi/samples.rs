//! One request of each operation, as a shell command, and its response. A test runs
//! them all.

use serde_json::json;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::{OpenApi, RefOr};

use super::common::operations;

/// A request and its response.
pub struct Sample {
    /// The operation's id.
    pub operation: &'static str,
    /// Shell commands. They need `GATEWAY`, and `TOKEN`, `SECRET`, or `API_KEY` and `API_SECRET`.
    pub request: &'static str,
    /// The body of the response; of JSON, its members in order.
    pub response: &'static str,
}

macro_rules! sample {
    ($operation:literal) => {
        sample!($operation, ".json")
    };
    ($operation:literal, $ending:literal) => {
        Sample {
            operation: $operation,
            request: include_str!(concat!("samples/", $operation, ".sh")),
            response: include_str!(concat!("samples/", $operation, $ending)),
        }
    };
}

const SAMPLES: &[Sample] = &[
    sample!("listCustomers"),
    sample!("getCustomer"),
    sample!("listCardTransactions"),
    sample!("createToken"),
    sample!("createTokenForApiKey"),
    sample!("renewToken"),
    sample!("renewTokenByGet"),
    sample!("lookUpCustomer"),
    sample!("aggregateBalances"),
    sample!("listProgramTransactions"),
    sample!("listCustomerCards"),
    sample!("listCards"),
    sample!("fundCustomer"),
    sample!("withdrawFromCard"),
    sample!("swapMasterWallets"),
    sample!("receiveNotification"),
    sample!("exportCardCustomers", ".ndjson"),
    sample!("exportCardCustomersAsCsv", ".csv"),
];

/// The sample of an operation.
pub fn sample(operation: &str) -> Option<&'static Sample> {
    SAMPLES.iter().find(|sample| sample.operation == operation)
}

/// Adds the samples to a document: the request as `x-codeSamples`, which other tools
/// show, and the response as the example of status 200.
pub(super) fn add(document: &mut OpenApi) {
    for operation in operations(document) {
        let id = operation.operation_id.as_deref().unwrap_or_default();
        let Some(sample) = sample(id) else { continue };
        let source = sample.request.trim_end();
        let code = json!([{ "lang": "Shell", "label": "curl", "source": source }]);
        let code = Extensions::from_iter([("x-codeSamples", code)]);
        operation.extensions.get_or_insert_default().merge(code);
        if let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200") {
            for (media_type, content) in &mut response.content {
                if let RefOr::T(content) = content {
                    content.example = if media_type == "application/json" {
                        serde_json::from_str(sample.response).ok()
                    } else {
                        Some(sample.response.into())
                    };
                }
            }
        }
    }
}
