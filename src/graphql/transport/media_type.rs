//! The media type of a response (RFC 9110, section 12.5.1; GraphQL over
//! HTTP, section 6).

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::http::accept;

/// A media type of responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Media {
    /// `application/json`, the default. Its status says only whether there was a
    /// GraphQL request.
    Json,
    /// `application/graphql-response+json`: its status says whether it was executed.
    Graphql,
    /// `text/event-stream`: a stream of responses.
    Events,
}

impl Media {
    /// The type that a client prefers; none if it accepts none of these.
    pub(crate) fn wanted(headers: &HeaderMap) -> Option<Self> {
        let mut best: Option<(Self, u32)> = None;
        let mut anything = true;
        for (name, quality) in accept::qualities(headers, &header::ACCEPT) {
            anything = false;
            // Of equal preferences, the first.
            let better = quality > best.map_or(0, |(_, known)| known);
            if let Some(media) = Self::named(&name).filter(|_| better) {
                best = Some((media, quality));
            }
        }
        if anything { Some(Self::Json) } else { best.map(|(media, _)| media) }
    }

    /// Whether a client accepts events, perhaps among others: some clients name
    /// all types with each request.
    pub(crate) fn takes_events(headers: &HeaderMap) -> bool {
        accept::qualities(headers, &header::ACCEPT)
            .any(|(name, quality)| name == "text/event-stream" && quality > 0)
    }

    fn named(range: &str) -> Option<Self> {
        match range {
            "*/*" | "application/*" | "application/json" => Some(Self::Json),
            "application/graphql-response+json" => Some(Self::Graphql),
            "text/event-stream" | "text/*" => Some(Self::Events),
            _ => None,
        }
    }

    /// The `Content-Type` header.
    pub(crate) const fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json; charset=utf-8",
            Self::Graphql => "application/graphql-response+json; charset=utf-8",
            Self::Events => "text/event-stream; charset=utf-8",
        })
    }

    /// The status of a document that could not be executed.
    pub(crate) const fn not_executed(self) -> StatusCode {
        match self {
            Self::Graphql => StatusCode::BAD_REQUEST,
            Self::Json | Self::Events => StatusCode::OK,
        }
    }
}

/// The layer around the route. What is refused before the document is read, by whatever
/// layer, comes as `application/json`; a client that prefers the other type gets that. So it
/// can tell the gateway's answer from that of a proxy, whose JSON has another type.
pub async fn answer_as_accepted(request: Request, next: Next) -> Response {
    let wanted = Media::wanted(request.headers());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if wanted == Some(Media::Graphql)
        && headers.get(header::CONTENT_TYPE) == Some(&Media::Json.header())
    {
        headers.insert(header::CONTENT_TYPE, Media::Graphql.header());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_accept() {
        for (accept, expected) in [
            ("", Some(Media::Json)),
            ("*/*", Some(Media::Json)),
            ("application/*", Some(Media::Json)),
            ("application/json", Some(Media::Json)),
            ("Application/JSON; charset=utf-8", Some(Media::Json)),
            ("application/graphql-response+json", Some(Media::Graphql)),
            ("application/graphql-response+json, application/json;q=0.9", Some(Media::Graphql)),
            ("application/graphql-response+json;q=0.5, application/json;q=0.9", Some(Media::Json)),
            ("application/json, application/graphql-response+json", Some(Media::Json)),
            ("text/html, application/json;q=0.1", Some(Media::Json)),
            ("text/event-stream", Some(Media::Events)),
            ("text/event-stream;q=0.9, */*;q=0.1", Some(Media::Events)),
            ("application/json;q=0, */*;q=0.1", Some(Media::Json)),
            ("text/html", None),
            ("application/json;q=0", None),
            ("application/json;q=2", None),
            ("application/xml, image/png", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_str(accept).expect("a header"));
            assert_eq!(Media::wanted(&headers), expected, "{accept}");
        }
        assert_eq!(Media::wanted(&HeaderMap::new()), Some(Media::Json));
    }
}
