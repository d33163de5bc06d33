//! Payment cards.

use strum::{AsRefStr, EnumString, IntoStaticStr, VariantArray};

use super::time::Timestamp;

/// What a card is made of.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum CardType {
    /// Lives in a phone.
    Virtual,
    /// Plastic.
    Physical,
}

/// What a card can do now.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum CardStatus {
    /// Works.
    Active,
    /// Stopped by the customer for a while.
    Frozen,
    /// Stopped by the issuer.
    Blocked,
    /// Reported lost.
    Lost,
    /// Gone for good; a stolen card is voided too.
    Voided,
}

/// One card of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// A UUID in lower case.
    pub card_id: String,
    /// The customer who holds it.
    pub customer_id: String,
    /// The last four digits of the number.
    pub last_four: String,
    /// What it is made of.
    pub card_type: CardType,
    /// What it can do now.
    pub status: CardStatus,
    /// Whether it was reported stolen.
    pub is_stolen: bool,
    /// When it was first put to use.
    pub activated_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Card {
    /// The order of a customer's cards.
    pub fn newest_first(a: &Self, b: &Self) -> std::cmp::Ordering {
        (b.created_at, &b.card_id).cmp(&(a.created_at, &a.card_id))
    }

    /// Whether the card is gone for good; such cards do not count.
    pub fn is_void(&self) -> bool {
        self.is_stolen || self.status == CardStatus::Voided
    }
}
