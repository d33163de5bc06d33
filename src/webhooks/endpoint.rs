//! `POST /webhooks/yativo/{program}`: checks the signature, and responds when the event
//! is stored.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::{ExtensionRejection, PathRejection};
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json, Router};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::BodyBudget;
use super::headers::{DELIVERY_ID, SIGNATURE, TIMESTAMP};
use super::openapi::{EventBody, WebhookErrors, inbox_state};
use super::rejection::Rejection;
use super::senders::Senders;
use super::signature::Signed;
use crate::domain::identifier;
use crate::domain::request::RequestId;
use crate::domain::time::Timestamp;
use crate::error::{Error, Noted, Result};
use crate::http::problem;
use crate::http::request_log::Refused;
use crate::services::deliveries::Deliveries;
use crate::services::inbox::{Inbox, Receipt};

/// The settings of the endpoint.
#[derive(Clone)]
pub struct Settings {
    /// One or two secrets of each program, by its name.
    pub secrets: BTreeMap<String, Vec<Vec<u8>>>,
    /// How far the time of signing may be from now, in either direction.
    pub tolerance: Duration,
}

/// The endpoint's state. Clones share it.
#[derive(Clone)]
pub struct Endpoint {
    settings: Arc<Settings>,
    inbox: Inbox,
    deliveries: Deliveries,
    bodies: BodyBudget,
    senders: Senders,
}

impl Endpoint {
    /// An endpoint that stores events in the inbox, and records how deliveries go.
    pub fn new(settings: Settings, inbox: Inbox, deliveries: Deliveries) -> Self {
        let programs = settings.secrets.keys().map(|program| Some(program.as_str()));
        programs.chain([None]).for_each(Rejection::begin);
        Self {
            settings: Arc::new(settings),
            inbox,
            deliveries,
            bodies: BodyBudget::new(),
            senders: Senders::new(),
        }
    }
}

/// The route of the webhooks.
pub fn router(endpoint: Endpoint) -> Router {
    Router::from(routes())
        .method_not_allowed_fallback(problem::method_not_allowed)
        .with_state(endpoint)
}

/// The route's description.
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<Endpoint> {
    OpenApiRouter::default().routes(routes!(receive))
}

/// What became of an event.
#[derive(Serialize, ToSchema)]
struct Accepted<'a> {
    /// The event's identifier.
    id: &'a str,
    /// Whether an event with this identifier was stored before.
    duplicate: bool,
    #[schema(schema_with = inbox_state)]
    state: &'static str,
}

/// Receive an event
///
/// Every event with a valid signature is stored before the response is sent. Sending the same
/// `id` again changes nothing. The signature is HMAC-SHA256, with a webhook secret of the
/// program as the key, over the timestamp, a dot and the exact bytes of the body.
#[utoipa::path(
    post,
    path = "/webhooks/yativo/{program}",
    operation_id = "receiveNotification",
    servers((url = "/")),
    security(()),
    params(
        ("program" = String, Path, description = "The program's name.", min_length = 1),
        (
            "X-Yativo-Signature" = String,
            Header,
            description = "`sha256=` and the signature in lower-case hexadecimal digits.",
            pattern = "^sha256=[0-9a-f]{64}$",
        ),
        (
            "X-Yativo-Timestamp" = String,
            Header,
            description = "When the event was signed, in Unix seconds.",
            pattern = "^[0-9]{1,12}$",
        ),
        (
            "X-Yativo-Event" = Option<String>,
            Header,
            nullable = false,
            description = "The event type, as in the body. It is not read.",
        ),
        (
            "X-Yativo-Delivery-Id" = Option<String>,
            Header,
            nullable = false,
            description = "The delivery's identifier. It is stored with the event.",
        ),
    ),
    request_body(
        content = inline(EventBody),
        content_type = "application/json",
        description = "At most 256 KiB.",
    ),
    responses(
        (status = 200, description = "The event is stored.", body = Accepted<'static>),
        WebhookErrors,
    ),
)]
async fn receive(
    State(endpoint): State<Endpoint>,
    program: Result<Path<String>, PathRejection>,
    Extension(request): Extension<RequestId>,
    peer: Result<Extension<ConnectInfo<SocketAddr>>, ExtensionRejection>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let unknown = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let peer = peer.map_or(unknown, |Extension(ConnectInfo(peer))| peer.ip());
    // A path that is no UTF-8 names no program.
    let program = program.map(|Path(program)| program).unwrap_or_default();
    // A request that is not even signed is none of the issuer's.
    let is_signed = headers.contains_key(SIGNATURE) && headers.contains_key(TIMESTAMP);
    let delivery = is_signed.then(|| endpoint.deliveries.begin(&program));
    match endpoint.take(&program, peer, &headers, body).await {
        Ok(receipt) => {
            if let Some(delivery) = delivery {
                delivery.acknowledged();
            }
            let Receipt { id, duplicate, state } = &receipt;
            let accepted = Accepted { id, duplicate: *duplicate, state: state.into() };
            Json(json!({ "success": true, "data": accepted })).into_response()
        }
        Err(Failure::Rejected(rejection)) => {
            let known = endpoint.settings.secrets.contains_key(&program);
            rejection.count(known.then_some(&program));
            if let Some(delivery) = delivery {
                delivery.failed(rejection.name());
            }
            let mut response = error_response(&Rejection::error(), &request);
            response.extensions_mut().insert(Refused(rejection.name()));
            response
        }
        Err(Failure::NotStored(error)) => {
            if let Some(delivery) = delivery {
                delivery.failed(error.message());
            }
            error_response(&error, &request)
        }
    }
}

