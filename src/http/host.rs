//! Each request names its host once (RFC 9112, section 3.2). A request that is understood
//! in two ways can be smuggled past a proxy.

use axum::Extension;
use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderValue, Version, header};
use axum::middleware::Next;
use axum::response::Response;

use super::problem;
use crate::domain::request::RequestId;
use crate::error::{Error, Kind};

/// Refuses requests without exactly one valid `Host`.
pub async fn require_one(
    Extension(id): Extension<RequestId>,
    request: Request,
    next: Next,
) -> Response {
    if names_one_host(&request) {
        return next.run(request).await;
    }
    let message = "The request must have exactly one header Host, with the name of a host";
    problem::response(&Error::new(Kind::Invalid, message), &id)
}

fn names_one_host(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => is_host(host),
        // The header is younger than version 1.0.
        (None, _) => request.version() <= Version::HTTP_10,
        (Some(_), Some(_)) => false,
    }
}

/// A host, perhaps with a port. It is empty if the address of the request has none.
fn is_host(value: &HeaderValue) -> bool {
    let Ok(text) = value.to_str() else { return false };
    text.is_empty() || (!text.contains('@') && text.parse::<Authority>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_or_addresses_perhaps_with_a_port() {
        for (text, valid) in [
            ("cards.example", true),
            ("cards.example:8080", true),
            ("127.0.0.1:8080", true),
            ("[::1]:8080", true),
            ("", true),
            ("a b", false),
            ("me@cards.example", false),
            ("cards.example/path", false),
            ("a.example, b.example", false),
            ("[::1", false),
        ] {
            assert_eq!(is_host(&HeaderValue::from_static(text)), valid, "{text}");
        }
    }
}
