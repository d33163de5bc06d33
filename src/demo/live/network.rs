//! The state of the simulated card network: which event comes next, and what the wallets
//! hold after it.

use std::collections::VecDeque;

use fastrand::Rng;

use super::events;
use super::players::{Player, Players, Quiet};
use crate::domain::money::Minor;
use crate::domain::time::Timestamp;
use crate::webhooks::{Money, Purchase, Sample};

/// Time between authorization and settlement, and until a withdrawal settles or a card
/// is unfrozen.
const HELD_MILLIS: i64 = 8_000;

/// Something that a later event ends.
enum Open {
    Hold { id: String, purchase: Purchase },
    Refundable { id: String, purchase: Purchase },
    Withdrawal { id: String, amount: Minor },
    Frozen,
}

struct Due {
    at: Timestamp,
    player: usize,
    open: Open,
}

/// The customers, and what later events will end, the earliest first.
pub(super) struct Network {
    players: Vec<Player>,
    quiet: Vec<Quiet>,
    open: VecDeque<Due>,
}

impl Network {
    pub(super) fn new(players: Players) -> Self {
        let Players { active, quiet } = players;
        Self { players: active.into(), quiet: quiet.into(), open: VecDeque::new() }
    }

    /// Whether there is an active customer.
    pub(super) fn can_play(&self) -> bool {
        !self.players.is_empty()
    }

    /// The events of this moment.
    pub(super) fn next(&mut self, now: Timestamp, rng: &mut Rng) -> Vec<Sample> {
        let due = self.open.pop_front_if(|due| due.at <= now);
        match due {
            Some(due) => vec![self.end(due, now, rng)],
            None => self.begin(now, rng),
        }
    }

    fn later(&mut self, now: Timestamp, player: usize, open: Open) {
        self.open.push_back(Due { at: now.plus_millis(HELD_MILLIS), player, open });
    }

    /// New events: usually an authorization.
    fn begin(&mut self, at: Timestamp, rng: &mut Rng) -> Vec<Sample> {
        let place = rng.usize(..self.players.len());
        let billing = minor(rng.i64(150..6_000));
        let incoming = minor(rng.i64(20..200) * 100);
        let player = &mut self.players[place];
        match rng.u8(..24) {
            0 => return deposit(player, incoming, at),
            1 if !self.quiet.is_empty() => {
                let quiet = &self.quiet[rng.usize(..self.quiet.len())];
                return vec![events::reconciliation(quiet, at)];
            }
            2 if !player.is_frozen => {
                player.is_frozen = true;
                let event = events::card(player, "frozen", at);
                self.later(at, place, Open::Frozen);
                return vec![event];
            }
            3 if player.available > billing.get() => {
                let id = format!("wdr_{:032x}", rng.u128(..));
                let event = events::withdrawal(player, "initiated", &id, billing, at);
                self.later(at, place, Open::Withdrawal { id, amount: billing });
                return vec![event];
            }
            4..7 => return vec![transfer(player, incoming, at)],
            _ => {}
        }
        if player.available < billing.get() {
            return vec![transfer(player, incoming, at)];
        }
        let billing = Money { amount: billing, currency: player.currency.as_ref().to_owned() };
        let purchase = Purchase::random(billing, rng);
        let id = format!("txn_{:032x}", rng.u128(..));
        if player.is_frozen || rng.u8(..20) == 0 {
            return vec![events::purchase(player, "declined", &id, &purchase, at)];
        }
        let amount = purchase.billing.amount.get();
        player.available -= amount;
        player.pending += amount;
        let event = events::purchase(player, "authorized", &id, &purchase, at);
        self.later(at, place, Open::Hold { id, purchase });
        vec![event]
    }

    /// The event that ends something: a hold usually settles.
    fn end(&mut self, due: Due, at: Timestamp, rng: &mut Rng) -> Sample {
        let Due { player: place, open, .. } = due;
        let player = &mut self.players[place];
        match open {
            Open::Frozen => {
                player.is_frozen = false;
                events::card(player, "unfrozen", at)
            }
            Open::Withdrawal { id, amount }
                if player.available < amount.get() || rng.u8(..10) == 0 =>
            {
                events::withdrawal(player, "failed", &id, amount, at)
            }
            Open::Withdrawal { id, amount } => {
                player.available -= amount.get();
                events::withdrawal(player, "settled", &id, amount, at)
            }
            Open::Refundable { id, purchase } => {
                player.available += purchase.billing.amount.get();
                events::money_back(player, "refund.created", &id, &purchase, at)
            }
            Open::Hold { id, purchase } if rng.u8(..10) == 0 => {
                let amount = purchase.billing.amount.get();
                player.pending -= amount;
                player.available += amount;
                events::money_back(player, "reversed", &id, &purchase, at)
            }
            Open::Hold { id, purchase } => {
                let held = purchase.billing.amount.get();
                let cleared = cleared(&purchase, rng);
                player.pending -= held;
                player.available += held - cleared.billing.amount.get();
                let event = events::purchase(player, "settled", &id, &cleared, at);
                if rng.u8(..12) == 0 {
                    self.later(at, place, Open::Refundable { id, purchase });
                }
                event
            }
        }
    }
}

