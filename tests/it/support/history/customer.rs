//! One customer of a random history, and what it has by plain sums.

use fastrand::Rng;
use serde_json::{Value, json};

use super::cards::Cards;
use super::purchase::{Data, Purchase};
use crate::support::Line;

/// Types that have no effect.
pub(super) const WITHOUT_EFFECT: &[&str] = &[
    "card.withdrawal.initiated",
    "card.withdrawal.failed",
    "physical.card.pin.changed",
    "master_wallet.deposit",
    "master_wallet.swap",
    "master_wallet.customer_funded",
    "master_wallet.withdrawal",
    "transaction.failed",
    "kyc.approved",
];

/// The type of an event and its `data`.
pub(super) type Happening = (String, Value);

/// A customer.
pub(super) struct Customer {
    number: u32,
    pub(super) cards: Cards,
    ledger: i64,
    held: i64,
    /// Whether the newest balance is live; none before the first one.
    is_live: Option<bool>,
    open: Vec<Purchase>,
    settled: Vec<Purchase>,
    /// What may be reported again.
    reported: Vec<Happening>,
}

impl Customer {
    pub(super) fn new(number: u32) -> Self {
        Self {
            number,
            cards: Cards::new(number),
            ledger: 0,
            held: 0,
            is_live: None,
            open: Vec::new(),
            settled: Vec::new(),
            reported: Vec::new(),
        }
    }

    pub(super) fn name(&self) -> String {
        format!("usr_{}", self.number)
    }

    /// As the customer is imported.
    pub(super) fn line(&self) -> Line {
        self.cards.imported(Line::new(self.number))
    }

    /// The balance that is shown in the end; none if there was no balance event.
    pub(super) fn balance(&self) -> Option<Value> {
        let text = |minor: i64| format!("{}.{:02}", minor / 100, minor % 100);
        let ledger = text(self.ledger);
        Some(if self.is_live? {
            json!([ledger, text(self.ledger - self.held), text(self.held), "REALTIME"])
        } else {
            json!([ledger, ledger, null, "ON_CHAIN"])
        })
    }

    /// What happens next, at a moment and under an identifier that nothing else has.
    pub(super) fn next(&mut self, id: &str, at: &str, rng: &mut Rng) -> Happening {
        let amount = rng.i64(100..2_000);
        if self.is_live.is_none() {
            self.ledger = 100_000 + amount;
            return self.live_balance(at);
        }
        match rng.u8(..24) {
            0 | 1 => self.live_balance(at),
            2 => self.reconciliation(at),
            3 => {
                self.ledger += amount;
                let data = self.euros(amount).with("transfer_id", id);
                self.report("customer.funded", data)
            }
            4 => {
                self.ledger += amount;
                let data = self.euros(amount).with("timestamp", at);
                let data = data.euros("new_balance", self.ledger);
                self.report("wallet.deposit.confirmed", data)
            }
            5 if self.ledger - self.held > amount => {
                self.ledger -= amount;
                let data = self.euros(amount).with("withdrawal_id", id).with("settled_at", at);
                self.report("card.withdrawal.settled", data)
            }
            6 | 7 if !self.reported.is_empty() => {
                self.reported[rng.usize(..self.reported.len())].clone()
            }
            8 if !self.settled.is_empty() => {
                let purchase = self.settled.swap_remove(rng.usize(..self.settled.len()));
                self.ledger += purchase.billing;
                let data = self.stage(&purchase, at).amount_of(&purchase);
                happening("transaction.refund.created", data.with("status", "REFUNDED"))
            }
            9 => {
                self.ledger += amount;
                let data = self.euros(amount).with("transaction_id", Value::Null);
                happening("transaction.refund.created", data.with("timestamp", at))
            }
            10 => {
                let purchase = Purchase::random(id, amount, rng);
                let data = self.stage(&purchase, at).amount_of(&purchase);
                happening("transaction.declined", data.with("status", "Declined"))
            }
            // A card that nobody knows: which one it is stays open.
            11 if rng.bool() => happening("card.created", self.data().with("card_id", id)),
            11 | 12 => {
                let data = self.data().with("card_id", self.cards.token.as_str());
                (self.cards.change(rng), data.with("status", "Some Word").0)
            }
            13 => {
                let event_type = rng.choice(WITHOUT_EFFECT).expect("some");
                happening(event_type, self.euros(amount).with("timestamp", at))
            }
            14 => happening("customer.funding.failed", self.euros(amount)),
            15..19 if !self.open.is_empty() => self.end_of_hold(id, at, rng),
            _ => self.authorization(id, amount, at, rng),
        }
    }

