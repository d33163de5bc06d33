//! Answers that are not what they should be.

use axum::body::{Body, Bytes};
use axum::http::response::Parts;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::caller::Caller;
use super::connection::Reset;
use super::failures::{too_many, unauthorized};
use super::faults::Fault;
use super::json::object;
use super::reply::{json, with_body};
use super::shared::Shared;

/// What is more than any client wants to read, in bytes.
const HUGE: usize = 4 << 20;

/// An answer that is not what it should be. `done` is what it should be, if the
/// call is done.
pub(crate) async fn spoil(
    shared: &Shared,
    caller: &Caller,
    fault: &Fault,
    done: Option<Response>,
) -> Response {
    let done = done.unwrap_or_default();
    match fault {
        Fault::Unauthorized => {
            if let Some(token) = &caller.token {
                shared.world().revoke(token);
            }
            unauthorized()
        }
        Fault::TooManyCalls(seconds) => too_many(shared, caller, *seconds),
        Fault::Status(status) => {
            let id = object! { "request_id": "req_4f1d0c" };
            let body = object! { "error": "internal_error", "message": "Something went wrong" };
            json(*status, &body.and(id))
        }
        Fault::Html(status) => {
            let page = "<!doctype html><title>Maintenance</title><h1>We will be back soon</h1>";
            with_body(*status, "text/html; charset=utf-8", Body::from(page))
        }
        Fault::Reset => Reset::response(),
        Fault::Huge => {
            let text = format!("{{\"success\":true,\"data\":\"{}\"}}", "9".repeat(HUGE));
            with_body(200, "application/json; charset=utf-8", Body::from(text))
        }
        Fault::Redirect(to) => {
            let mut response = with_body(302, "text/plain", Body::empty());
            let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
            response.headers_mut().insert(header::LOCATION, to);
            response
        }
        Fault::CutJson => {
            let (parts, text) = split(done).await;
            Response::from_parts(parts, Body::from(text.slice(..text.len() / 2)))
        }
        Fault::CutConnection => {
            let (parts, text) = split(done).await;
            let half = Ok(text.slice(..text.len() / 2));
            let end = Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
            let body = Body::from_stream(futures_util::stream::iter([half, end]));
            Response::from_parts(parts, body)
        }
        Fault::Slow(time) => {
            tokio::time::sleep(*time).await;
            done
        }
        Fault::AfterDone(_) | Fault::RepeatedPage | Fault::Before(_) => done,
    }
}

async fn split(response: Response) -> (Parts, Bytes) {
    let (parts, body) = response.into_parts();
    (parts, axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default())
}