/// The purchase as it settles: in a foreign currency, at another rate.
fn cleared(purchase: &Purchase, rng: &mut Rng) -> Purchase {
    let mut cleared = purchase.clone();
    if purchase.amount.currency != purchase.billing.currency {
        let held = purchase.billing.amount.get();
        cleared.billing.amount = minor(held + rng.i64(-held / 100..=held / 100));
    }
    cleared
}

fn transfer(player: &mut Player, amount: Minor, at: Timestamp) -> Sample {
    player.available += amount.get();
    events::transfer(player, amount, at)
}

/// A deposit. The issuer also sends the balance after it.
fn deposit(player: &mut Player, amount: Minor, at: Timestamp) -> Vec<Sample> {
    player.available += amount.get();
    vec![events::deposit(player, amount, at), events::balance(player, at)]
}

/// Amounts here are small.
fn minor(amount: i64) -> Minor {
    Minor::new(amount).unwrap_or(Minor::ZERO)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet, HashMap};

    use super::*;
    use crate::domain::money::Currency;
    use crate::webhooks::Members;

    fn network() -> Network {
        let player = |number: u32, currency: Currency| Player {
            id: format!("{number:024x}"),
            yativo_card_id: format!("yativo_card_customer_{number}"),
            card_token: format!("{number:09}"),
            currency,
            available: 50_000,
            pending: 1_000,
            is_frozen: false,
        };
        let quiet = Quiet {
            yativo_card_id: "yativo_card_customer_9".to_owned(),
            currency: Currency::Eur,
            ledger: minor(70_000),
        };
        let players = [Currency::Eur, Currency::Usd, Currency::Gbp];
        Network::new(Players {
            active: (1..).zip(players).map(|(number, currency)| player(number, currency)).collect(),
            quiet: VecDeque::from([quiet]),
        })
    }

    fn customer(data: &Members) -> String {
        let id = data.text("customer_id").map(|id| format!("yativo_card_customer_{}", &id[23..]));
        id.or_else(|| data.text("yativo_card_id")).expect("a customer")
    }

    #[test]
    fn every_stated_balance_is_the_sum_of_what_was_sent() {
        let (mut network, mut rng) = (network(), Rng::with_seed(7));
        let mut now = Timestamp::parse("2026-05-12T14:00:00Z").expect("a moment");
        let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
        let mut holds: HashMap<String, i64> = HashMap::new();
        let (mut types, mut currencies, mut stated) = (BTreeSet::new(), BTreeSet::new(), 0);
        for _ in 0..20_000 {
            now = now.plus_millis(300);
            for event in network.next(now, &mut rng) {
                let data = &event.data;
                let (available, pending) = sums.entry(customer(data)).or_insert((50_000, 1_000));
                let amount = |name: &str| data.money(name, 2).map(Minor::get);
                let id = data.text("transaction_id").unwrap_or_default();
                match event.event_type.as_str() {
                    "customer.funded" | "wallet.deposit.confirmed" => {
                        *available += amount("amount").expect("an amount");
                    }
                    "card.withdrawal.settled" => *available -= amount("amount").expect("one"),
                    "transaction.authorized" => {
                        let billing = amount("billing_amount").expect("an amount");
                        *available -= billing;
                        *pending += billing;
                        holds.insert(id, billing);
                        currencies.extend(data.text("currency"));
                    }
                    "transaction.settled" => {
                        *pending -= holds[&id];
                        *available += holds[&id] - amount("billing_amount").expect("an amount");
                    }
                    "transaction.reversed" => {
                        *pending -= holds[&id];
                        *available += holds[&id];
                    }
                    "transaction.refund.created" => *available += holds[&id],
                    "customer.balance.updated"
                        if data.text("balance_source").as_deref() == Some("live") =>
                    {
                        let said =
                            (amount("available_balance"), amount("pending_balance").unwrap_or(0));
                        assert_eq!(said, (Some(*available), *pending));
                        stated += 1;
                    }
                    _ => {}
                }
                assert!(*available >= 0, "{}", event.event_type);
                types.insert(event.event_type);
            }
        }
        assert!(stated > 100 && currencies.len() > 4, "{stated} {currencies:?}");
        assert_eq!(types.len(), 13, "{types:?}");
    }
}
