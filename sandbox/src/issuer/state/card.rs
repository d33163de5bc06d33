//! Cards.

use uuid::Uuid;

use crate::issuer::time::Time;

/// What a card is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardKind {
    /// Lives in a phone.
    Virtual,
    /// Plastic.
    Physical,
}

impl CardKind {
    /// The member `card_type`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Virtual => "virtual",
            Self::Physical => "physical",
        }
    }
}

/// What a card can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardState {
    /// It works.
    Active,
    /// Stopped for a while.
    Frozen,
    /// Stopped by the issuer.
    Blocked,
    /// Reported lost.
    Lost,
    /// Reported stolen; it counts as voided.
    Stolen,
    /// Gone for good.
    Voided,
    /// A word that no page names.
    Other(&'static str),
}

/// One card of a customer.
#[derive(Clone, Debug)]
pub struct Card {
    /// The name in REST answers.
    pub id: Uuid,
    /// The network's name for it, the only one that events have.
    pub token: String,
    /// The last four digits of the number.
    pub last_four: String,
    /// What it is made of.
    pub kind: CardKind,
    /// What it can do.
    pub state: CardState,
    /// Whether its PIN was set.
    pub pin_set: bool,
    /// When it was first put to use.
    pub activated_at: Option<Time>,
    /// When it was made.
    pub created_at: Time,
}

impl Card {
    /// The member `status`.
    pub const fn status(&self) -> &'static str {
        match self.state {
            CardState::Active => "active",
            CardState::Frozen => "frozen",
            CardState::Blocked => "blocked",
            CardState::Lost => "lost",
            CardState::Stolen | CardState::Voided => "voided",
            CardState::Other(word) => word,
        }
    }

    /// The network's word for the state, which events have.
    pub const fn network_status(&self) -> &'static str {
        match self.state {
            CardState::Active => "active",
            CardState::Frozen => "Frozen",
            CardState::Blocked => "Blocked",
            CardState::Lost => "Lost",
            CardState::Stolen => "Stolen",
            CardState::Voided => "Voided",
            CardState::Other(word) => word,
        }
    }

    /// Whether it is in this state.
    pub fn is(&self, state: CardState) -> bool {
        self.state == state
    }

    /// Whether it is gone for good, so that it does not count.
    pub fn is_void(&self) -> bool {
        matches!(self.state, CardState::Voided | CardState::Stolen)
    }
}
