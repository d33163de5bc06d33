//! GraphiQL, at `/graphiql`: bundled with the program, or from a CDN.

use std::io::Read as _;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get};
use card_gateway_web::{FILES, File};

use super::file;
use crate::config::Graphiql;
use crate::http::accept;

/// Nothing comes from elsewhere. The editor makes style sheets of its own.
const BUNDLED: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; worker-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Scripts and styles may come from the CDN as well.
const CDN: &str = "default-src 'none'; script-src 'self' https://unpkg.com; \
    style-src 'self' 'unsafe-inline' https://unpkg.com; img-src 'self' data:; \
    font-src 'self' data: https://unpkg.com; connect-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// What has a hash of its content in its name never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// `/graphiql` and its files; nothing, where it is off.
pub(super) fn router(from: Graphiql) -> Router {
    let page = match from {
        Graphiql::Off => return Router::new(),
        Graphiql::Cdn => cdn(),
        Graphiql::Bundled => FILES.map_or_else(missing, bundled),
    };
    // Relative, as all in the pages is: a proxy may put the gateway below a path.
    page.route("/graphiql/", get(|| async { Redirect::permanent("../graphiql") }))
}

fn bundled(files: &'static [File]) -> Router {
    files.iter().fold(Router::new(), |router, file| match file.path {
        "index.html" => router.route("/graphiql", packed(file, "no-cache")),
        path => router.route(&format!("/graphiql/{path}"), packed(file, FOR_EVER)),
    })
}

/// A file in the form that the client understands.
fn packed(file: &'static File, caching: &'static str) -> MethodRouter {
    let kind = kind_of(file.path);
    get(async move |headers: HeaderMap| {
        let about = [
            (header::CONTENT_TYPE, kind),
            (header::CONTENT_SECURITY_POLICY, BUNDLED),
            (header::CACHE_CONTROL, caching),
            (header::VARY, "accept-encoding"),
        ];
        (about, in_encoding(file, &headers))
    })
}

fn in_encoding(file: &File, headers: &HeaderMap) -> Response {
    let understands = |encoding: &str| {
        accept::liked(headers, &header::ACCEPT_ENCODING)
            .any(|(name, quality)| name == encoding && quality > 0)
    };
    let encoded = |name: &'static str, content: &'static [u8]| {
        ([(header::CONTENT_ENCODING, name)], content).into_response()
    };
    if understands("br") {
        encoded("br", file.brotli)
    } else if understands("gzip") {
        encoded("gzip", file.gzip)
    } else {
        let mut content = Vec::new();
        // What the build has packed can be unpacked, and a vector takes it all.
        let _ = flate2::read::GzDecoder::new(file.gzip).read_to_end(&mut content);
        Bytes::from(content).into_response()
    }
}

fn kind_of(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("ttf") => "font/ttf",
        _ => "application/octet-stream",
    }
}

/// The page of a program that was built without GraphiQL: why, and what to do.
fn missing(why: &'static str) -> Router {
    let page: Arc<str> = include_str!("missing.html").replace("{why}", &escaped(why)).into();
    let page = get(async move || file("text/html; charset=utf-8", BUNDLED, page.to_string()));
    Router::new().route("/graphiql", page)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn cdn() -> Router {
    let page = || async { file("text/html; charset=utf-8", CDN, include_str!("cdn/index.html")) };
    let script =
        || async { file("text/javascript; charset=utf-8", CDN, include_str!("cdn/app.js")) };
    let style = || async { file("text/css; charset=utf-8", CDN, include_str!("cdn/app.css")) };
    Router::new()
        .route("/graphiql", get(page))
        .route("/graphiql/app.js", get(script))
        .route("/graphiql/app.css", get(style))
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_program_without_it_says_why_and_what_to_do() {
        let request = Request::get("/graphiql").body(Body::empty()).expect("a request");
        let answer = missing("<npm> was not found").oneshot(request).await.expect("an answer");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        let page = to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
        let page = String::from_utf8(page.to_vec()).expect("UTF-8");
        for part in [
            "this time it was not: &lt;npm&gt; was not found.",
            "touch web/build.rs",
            "CARD_GATEWAY__SERVER__GRAPHIQL=cdn",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
    }
}
