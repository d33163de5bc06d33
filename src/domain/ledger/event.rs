//! Events of the issuer: what happened to a customer, and when.

use strum::{AsRefStr, EnumString, IntoStaticStr, VariantArray};

use crate::domain::balance::WalletBalance;
use crate::domain::card::{CardStatus, CardType};
use crate::domain::identifier::Identifier;
use crate::domain::money::{Amount, Currency};
use crate::domain::time::Timestamp;
use crate::domain::transaction::TransactionType;

/// Every type of the contract that is about a customer, a card or money of theirs.
pub const TYPES: &[&str] = &[
    "customer.balance.updated",
    "customer.funded",
    "customer.funding.failed",
    "wallet.deposit.confirmed",
    "card.created",
    "card.activated",
    "card.frozen",
    "card.unfrozen",
    "card.voided",
    "card.lost",
    "card.stolen",
    "card.cancelled",
    "card.deactivated",
    "physical.card.pin.changed",
    "transaction.authorized",
    "transaction.settled",
    "transaction.declined",
    "transaction.reversed",
    "transaction.refund.created",
    "card.withdrawal.initiated",
    "card.withdrawal.settled",
    "card.withdrawal.failed",
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
    /// When it happened, which may be long before the issuer sent it.
    pub occurred_at: Timestamp,
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
    /// Money has come into the wallet or has left it, not by a card.
    Movement(MovementFact),
    /// Something happened to a card.
    Card(CardFact),
    /// A transaction has reached a stage.
    Transaction(Box<TransactionFact>),
}

/// What a wallet holds at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceFact {
    /// The balance.
    pub balance: WalletBalance,
    /// The wallet's currency, where the issuer says so.
    pub currency: Option<Currency>,
}

/// How money moves other than by a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MovementKind {
    /// From the program's master wallet.
    Transfer,
    /// From outside.
    Deposit,
    /// Back to the program's master wallet.
    Withdrawal,
}

/// Money that has come into a wallet or has left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovementFact {
    /// Where from or where to.
    pub kind: MovementKind,
    /// The issuer's name for the movement.
    pub id: String,
    /// How much; not negative.
    pub amount: Amount,
    /// Whether the money has moved; otherwise the attempt has failed.
    pub completed: bool,
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

/// How an event names a card.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CardRef {
    /// By the UUID that the APIs show, in lower case.
    Id(String),
    /// By the card network's token, as it stands.
    Token(String),
}

/// Something that happened to a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardFact {
    /// The card.
    pub card: CardRef,
    /// What happened to it.
    pub change: CardChange,
    /// The last four digits of its number, where the issuer says so.
    pub last_four: Option<String>,
    /// What it is made of, where the issuer says so.
    pub card_type: Option<CardType>,
    /// What it can do now, where the issuer says so in a word that we know.
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
    /// How much, in the merchant's currency; not negative. None means all of it.
    pub amount: Option<Amount>,
    /// What it costs the wallet; not negative.
    pub billing: Option<Amount>,
    /// `amount` / `billing`, as the issuer states it.
    pub fx_rate: Option<String>,
    /// The card that it was made with, where the issuer says so.
    pub card_id: Option<String>,
    /// The transaction on the chain, where the issuer says so.
    pub tx_hash: Option<String>,
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
    /// When the hold was made, where the issuer says so.
    pub authorized_at: Option<Timestamp>,
    /// When the money moved, where the issuer says so.
    pub settled_at: Option<Timestamp>,
}

/// What events that belong together are about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AggregateId {
    /// A transaction, by its identifier.
    Transaction(String),
    /// All cards of a customer: which of them is meant depends on the others.
    Cards,
    /// Money that moves other than by a card, by the movement's identifier.
    Movement(MovementKind, String),
}

impl AggregateId {
    /// The identifier as one text, as the inbox stores it with the customer's events.
    pub fn key(&self, customer: &str) -> String {
        match self {
            Self::Transaction(id) => format!("transaction:{id}"),
            Self::Cards => format!("cards:{customer}"),
            Self::Movement(MovementKind::Transfer, id) => format!("transfer:{id}"),
            Self::Movement(MovementKind::Deposit, id) => format!("deposit:{id}"),
            Self::Movement(MovementKind::Withdrawal, id) => format!("withdrawal:{id}"),
        }
    }
}

impl Event {
    /// What the event is about besides the wallet as a whole.
    pub fn aggregate(&self) -> Option<AggregateId> {
        match &self.fact {
            Fact::Balance(_) => None,
            Fact::Movement(fact) => Some(AggregateId::Movement(fact.kind, fact.id.clone())),
            Fact::Card(_) => Some(AggregateId::Cards),
            Fact::Transaction(fact) => Some(AggregateId::Transaction(fact.transaction_id.clone())),
        }
    }

    /// The order within one aggregate. What happened in the same
    /// moment comes in the order of the stages.
    pub fn sort_key(&self) -> (Timestamp, usize, &str) {
        let rank = match &self.fact {
            Fact::Balance(_) => 0,
            Fact::Movement(fact) => usize::from(fact.completed),
            Fact::Card(fact) => rank(CardChange::VARIANTS, &fact.change),
            Fact::Transaction(fact) => rank(Stage::VARIANTS, &fact.stage),
        };
        (self.occurred_at, rank, &self.id)
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
    /// Which of the customer's cards it means is not known yet.
    Ambiguous,
    /// It cannot be applied, for the reason beside it.
    Failed,
    /// It came under the identifier of another event, with another body.
    Conflicting,
    /// Its type has no effect here.
    Kept,
}
