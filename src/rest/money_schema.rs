//! What the issuer answers to the routes that move money, as it documents it. The answers
//! themselves are handed through; nothing is made of these.

#![expect(dead_code, reason = "they describe bodies that are handed through")]

use std::collections::BTreeMap;

use serde_json::json;
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

use super::wire::MajorUnits;
use crate::http::problem::Problem;

/// A payment to a customer.
#[derive(ToSchema)]
pub(super) struct Funded {
    /// The issuer's identifier of the transfer.
    transfer_id: String,
    /// How far it has come: `pending`, `completed`, ….
    status: String,
    /// What the master wallet pays.
    source: FundedSource,
    /// What arrives.
    destination: FundedDestination,
    /// `send_x` or `receive_x`.
    pricing_mode: Option<String>,
    /// What arrives, as a text with six decimals; null if unknown.
    estimated_amount: Option<String>,
    /// How long it takes, in words; null if unknown.
    estimated_time: Option<String>,
}

/// What the master wallet pays.
#[derive(ToSchema)]
pub(super) struct FundedSource {
    /// `SOL` or `XDC`.
    chain: Option<String>,
    /// How much, in US dollars.
    amount: MajorUnits,
}

/// What arrives.
#[derive(ToSchema)]
pub(super) struct FundedDestination {
    /// The currency of the customer's wallet.
    token: Option<String>,
}

/// A withdrawal from a card.
#[derive(ToSchema)]
pub(super) struct Withdrawn {
    /// The issuer's identifier of the withdrawal.
    withdrawal_id: String,
    /// The customer's `yativo_card_id`.
    yativo_card_id: Option<String>,
    /// How much, in the card's currency.
    amount: MajorUnits,
    /// The same in minor units.
    amount_minor: i64,
    /// The card's currency.
    currency: String,
    /// How far it has come: `initiated`, ….
    status: String,
    /// A sentence.
    message: Option<String>,
    /// When it arrives; null if unknown.
    estimated_settlement_at: Option<String>,
}

/// An exchange between currencies of the master wallet.
#[derive(ToSchema)]
pub(super) struct Swapped {
    /// The issuer's identifier of the swap.
    swap_id: String,
    /// How far it has come: `submitted`.
    status: String,
    /// What is given.
    from_token: String,
    /// What is wanted.
    to_token: Option<String>,
    /// How much is given.
    amount: MajorUnits,
    /// How much is wanted: a number, or a text.
    #[schema(value_type = serde_json::Value)]
    expected_output: Option<serde_json::Value>,
    /// The fee, as a text; null if unknown.
    fee_amount: Option<String>,
    /// How long it takes, in words; null if unknown.
    estimated_time: Option<String>,
}

/// What can go wrong with a funding.
pub(super) struct FundErrors;

/// What can go wrong with a withdrawal.
pub(super) struct WithdrawErrors;

/// What can go wrong with a swap.
pub(super) struct SwapErrors;

/// Status, an example's code and sentence, description.
type Failure = (&'static str, &'static str, &'static str, &'static str);

const NO_CUSTOMER: Failure = (
    "404",
    "CUSTOMER_NOT_FOUND",
    "Customer not found",
    "`CUSTOMER_NOT_FOUND`: the program has no such customer. `CARD_NOT_FOUND`: the customer has \
     no card.",
);

/// Those of all three.
const ALL: [Failure; 3] = [
    (
        "409",
        "conflict",
        "The idempotency key was used for another request",
        "The key was used for another request; or, with `Retry-After`, its request is under way, \
         or it is not known yet what has become of its payment.",
    ),
    ("413", "payload_too_large", "The body is too large", "The body is too large."),
    ("415", "unsupported_media_type", "The body must be application/json", "The body is not JSON."),
];

impl IntoResponses for FundErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let refused = (
            "400",
            "DAILY_LIMIT_EXCEEDED",
            "The daily funding limit would be exceeded",
            "The body is invalid: `validation_error`, `MISSING_IDENTIFIER`. Or the payment is \
             refused: `SAFE_NOT_DEPLOYED`, `TOKEN_MISMATCH` (with `required_token` and \
             `requested_token`), or a code of the issuer.",
        );
        responses(&[refused, NO_CUSTOMER])
    }
}

impl IntoResponses for WithdrawErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let refused = (
            "400",
            "INSUFFICIENT_BALANCE",
            "The card holds too little",
            "The body is invalid: `validation_error`. Or the withdrawal is refused: \
             `SAFE_NOT_DEPLOYED`, or a code of the issuer.",
        );
        let unclear = (
            "422",
            "MULTIPLE_CARDS",
            "The customer has several cards; name it by yativo_card_id",
            "The e-mail address does not say which card is meant: `MULTIPLE_CARDS`, \
             `AMBIGUOUS_CUSTOMER`.",
        );
        responses(&[refused, NO_CUSTOMER, unclear])
    }
}

impl IntoResponses for SwapErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let refused = (
            "400",
            "INSUFFICIENT_BALANCE",
            "The master wallet holds too little",
            "The body is invalid: `validation_error`. Or the swap is refused, with a code of the \
             issuer.",
        );
        responses(&[refused])
    }
}

fn responses(own: &[Failure]) -> BTreeMap<String, RefOr<Response>> {
    let of = |(status, code, message, description): &Failure| {
        let always = ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([false]));
        let exact = ObjectBuilder::new()
            .property("success", always)
            .property("error", ObjectBuilder::new().schema_type(Type::String));
        let schema = AllOfBuilder::new().item(Ref::from_schema_name(Problem::name())).item(exact);
        let example = json!({ "success": false, "error": code, "message": message });
        let content = ContentBuilder::new().schema(Some(schema)).example(Some(example)).build();
        let response = ResponseBuilder::new().description(*description);
        let response = response.content("application/json", content).build();
        ((*status).to_owned(), response.into())
    };
    own.iter().chain(&ALL).map(of).collect()
}
