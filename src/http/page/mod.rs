//! Pages of text, for people: what they have in common, and how they are served.

use axum::Router;
use axum::body::Bytes;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

/// Nothing may be loaded but our own style sheet, and the empty icon of a page.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// The type of a page.
pub const HTML: &str = "text/html; charset=utf-8";

/// The style sheet of all pages.
pub fn style<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let style = || async { file("text/css; charset=utf-8", POLICY, include_str!("style.css")) };
    Router::new().route("/docs/style.css", get(style))
}

/// A page with a title and a body, which lies where the gateway's root is: links
/// are relative, so that a proxy may put it below a path of its own.
pub fn page(title: &str, body: &str) -> String {
    include_str!("frame.html").replace("{title}", title).replace("{body}", body)
}

/// A text that a browser may load whatever `policy` says for, and asks for anew
/// each time.
pub fn file(kind: &'static str, policy: &'static str, text: impl Into<Bytes>) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text.into())
}

/// A text as it stands.
pub fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            other => html.push(other),
        }
    }
    html
}
