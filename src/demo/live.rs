//! A simulated card network: customers of the sample program make purchases, a few per
//! second. It sends webhooks that are signed like the issuer's.

use std::collections::VecDeque;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep};

use super::sample::Made;
use crate::domain::money::{Currency, Minor};
use crate::domain::onboarding::FlowStatus;
use crate::domain::time::Timestamp;
use crate::webhooks::{Sample, Sender};

/// Number of active customers: few, so that each one changes often.
const PLAYERS: usize = 12;
/// Customers with older live balances do not play, so that the demo also shows balances
/// from the chain.
const FRESH_MILLIS: i64 = 100 * 60 * 1_000;
/// Time between authorization and settlement.
const HELD: Duration = Duration::from_secs(8);
/// Consecutive failures after which the simulation stops.
const MAX_FAILURES: u32 = 20;

/// A customer who makes purchases.
pub(super) struct Player {
    id: String,
    card_id: String,
    currency: Currency,
    available: i64,
}

impl Player {
    /// The customer, if active with a usable card and a recent balance.
    pub(super) fn of(made: &Made, now: Timestamp) -> Option<Self> {
        let record = &made.record;
        let live = record.balance?;
        let card = record.cards.iter().find(|card| !card.is_void())?;
        let young = now.millis() - live.updated_at.millis() < FRESH_MILLIS;
        let plays = record.customer.flow_status == FlowStatus::Active && young;
        plays.then_some(Self {
            id: record.customer.id.clone(),
            card_id: card.card_id.clone(),
            currency: record.customer.currency?,
            available: live.available.get(),
        })
    }
}

/// The newest such customers: those on the first pages of lists.
#[derive(Default)]
pub(super) struct Players(VecDeque<Player>);

impl Players {
    /// Adds a customer who is newer than all before.
    pub(super) fn add(&mut self, player: Option<Player>) {
        self.0.extend(player);
        if self.0.len() > PLAYERS {
            self.0.pop_front();
        }
    }
}

/// An authorization that is not settled yet.
struct Hold {
    player: usize,
    amount: i64,
    due: Instant,
    data: Map<String, Value>,
}

/// Sends events until it is stopped, or the gateway stops answering.
pub(super) async fn play(sender: Sender, players: Players) {
    let Players(mut players) = players;
    let mut rng = Rng::new();
    let mut holds: VecDeque<Hold> = VecDeque::new();
    let mut failed = 0;
    while failed < MAX_FAILURES && !players.is_empty() {
        sleep(Duration::from_millis(rng.u64(150..500))).await;
        let event = match holds.pop_front() {
            Some(hold) if hold.due <= Instant::now() => end(hold, &mut players, &mut rng),
            early => {
                if let Some(hold) = early {
                    holds.push_front(hold);
                }
                begin(&mut players, &mut holds, &mut rng)
            }
        };
        let sent = sender.send(&event.body(&mut rng)).await;
        failed = if sent.is_ok_and(|sent| sent.status == 200) { 0 } else { failed + 1 };
    }
}

/// The first event of a purchase, or funding.
fn begin(players: &mut VecDeque<Player>, holds: &mut VecDeque<Hold>, rng: &mut Rng) -> Sample {
    let at = Timestamp::now();
    let place = rng.usize(..players.len());
    let player = &mut players[place];
    let mut data = Map::new();
    let mut set = |member: &str, value: Value| data.insert(member.to_owned(), value);
    set("customer_id", json!(player.id));
    set("currency", json!(player.currency.as_ref()));
    let amount = rng.i64(150..6_000);
    let poor = player.available < amount;
    if poor || rng.u8(..8) == 0 {
        let amount = rng.i64(20..200) * 100;
        player.available += amount;
        set("amount", decimal(amount));
        return Sample { event_type: "customer.funded".to_owned(), at, data };
    }
    set("amount", decimal(amount));
    set("card_id", json!(player.card_id));
    let refused = rng.u8(..20) == 0;
    if !refused {
        player.available -= amount;
        let id = format!("txn_{:032x}", rng.u128(..));
        set("transaction_id", json!(id));
        set("authorized_at", json!(at.to_string()));
        let due = Instant::now() + HELD;
        holds.push_back(Hold { player: place, amount, due, data: data.clone() });
    }
    let stage = if refused { "declined" } else { "authorized" };
    Sample { event_type: format!("transaction.{stage}"), at, data }
}

/// The event that ends an authorization: usually a settlement.
fn end(hold: Hold, players: &mut VecDeque<Player>, rng: &mut Rng) -> Sample {
    let Hold { player, amount, mut data, .. } = hold;
    let at = Timestamp::now();
    let back = rng.u8(..10) == 0;
    if back {
        players[player].available += amount;
    } else {
        data.insert("settled_at".to_owned(), json!(at.to_string()));
    }
    // The merchant stays: null keeps the members from being filled at random.
    for absent in ["merchant", "merchant_category", "merchant_city", "merchant_country"] {
        data.insert(absent.to_owned(), Value::Null);
    }
    let stage = if back { "reversed" } else { "settled" };
    Sample { event_type: format!("transaction.{stage}"), at, data }
}

fn decimal(minor: i64) -> Value {
    Minor::new(minor).map_or(Value::Null, |amount| Value::from(amount.decimal(2).as_str()))
}
