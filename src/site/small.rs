//! Small pages for people whose browser has come to an address that is for programs, or that
//! nothing is at.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::frame::{HTML, POLICY, file, page};
use crate::http::accept;

/// The prefixes of the API. What is below them is answered to programs, whatever they accept.
const APIS: [&str; 3] = ["/v1", "/api", "/webhooks"];

/// Whether a request comes from a person: it accepts a page by name, and prefers it to JSON.
pub fn wants_page(headers: &HeaderMap) -> bool {
    let quality_of = |ranges: &[&str]| {
        let all = accept::qualities(headers, &header::ACCEPT);
        let ours = all.filter(|(name, _)| ranges.contains(&name.as_str()));
        ours.map(|(_, quality)| quality).max().unwrap_or(0)
    };
    let programs = ["application/json", "application/graphql-response+json", "text/event-stream"];
    let page = quality_of(&["text/html"]);
    page > 0 && page > quality_of(&programs)
}

/// Whether nothing of the API can be at a path.
pub fn is_for_people(path: &str) -> bool {
    let is_below = |prefix: &str| {
        path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    !APIS.iter().any(|prefix| is_below(prefix))
}

/// The page at `/graphql`, for a browser that asks for nothing.
pub fn graphql() -> Response {
    response(StatusCode::OK, "card-gateway · GraphQL", include_str!("graphql.html"), "")
}

/// The page of an address that nothing is at; links go back to the root at `up`.
pub fn nothing(path: &str) -> Response {
    let depth = path.trim_start_matches('/').matches('/').count();
    let up = "../".repeat(depth);
    response(
        StatusCode::NOT_FOUND,
        "card-gateway · nothing here",
        include_str!("nothing.html"),
        &up,
    )
}

fn response(status: StatusCode, title: &str, body: &str, up: &str) -> Response {
    let page = page(title, body).replace("href=\"docs/", &format!("href=\"{up}docs/"));
    let page = page.replace("{up}", if up.is_empty() { "./" } else { up });
    (status, [(header::VARY, "accept")], file(HTML, POLICY, page)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_want_a_page_and_programs_do_not() {
        for (accept, expected) in [
            (Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), true),
            (Some("text/html"), true),
            (Some("*/*"), false),
            (Some("application/json"), false),
            (Some("application/json, text/html"), false),
            (Some("text/html;q=0.5, application/graphql-response+json"), false),
            (Some("text/event-stream"), false),
            (None, false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(header::ACCEPT, accept.parse().expect("a value"));
            }
            assert_eq!(wants_page(&headers), expected, "{accept:?}");
        }
    }

    #[test]
    fn addresses_of_the_api_are_for_programs() {
        for (path, expected) in [
            ("/", true),
            ("/customers", true),
            ("/v1x", true),
            ("/v1", false),
            ("/v1/nothing", false),
            ("/api/v1/card-issuer/nothing", false),
            ("/webhooks/yativo/acme/more", false),
        ] {
            assert_eq!(is_for_people(path), expected, "{path}");
        }
    }
}
