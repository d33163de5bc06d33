//! Exports of a program's customers over HTTP. A response is sent as quickly as its client
//! reads; one that cannot be completed is cut off, so that no client takes a part for all.

mod openapi;
mod params;

use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Router};
use futures_util::stream;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::openapi::ExportErrors;
use self::params::FilterParams;
use crate::domain::principal::Principal;
use crate::domain::request::RequestId;
use crate::domain::scope::Scope;
use crate::error::Result;
use crate::http::scope::requires;
use crate::http::{failure_log, problem};
use crate::services::Services;
use crate::services::export::{Export, Format};

/// Where the routes are.
pub const PREFIX: &str = "/export";

/// The routes below [`PREFIX`]. They must be behind the authentication layer.
pub fn router(services: &Arc<Services>) -> Router {
    Router::from(routes())
        .method_not_allowed_fallback(problem::method_not_allowed)
        .fallback(problem::unknown_route)
        .with_state(Arc::clone(services))
}

/// The routes' description; paths are relative to [`PREFIX`].
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::default()
        .routes(requires(Scope::Read, routes!(ndjson)))
        .routes(requires(Scope::Read, routes!(csv)))
}

/// Export customers as JSON
///
/// All customers for whom the filter holds, with live balances and cards, as they are at one
/// moment, in the order of `id`: one JSON object a line, which `card-gateway import` reads. What
/// has no value is left out. The response has no length; one that is not complete ends without
/// the last chunk, which HTTP clients report as an error. An export that takes longer than
/// `server.export_timeout` is cut off. A parameter that is not known is an error.
#[utoipa::path(
    get,
    path = "/card-customers.ndjson",
    operation_id = "exportCardCustomers",
    servers((url = "/")),
    params(FilterParams),
    responses(
        (status = 200, description = "The customers.", content_type = "application/x-ndjson", body = String),
        ExportErrors,
    ),
)]
async fn ndjson(
    State(services): State<Arc<Services>>,
    Extension(principal): Extension<Arc<Principal>>,
    Extension(request): Extension<RequestId>,
    RawQuery(query): RawQuery,
) -> Response {
    const NAME: &str = "attachment; filename=\"card-customers.ndjson\"";
    let export = begin(&services, &principal, query.as_deref(), Format::Ndjson).await;
    response(export, Format::Ndjson, NAME, request)
}

/// Export customers as CSV
///
/// As `exportCardCustomers`, as comma-separated values (RFC 4180) in UTF-8: a row of names, then
/// a row for each customer. Balances are in major units; `cards_count` counts the cards that are
/// not void, and `card_ids` has all of them, separated by spaces. A text that begins with `=`,
/// `+`, `-`, `@`, a tab or a carriage return has an apostrophe before it, so that no spreadsheet
/// takes it for a formula.
#[utoipa::path(
    get,
    path = "/card-customers.csv",
    operation_id = "exportCardCustomersAsCsv",
    servers((url = "/")),
    params(FilterParams),
    responses(
        (status = 200, description = "The customers.", content_type = "text/csv", body = String),
        ExportErrors,
    ),
)]
async fn csv(
    State(services): State<Arc<Services>>,
    Extension(principal): Extension<Arc<Principal>>,
    Extension(request): Extension<RequestId>,
    RawQuery(query): RawQuery,
) -> Response {
    const NAME: &str = "attachment; filename=\"card-customers.csv\"";
    let export = begin(&services, &principal, query.as_deref(), Format::Csv).await;
    response(export, Format::Csv, NAME, request)
}

async fn begin(
    services: &Services,
    principal: &Principal,
    query: Option<&str>,
    format: Format,
) -> Result<Export> {
    let filter = params::filter(query)?;
    services.exports.begin(principal, &filter, format).await
}

fn response(
    export: Result<Export>,
    format: Format,
    name: &'static str,
    request: RequestId,
) -> Response {
    let export = match export {
        Ok(export) => export,
        Err(error) => return problem::response(&error, &request),
    };
    let parts = stream::try_unfold((export, request), |(mut export, request)| async move {
        match export.next().await {
            Ok(part) => Ok(part.map(|part| (part, (export, request)))),
            Err(error) => {
                failure_log::log(&error, &request);
                Err(io::Error::other("the export was cut off"))
            }
        }
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(format.media_type())),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(name)),
    ];
    (headers, Body::from_stream(parts)).into_response()
}
