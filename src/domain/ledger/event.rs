//! Events of the issuer: what happened to a customer, and when.

use strum::{AsRefStr, EnumString, IntoStaticStr, VariantArray};

use crate::domain::card::{CardStatus, CardType};
use crate::domain::identifier::Identifier;
use crate::domain::money::{Currency, Minor};
use crate::domain::time::Timestamp;
use crate::domain::transaction::TransactionType;

/// Every type of the contract.
pub const TYPES: &[&str] = &[
    "customer.balance.updated",
    "customer.funded",
    "customer.funding.failed",
    "card.created",
    "card.activated",
    "card.frozen",
    "card.unfrozen",
    "card.voided",
    "card.lost",
    "card.stolen",
    "card.cancelled",
    "card.deactivated",
    "transaction.authorized",
    "transaction.settled",
    "transaction.declined",
    "transaction.reversed",
    "transaction.refund.created",
    "master_wallet.deposit",
    "master_wallet.swap",
    "master_wallet.customer_funded",
    "master_wallet.withdrawal",
];

/// One event of the issuer, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The issuer's name for it, out of the signed body.
    pub id: String,
    /// When the issuer made it.
    pub created_at: Timestamp,
    /// Identifiers of the customer, the most specific first.
    pub customer: Vec<Identifier>,
    /// The customer's `id`, where the event has it.
    pub customer_id: Option<String>,
    /// The issuer's own name for the customer, where the event has it.
    pub yativo_card_id: Option<String>,
    /// What happened.
    pub fact: Fact,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The balance at a moment.
    Balance(BalanceFact),
    /// A transfer to the wallet has arrived or failed.
    Transfer(TransferFact),
    /// Something happened to a card.
    Card(CardFact),
    /// A transaction has reached a stage.
    Transaction(TransactionFact),
}

/// What a wallet holds at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceFact {
    /// All that the wallet holds.
    pub ledger: Minor,
    /// What can be spent.
    pub available: Minor,
    /// What is held for authorizations.
    pub pending: Minor,
    /// The wallet's currency, where the issuer says so.
    pub currency: Option<Currency>,
    /// When that was true.
    pub at: Timestamp,
}

/// Money that was sent to a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferFact {
    /// The issuer's name for the transfer.
    pub id: String,
    /// How much; positive.
    pub amount: Minor,
    /// ISO 4217 code, where the issuer says so.
    pub currency: Option<String>,
    /// Whether it has arrived, or has failed.
    pub arrived: bool,
}

/// What happened to a card; the text is what follows `card.` in the event's type.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum CardChange {
    /// It was made.
    Created,
    /// It was put to use.
    Activated,
    /// The customer has stopped it for a while.
    Frozen,
    /// It works again.
    Unfrozen,
    /// It is gone for good.
    Voided,
    /// It was reported lost.
    Lost,
    /// It was reported stolen.
    Stolen,
    /// It was given up.
    Cancelled,
    /// The issuer has stopped it.
    Deactivated,
}

/// Something that happened to a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardFact {
    /// The card.
    pub card_id: String,
    /// What happened to it.
    pub change: CardChange,
    /// The last four digits of its number, where the issuer says so.
    pub last_four: Option<String>,
    /// What it is made of, where the issuer says so.
    pub card_type: Option<CardType>,
    /// What it can do now, where the issuer says so.
    pub status: Option<CardStatus>,
}

/// How far a transaction has come; the text is what follows `transaction.`
/// in the event's type.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Stage {
    /// Money is held.
    Authorized,
    /// A part of the hold was let go.
    PartiallyReversed,
    /// It was refused.
    Declined,
    /// Something went wrong; the hold was let go.
    Failed,
    /// The hold ran out.
    Expired,
    /// The hold was let go; a part of it, if the amount is smaller.
    Reversed,
    /// Money has moved.
    Settled,
    /// Money comes back.
    #[strum(serialize = "refund.created")]
    Refunded,
}

/// A transaction that has come so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionFact {
    /// The issuer's name for the transaction.
    pub transaction_id: String,
    /// How far it has come.
    pub stage: Stage,
    /// How much; not negative.
    pub amount: Minor,
    /// ISO 4217 code, where the issuer says so.
    pub currency: Option<String>,
    /// The card that it was made with, where the issuer says so.
    pub card_id: Option<String>,
    /// What kind it is, where the issuer says so.
    pub transaction_type: Option<TransactionType>,
    /// The merchant's name.
    pub merchant: Option<String>,
    /// ISO 18245 merchant category code (MCC).
    pub merchant_category: Option<String>,
    /// The merchant's city.
    pub merchant_city: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub merchant_country: Option<String>,
    /// When the hold was made.
    pub authorized_at: Option<Timestamp>,
    /// When the money moved.
    pub settled_at: Option<Timestamp>,
}

/// What events that belong together are about: one transaction, card or transfer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AggregateId {
    /// A transaction, by its identifier.
    Transaction(String),
    /// A card, by its identifier.
    Card(String),
    /// Money sent to a wallet, by the transfer's identifier.
    Transfer(String),
}

impl AggregateId {
    /// The identifier as one text, as the inbox stores it.
    pub fn key(&self) -> String {
        match self {
            Self::Transaction(id) => format!("transaction:{id}"),
            Self::Card(id) => format!("card:{id}"),
            Self::Transfer(id) => format!("transfer:{id}"),
        }
    }
}

impl Event {
    /// What the event is about besides the wallet as a whole.
    pub fn aggregate(&self) -> Option<AggregateId> {
        match &self.fact {
            Fact::Balance(_) => None,
            Fact::Transfer(fact) => Some(AggregateId::Transfer(fact.id.clone())),
            Fact::Card(fact) => Some(AggregateId::Card(fact.card_id.clone())),
            Fact::Transaction(fact) => Some(AggregateId::Transaction(fact.transaction_id.clone())),
        }
    }

    /// When it happened, which may be long before the issuer sent it.
    pub fn occurred_at(&self) -> Timestamp {
        let stated = match &self.fact {
            Fact::Balance(fact) => Some(fact.at),
            Fact::Transaction(fact) => match fact.stage {
                Stage::Authorized | Stage::Declined => fact.authorized_at,
                Stage::Settled => fact.settled_at,
                _ => None,
            },
            Fact::Transfer(_) | Fact::Card(_) => None,
        };
        stated.unwrap_or(self.created_at)
    }

    /// The order within one aggregate. What happened in the same
    /// moment comes in the order of the stages.
    pub fn sort_key(&self) -> (Timestamp, usize, &str) {
        let rank = match &self.fact {
            Fact::Balance(_) => 0,
            Fact::Transfer(fact) => usize::from(fact.arrived),
            Fact::Card(fact) => rank(CardChange::VARIANTS, &fact.change),
            Fact::Transaction(fact) => rank(Stage::VARIANTS, &fact.stage),
        };
        (self.occurred_at(), rank, &self.id)
    }
}

fn rank<T: PartialEq>(all: &[T], one: &T) -> usize {
    all.iter().position(|other| other == one).unwrap_or_default()
}

/// The state of an event in the inbox.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum InboxState {
    /// It has had its effect.
    Applied,
    /// The customer is not known yet.
    Waiting,
    /// It cannot be applied, for the reason beside it.
    Failed,
    /// Its type has no effect here.
    Kept,
}
