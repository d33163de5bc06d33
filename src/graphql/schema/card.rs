//! `Card`.

use std::sync::Arc;

use async_graphql::{ID, Object};

use crate::domain::card;
use crate::domain::node_id::NodeId;
use crate::graphql::schema::enums::{CardStatus, CardType};
use crate::graphql::schema::scalars::DateTime;

/// One of a customer's cards, where it stands in the list of them.
pub(crate) struct Card {
    pub(crate) all: Arc<Vec<card::Card>>,
    pub(crate) at: usize,
}

impl Card {
    pub(crate) fn card(&self) -> &card::Card {
        &self.all[self.at]
    }
}

/// A payment card. Card numbers and security codes are not stored in this system.
#[Object]
impl Card {
    /// The identifier for `node`: `cardId` with a prefix.
    pub(crate) async fn id(&self) -> ID {
        ID(NodeId::of_card(&self.card().card_id))
    }

    /// The card's identifier at the issuer, a UUID.
    async fn card_id(&self) -> ID {
        ID(self.card().card_id.clone())
    }

    /// The last four digits of the card's number.
    async fn last_four(&self) -> &str {
        &self.card().last_four
    }

    /// Whether the card is virtual or physical.
    async fn card_type(&self) -> CardType {
        self.card().card_type.into()
    }

    /// The status of the card.
    async fn status(&self) -> CardStatus {
        self.card().status.into()
    }

    /// Whether the customer has frozen the card.
    async fn is_frozen(&self) -> bool {
        self.card().status == card::CardStatus::Frozen
    }

    /// Whether the card was reported lost.
    async fn is_lost(&self) -> bool {
        self.card().status == card::CardStatus::Lost
    }

    /// Whether the card was reported stolen. A stolen card counts as voided.
    async fn is_stolen(&self) -> bool {
        self.card().is_stolen
    }

    /// Whether the issuer has blocked the card.
    async fn is_blocked(&self) -> bool {
        self.card().status == card::CardStatus::Blocked
    }

    /// Whether the card is closed permanently. Void cards are not in `cardsCount`.
    async fn is_void(&self) -> bool {
        self.card().is_void()
    }

    /// Whether the card's PIN is set. Null if unknown.
    async fn pin_set(&self) -> Option<bool> {
        self.card().pin_set
    }

    /// When the card was activated.
    async fn activated_at(&self) -> Option<DateTime> {
        self.card().activated_at.map(DateTime)
    }

    /// When the card was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.card().created_at)
    }
}
