//! The events of the simulated card network.

use serde_json::Value;

use super::players::{Player, Quiet};
use crate::domain::money::{Currency, Minor, decimals};
use crate::domain::time::Timestamp;
use crate::webhooks::{Members, Money, Purchase, Sample};

fn event(event_type: &str, at: Timestamp, data: Members) -> Sample {
    Sample { id: None, event_type: event_type.to_owned(), at, data }
}

fn of(player: &Player) -> Members {
    let mut data = Members::default();
    data.set("yativo_card_id", player.yativo_card_id.as_str());
    data
}

fn set_money(data: &mut Members, name: &str, amount: i64) {
    let amount = Minor::new(amount).unwrap_or(Minor::ZERO);
    data.set_money(name, amount, Currency::DECIMALS);
}

fn set_amount(data: &mut Members, amount: Minor, currency: Currency) {
    data.set_money("amount", amount, Currency::DECIMALS);
    data.set("currency", currency.as_ref());
}

/// A transfer from the program's master wallet.
pub(super) fn transfer(player: &Player, amount: Minor, at: Timestamp) -> Sample {
    let mut data = Members::default();
    data.set("customer_id", player.id.as_str());
    set_amount(&mut data, amount, player.currency);
    event("customer.funded", at, data)
}

/// A deposit, which the wallet already holds.
pub(super) fn deposit(player: &Player, amount: Minor, at: Timestamp) -> Sample {
    let mut data = of(player);
    set_amount(&mut data, amount, player.currency);
    set_money(&mut data, "new_balance", player.available + player.pending);
    event("wallet.deposit.confirmed", at, data)
}

/// The live balance.
pub(super) fn balance(player: &Player, at: Timestamp) -> Sample {
    let mut data = of(player);
    set_money(&mut data, "ledger_balance", player.available + player.pending);
    set_money(&mut data, "available_balance", player.available);
    match player.pending {
        0 => data.set_no_money("pending_balance"),
        pending => set_money(&mut data, "pending_balance", pending),
    }
    data.set("currency", player.currency.as_ref());
    data.set("balance_source", "live");
    event("customer.balance.updated", at, data)
}

/// A balance that the issuer has read from the chain.
pub(super) fn reconciliation(quiet: &Quiet, at: Timestamp) -> Sample {
    let mut data = Members::default();
    data.set("yativo_card_id", quiet.yativo_card_id.as_str());
    data.set_money("ledger_balance", quiet.ledger, Currency::DECIMALS);
    data.set_money("available_balance", quiet.ledger, Currency::DECIMALS);
    data.set_no_money("pending_balance");
    data.set("currency", quiet.currency.as_ref());
    data.set("balance_source", "reconciliation");
    event("customer.balance.updated", at, data)
}

/// A change of the customer's card.
pub(super) fn card(player: &Player, change: &str, at: Timestamp) -> Sample {
    let mut data = of(player);
    data.set("card_id", player.card_token.as_str());
    event(&format!("card.{change}"), at, data)
}

/// A withdrawal to the program's master wallet.
pub(super) fn withdrawal(
    player: &Player,
    stage: &str,
    id: &str,
    amount: Minor,
    at: Timestamp,
) -> Sample {
    let mut data = of(player);
    data.set("withdrawal_id", id);
    set_amount(&mut data, amount, player.currency);
    if stage == "settled" {
        set_money(&mut data, "card_balance", player.available + player.pending);
    }
    event(&format!("card.withdrawal.{stage}"), at, data)
}

/// The members that say whose transaction it is, and with which card it was made.
fn of_transaction(player: &Player, id: &str) -> Members {
    let mut data = of(player);
    data.set("card_id", player.card_token.as_str());
    data.set("transaction_id", id);
    data
}

/// A stage of a purchase: authorized, settled or declined.
pub(super) fn purchase(
    player: &Player,
    stage: &str,
    id: &str,
    purchase: &Purchase,
    at: Timestamp,
) -> Sample {
    let mut data = of_transaction(player, id);
    purchase.set_amount(&mut data);
    match stage {
        // Like the issuer's: a later stage may name no merchant.
        "settled" => {
            for name in ["merchant", "merchant_category", "merchant_city", "merchant_country"] {
                data.set(name, Value::Null);
            }
            purchase.set_billing(&mut data);
        }
        "declined" => {}
        _ => purchase.set_billing(&mut data),
    }
    event(&format!("transaction.{stage}"), at, data)
}

/// A reversal or a refund of the whole purchase, in the merchant's currency.
pub(super) fn money_back(
    player: &Player,
    stage: &str,
    id: &str,
    purchase: &Purchase,
    at: Timestamp,
) -> Sample {
    let mut data = of_transaction(player, id);
    let Money { amount, currency } = &purchase.amount;
    data.set_money("amount", *amount, decimals(currency));
    data.set("currency", currency.as_str());
    event(&format!("transaction.{stage}"), at, data)
}
