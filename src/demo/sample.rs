//! The customers of the sample program: the same ones every time, with times relative to
//! the start.

use alloy_primitives::Address;
use fastrand::Rng;

use crate::domain::balance::{BalanceSource, WalletBalance};
use crate::domain::card::{Card, CardStatus, CardType};
use crate::domain::customer::Customer;
use crate::domain::money::{Currency, Minor};
use crate::domain::onboarding::{FlowStatus, KycStatus};
use crate::domain::time::Timestamp;
use crate::domain::transaction::{Transaction, TransactionStatus, TransactionType};
use crate::store::Record;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

const FIRST_NAMES: &[&str] = &[
    "Mira", "Jonas", "Aylin", "Mateo", "Sofia", "Noah", "Zofia", "Luca", "Amara", "Elias", "Freya",
    "Tomás", "Ines", "Kofi", "Hanna", "Rafael", "Yuki", "Clara", "Omar", "Lea", "Dario", "Nadia",
    "Felix", "Priya", "Oscar", "Marta", "Levi", "Chiara", "Emil", "Salma",
];
const LAST_NAMES: &[&str] = &[
    "Lindqvist",
    "Okafor",
    "Moreau",
    "Silva",
    "Kowalska",
    "Rossi",
    "Weber",
    "Yilmaz",
    "Nakamura",
    "Hughes",
    "Petrov",
    "Garcia",
    "Jansen",
    "Costa",
    "Novak",
    "Haddad",
    "Fischer",
    "Murphy",
    "Khan",
    "Berg",
    "Dubois",
    "Santos",
    "Horvat",
    "Evans",
];
const MAIL_HOSTS: &[&str] = &["example.com", "example.org", "example.net"];

