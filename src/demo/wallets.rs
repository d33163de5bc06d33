//! What an operator imports besides the synchronisation: the addresses of wallets and the
//! card network's tokens of cards. The issuer's API shows neither.

use std::io::Cursor;
use std::sync::Arc;

use card_gateway_sandbox::issuer::{Card, Currency, Customer, Issuer, Time};
use serde_json::{Value, json};

use crate::domain::principal::ProgramId;
use crate::error::{Error, Kind, Result};
use crate::services::import::{self, Report};
use crate::store::Store;

/// Imports all customers of the issuer who have a wallet.
pub(super) async fn import(store: &Store, program: ProgramId, issuer: &Issuer) -> Result<()> {
    let lines: Vec<String> = issuer
        .act(|program| program.customers().filter_map(line).map(|line| line.to_string()).collect());
    let file = lines.join("\n");
    let summary = import::import(store, program, Cursor::new(file), Arc::new(Silent)).await?;
    if summary.bad > 0 {
        let message = format!("{} lines of the demo's import are wrong", summary.bad);
        return Err(Error::new(Kind::Internal, message));
    }
    Ok(())
}

/// A line of the import's format.
fn line(customer: &Customer) -> Option<Value> {
    let wallet = customer.wallet.as_ref()?;
    Some(json!({
        "id": customer.id,
        "yativo_card_id": customer.yativo_card_id,
        "external_customer_id": customer.external_id,
        "email": customer.email,
        "flow_status": customer.stage.word,
        "step": customer.stage.step,
        "next_action": customer.stage.next_action,
        "kyc_status": customer.kyc_status,
        "currency": customer.currency.map(Currency::code),
        "safe_deployed": true,
        "wallet_address": wallet.address,
        "created_at": customer.created_at.text(),
        "cards": customer.cards.iter().map(card).collect::<Vec<_>>(),
    }))
}

fn card(card: &Card) -> Value {
    json!({
        "card_id": card.id,
        "network_token": card.token,
        "last_four": card.last_four,
        "card_type": card.kind.word(),
        "status": card.status(),
        "pin_set": card.pin_set,
        "activated_at": card.activated_at.map(Time::text),
        "created_at": card.created_at.text(),
    })
}

struct Silent;

impl Report for Silent {
    fn bad_line(&self, line: u64, reason: &str) {
        tracing::error!(line, "the demo's import is wrong: {reason}");
    }

    fn progress(&self, _lines: u64, _bytes: u64) {}
}
