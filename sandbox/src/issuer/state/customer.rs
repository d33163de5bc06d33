//! Customers and their wallets.

use super::card::Card;
use super::currency::Currency;
use super::stage::Stage;
use crate::issuer::time::{HOUR, Time};

/// How long a live balance counts as live: two hours, in milliseconds.
pub(crate) const LIVE_FOR: i64 = 2 * HOUR;

/// Where a balance comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Notifications of the card network.
    Live,
    /// A read of the blockchain, which knows nothing of holds.
    Chain,
}

/// The account wallet of a customer. All cards share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    /// Where it is on the chain. No documented answer but those of the wallet's
    /// own pages has it.
    pub address: String,
    /// All that it holds, in minor units.
    pub ledger: i64,
    /// What authorized transactions hold of it, in minor units.
    pub held: i64,
    /// Where the balance was last read.
    pub source: Source,
    /// When it was last read.
    pub at: Time,
}

/// A balance as pages show it, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// All that the wallet holds.
    pub ledger: i64,
    /// What can be spent.
    pub available: i64,
    /// What is held; unknown where the chain was read.
    pub pending: Option<i64>,
    /// Where it comes from.
    pub source: Source,
    /// When it was read.
    pub at: Time,
}

impl Balance {
    /// The member `balance_freshness`.
    pub const fn freshness(&self) -> &'static str {
        match self.source {
            Source::Live => "realtime",
            Source::Chain => "on_chain",
        }
    }
}

impl Wallet {
    /// The balance as it is shown at `now`: what is live for two hours, then
    /// what the chain says.
    pub fn balance(&self, now: Time) -> Balance {
        let Self { ledger, held, at, .. } = *self;
        if self.source == Source::Live && now.since(at) < LIVE_FOR {
            let available = ledger - held;
            return Balance { ledger, available, pending: Some(held), source: Source::Live, at };
        }
        Balance { ledger, available: ledger, pending: None, source: Source::Chain, at }
    }
}

/// What a customer has done of the onboarding besides the stage.
#[derive(Clone, Debug, Default)]
pub struct Onboarding {
    /// When the last code was sent by e-mail.
    pub otp_sent_at: Time,
    /// Wrong codes since then.
    pub otp_failures: u32,
    /// When the terms were accepted.
    pub terms_accepted_at: Option<Time>,
    /// When the questions about the source of funds were answered.
    pub source_of_funds_at: Option<Time>,
    /// The phone number that a code was sent to.
    pub phone: Option<String>,
    /// Whether the number was verified.
    pub phone_verified: bool,
    /// How often a link to the identity check was made.
    pub kyc_links: u32,
    /// When the wallet's deployment will be done.
    pub deploying_until: Option<Time>,
}

/// How many cards a customer may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardLimits {
    /// Virtual ones.
    pub max_virtual: u32,
    /// Physical ones.
    pub max_physical: u32,
    /// All.
    pub max_total: u32,
}

impl Default for CardLimits {
    fn default() -> Self {
        Self { max_virtual: 1, max_physical: 1, max_total: 2 }
    }
}

/// A customer of a program.
#[derive(Clone, Debug)]
pub struct Customer {
    /// The database id: 24 hex digits.
    pub id: String,
    /// The name that card pages use.
    pub yativo_card_id: String,
    /// The program's own name for the customer.
    pub external_id: Option<String>,
    /// The e-mail address as it was entered.
    pub email: String,
    /// The stage of the onboarding.
    pub stage: Stage,
    /// The state of the identity check.
    pub kyc_status: String,
    /// Why the identity check was not passed.
    pub rejection_reason: Option<String>,
    /// The currency, once the identity check assigned a region.
    pub currency: Option<Currency>,
    /// The wallet, once it is deployed.
    pub wallet: Option<Wallet>,
    /// The cards, newest first.
    pub cards: Vec<Card>,
    /// The indices of the customer's transactions, oldest first.
    pub(crate) transactions: Vec<u32>,
    /// What else was done of the onboarding.
    pub onboarding: Onboarding,
    /// How many cards the customer may have, where it is not the program's rule.
    pub card_limits: Option<CardLimits>,
    /// The most that the customer may spend in a day, in minor units.
    pub daily_limit: i64,
    /// When the customer was onboarded.
    pub created_at: Time,
    /// Whether the issuer has dropped the customer.
    pub gone: bool,
}

impl Customer {
    /// The cards that are not void.
    pub fn cards_count(&self) -> usize {
        self.cards.iter().filter(|card| !card.is_void()).count()
    }

    /// Whether any card has its PIN set.
    pub fn pin_set(&self) -> bool {
        self.cards.iter().any(|card| card.pin_set)
    }

    /// The balance as it is shown at `now`; none without a wallet.
    pub fn balance(&self, now: Time) -> Option<Balance> {
        self.wallet.as_ref().map(|wallet| wallet.balance(now))
    }

    /// The card with this name: the UUID or the network's token.
    pub fn card(&self, name: &str) -> Option<&Card> {
        self.cards.iter().find(|card| card.token == name || card.id.to_string() == name)
    }
}
