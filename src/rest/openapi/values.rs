//! Single values: names that the contract fixes, money and times. The types
//! themselves know nothing of documents.

use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::super::wire::{MajorUnits, Time};
use crate::domain::balance::Freshness;
use crate::domain::card::{CardStatus, CardType};
use crate::domain::event::InboxState;
use crate::domain::money::Currency;
use crate::domain::onboarding::{FlowStatus, KycStatus};
use crate::domain::transaction::{TransactionStatus, TransactionType};

/// Describes a type under its own name.
macro_rules! described {
    ($( $type:ident, $schema:expr, $words:literal; )+) => { $(
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                $schema.description(Some($words)).into()
            }
        }

        impl ToSchema for $type {}
    )+ };
}

/// One of an enum's texts.
macro_rules! one_of {
    ($type:ident) => {
        text().enum_values(Some($type::ALL.iter().map(|value| value.as_str())))
    };
}

described! {
    FlowStatus, one_of!(FlowStatus), "The onboarding stage, the first one first.";
    KycStatus, one_of!(KycStatus), "The state of the identity check.";
    Currency, one_of!(Currency), "The currency of a wallet.";
    Freshness, one_of!(Freshness), "Where a balance comes from.";
    CardType, one_of!(CardType), "What a card is made of.";
    CardStatus, one_of!(CardStatus), "What a card can do now.";
    TransactionType, one_of!(TransactionType), "What kind of transaction it is.";
    TransactionStatus, one_of!(TransactionStatus), "How far a transaction has come.";
    InboxState, one_of!(InboxState), "What has become of a notification.";
    MajorUnits, ObjectBuilder::new().schema_type(Type::Number), "Money in major units, with at most two decimals.";
    Time, time(), "RFC 3339, in UTC, with milliseconds.";
}

fn time() -> ObjectBuilder {
    let written = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$";
    let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
    text().format(Some(format)).pattern(Some(written))
}

/// A text.
pub(super) fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// A whole number of at least so much.
pub(super) fn whole(minimum: i32) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(minimum))
}
