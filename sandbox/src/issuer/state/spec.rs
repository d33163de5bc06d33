//! How a program is set up.

use std::time::Duration;

use super::customer::CardLimits;

/// What the issuer thinks of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// It has not applied.
    NotApplied,
    /// It has applied.
    Pending,
    /// It runs.
    Approved,
    /// It may not run.
    Rejected,
    /// It may not run for a while.
    Suspended,
}

impl Approval {
    /// The member `status`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotApplied => "not_applied",
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Suspended => "suspended",
        }
    }
}

/// The order of lists, which no page names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListOrder {
    /// New customers come to the front.
    NewestFirst,
    /// New customers come to the end.
    OldestFirst,
    /// New customers come anywhere.
    Random,
}

/// A program and the key pair of its account.
#[derive(Clone, Debug)]
pub struct ProgramSpec {
    /// How the owner of the sandbox calls it.
    pub name: String,
    /// The key of its account.
    pub api_key: String,
    /// The secret of its account.
    pub api_secret: String,
    /// What the issuer thinks of it.
    pub approval: Approval,
    /// `master_wallet` or `non_master`.
    pub funding_structure: &'static str,
    /// The order of its lists.
    pub order: ListOrder,
    /// How many customers it may have.
    pub max_cards: u32,
    /// The most that it may fund in a day, in cents.
    pub daily_funding_limit: i64,
    /// The most that it may fund in a month, in cents.
    pub monthly_funding_limit: i64,
    /// What is in the master wallet, in cents of each currency.
    pub master_wallet: i64,
    /// How many cards a customer may have.
    pub card_limits: CardLimits,
    /// How long a transfer to a card takes. Zero: the answer already says
    /// `completed`.
    pub transfer_time: Duration,
    /// How long a withdrawal from a card takes; three minutes by the pages.
    pub withdrawal_time: Duration,
    /// Whether an identity check is passed as soon as its page is asked for, and the wallet
    /// deployed with it. Otherwise both wait for `set_kyc` and `deploy_wallet`.
    pub passes_identity_checks: bool,
    /// Whether each movement of a wallet also sends `customer.balance.updated`.
    pub balance_events: bool,
    /// Whether a second request with the same `Idempotency-Key` gets the first
    /// one's answer. The pages do not promise it.
    pub honours_idempotency: bool,
}

impl ProgramSpec {
    /// An approved program with the documented limits.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            api_key: format!("yativo_key_{name}"),
            api_secret: format!("yativo_secret_{name}"),
            approval: Approval::Approved,
            funding_structure: "master_wallet",
            order: ListOrder::NewestFirst,
            max_cards: 1_000,
            daily_funding_limit: 5_000_000,
            monthly_funding_limit: 50_000_000,
            master_wallet: 25_000_000,
            card_limits: CardLimits::default(),
            transfer_time: Duration::ZERO,
            withdrawal_time: Duration::from_mins(3),
            passes_identity_checks: false,
            balance_events: true,
            honours_idempotency: false,
        }
    }
}
