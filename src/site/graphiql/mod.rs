//! GraphiQL at `/graphiql`: bundled with the program, or from a CDN.

use axum::Router;
use axum::body::Bytes;
use axum::response::Redirect;
use axum::routing::get;
use card_gateway_web::{PAGES, STYLE};

use super::bundle;
use super::frame::{HTML, POLICY, escaped, file, page};
use crate::config::Graphiql;

/// The policy of the bundled page: everything comes from here. The editor adds inline
/// styles.
const BUNDLED: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; worker-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The policy of the other page: scripts and styles also come from the CDN.
const CDN: &str = "default-src 'none'; script-src 'self' https://unpkg.com; \
    style-src 'self' 'unsafe-inline' https://unpkg.com; img-src 'self' data:; \
    font-src 'self' data: https://unpkg.com; connect-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// `/graphiql` and its files; no routes if it is switched off.
pub(super) fn router(from: Graphiql) -> Router {
    let page = match from {
        Graphiql::Off => return Router::new(),
        Graphiql::Cdn => cdn(),
        Graphiql::Bundled => {
            PAGES.map_or_else(missing, |pages| bundle::router("/graphiql", pages.graphiql, BUNDLED))
        }
    };
    // Relative, like all links: a proxy can serve the gateway below a path of its own.
    page.route("/graphiql/", get(|| async { Redirect::permanent("../graphiql") }))
}

/// The page of a program built without GraphiQL: says why, and how to add it.
fn missing(why: &'static str) -> Router {
    let body = include_str!("missing.html").replace("{why}", &escaped(why));
    let page = Bytes::from(page("card-gateway · no GraphiQL", &body));
    let page = get(async move || file(HTML, POLICY, page.clone()));
    Router::new().route("/graphiql", page)
}

fn cdn() -> Router {
    let page = || async { file(HTML, CDN, include_str!("cdn/index.html")) };
    let script =
        || async { file("text/javascript; charset=utf-8", CDN, include_str!("cdn/app.js")) };
    let style = Bytes::from(format!("{STYLE}\n{}", include_str!("cdn/app.css")));
    let style = async move || file("text/css; charset=utf-8", CDN, style.clone());
    Router::new()
        .route("/graphiql", get(page))
        .route("/graphiql/app.js", get(script))
        .route("/graphiql/app.css", get(style))
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::{Request, header};
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_program_without_graphiql_says_why_and_how_to_add_it() {
        let request = Request::get("/graphiql").body(Body::empty()).expect("a request");
        let answer = missing("<npm> was not found").oneshot(request).await.expect("an answer");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        let page = to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
        let page = String::from_utf8(page.to_vec()).expect("UTF-8");
        for part in [
            "left it out: &lt;npm&gt; was not found.",
            "touch web/build.rs",
            "CARD_GATEWAY__SERVER__GRAPHIQL=cdn",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
    }
}
