//! Inputs of the mutations of cards.

use async_graphql::{Enum, ID, InputObject};

/// Inputs that name a customer's card.
macro_rules! card_inputs {
    ($( $(#[$about:meta])* $name:ident; )+) => { $(
        $(#[$about])*
        #[derive(InputObject)]
        pub(crate) struct $name {
            /// The card's identifier.
            pub(super) card_id: ID,
            /// Any text; the payload repeats it.
            pub(super) client_mutation_id: Option<String>,
            /// The customer's `id`, `yativoCardId`, `externalCustomerId` or e-mail address (compared without case).
            pub(super) identifier: ID,
        }
    )+ };
}

card_inputs! {
    /// Input of `freezeCard`.
    FreezeCardInput;
    /// Input of `unfreezeCard`.
    UnfreezeCardInput;
    /// Input of `voidCard`.
    VoidCardInput;
}

/// Input of `createVirtualCard`.
#[derive(InputObject)]
pub(crate) struct CreateVirtualCardInput {
    /// Any text; the payload repeats it.
    pub(super) client_mutation_id: Option<String>,
    /// The customer's `id`, `yativoCardId`, `externalCustomerId` or e-mail address (compared without case).
    pub(super) identifier: ID,
}

/// Input of `reportCard`.
#[derive(InputObject)]
pub(crate) struct ReportCardInput {
    /// The card's identifier.
    pub(super) card_id: ID,
    /// Any text; the payload repeats it.
    pub(super) client_mutation_id: Option<String>,
    /// The customer's `id`, `yativoCardId`, `externalCustomerId` or e-mail address (compared without case).
    pub(super) identifier: ID,
    /// What has happened to the card.
    pub(super) reason: CardReportReason,
}

/// What has happened to a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum CardReportReason {
    /// It is lost.
    Lost,
    /// It was stolen.
    Stolen,
}
