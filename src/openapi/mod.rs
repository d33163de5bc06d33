//! The OpenAPI document of the REST API and the webhooks. Each route is described
//! where it is handled; what all routes have in common is in `common`.

mod common;
mod samples;

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, InfoBuilder, OpenApi, OpenApiBuilder, SecurityRequirement, ServerBuilder,
};
use utoipa::{PartialSchema as _, ToSchema as _};

pub use samples::{Sample, sample};

use crate::http::openapi::{API_KEY, API_SECRET, TOKEN};
use crate::http::problem::Problem;
use crate::{export, rest, webhooks};

const ABOUT: &str = "The customers of a card program: onboarding, balances, cards and \
    transactions. A token gives access to one program; a customer of another program is \
    `CUSTOMER_NOT_FOUND`, like one that does not exist. Times are RFC 3339 in UTC. Money is a number in \
    major units with at most two decimals; fields whose name ends in `_minor` are integers in \
    cents. A field without a value is null, never absent. In a query string, an empty value counts \
    as absent, unknown names are ignored except by exports, and a name that is given twice with different values is \
    an error. All routes below `/v1` are also below `/api/v1` and `/api`.";

/// The document as JSON.
pub fn json() -> String {
    // It consists of texts and numbers, so that serializing it cannot fail.
    let text = document().to_pretty_json().unwrap_or_default();
    format!("{text}\n")
}

fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("card-gateway")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT));
    let server = |url: &str, description: &str| {
        ServerBuilder::new().url(url).description(Some(description)).build()
    };
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
        "A token of the program: `card-gateway token create --program NAME`, or one that a \
                client has fetched with `createToken`.",
    ));
    let mut components = Components::new();
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    components.add_security_scheme(TOKEN, SecurityScheme::Http(bearer.build()));
    for (name, header, description) in [
        (
            API_KEY,
            "X-API-Key",
            "The key of a client, together with its secret, instead of a token.",
        ),
        (API_SECRET, "X-API-Secret", "The secret of a client."),
    ] {
        let scheme = ApiKeyValue::with_description(header, description);
        components.add_security_scheme(name, SecurityScheme::ApiKey(ApiKey::Header(scheme)));
    }
    let base = OpenApiBuilder::new()
        .info(info.build())
        .servers(Some([
            server("/", "This gateway."),
            server("/api", "The same routes under the prefix that old clients use."),
        ]))
        .components(Some(components))
        .security(Some([SecurityRequirement::new(TOKEN, [""; 0])]))
        .build();
    let document =
        rest::openapi().fold(base, |document, (prefix, routes)| document.nest(prefix, routes));
    let document = document.nest("/v1", rest::tokens::openapi());
    let mut document = document.nest(export::PREFIX, export::openapi());
    document.merge(webhooks::openapi());
    common::describe(&mut document);
    samples::add(&mut document);
    document
}
