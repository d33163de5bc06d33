//! Payment cards.

use strum::{AsRefStr, EnumString, IntoStaticStr, VariantArray};

use super::time::Timestamp;

/// Whether a card is virtual or physical.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum CardType {
    /// A virtual card.
    Virtual,
    /// A physical card.
    Physical,
}

/// The status of a card.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum CardStatus {
    /// Usable.
    Active,
    /// Frozen by the customer for a while.
    Frozen,
    /// Blocked by the issuer.
    Blocked,
    /// Reported lost.
    Lost,
    /// Permanently closed. A stolen card is voided too.
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
    /// Virtual or physical.
    pub card_type: CardType,
    /// Its status.
    pub status: CardStatus,
    /// Whether it was reported stolen.
    pub is_stolen: bool,
    /// When it was activated.
    pub activated_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
}

impl Card {
    /// The order of a customer's cards.
    pub fn newest_first(a: &Self, b: &Self) -> std::cmp::Ordering {
        (b.created_at, &b.card_id).cmp(&(a.created_at, &a.card_id))
    }

    /// Whether the card is permanently closed. Such cards are not counted.
    pub fn is_void(&self) -> bool {
        self.is_stolen || self.status == CardStatus::Voided
    }
}
