//! The errors of the routes that fetch tokens, for the OpenAPI document.

use std::collections::BTreeMap;

use serde_json::json;
use utoipa::IntoResponses;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, RefOr, Response, ResponseBuilder};

use crate::error::{Error, Kind};
use crate::http::openapi::{method_not_allowed, problem, status_of};

/// What these routes answer if they do not answer with a token.
pub(super) struct TokenErrors;

impl IntoResponses for TokenErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let error = Error::new;
        let errors = [
            (error(Kind::Invalid, "The body must be a JSON object"), "The body is no JSON object."),
            (error(Kind::TooLarge, "The body is too large"), "The body is too large."),
            (Error::rate_limited(1), "Too many tokens, or too many wrong key pairs."),
            (
                Error::internal(""),
                "A bug in the gateway. The log has the details under the request id.",
            ),
            (Error::unavailable(""), "The gateway is busy, or the database is not available."),
            (Error::timeout(), "The request took too long."),
        ];
        let errors = errors.map(|(error, description)| {
            (status_of(error.kind()), problem(&error, description).into())
        });
        errors
            .into_iter()
            .chain([
                (status_of(Kind::Unauthenticated), refused().into()),
                ("405".to_owned(), method_not_allowed().into()),
            ])
            .collect()
    }
}

fn refused() -> Response {
    let never = ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([false]));
    let sentence =
        ObjectBuilder::new().schema_type(Type::String).description(Some("A sentence, not a code."));
    let schema = ObjectBuilder::new()
        .property("success", never)
        .property("error", sentence)
        .required("success")
        .required("error");
    let example = json!({ "success": false, "error": "Invalid API credentials" });
    let content = ContentBuilder::new().schema(Some(schema)).example(Some(example)).build();
    ResponseBuilder::new()
        .description("The key pair or the token is missing or not valid.")
        .content("application/json", content)
        .build()
}
