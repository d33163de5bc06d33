//! What an operator imports besides the synchronisation: the addresses of wallets and the
//! card network's tokens of cards, which the issuer's API does not show; and the balances of
//! customers who have used their cards. Their events of the last days come only now: until
//! the last one, they would add up to another balance than the wallet's.

use std::collections::HashSet;
use std::io::Cursor;
use std::sync::Arc;

use card_gateway_sandbox::issuer::{Card, Currency, Customer, Issuer, Time};
use serde_json::{Value, json};

use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::services::import::{self, Report};
use crate::store::Store;

/// Imports all customers of the issuer who have a wallet.
pub(super) async fn import(store: &Store, program: ProgramId, issuer: &Issuer) -> Result<()> {
    let lines: Vec<String> = issuer.act(|program| {
        let used: HashSet<String> =
            program.transactions().iter().map(|of| of.card_token.clone()).collect();
        program.customers().filter_map(|of| line(of, &used)).map(|line| line.to_string()).collect()
    });
    let file = lines.join("\n");
    let summary = import::import(store, program, Cursor::new(file), Arc::new(Silent)).await?;
    if summary.bad > 0 {
        let message = format!("{} lines of the demo's import are wrong", summary.bad);
        return Err(Error::new(Kind::Internal, message));
    }
    Ok(())
}

/// A line of the import's format. `used`: the tokens of cards that were used.
fn line(customer: &Customer, used: &HashSet<String>) -> Option<Value> {
    let wallet = customer.wallet.as_ref()?;
    let has_history = customer.cards.iter().any(|card| used.contains(&card.token));
    // A wallet can owe: that is no balance which can be imported.
    let is_covered = wallet.held <= wallet.ledger;
    let balance = (has_history && is_covered).then(|| {
        json!({
            "ledger_minor": wallet.ledger,
            "available_minor": wallet.ledger - wallet.held,
            "pending_minor": wallet.held,
            "updated_at": Timestamp::now(),
        })
    });
    Some(json!({
        "balance": balance,
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
