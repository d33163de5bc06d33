//! OpenAPI schemas of single values: enums of the contract, money and times. The
//! domain types themselves do not know OpenAPI.

use strum::VariantArray as _;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::wire::{MajorUnits, Time};
use crate::domain::balance::Freshness;
use crate::domain::card::{CardStatus, CardType};
use crate::domain::money::Currency;
use crate::domain::onboarding::{FlowStatus, KycStatus, MAX_STATUS};
use crate::domain::transaction::{TransactionStatus, TransactionType};

/// Implements `ToSchema` under the type's own name.
macro_rules! schemas {
    ($( $type:ident, $schema:expr, $description:literal; )+) => { $(
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                $schema.description(Some($description)).into()
            }
        }

        impl ToSchema for $type {}
    )+ };
}

/// The texts of an enum.
macro_rules! one_of {
    ($type:ident) => {
        text().enum_values(Some($type::VARIANTS.iter().map(<&str>::from)))
    };
}

schemas! {
    FlowStatus, status(), "The issuer's onboarding status. The usual ones are the examples, in the order in which customers pass them; the issuer has others, and new ones may come.";
    KycStatus, one_of!(KycStatus), "The state of the identity check.";
    Currency, one_of!(Currency), "The wallet's currency.";
    Freshness, one_of!(Freshness), "Where a balance comes from.";
    CardType, one_of!(CardType), "Whether the card is virtual or physical.";
    CardStatus, one_of!(CardStatus), "The card's status.";
    TransactionType, one_of!(TransactionType), "The kind of transaction.";
    TransactionStatus, one_of!(TransactionStatus), "The transaction's status.";
    MajorUnits, ObjectBuilder::new().schema_type(Type::Number), "An amount in major units, with at most two decimals.";
    Time, time(), "RFC 3339, in UTC, with milliseconds.";
}

/// Not an enum: clients must be ready for statuses that do not exist yet.
fn status() -> ObjectBuilder {
    let known = FlowStatus::VARIANTS.iter().map(<&str>::from);
    text().examples(known).min_length(Some(1)).max_length(Some(MAX_STATUS))
}

fn time() -> ObjectBuilder {
    let pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$";
    let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
    text().format(Some(format)).pattern(Some(pattern))
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}
