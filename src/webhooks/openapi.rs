//! Descriptions of the webhook that attributes cannot express.

use std::collections::BTreeMap;

use strum::VariantArray as _;
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Response, Schema};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

use crate::domain::ledger::event::{InboxState, TYPES};
use crate::error::{Error, Kind};
use crate::http::content_coding;
use crate::http::openapi::{method_not_allowed, problem, status_of};

/// The body of an event. An event that says something else is stored as well, with the
/// reason why it cannot be applied, so that the schema prescribes nothing.
pub(super) struct EventBody;

impl PartialSchema for EventBody {
    fn schema() -> RefOr<Schema> {
        let any = |description| {
            ObjectBuilder::new().schema_type(SchemaType::AnyValue).description(Some(description))
        };
        let types = any("The event type; events of unknown types are stored and have no effect.");
        let data = "What happened, and to which customer: `customer_id`, `yativo_card_id`, \
            `external_customer_id`, `external_id` or `email`. Unknown members are ignored.";
        ObjectBuilder::new()
            .schema_type(SchemaType::AnyValue)
            .property("id", any("The issuer's identifier of the event."))
            .property("type", types.examples(TYPES.iter().copied()))
            .property("created_at", any("When it happened, in RFC 3339."))
            .property("data", any(data))
            .into()
    }
}

impl ToSchema for EventBody {}

/// The states that an event can be in.
pub(super) fn inbox_state() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(InboxState::VARIANTS.iter().map(<&str>::from)))
        .description(Some(
            "`applied`; `waiting` for an unknown customer; `ambiguous`: it is not known which \
             card it means; `failed`; `conflicting`: an event with this identifier and another \
             body was stored before; or `kept`: stored without an effect.",
        ))
        .build()
}

/// The errors of the webhook.
pub(super) struct WebhookErrors;

impl IntoResponses for WebhookErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let errors = [
            (Error::new(Kind::Invalid, "The body cannot be read"), "The body is incomplete."),
            (
                Error::new(Kind::Unauthenticated, "The signature is missing or wrong"),
                "The signature is missing or wrong, or the timestamp is more than five minutes off.",
            ),
            (Error::new(Kind::TooLarge, "The body is too large"), "The body is too large."),
            (
                Error::new(Kind::UnsupportedMediaType, content_coding::MESSAGE),
                "The body is compressed.",
            ),
            (
                Error::rate_limited(1),
                "Too many requests from an address that has not sent a valid signature yet.",
            ),
            (Error::unavailable(""), "The event could not be stored. Send it again."),
        ];
        let errors = errors.map(|(error, description)| {
            (status_of(error.kind()), problem(&error, description).into())
        });
        errors.into_iter().chain([("405".to_owned(), method_not_allowed().into())]).collect()
    }
}
