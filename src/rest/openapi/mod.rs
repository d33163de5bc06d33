//! The REST side as an OpenAPI document. Bodies are described where they are
//! written, names and limits come from the domain; the rest stands here.

mod answers;
mod headers;
mod operations;
mod parameters;
mod samples;
mod values;
mod webhook;

use utoipa::openapi::path::{Paths, PathsBuilder};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, Info, InfoBuilder, OpenApi, OpenApiBuilder, RefOr, Schema, SecurityRequirement,
    Server, ServerBuilder,
};
use utoipa::{PartialSchema as _, ToSchema};

pub use samples::{Sample, sample};

use super::wire::{CustomerDetail, CustomerList, TransactionList};
use crate::http::problem::Problem;

/// The name of the way to show who asks.
const TOKEN: &str = "token";

/// The document as JSON.
pub fn openapi() -> String {
    // It is made of texts and numbers alone, so that it can be written.
    let text = document().to_pretty_json().unwrap_or_default();
    format!("{text}\n")
}

fn document() -> OpenApi {
    OpenApiBuilder::new()
        .info(info())
        .servers(Some([
            server("/", "The gateway itself."),
            server("/api", "The same, as old clients call it."),
        ]))
        .paths(paths())
        .components(Some(components()))
        .security(Some([SecurityRequirement::new(TOKEN, [""; 0])]))
        .build()
}

fn info() -> Info {
    let description = "The customers of a card-issuer program: how far they have come, what they \
        can spend, and what they have spent. A token sees its own program; another program's \
        customer is answered like one that does not exist. Times are RFC 3339 in UTC. Money is a \
        number in major units with at most two decimals, and an integer in cents where the name \
        ends in `_minor`. A member without a value is null, never absent. In a query, an empty \
        value counts as absent, an unknown name is ignored, and the same name with two values is \
        refused.";
    InfoBuilder::new()
        .title("card-gateway")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(description))
        .build()
}

fn server(url: &str, description: &str) -> Server {
    ServerBuilder::new().url(url).description(Some(description)).build()
}

fn paths() -> Paths {
    let mut paths = PathsBuilder::new();
    for (path, item) in operations::routes() {
        paths = paths.path(path, item);
    }
    paths.path(webhook::PATH, webhook::route()).build()
}

fn components() -> Components {
    let mut components = Components::new();
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    components.schemas.extend(body::<CustomerList<'_>>());
    components.schemas.extend(body::<CustomerDetail<'_>>());
    components.schemas.extend(body::<TransactionList<'_>>());
    components.headers.extend(headers::common());
    components.responses.extend(answers::failures());
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token of the program: `card-gateway token create --program NAME`."))
        .build();
    components.add_security_scheme(TOKEN, SecurityScheme::Http(bearer));
    components
}

/// A body and all that it is made of. Every member is always there.
fn body<T: ToSchema>() -> Vec<(String, RefOr<Schema>)> {
    let mut parts = Vec::new();
    T::schemas(&mut parts);
    parts.push((T::name().into_owned(), T::schema()));
    for (_, schema) in &mut parts {
        if let RefOr::T(Schema::Object(object)) = schema {
            object.required = object.properties.keys().cloned().collect();
        }
    }
    parts
}