    fn data(&self) -> Data {
        Data(json!({ "yativo_card_id": format!("yativo_card_customer_{}", self.number) }))
    }

    fn euros(&self, cents: i64) -> Data {
        self.data().euros("amount", cents).with("currency", "EUR")
    }

    /// What is said of each stage of a purchase.
    fn stage(&self, purchase: &Purchase, at: &str) -> Data {
        let data = self.data().with("card_id", self.cards.token.as_str()).with("timestamp", at);
        data.with("transaction_id", purchase.id.as_str())
    }

    /// Something that may be reported again, and has no effect then.
    fn report(&mut self, event_type: &str, data: Data) -> Happening {
        let reported = happening(event_type, data);
        self.reported.push(reported.clone());
        reported
    }

    /// The issuer counts as we do, so that a balance event says the same.
    fn live_balance(&mut self, at: &str) -> Happening {
        self.is_live = Some(true);
        let data = self.data().with("timestamp", at).with("balance_source", "live");
        let data = data.euros("ledger_balance", self.ledger);
        let data = data.euros("available_balance", self.ledger - self.held);
        let data = match self.held {
            0 => data.with("pending_balance", Value::Null),
            held => data.euros("pending_balance", held),
        };
        happening("customer.balance.updated", data)
    }

    fn reconciliation(&mut self, at: &str) -> Happening {
        self.is_live = Some(false);
        let data = self.data().with("timestamp", at).with("balance_source", "reconciliation");
        let data = data.euros("ledger_balance", self.ledger);
        let data = data.euros("available_balance", self.ledger);
        happening("customer.balance.updated", data.with("pending_balance", Value::Null))
    }

    fn authorization(&mut self, id: &str, amount: i64, at: &str, rng: &mut Rng) -> Happening {
        let purchase = Purchase::random(id, amount, rng);
        self.held += purchase.billing;
        let data = self.stage(&purchase, at).amount_of(&purchase).billing(purchase.billing);
        // Nothing ends a hold that only the event names.
        if rng.u8(..12) == 0 {
            return happening("transaction.authorized", data.with("transaction_id", Value::Null));
        }
        self.open.push(purchase);
        self.report("transaction.authorized", data)
    }

    fn end_of_hold(&mut self, id: &str, at: &str, rng: &mut Rng) -> Happening {
        let mut purchase = self.open.swap_remove(rng.usize(..self.open.len()));
        let data = self.stage(&purchase, at);
        // The rest of what has settled in part.
        if purchase.taken > 0 {
            let rest = purchase.billing - purchase.taken;
            return self.settlement(data.part_of(&purchase, rest), rest, id);
        }
        self.held -= purchase.billing;
        match rng.u8(..8) {
            0 | 1 => {
                let data = data.amount_of(&purchase).with("status", "REVERSED");
                happening("transaction.reversed", data)
            }
            2 => {
                purchase.taken = rng.i64(1..purchase.billing);
                let data = data.part_of(&purchase, purchase.taken);
                let taken = purchase.taken;
                self.open.push(purchase);
                self.settlement(data, taken, id)
            }
            choice => {
                // Sometimes at another rate.
                let cleared = purchase.billing + if choice == 3 { rng.i64(1..20) } else { 0 };
                let data = data.amount_of(&purchase).billing(cleared);
                self.settled.push(purchase);
                self.settlement(data, cleared, id)
            }
        }
    }

    fn settlement(&mut self, data: Data, cents: i64, hash: &str) -> Happening {
        self.ledger -= cents;
        self.report("transaction.settled", data.with("blockchain_tx_hash", hash))
    }
}

fn happening(event_type: &str, data: Data) -> Happening {
    (event_type.to_owned(), data.0)
}
