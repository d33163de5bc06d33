//! The issuer's bodies: what it is sent, and the answers that it would have given. Amounts are
//! written without a float.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::domain::money::{Currency, Minor};
use crate::error::{Error, Result};

/// An amount in major units, as a JSON number.
pub(super) type Number = Box<RawValue>;

/// Writes an amount in major units.
pub(super) fn number(amount: Minor) -> Result<Number> {
    let number = amount.json_number(Currency::DECIMALS);
    RawValue::from_string(number.as_str().to_owned()).map_err(Error::internal)
}

/// Writes a body.
pub(super) fn text(body: &impl Serialize) -> Result<String> {
    serde_json::to_string(body).map_err(Error::internal)
}

/// The body of `fund-customer`.
#[derive(Serialize)]
pub(super) struct Fund<'a> {
    pub(super) yativo_card_id: &'a str,
    pub(super) amount: Number,
    pub(super) source_chain: &'a str,
    pub(super) pricing_mode: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) destination_token: Option<&'a str>,
}

/// The body of `withdraw-from-card`.
#[derive(Serialize)]
pub(super) struct Withdraw<'a> {
    pub(super) id: &'a str,
    pub(super) amount: Number,
}

/// The body of `master-wallets/swap`.
#[derive(Serialize)]
pub(super) struct Swap<'a> {
    pub(super) from_token: &'a str,
    pub(super) to_token: &'a str,
    pub(super) amount: Number,
}

/// The envelope of an answer.
#[derive(Serialize)]
pub(super) struct Envelope<T> {
    pub(super) success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<&'static str>,
    pub(super) data: T,
}

/// The answer to `fund-customer`.
#[derive(Serialize)]
pub(super) struct Funded<'a> {
    pub(super) transfer_id: Option<&'a str>,
    pub(super) status: &'a str,
    pub(super) source: Source,
    pub(super) destination: Destination,
    pub(super) pricing_mode: Option<&'static str>,
    pub(super) estimated_amount: Option<String>,
    pub(super) estimated_time: Option<&'static str>,
}

/// What the master wallet pays.
#[derive(Serialize)]
pub(super) struct Source {
    pub(super) chain: Option<&'static str>,
    pub(super) amount: Number,
}

/// What arrives.
#[derive(Serialize)]
pub(super) struct Destination {
    pub(super) token: Option<&'static str>,
}

/// The answer to `withdraw-from-card`.
#[derive(Serialize)]
pub(super) struct Withdrawn<'a> {
    pub(super) withdrawal_id: Option<&'a str>,
    pub(super) yativo_card_id: Option<&'a str>,
    pub(super) amount: Number,
    pub(super) amount_minor: i64,
    pub(super) currency: &'static str,
    pub(super) status: &'a str,
    pub(super) message: &'static str,
    pub(super) estimated_settlement_at: Option<String>,
}

/// The answer to `master-wallets/swap`.
#[derive(Serialize)]
pub(super) struct Swapped<'a> {
    pub(super) swap_id: Option<&'a str>,
    pub(super) status: &'a str,
    pub(super) from_token: &'static str,
    pub(super) to_token: Option<&'static str>,
    pub(super) amount: Number,
    pub(super) expected_output: Option<Number>,
    pub(super) fee_amount: Option<&'static str>,
    pub(super) estimated_time: Option<&'static str>,
}
