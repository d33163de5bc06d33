//! The routes that move money. What is wrong with a request is reported here; the rest is the
//! issuer's answer as it is.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use utoipa::IntoParams;

use super::money_body::{FundBody, SwapBody, WithdrawBody};
use super::money_schema::{FundErrors, Funded, SwapErrors, Swapped, WithdrawErrors, Withdrawn};
use crate::domain::payment::Answer;
use crate::domain::principal::Principal;
use crate::domain::request::RequestId;
use crate::error::{Error, FieldError, Kind, Result};
use crate::http::problem;
use crate::services::Services;
use crate::services::funding::{IdempotencyKey, Outcome, Refusal};

type Caller = Extension<Arc<Principal>>;
type Request = Extension<RequestId>;
type Body = Result<Bytes, BytesRejection>;

const KEY: &str = "Idempotency-Key";

/// What all of them take.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes a header, which is read by its name")]
pub(super) struct KeyHeader {
    /// A new text for each payment, 1 to 255 visible ASCII characters. A request that is sent
    /// again with the same key and body gets the answer of the first one, and nothing is paid
    /// twice. A key is kept for 7 days.
    #[param(
        rename = "Idempotency-Key",
        min_length = 1,
        max_length = 255,
        example = "order-1207-1"
    )]
    idempotency_key: Option<String>,
}

/// Fund a customer
///
/// Pays a customer from the program's master wallet, at most once: also if the issuer's answer
/// is lost. Then the status is 504, and a request with the same `Idempotency-Key` says what
/// became of the payment, as soon as it is known.
#[utoipa::path(
    post,
    path = "/fund-customer",
    operation_id = "fundCustomer",
    params(KeyHeader),
    request_body(content = inline(FundBody<'static>), content_type = "application/json"),
    responses(
        (status = 200, description = "The issuer has accepted the payment.", body = Funded),
        FundErrors,
    ),
)]
pub(super) async fn fund(
    State(services): State<Arc<Services>>,
    Extension(principal): Caller,
    Extension(request): Request,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let answer = async {
        let (key, body) = (key(&headers)?, json(&headers, body)?);
        match FundBody::read(&body)? {
            Ok(order) => services.funding.fund(&principal, key.as_ref(), &order).await,
            Err(refusal) => Ok(Outcome::Refused(refusal)),
        }
    };
    response(answer.await, &request)
}

/// Withdraw from a card
///
/// Takes money from a customer's card back to the master wallet, at most once: also if the
/// issuer's answer is lost. The customer's cards are frozen meanwhile.
#[utoipa::path(
    post,
    path = "/withdraw-from-card",
    operation_id = "withdrawFromCard",
    params(KeyHeader),
    request_body(content = inline(WithdrawBody<'static>), content_type = "application/json"),
    responses(
        (status = 200, description = "The issuer has accepted the withdrawal.", body = Withdrawn),
        WithdrawErrors,
    ),
)]
pub(super) async fn withdraw(
    State(services): State<Arc<Services>>,
    Extension(principal): Caller,
    Extension(request): Request,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let answer = async {
        let (key, body) = (key(&headers)?, json(&headers, body)?);
        let order = WithdrawBody::read(&body)?;
        services.funding.withdraw(&principal, key.as_ref(), &order).await
    };
    response(answer.await, &request)
}

/// Swap currencies of the master wallet
///
/// Exchanges money of the master wallet, at most once: also if the issuer's answer is lost.
#[utoipa::path(
    post,
    path = "/master-wallets/swap",
    operation_id = "swapMasterWallets",
    params(KeyHeader),
    request_body(content = inline(SwapBody<'static>), content_type = "application/json"),
    responses(
        (status = 200, description = "The issuer has accepted the swap.", body = Swapped),
        SwapErrors,
    ),
)]
pub(super) async fn swap(
    State(services): State<Arc<Services>>,
    Extension(principal): Caller,
    Extension(request): Request,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let answer = async {
        let (key, body) = (key(&headers)?, json(&headers, body)?);
        let order = SwapBody::read(&body)?;
        services.funding.swap(&principal, key.as_ref(), &order).await
    };
    response(answer.await, &request)
}

/// The key of a request, if it has one.
fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>> {
    let mut all = headers.get_all(KEY).iter();
    let key = match (all.next(), all.next()) {
        (None, _) => return Ok(None),
        (Some(_), Some(_)) => Err("must be there once only"),
        (Some(value), None) => {
            let text = value.to_str().map_err(|_| "must consist of visible ASCII characters");
            text.and_then(IdempotencyKey::parse)
        }
    };
    key.map(Some).map_err(|what| Error::invalid(vec![FieldError::new(KEY, what)]))
}

/// The body of a request, which says that it is JSON if it says anything.
fn json(headers: &HeaderMap, body: Body) -> Result<Bytes> {
    let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let essence = content_type.map(|text| text.split(|byte| *byte == b';').next().unwrap_or(text));
    let is_json = |text: &[u8]| text.trim_ascii().eq_ignore_ascii_case(b"application/json");
    if essence.is_some_and(|essence| !is_json(essence)) {
        let message = "The body must be application/json";
        return Err(Error::new(Kind::UnsupportedMediaType, message));
    }
    body.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Error::new(Kind::TooLarge, "The body is too large")
        } else {
            Error::new(Kind::Invalid, "The body was not received").because(rejection)
        }
    })
}

fn response(outcome: Result<Outcome>, request: &RequestId) -> Response {
    match outcome {
        Ok(Outcome::Accepted { answer, .. } | Outcome::Refused(Refusal { answer, .. })) => {
            as_it_is(answer)
        }
        Err(error) => problem::response(&error, request),
    }
}

/// The issuer's answer.
fn as_it_is(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let json = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, json)], answer.body).into_response()
}