struct Merchant(&'static str, &'static str, &'static str, &'static str, &'static str);

/// Name, category, city, country, currency.
const MERCHANTS: &[Merchant] = &[
    Merchant("Corner Bakery", "5462", "Berlin", "DE", "EUR"),
    Merchant("Metro Lisboa", "4111", "Lisbon", "PT", "EUR"),
    Merchant("Grocer & Sons", "5411", "London", "GB", "GBP"),
    Merchant("Northwind Air", "4511", "Oslo", "NO", "NOK"),
    Merchant("Café Central", "5812", "Vienna", "AT", "EUR"),
    Merchant("Streamly", "4899", "Dublin", "IE", "EUR"),
    Merchant("Book Nook", "5942", "New York", "US", "USD"),
    Merchant("Fuel Stop 12", "5541", "Milan", "IT", "EUR"),
    Merchant("City Cash", "6011", "Zurich", "CH", "CHF"),
    Merchant("Green Pharmacy", "5912", "Paris", "FR", "EUR"),
];

/// Generates customers, oldest first.
pub(super) struct Sample {
    rng: Rng,
    now: Timestamp,
    made: u32,
    count: u32,
}

impl Sample {
    pub(super) fn new(now: Timestamp, count: u32) -> Self {
        Self { rng: Rng::with_seed(0x0063_6172_6473), now, made: 0, count }
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.rng.usize(..from.len())]
    }

    fn hex(&mut self, digits: usize) -> String {
        (0..digits).map(|_| self.rng.digit(16)).collect()
    }

    fn customer(&mut self, number: u32) -> Customer {
        let first = self.pick(FIRST_NAMES);
        let last = self.pick(LAST_NAMES);
        let host = self.pick(MAIL_HOSTS);
        let plain = |name: &str| name.to_lowercase().replace('á', "a");
        // Spread evenly over the last 400 days, oldest first.
        let age = 400 * DAY * i64::from(self.count - number) / i64::from(self.count);
        let created_at = self.now.plus_millis(-age - self.rng.i64(0..HOUR));
        let flow_status = self.flow_status(age);
        let kyc_status = self.kyc_status(flow_status);
        let region = matches!(kyc_status, Some(KycStatus::Approved | KycStatus::Expired));
        let currency = region.then(|| {
            self.pick(&[Currency::Eur, Currency::Eur, Currency::Eur, Currency::Gbp, Currency::Usd])
        });
        let safe_deployed = matches!(flow_status, FlowStatus::CardCreated | FlowStatus::Active);
        let wallet = safe_deployed || flow_status == FlowStatus::SafeDeploying;
        Customer {
            id: self.hex(24),
            yativo_card_id: format!(
                "yativo_card_customer_{}_{}",
                self.hex(6),
                1_769_031_332_068_i64 + i64::from(number)
            ),
            // Not every customer has an external identifier.
            external_customer_id: (self.rng.u8(..10) > 0)
                .then(|| format!("usr_{}", 1_000 + number)),
            email: format!("{}.{}{number}@{host}", plain(first), plain(last)),
            onboarding: flow_status.into(),
            kyc_status,
            currency,
            safe_deployed,
            wallet_address: wallet.then(|| {
                let mut bytes = [0; 20];
                self.rng.fill(&mut bytes);
                Address::from(bytes).to_checksum(None)
            }),
            created_at,
        }
    }

    /// Older customers are further in onboarding.
    fn flow_status(&mut self, age: i64) -> FlowStatus {
        let far = self.rng.u8(..100) < if age > 14 * DAY { 80 } else { 35 };
        if far {
            self.pick(&[
                FlowStatus::Active,
                FlowStatus::Active,
                FlowStatus::Active,
                FlowStatus::CardCreated,
            ])
        } else {
            self.pick(&[
                FlowStatus::OtpRequested,
                FlowStatus::OtpVerified,
                FlowStatus::KycInitiated,
                FlowStatus::KycCompleted,
                FlowStatus::SafeDeploying,
            ])
        }
    }

    fn kyc_status(&mut self, flow: FlowStatus) -> Option<KycStatus> {
        match flow {
            FlowStatus::OtpRequested => None,
            FlowStatus::OtpVerified => Some(KycStatus::Pending),
            FlowStatus::KycInitiated => Some(self.pick(&[
                KycStatus::InProgress,
                KycStatus::InProgress,
                KycStatus::PendingReview,
                KycStatus::Rejected,
            ])),
            _ if self.rng.u8(..50) == 0 => Some(KycStatus::Expired),
            _ => Some(KycStatus::Approved),
        }
    }

    fn balance(&mut self) -> WalletBalance {
        let available = self.rng.i64(0..400_000);
        let pending = if self.rng.bool() { 0 } else { self.rng.i64(100..20_000) };
        // Two of three have used their card just now; the others' balances are
        // read from the chain.
        let age = match self.rng.u8(..3) {
            0 => self.rng.i64(3 * HOUR..9 * DAY),
            _ => self.rng.i64(0..100 * MINUTE),
        };
        let at = self.now.plus_millis(-age);
        WalletBalance {
            ledger: minor(available + pending),
            available: minor(available),
            pending: Some(minor(pending)),
            source: BalanceSource::Live,
            updated_at: at,
        }
    }

    fn card(&mut self, customer: &Customer) -> Card {
        let mut bytes = [0; 16];
        self.rng.fill(&mut bytes);
        let age = self.now.millis() - customer.created_at.millis();
        let created_at = customer.created_at.plus_millis(self.rng.i64(0..=age.min(3 * DAY)));
        let active = customer.onboarding == FlowStatus::Active.into();
        let status = match self.rng.u8(..20) {
            0 => CardStatus::Frozen,
            1 => CardStatus::Lost,
            2 => CardStatus::Blocked,
            3 | 4 => CardStatus::Voided,
            _ => CardStatus::Active,
        };
        Card {
            card_id: uuid::Builder::from_random_bytes(bytes).into_uuid().to_string(),
            customer_id: customer.id.clone(),
            network_token: Some(self.rng.u32(100_000_000..1_000_000_000).to_string()),
            last_four: format!("{:04}", self.rng.u16(..10_000)),
            card_type: self.pick(&[CardType::Virtual, CardType::Virtual, CardType::Physical]),
            status,
            is_stolen: status == CardStatus::Voided && self.rng.bool(),
            pin_set: Some(active && self.rng.bool()),
            activated_at: active.then(|| self.now.min(created_at.plus_millis(2 * HOUR))),
            created_at,
        }
    }

    fn transaction(&mut self, card: &Card) -> Transaction {
        let Merchant(name, category, city, country, currency) =
            &MERCHANTS[self.rng.usize(..MERCHANTS.len())];
        let since = self.now.millis() - card.created_at.millis();
        let created_at = self.now.plus_millis(-self.rng.i64(0..=since));
        let recent = self.now.millis() - created_at.millis() < 3 * DAY;
        let status = match self.rng.u8(..20) {
            0 => TransactionStatus::Declined,
            1 => TransactionStatus::Reversed,
            2 => self.pick(&[
                TransactionStatus::PartiallyReversed,
                TransactionStatus::Failed,
                TransactionStatus::Expired,
            ]),
            _ if recent => TransactionStatus::Authorized,
            _ => TransactionStatus::Settled,
        };
        let kind = match (*category, self.rng.u8(..15)) {
            ("6011", _) => TransactionType::Withdrawal,
            (_, 0) => TransactionType::Refund,
            _ => TransactionType::Purchase,
        };
        let settled = status == TransactionStatus::Settled;
        Transaction {
            transaction_id: format!("txn_{}", self.hex(20)),
            customer_id: card.customer_id.clone(),
            card_id: Some(card.card_id.clone()),
            transaction_type: kind,
            amount: minor(self.rng.i64(150..25_000)),
            currency: (*currency).to_owned(),
            billing: None,
            fx_rate: None,
            status,
            merchant: Some((*name).to_owned()),
            merchant_category: Some((*category).to_owned()),
            merchant_city: Some((*city).to_owned()),
            merchant_country: Some((*country).to_owned()),
            authorized_at: Some(created_at),
            settled_at: settled.then(|| created_at.plus_millis(DAY)),
            created_at,
        }
    }
}

