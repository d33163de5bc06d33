//! The GraphiQL page: three small files of ours. The editor itself comes from
//! a CDN, by exact version and checked by hash.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

const POLICY: &str = "default-src 'none'; script-src 'self' https://unpkg.com; \
    style-src 'self' 'unsafe-inline' https://unpkg.com; img-src 'self' data:; \
    font-src 'self' data: https://unpkg.com; connect-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// `/graphiql` and its files.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let page = || async { file("text/html", include_str!("graphiql/index.html")) };
    let script = || async { file("text/javascript", include_str!("graphiql/app.js")) };
    let style = || async { file("text/css", include_str!("graphiql/app.css")) };
    Router::new()
        .route("/graphiql", get(page))
        .route("/graphiql/app.js", get(script))
        .route("/graphiql/app.css", get(style))
}

fn file(kind: &str, text: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, format!("{kind}; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    (headers, text)
}
