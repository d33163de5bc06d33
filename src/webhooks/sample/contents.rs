//! The members of `data` for each type of event, except the customer's name.

use fastrand::Rng;
use serde_json::Value;

use super::members::Members;
use super::purchase::{Money, Purchase};
use crate::domain::money::{Currency, Minor, decimals};
use crate::domain::time::Timestamp;

/// The estimated duration of a withdrawal.
const SETTLEMENT_MILLIS: i64 = 10 * 60 * 1_000;

/// Members of an event of this type. They are random, and consistent with the given ones.
pub(super) fn of(event_type: &str, at: Timestamp, given: &Members, rng: &mut Rng) -> Members {
    let mut contents = Contents { at, given, rng, data: Members::default() };
    match event_type {
        "customer.balance.updated" => contents.balance(),
        "customer.funded" | "master_wallet.customer_funded" => contents.transfer(),
        "customer.funding.failed" => contents.amount(),
        "wallet.deposit.confirmed" => contents.deposit(),
        "transaction.reversed" => contents.return_of_money("REVERSED"),
        "transaction.refund.created" => contents.return_of_money("REFUNDED"),
        "master_wallet.deposit" => contents.settlement(),
        "master_wallet.swap" => contents.swap(),
        "master_wallet.withdrawal" => contents.withdrawal("settled"),
        _ => match event_type.rsplit_once('.') {
            Some(("card.withdrawal", stage)) => contents.withdrawal(stage),
            Some(("transaction", stage)) => contents.purchase(stage),
            Some(("card" | "physical.card.pin", change)) => contents.card(change),
            _ => contents.amount(),
        },
    }
    contents.data
}

struct Contents<'a> {
    at: Timestamp,
    given: &'a Members,
    rng: &'a mut Rng,
    data: Members,
}

