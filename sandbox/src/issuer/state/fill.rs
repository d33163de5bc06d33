//! Made-up customers in every stage, the same for the same seed.

use fastrand::Rng;

use super::card::{Card, CardKind, CardState};
use super::currency::Currency;
use super::customer::{Customer, Onboarding, Source, Wallet};
use super::idents;
use super::people::{FIRST_NAMES, LAST_NAMES, MAIL_HOSTS, Shop};
use super::program::Program;
use super::spec::ListOrder;
use super::stage::Stage;
use super::transaction::Transaction;
use crate::issuer::time::{DAY, HOUR, MINUTE, Time};

/// What to make.
#[derive(Clone, Copy, Debug)]
pub struct Fill {
    /// How many customers.
    pub customers: usize,
    /// The same seed makes the same customers, seen from the world's time.
    pub seed: u64,
    /// The most transactions that a customer with a card has.
    pub transactions: u32,
}

impl Fill {
    /// So many customers, with up to three transactions each.
    pub const fn of(customers: usize) -> Self {
        Self { customers, seed: 1, transactions: 3 }
    }
}

/// Stages with how many customers of a hundred are in them.
const MIX: &[(&str, u32)] = &[
    ("active", 66),
    ("card_created", 4),
    ("otp_requested", 5),
    ("otp_verified", 4),
    ("kyc_initiated", 6),
    ("kyc_completed", 4),
    ("safe_deploying", 2),
    ("safe_deployed", 2),
    ("kyc_rejected", 2),
    ("kyc_approved", 1),
    ("terms_accepted", 1),
    ("source_of_funds_completed", 1),
    ("phone_verified", 1),
    ("reauth_otp_requested", 1),
];

fn stage(rng: &mut Rng) -> Stage {
    let mut left = rng.u32(0..100);
    for (word, share) in MIX {
        if left < *share {
            return Stage::of(word);
        }
        left -= share;
    }
    Stage::of("active")
}

/// Makes customers, each with their transactions.
struct Maker<'a> {
    rng: &'a mut Rng,
    now: Time,
    transactions: u32,
}

