//! What all routes have in common: the envelope of data, the request id of every
//! response, and, behind the authentication layer, rate limit headers and more errors.

use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Components, Header, OpenApi, Ref, RefOr, Response, SecurityRequirement};

use crate::error::{Error, Kind};
use crate::http::envelope;
use crate::http::openapi::{header, method_not_allowed, operations_of, problem, status_of};
use crate::http::problem::{METHOD_NOT_ALLOWED, code};

const REQUEST_ID: &str = "X-Request-Id";
const RATE: [&str; 3] = ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"];

/// Adds the envelope, and the headers and errors of the layers, to all operations. An operation is
/// behind the authentication layer unless it declares that it needs no security.
pub(super) fn describe(document: &mut OpenApi) {
    for operation in operations(document) {
        let public = [SecurityRequirement::default()];
        let authenticated = operation.security.as_deref() != Some(&public);
        for (status, response) in &mut operation.responses.responses {
            if let RefOr::T(response) = response {
                add_headers(response, authenticated);
                if status == "200" && !is_whole(response) {
                    add_envelope(response);
                }
            }
        }
        if authenticated {
            let errors = errors().into_iter();
            let references =
                errors.map(|(status, code, _)| (status, RefOr::Ref(Ref::from_response_name(code))));
            operation.responses.responses.extend(references);
        }
        for parameter in operation.parameters.iter_mut().flatten() {
            if let RefOr::T(parameter) = parameter
                && parameter.parameter_in == ParameterIn::Query
            {
                // utoipa has no field for it.
                let empty = Extensions::from_iter([("allowEmptyValue", true)]);
                parameter.extensions.get_or_insert_default().merge(empty);
            }
        }
    }
    let components = document.components.get_or_insert_default();
    for (_, code, response) in errors() {
        components.responses.insert(code.to_owned(), response.into());
    }
    for response in components.responses.values_mut() {
        if let RefOr::T(response) = response {
            add_headers(response, true);
        }
    }
    define_headers(components);
}

/// All operations of a document.
pub(super) fn operations(document: &mut OpenApi) -> impl Iterator<Item = &mut Operation> {
    document.paths.paths.values_mut().flat_map(operations_of)
}

/// The errors of the authentication layer and of the router: status, code, response.
fn errors() -> [(String, &'static str, Response); 6] {
    let unauthenticated = || {
        let description = "The token is missing or invalid.";
        let mut response = problem(&Error::unauthenticated(), description);
        let scheme = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["Bearer"]));
        let scheme = header("The authentication scheme to use.", scheme);
        response.headers.insert("WWW-Authenticate".to_owned(), scheme.into());
        (status_of(Kind::Unauthenticated), code(Kind::Unauthenticated), response)
    };
    let error = |error: Error, description: &str| {
        let kind = error.kind();
        (status_of(kind), code(kind), problem(&error, description))
    };
    [
        unauthenticated(),
        ("405".to_owned(), METHOD_NOT_ALLOWED, method_not_allowed()),
        error(Error::rate_limited(1), "Too many requests."),
        error(
            Error::internal(""),
            "A bug in the gateway. The log has the details under the request id.",
        ),
        error(Error::unavailable(""), "The database is not available. Try again later."),
        error(Error::timeout(), "The request took too long."),
    ]
}

/// Whether the schema of a response is that of a whole body, not of the data in an envelope.
fn is_whole(response: &Response) -> bool {
    let token = Ref::from_schema_name("Token");
    response.content.values().any(|content| {
        matches!(content, RefOr::T(content) if content.schema == Some(RefOr::Ref(token.clone())))
    })
}

fn add_envelope(response: &mut Response) {
    for (media_type, content) in &mut response.content {
        if let RefOr::T(content) = content
            && media_type == "application/json"
        {
            content.schema = content.schema.take().map(|data| envelope::schema(data).into());
        }
    }
}

fn add_headers(response: &mut Response, authenticated: bool) {
    let rate = if authenticated { &RATE[..] } else { &[] };
    for name in [REQUEST_ID].iter().chain(rate) {
        let reference = Ref::new(format!("#/components/headers/{name}"));
        response.headers.insert((*name).to_owned(), RefOr::Ref(reference));
    }
}

fn define_headers(components: &mut Components) {
    let integer =
        |minimum: i32| ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(minimum));
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1));
    let id = "The request's id: the one that the client sent if it is 1 to 64 letters, digits, \
        `-`, `_` or `.`; otherwise a new one.";
    let [limit, remaining, reset] = RATE;
    let headers: [(&str, Header); 4] = [
        (REQUEST_ID, header(id, text)),
        (limit, header("Rate-limit points that the token has when none are used.", integer(1))),
        (remaining, header("Points that are left.", integer(0))),
        (reset, header("When all points will be available again, in Unix seconds.", integer(0))),
    ];
    let headers = headers.map(|(name, header)| (name.to_owned(), header.into()));
    components.headers.extend(headers);
}
