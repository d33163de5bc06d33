//! What all pages of text share: the frame, the style sheet, and the headers they
//! are served with.

use axum::Router;
use axum::body::Bytes;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

/// A content security policy that loads our own style sheet and nothing else.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The media type of a page.
pub(super) const HTML: &str = "text/html; charset=utf-8";

/// The style sheet of all pages.
pub(super) fn router() -> Router {
    let style = || async { file("text/css; charset=utf-8", POLICY, include_str!("style.css")) };
    Router::new().route("/docs/style.css", get(style))
}

/// A page with a title and a body of HTML. Its links are relative, so that a proxy
/// can serve the gateway below a path of its own.
pub(super) fn page(title: &str, body: &str) -> String {
    include_str!("frame.html").replace("{title}", title).replace("{body}", body)
}

/// A file with its media type and content security policy. Browsers revalidate it
/// each time.
pub(super) fn file(
    kind: &'static str,
    policy: &'static str,
    text: impl Into<Bytes>,
) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text.into())
}

/// Text as HTML: special characters become entities.
pub(super) fn escaped(text: &str) -> String {
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
