//! The route of the issuer's live notifications: no token, but a signature.

use utoipa::PartialSchema as _;
use utoipa::openapi::path::{HttpMethod, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::path::{OperationBuilder, PathItemBuilder};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{ContentBuilder, Required, Responses, ResponsesBuilder, Server};

use super::samples::NOTIFICATION;
use super::values::text;
use super::{answers, operations};
use crate::domain::event::{InboxState, TYPES};
use crate::error::{Error, Kind};

/// Where the issuer sends them.
pub(super) const PATH: &str = "/webhooks/yativo/{program}";

/// What can be done there, under this name alone.
pub(super) fn route() -> PathItem {
    let operation = operations::named(&NOTIFICATION, "Take a live notification");
    let operation = parameters().into_iter().fold(operation, OperationBuilder::parameter);
    let about = "A notification that is signed is kept before it is acknowledged, whatever it \
        says; the same `id` again does nothing. The signature is HMAC-SHA256, with a webhook \
        secret of the program, over the timestamp, a dot and the body byte by byte as it comes.";
    let operation = operation
        .description(Some(about))
        .request_body(Some(body()))
        .responses(responses())
        .securities(Some([]))
        .build();
    let item = PathItemBuilder::new().operation(HttpMethod::Post, operation);
    item.servers(Some([Server::new("/")])).build()
}

fn parameters() -> [Parameter; 4] {
    let signature = text().pattern(Some("^sha256=[0-9a-f]{64}$"));
    let timestamp = text().pattern(Some("^[0-9]{1,12}$"));
    [
        (ParameterIn::Path, "program", text().min_length(Some(1)), "The program's name."),
        (ParameterIn::Header, "X-Yativo-Signature", signature, "In lower-case digits."),
        (ParameterIn::Header, "X-Yativo-Timestamp", timestamp, "When it was signed: Unix seconds."),
        (
            ParameterIn::Header,
            "X-Yativo-Event",
            text(),
            "The type, as in the body. It is not read.",
        ),
    ]
    .map(|(place, name, schema, words)| {
        let needed = name != "X-Yativo-Event";
        ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .required(if needed { Required::True } else { Required::False })
            .description(Some(words))
            .schema(Some(schema))
            .build()
    })
}

/// What the issuer sends. A body that says something else is kept, too, with
/// the reason why it cannot be applied: so nothing of it is prescribed.
fn body() -> RequestBody {
    let any =
        |words| ObjectBuilder::new().schema_type(SchemaType::AnyValue).description(Some(words));
    let types =
        any("What it tells; a type that is not known is kept.").examples(TYPES.iter().copied());
    let data = "What happened, and to whom: `customer_id`, `yativo_card_id`, \
        `external_customer_id` or `email`; what is not known is ignored.";
    let schema = ObjectBuilder::new()
        .schema_type(SchemaType::AnyValue)
        .property("id", any("The issuer's name for it."))
        .property("type", types)
        .property("created_at", any("When it happened: RFC 3339."))
        .property("data", any(data));
    let content = ContentBuilder::new().schema(Some(schema)).build();
    RequestBodyBuilder::new()
        .description(Some("At most 256 KiB."))
        .content("application/json", content)
        .required(Some(Required::True))
        .build()
}

/// What becomes of it.
fn receipt() -> Object {
    let duplicate = ObjectBuilder::new().schema_type(Type::Boolean);
    ObjectBuilder::new()
        .property("id", text().description(Some("The name under which it is kept.")))
        .property("duplicate", duplicate.description(Some("Whether it was there already.")))
        .property("state", InboxState::schema())
        .required("id")
        .required("duplicate")
        .required("state")
        .build()
}

fn responses() -> Responses {
    let unsigned = Error::new(Kind::Unauthenticated, "The signature is missing or wrong");
    let failures = [
        (Error::new(Kind::Invalid, "The body cannot be read"), "The body broke off."),
        (unsigned, "Nobody has signed it who may, or not within five minutes."),
        (Error::new(Kind::TooLarge, "The body is too large"), "It is too large."),
        (Error::rate_limited(1), "Too many came from an address that has signed nothing yet."),
        (Error::unavailable(""), "It could not be kept, and should be sent again."),
    ];
    ResponsesBuilder::new()
        .response("200", answers::success("It is kept.", receipt(), &NOTIFICATION))
        .response("405", answers::wrong_method())
        .responses_from_iter(failures.map(|(error, words)| answers::failure(&error, words)))
        .build()
}