/// Why an event was not stored.
enum Failure {
    /// It is not taken for one of the issuer's.
    Rejected(Rejection),
    /// It could not be stored, or there were too many.
    NotStored(Arc<Error>),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::NotStored(Arc::new(error))
    }
}

impl From<Arc<Error>> for Failure {
    fn from(error: Arc<Error>) -> Self {
        Self::NotStored(error)
    }
}

impl Endpoint {
    async fn take(
        &self,
        program: &str,
        peer: IpAddr,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Receipt, Failure> {
        let rejected = |rejection| Err(Failure::Rejected(rejection));
        // Without both headers, the body is not read.
        let signed = only(headers, SIGNATURE).zip(only(headers, TIMESTAMP));
        let Some((signature, timestamp)) = signed else {
            return rejected(Rejection::NoSignature);
        };
        let now = Timestamp::now().millis().div_euclid(1_000);
        let signed = Signed { signature, timestamp, body: b"" };
        if !signed.is_timely(now, self.settings.tolerance) {
            return rejected(Rejection::NotTimely);
        }
        self.senders.admit(peer)?;
        // The body holds its share of the budget until the response.
        let body = self.bodies.read(body).await?;
        let signed = Signed { signature, timestamp, body: &body.bytes };
        // An unknown program gets a random secret, so that its response and its timing
        // are those of a wrong signature.
        let unknown = vec![rand::random::<[u8; 32]>().to_vec()];
        let known = self.settings.secrets.get(program);
        if !signed.is_by_any(known.unwrap_or(&unknown), now, self.settings.tolerance) {
            return rejected(match known {
                Some(_) => Rejection::WrongSignature,
                None => Rejection::UnknownProgram,
            });
        }
        self.senders.verify(peer);
        let Some(program) = self.inbox.program(program).await? else {
            return rejected(Rejection::UnknownProgram);
        };
        let delivery = only(headers, DELIVERY_ID).filter(|id| identifier::check(id).is_ok());
        Ok(self.inbox.take(program, &body.bytes, delivery).await?)
    }
}

/// The value of a header that occurs exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut all = headers.get_all(name).iter();
    let one = all.next()?.to_str().ok()?;
    all.next().is_none().then_some(one)
}

/// The response for an event that was not stored. After a server error, the sender is
/// asked to try again.
pub fn error_response(error: &Error, request: &RequestId) -> Response {
    if !error.is_ours() {
        let mut response = problem::response(error, request);
        // Webhooks do not use bearer tokens.
        response.headers_mut().remove(axum::http::header::WWW_AUTHENTICATE);
        return response;
    }
    let cause = error.private_source().unwrap_or_else(|| error.message().to_owned());
    let cause: Box<dyn std::error::Error + Send + Sync> =
        if error.is_noted() { Noted::around(cause).into() } else { cause.into() };
    let response = problem::response(&Error::unavailable(cause), request);
    debug_assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    response
}