/// Sample amounts are small.
fn minor(amount: i64) -> Minor {
    Minor::new(amount).unwrap_or_else(|| unreachable!("{amount} is a small amount"))
}

/// A customer with the stored rows, and the balance on the chain.
#[derive(Debug, PartialEq)]
pub(super) struct Made {
    pub(super) record: Record,
    pub(super) transactions: Vec<Transaction>,
    pub(super) on_chain: Option<Minor>,
}

impl Iterator for Sample {
    type Item = Made;

    fn next(&mut self) -> Option<Self::Item> {
        if self.made == self.count {
            return None;
        }
        self.made += 1;
        let customer = self.customer(self.made);
        // A wallet that has just been deployed has had no notification yet.
        let notified = customer.safe_deployed && self.rng.u8(..20) > 0;
        let balance = notified.then(|| self.balance());
        let cards: Vec<Card> = if customer.safe_deployed {
            (0..self.pick(&[1, 1, 1, 2, 2, 3])).map(|_| self.card(&customer)).collect()
        } else {
            Vec::new()
        };
        let spends = customer.onboarding == FlowStatus::Active.into();
        let transactions = match cards.first() {
            Some(card) if spends => {
                (0..self.rng.u8(0..12)).map(|_| self.transaction(card)).collect()
            }
            _ => Vec::new(),
        };
        let on_chain = customer.safe_deployed.then(|| {
            // Some were topped up since they last used their card.
            let since = if self.rng.u8(..4) == 0 { self.rng.i64(1_000..50_000) } else { 0 };
            balance.map_or(minor(since), |live| {
                match self.now.millis() - live.updated_at.millis() {
                    old if old > 2 * HOUR => minor(live.ledger.get() + since),
                    _ => live.ledger,
                }
            })
        });
        Some(Made { record: Record { customer, balance, cards }, transactions, on_chain })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn the_sample_is_the_same_every_time_and_has_everything() {
        let now = Timestamp::parse("2026-05-12T14:30:00Z").expect("a moment");
        let made: Vec<_> = Sample::new(now, 2_000).collect();
        assert_eq!(made, Sample::new(now, 2_000).collect::<Vec<_>>());
        let statuses: HashSet<_> =
            made.iter().map(|of| of.record.customer.onboarding.stage()).collect();
        assert_eq!(statuses.len(), FlowStatus::VARIANTS.len());
        let kyc: HashSet<_> = made.iter().map(|of| of.record.customer.kyc_status).collect();
        assert_eq!(kyc.len(), KycStatus::VARIANTS.len() + 1);
        let ids: HashSet<_> = made.iter().map(|of| &of.record.customer.id).collect();
        let emails: HashSet<_> = made.iter().map(|of| &of.record.customer.email).collect();
        assert_eq!((ids.len(), emails.len()), (2_000, 2_000));
        for Made { record, on_chain, .. } in &made {
            assert_eq!(on_chain.is_some(), record.customer.safe_deployed);
            assert!(crate::domain::identifier::is_customer_id(&record.customer.id));
            assert!(record.customer.created_at <= now);
            for card in &record.cards {
                assert!(card.created_at <= now && card.activated_at.is_none_or(|at| at <= now));
            }
            if let Some(live) = record.balance {
                assert!(record.customer.safe_deployed);
                assert_eq!(
                    live.ledger.get(),
                    live.available.get() + live.pending.map_or(0, Minor::get)
                );
            }
        }
        assert!(made.iter().any(|made| made.transactions.len() > 5));
        let later = Sample::new(now.plus_millis(DAY), 2_000).map(|of| of.record.customer.id);
        assert!(later.eq(made.iter().map(|of| of.record.customer.id.clone())), "the names stay");
    }
}
