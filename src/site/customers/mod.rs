//! The page at `/customers`: customers for people who do not write queries.

use axum::Router;
use axum::body::Bytes;
use axum::response::Redirect;
use axum::routing::get;
use card_gateway_web::{File, PAGES};

use super::bundle;
use super::frame::{HTML, POLICY, escaped, file, page};

/// The policy of the page: everything comes from here, and nothing is inline.
const BUNDLED: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `/customers` and its files. `graphiql` says whether the page may link to GraphiQL.
pub(super) fn router(graphiql: bool) -> Router {
    let page = match PAGES {
        Ok(pages) if graphiql => bundle::router("/customers", pages.customers, BUNDLED),
        Ok(pages) => without_graphiql(pages.customers),
        Err(why) => missing(why),
    };
    // Relative, like all links: a proxy can serve the gateway below a path of its own.
    page.route("/customers/", get(|| async { Redirect::permanent("../customers") }))
}

/// The page with a mark that it has nothing to link to.
fn without_graphiql(files: &'static [File]) -> Router {
    let html = bundle::html(files).replace("data-graphiql=\"on\"", "data-graphiql=\"off\"");
    let html = Bytes::from(html);
    bundle::files_below("/customers", files, BUNDLED)
        .route("/customers", get(async move || file(HTML, BUNDLED, html.clone())))
}

/// The page of a program built without this one: says why, and how to add it.
fn missing(why: &str) -> Router {
    let body = include_str!("missing.html").replace("{why}", &escaped(why));
    let page = Bytes::from(page("card-gateway · no page of customers", &body));
    Router::new().route("/customers", get(async move || file(HTML, POLICY, page.clone())))
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_program_without_the_page_says_why_and_how_to_add_it() {
        let request = Request::get("/customers").body(Body::empty()).expect("a request");
        let answer = missing("<npm> was not found").oneshot(request).await.expect("an answer");
        let page = to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
        let page = String::from_utf8(page.to_vec()).expect("UTF-8");
        for part in ["left it out: &lt;npm&gt; was not found.", "touch web/build.rs"] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
    }
}