impl Maker<'_> {
    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.rng.usize(..items.len())]
    }

    /// One of so many.
    fn one_in(&mut self, count: u32) -> bool {
        self.rng.u32(0..count) == 0
    }

    /// The `number`th customer, onboarded at `created`.
    fn customer(&mut self, number: usize, created: Time) -> (Customer, Vec<Transaction>) {
        let stage = stage(self.rng);
        let (first, last) = (self.pick(FIRST_NAMES), self.pick(LAST_NAMES));
        let host = self.pick(MAIL_HOSTS);
        let word = &*stage.word;
        let past_kyc = stage.step >= 4;
        let deployed = matches!(word, "safe_deployed" | "card_created" | "active");
        let currency = match self.rng.u8(0..10) {
            _ if !past_kyc => None,
            0..6 => Some(Currency::Eur),
            6..8 => Some(Currency::Gbp),
            _ => Some(Currency::Usd),
        };
        let kyc_status = match word {
            "kyc_rejected" => "rejected",
            "kyc_initiated" => {
                self.pick(&["in_progress", "in_progress", "pending_review", "expired"])
            }
            _ if past_kyc => "approved",
            _ => "pending",
        };
        let done = |at: i64| past_kyc.then(|| created.plus(at));
        let onboarding = Onboarding {
            otp_sent_at: created,
            terms_accepted_at: if word == "kyc_completed" { None } else { done(HOUR) },
            source_of_funds_at: if stage.step >= 5 { done(2 * HOUR) } else { None },
            phone_verified: stage.step >= 5,
            kyc_links: u32::from(stage.step >= 3),
            ..Onboarding::default()
        };
        let mut customer = Customer {
            id: idents::object_id(self.rng, created),
            yativo_card_id: idents::yativo_card_id(self.rng, created),
            external_id: (!self.one_in(10)).then(|| format!("usr_{}", 1_000 + number)),
            email: format!("{first}.{last}{number}@{host}").to_lowercase(),
            rejection_reason: (kyc_status == "rejected")
                .then(|| "The document could not be read".to_owned()),
            kyc_status: kyc_status.to_owned(),
            currency,
            wallet: deployed.then(|| self.wallet()),
            cards: if stage.has_card() { self.cards(created) } else { Vec::new() },
            transactions: Vec::new(),
            onboarding,
            card_limits: None,
            daily_limit: 500_000,
            created_at: created,
            gone: false,
            stage,
        };
        let spent = self.spending(&customer);
        if let Some(wallet) = &mut customer.wallet {
            wallet.held = spent.iter().map(|transaction| transaction.held).sum();
            wallet.ledger += wallet.held;
        }
        (customer, spent)
    }

    fn wallet(&mut self) -> Wallet {
        let live = !self.one_in(3);
        let age = if live { self.rng.i64(0..HOUR) } else { self.rng.i64(2 * HOUR..DAY) };
        let ledger = if self.one_in(12) { 0 } else { self.rng.i64(1..250_000) };
        Wallet {
            address: idents::address(self.rng),
            ledger,
            held: 0,
            source: if live { Source::Live } else { Source::Chain },
            at: self.now.plus(-age),
        }
    }

    fn cards(&mut self, created: Time) -> Vec<Card> {
        let mut cards = vec![self.card(CardKind::Virtual, created.plus(3 * HOUR))];
        if self.one_in(5) {
            cards.push(self.card(CardKind::Physical, created.plus(9 * DAY).min(self.now)));
        }
        // One that was replaced.
        if self.one_in(12) {
            let mut old = self.card(CardKind::Virtual, created.plus(2 * HOUR));
            old.state = if self.rng.bool() { CardState::Voided } else { CardState::Stolen };
            cards.push(old);
        }
        cards.sort_by_key(|card| std::cmp::Reverse(card.created_at));
        cards
    }

    fn card(&mut self, kind: CardKind, at: Time) -> Card {
        let state = match self.rng.u8(0..40) {
            0..2 => CardState::Frozen,
            2 => CardState::Blocked,
            3 => CardState::Lost,
            _ => CardState::Active,
        };
        let at = at.min(self.now);
        Card {
            id: idents::uuid(self.rng),
            token: idents::card_token(self.rng),
            last_four: format!("{:04}", self.rng.u16(0..10_000)),
            kind,
            state,
            pin_set: self.rng.bool(),
            activated_at: (kind == CardKind::Virtual || self.rng.bool())
                .then(|| at.plus(MINUTE).min(self.now)),
            created_at: at,
        }
    }

    fn spending(&mut self, customer: &Customer) -> Vec<Transaction> {
        let Some((currency, card)) = customer.currency.zip(customer.cards.last()) else {
            return Vec::new();
        };
        let many = self.rng.u32(0..=self.transactions);
        let age = self.now.since(customer.created_at).max(1);
        let mut ages: Vec<i64> = (0..many).map(|_| self.rng.i64(0..age)).collect();
        ages.sort_unstable_by(|a, b| b.cmp(a));
        ages.into_iter().map(|age| self.transaction(currency, card, age)).collect()
    }

    fn transaction(&mut self, currency: Currency, card: &Card, age: i64) -> Transaction {
        let shop = Shop::random(self.rng);
        let (amount, billing_amount) = shop.price(self.rng.i64(150..20_000), currency);
        let at = self.now.plus(-age);
        let (status, settled_at) = match self.rng.u8(0..20) {
            _ if age < 2 * DAY => ("authorized", None),
            0 => ("declined", None),
            1 => ("reversed", None),
            _ => ("settled", Some(at.plus(DAY))),
        };
        let kind =
            if shop.category == "5541" && self.one_in(6) { "withdrawal" } else { "purchase" };
        Transaction {
            id: Some(idents::prefixed(self.rng, "txn")),
            customer: 0,
            card_token: card.token.clone(),
            card_id: card.id,
            kind: kind.into(),
            amount,
            currency: shop.currency.into(),
            billing_amount,
            billing_currency: currency.code(),
            status: status.into(),
            held: if status == "authorized" { billing_amount } else { 0 },
            merchant: shop.merchant(),
            authorized_at: Some(at),
            settled_at,
            created_at: at,
            tx_hash: None,
        }
    }
}

impl Program {
    /// Makes customers as they would have come over two years. Sends no events.
    pub fn fill(&mut self, fill: Fill) {
        let mut rng = Rng::with_seed(fill.seed);
        let mut maker = Maker { rng: &mut rng, now: self.now, transactions: fill.transactions };
        let count = i64::try_from(fill.customers).unwrap_or(i64::MAX).max(1);
        let (span, start) = (730 * DAY, self.customers.len());
        self.names.reserve(fill.customers);
        self.customers.reserve(fill.customers);
        let mut spent = Vec::new();
        for number in 0..fill.customers {
            let position = i64::try_from(number).unwrap_or(0);
            let age = span / count * (count - position) - maker.rng.i64(0..=span / count);
            let made = maker.customer(start + number, self.now.plus(-age));
            let index = self.add(made.0);
            spent.extend(
                made.1
                    .into_iter()
                    .map(|transaction| Transaction { customer: index, ..transaction }),
            );
        }
        spent.sort_by_key(|transaction| transaction.created_at);
        for transaction in spent {
            self.record(transaction);
        }
        if self.spec.order == ListOrder::Random {
            rng.shuffle(self.order.make_contiguous());
        }
        self.spec.max_cards =
            self.spec.max_cards.max(u32::try_from(self.customers.len()).unwrap_or(u32::MAX));
    }

    /// Makes one more customer as they come new, in any stage. Sends no events.
    /// Returns the `yativo_card_id`.
    pub fn add_customer(&mut self) -> String {
        let mut rng = self.rng.fork();
        let mut maker = Maker { rng: &mut rng, now: self.now, transactions: 0 };
        let (customer, _) = maker.customer(self.customers.len(), self.now);
        let name = customer.yativo_card_id.clone();
        self.add(customer);
        name
    }
}