impl Contents<'_> {
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.data.set(name, value);
    }

    fn at(&mut self, name: &str) {
        self.set(name, self.at.to_string());
    }

    fn hex(&mut self, digits: usize) -> String {
        (0..digits).map(|_| self.rng.digit(16)).collect()
    }

    fn id(&mut self, name: &str, prefix: &str) {
        let id = format!("{prefix}_{}", self.hex(24));
        self.set(name, id);
    }

    fn hash(&mut self, name: &str) {
        let hash = format!("0x{}", self.hex(64));
        self.set(name, hash);
    }

    fn random(&mut self, from: i64, to: i64) -> Minor {
        Minor::new(self.rng.i64(from..to)).unwrap_or(Minor::ZERO)
    }

    /// The given amount, or a random one, of the given currency.
    fn money(&mut self) -> Money {
        let currency = self.given.text("currency");
        let currency = currency.unwrap_or_else(|| Currency::Eur.as_ref().to_owned());
        let amount = self.given.money("amount", decimals(&currency));
        Money { amount: amount.unwrap_or_else(|| self.random(150, 9_000)), currency }
    }

    fn amount(&mut self) {
        let Money { amount, currency } = self.money();
        self.data.set_money("amount", amount, decimals(&currency));
        self.set("currency", currency);
    }

    /// Two of the three amounts imply the third; one alone is a balance without holds.
    fn balance(&mut self) {
        let given = |name: &str| self.given.money(name, Currency::DECIMALS);
        let (ledger, available) = (given("ledger_balance"), given("available_balance"));
        let is_reconciliation =
            self.given.text("balance_source").as_deref() == Some("reconciliation");
        let has_holds = !(is_reconciliation || self.given.has("pending_balance"));
        let pending = match (ledger, available) {
            (Some(ledger), Some(available)) => sum(ledger, -available.get()),
            (None, None) if has_holds => self.random(0, 9_000),
            _ => given("pending_balance").unwrap_or(Minor::ZERO),
        };
        let available = available
            .or_else(|| Some(sum(ledger?, -pending.get())))
            .unwrap_or_else(|| self.random(1_000, 400_000));
        let ledger = ledger.unwrap_or_else(|| sum(available, pending.get()));
        self.data.set_money("ledger_balance", ledger, Currency::DECIMALS);
        self.data.set_money("available_balance", available, Currency::DECIMALS);
        if pending == Minor::ZERO {
            self.data.set_no_money("pending_balance");
        } else {
            self.data.set_money("pending_balance", pending, Currency::DECIMALS);
        }
        self.set("currency", Currency::Eur.as_ref());
        self.set("balance_source", "live");
        self.at("timestamp");
    }

    fn transfer(&mut self) {
        self.id("transfer_id", "trf");
        self.amount();
        self.hash("tx_hash");
        self.set("status", "completed");
    }

    fn deposit(&mut self) {
        self.amount();
        let balance = self.random(10_000, 400_000);
        self.data.set_money("new_balance", balance, Currency::DECIMALS);
        self.at("timestamp");
    }

    fn withdrawal(&mut self, stage: &str) {
        self.id("withdrawal_id", "wdr");
        self.amount();
        self.set("status", stage);
        let estimate = self.at.plus_millis(SETTLEMENT_MILLIS);
        self.set("estimated_settlement_at", estimate.to_string());
        match stage {
            "settled" => {
                self.hash("tx_hash");
                self.at("settled_at");
            }
            "failed" => self.set("reason", "insufficient_balance"),
            _ => {}
        }
    }

    fn settlement(&mut self) {
        self.id("settlement_id", "stl");
        let Money { amount, currency } = self.money();
        self.data.set_money("deposit_amount", amount, decimals(&currency));
        self.set("currency", currency);
        self.hash("tx_hash");
        self.set("status", "settled");
    }

    fn swap(&mut self) {
        self.id("swap_id", "swp");
        self.set("from_token", "USDC");
        self.set("to_token", "EUR");
        let amount = self.random(1_000, 90_000);
        let from = Money { amount, currency: Currency::Usd.as_ref().to_owned() };
        let to = from.exchanged(Currency::Eur.as_ref());
        self.data.set_money("amount", amount, Currency::DECIMALS);
        self.data.set_money("expected_output", to.amount, Currency::DECIMALS);
        self.set("status", "submitted");
    }

    /// Sets the card network's token: always the same for a customer, except for a new
    /// card.
    fn card_token(&mut self, is_new: bool) {
        let seed = if is_new { self.rng.u64(..) } else { u64::from(self.customer_hash()) };
        let token = Rng::with_seed(seed).u32(100_000_000..1_000_000_000);
        self.set("card_id", token.to_string());
    }

    fn customer_hash(&self) -> u32 {
        let names =
            ["customer_id", "yativo_card_id", "external_customer_id", "external_id", "email"];
        let name = names.iter().find_map(|name| self.given.text(name));
        crc32fast::hash(name.unwrap_or_default().as_bytes())
    }

    fn card(&mut self, change: &str) {
        self.card_token(change == "created");
        let status = match change {
            "frozen" => "Frozen".into(),
            "unfrozen" => "active".into(),
            "lost" => "Lost".into(),
            "stolen" => "Stolen".into(),
            "voided" => "Voided".into(),
            "cancelled" => "Cancelled".into(),
            "deactivated" => "Deactivated".into(),
            _ => Value::Null,
        };
        match change {
            "created" => {
                self.set("type", Value::Null);
                self.set("status", status);
            }
            "activated" | "changed" => {}
            _ => self.set("status", status),
        }
        self.at("timestamp");
    }

    /// A reversal or a refund.
    fn return_of_money(&mut self, status: &str) {
        self.card_token(false);
        self.id("transaction_id", "txn");
        self.amount();
        self.set("status", status);
        self.at("timestamp");
    }

    fn purchase(&mut self, stage: &str) {
        self.card_token(false);
        self.id("transaction_id", "txn");
        if stage == "settled" {
            self.hash("blockchain_tx_hash");
        } else {
            self.set("blockchain_tx_hash", Value::Null);
        }
        let purchase = self.amounts();
        purchase.set_amount(&mut self.data);
        // The issuer's declined purchases have no billing amount.
        if stage == "declined" {
            self.set("status", "Declined");
        } else {
            purchase.set_billing(&mut self.data);
            self.set("status", "Approved");
        }
        self.set("type", "Payment");
        self.at("timestamp");
    }

    /// The amounts of a purchase. If its amount or its currency is given, the wallet has
    /// the same currency, unless `billing_currency` is given too.
    fn amounts(&mut self) -> Purchase {
        let mut money = self.money();
        let wallet = self.given.text("billing_currency");
        if ["amount", "amount_minor", "currency"].iter().any(|name| self.given.has(name)) {
            let mut billing = money.exchanged(wallet.as_ref().unwrap_or(&money.currency));
            let given = self.given.money("billing_amount", decimals(&billing.currency));
            billing.amount = given.unwrap_or(billing.amount);
            return Purchase::of(money, billing, self.rng);
        }
        money.currency = wallet.unwrap_or(money.currency);
        let given = self.given.money("billing_amount", decimals(&money.currency));
        money.amount = given.unwrap_or(money.amount);
        Purchase::random(money, self.rng)
    }
}

fn sum(amount: Minor, by: i64) -> Minor {
    amount.get().checked_add(by).and_then(Minor::new).unwrap_or(amount)
}
