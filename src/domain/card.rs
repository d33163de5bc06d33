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
    /// The card network's token, by which events name the card, where it is known.
    pub network_token: Option<String>,
    /// The last four digits of the number.
    pub last_four: String,
    /// Virtual or physical.
    pub card_type: CardType,
    /// Its status.
    pub status: CardStatus,
    /// Whether it was reported stolen.
    pub is_stolen: bool,
    /// Whether its PIN is set, where that is known.
    pub pin_set: Option<bool>,
    /// When it was first put to use.
    pub activated_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A card of a program's list, with the holder's names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedCard {
    /// The card.
    pub card: Card,
    /// The issuer's identifier of the holder.
    pub yativo_card_id: String,
    /// The program's identifier of the holder.
    pub external_customer_id: Option<String>,
}

/// Whether any of a customer's cards has its PIN set; none where there is no card, or
/// where that is not known of any.
pub fn any_pin_set(cards: &[Card]) -> Option<bool> {
    cards.iter().filter_map(|card| card.pin_set).reduce(|any, pin_set| any || pin_set)
}

/// How many cards are not void.
pub fn count_of_cards(cards: &[Card]) -> i64 {
    let count = cards.iter().filter(|card| !card.is_void()).count();
    i64::try_from(count).unwrap_or(i64::MAX)
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
