//! The page at `/`: what this is, whether it works, and links to everything else.
//! It shows nothing that needs a token.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use super::frame::{HTML, POLICY, file, page};
use crate::http::accept;
use crate::services::health::{Health, Report};

const ABOUT: &str = env!("CARGO_PKG_DESCRIPTION");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The name in the JSON form, the path, and the description on the page.
const LINKS: &[(&str, &str, &str)] = &[
    (
        "customers",
        "/customers",
        "customers: search, balances, cards and transactions, without queries",
    ),
    ("graphiql", "/graphiql", "GraphiQL: try queries and live balances in the browser"),
    ("schema", "/schema.graphql", "the GraphQL schema (SDL)"),
    ("docs", "/docs", "the REST API, a reference to read"),
    ("openapi", "/openapi.json", "the REST API as an OpenAPI 3.1 document"),
    ("health", "/healthz", "liveness: the process answers"),
    ("ready", "/readyz", "readiness: the database, the blockchain and the issuer"),
    ("metrics", "/metrics", "metrics for Prometheus"),
];

/// Which of the optional links are shown.
#[derive(Clone, Copy)]
pub(super) struct Links {
    pub(super) customers: bool,
    pub(super) graphiql: bool,
    pub(super) schema: bool,
}

impl Links {
    fn all(self) -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
        LINKS.iter().filter(move |(name, ..)| match *name {
            "customers" => self.customers,
            "graphiql" => self.graphiql,
            "schema" => self.schema,
            _ => true,
        })
    }
}

pub(super) fn router(health: Health, links: Links) -> Router {
    Router::new().route("/", get(front)).with_state((health, links))
}

async fn front(
    State((health, links)): State<(Health, Links)>,
    headers: HeaderMap,
) -> impl IntoResponse {
    let report = health.recent_report().await;
    let response =
        if wants_json(&headers) { json_form(&report, links) } else { html_form(&report, links) };
    ([(header::VARY, "accept")], response)
}

/// Whether the client prefers JSON to HTML, or ranks them equally and names JSON.
fn wants_json(headers: &HeaderMap) -> bool {
    let quality_of = |ranges: &[&str]| {
        let all = accept::qualities(headers, &header::ACCEPT);
        let ours = all.filter(|(name, _)| ranges.contains(&name.as_str()));
        ours.map(|(_, quality)| quality).max().unwrap_or(0)
    };
    let json = quality_of(&["application/json", "application/*"]);
    json > 0 && json >= quality_of(&["text/html", "text/*"])
}

fn json_form(report: &Report, links: Links) -> Response {
    let links = links.all().map(|(name, path, _)| ((*name).to_owned(), Value::from(*path)));
    let mut links: Map<String, Value> = links.collect();
    links.insert("graphql".to_owned(), "/graphql".into());
    links.insert("rest".to_owned(), "/v1/card-issuer".into());
    let mut front = json!({
        "name": env!("CARGO_PKG_NAME"),
        "description": ABOUT,
        "version": VERSION,
        "status": report.status,
        "database": report.database,
        "chain": report.chain_status(),
        "issuer": report.issuer_sentence(),
        "links": links,
    });
    if let Some(standby) = report.standby {
        front["standby"] = standby.into();
    }
    Json(front).into_response()
}

fn html_form(report: &Report, links: Links) -> Response {
    let links = links
        .all()
        .map(|(_, path, what)| format!("<dt><a href=\".{path}\">{path}</a></dt><dd>{what}</dd>\n"));
    let links: String = links.collect();
    let standby = report.standby.map(|standby| {
        format!("<dt>Reads at the standby of the database</dt><dd>{standby}</dd>\n")
    });
    let body = include_str!("front.html")
        .replace("{version}", VERSION)
        .replace("{about}", ABOUT)
        .replace("{status}", report.status)
        .replace("{database}", report.database)
        .replace("{standby}", &standby.unwrap_or_default())
        .replace("{chain}", report.chain_status())
        .replace("{issuer}", &report.issuer_sentence())
        .replace("{links}", &links);
    file(HTML, POLICY, page("card-gateway", &body)).into_response()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn json_is_served_when_the_client_prefers_it() {
        for (accept, expected) in [
            ("", false),
            ("*/*", false),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false),
            ("text/html, application/json;q=0.9", false),
            ("application/json;q=0", false),
            ("text/*, application/json;q=0.5", false),
            ("application/*", true),
            ("application/json", true),
            ("application/json, text/plain, */*", true),
            ("text/html;q=0.5, application/json", true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(wants_json(&headers), expected, "{accept}");
        }
    }
}
