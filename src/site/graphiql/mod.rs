//! GraphiQL at `/graphiql`: bundled with the program, or from a CDN.

use std::io::Read as _;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{MethodRouter, get};
use card_gateway_web::{FILES, File, STYLE};

use super::frame::{HTML, POLICY, escaped, file, page};
use crate::config::Graphiql;
use crate::http::accept;

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

/// For files whose name contains a hash of their content.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// `/graphiql` and its files; no routes if it is switched off.
pub(super) fn router(from: Graphiql) -> Router {
    let page = match from {
        Graphiql::Off => return Router::new(),
        Graphiql::Cdn => cdn(),
        Graphiql::Bundled => FILES.map_or_else(missing, bundled),
    };
    // Relative, like all links: a proxy can serve the gateway below a path of its own.
    page.route("/graphiql/", get(|| async { Redirect::permanent("../graphiql") }))
}

fn bundled(files: &'static [File]) -> Router {
    files.iter().fold(Router::new(), |router, file| match file.path {
        "index.html" => router.route("/graphiql", compressed(file, "no-cache")),
        path => router.route(&format!("/graphiql/{path}"), compressed(file, IMMUTABLE)),
    })
}

/// A file in the encoding that the client prefers.
fn compressed(file: &'static File, caching: &'static str) -> MethodRouter {
    let kind = kind_of(file.path);
    let plain = Arc::new(OnceLock::new());
    get(async move |headers: HeaderMap| {
        let about = [
            (header::CONTENT_TYPE, kind),
            (header::CONTENT_SECURITY_POLICY, BUNDLED),
            (header::CACHE_CONTROL, caching),
            (header::VARY, "accept-encoding"),
        ];
        let encoded = |name: &'static str, content: &'static [u8]| {
            ([(header::CONTENT_ENCODING, name)], content).into_response()
        };
        let content = match preferred(&headers) {
            Encoding::Brotli => encoded("br", file.brotli),
            Encoding::Gzip => encoded("gzip", file.gzip),
            Encoding::None => plain.get_or_init(|| decompressed(file)).clone().into_response(),
        };
        (about, content)
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Brotli,
    Gzip,
    None,
}

/// The encoding that the client prefers; of equal ones the smaller.
fn preferred(headers: &HeaderMap) -> Encoding {
    let quality_of = |encoding: &str| {
        let mut all = accept::qualities(headers, &header::ACCEPT_ENCODING);
        all.find(|(name, _)| name == encoding).map_or(0, |(_, quality)| quality)
    };
    let (brotli, gzip) = (quality_of("br"), quality_of("gzip"));
    match brotli.max(gzip) {
        0 => Encoding::None,
        best if best == brotli => Encoding::Brotli,
        _ => Encoding::Gzip,
    }
}

/// For clients without either encoding; decompressed once.
fn decompressed(file: &File) -> Bytes {
    let mut content = Vec::new();
    let read = flate2::read::GzDecoder::new(file.gzip).read_to_end(&mut content);
    read.unwrap_or_else(|error| unreachable!("the build has compressed {}: {error}", file.path));
    content.into()
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
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    #[test]
    fn the_preferred_encoding_wins() {
        for (accept, expected) in [
            ("", Encoding::None),
            ("identity", Encoding::None),
            ("gzip;q=0, br;q=0", Encoding::None),
            ("gzip, deflate", Encoding::Gzip),
            ("gzip, deflate, br, zstd", Encoding::Brotli),
            ("gzip;q=1, br;q=0.1", Encoding::Gzip),
            ("GZIP;q=0.5, br", Encoding::Brotli),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, accept.parse().expect("a header"));
            assert_eq!(preferred(&headers), expected, "{accept}");
        }
    }

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
