//! Answers and their envelopes.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::json::{Json, object};
use super::refusal::Refusal;

/// A success, before it gets its envelope.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    envelope: Envelope,
    message: Option<&'static str>,
    data: Json,
}

/// What is around `data`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Envelope {
    /// `{"success":true,…}`
    Success,
    /// `{"status":"success",…}`, as the page of the terms has it.
    StatusSuccess,
    /// `{"status":true,…}`, as the page of webhooks has it.
    StatusTrue,
    /// The members stand at the top beside `success`, as those of a token do.
    Top,
}

impl Reply {
    const fn new(status: u16, envelope: Envelope, data: Json) -> Self {
        Self { status, envelope, message: None, data }
    }

    /// 200 with the usual envelope.
    pub(crate) const fn ok(data: Json) -> Self {
        Self::new(200, Envelope::Success, data)
    }

    /// 201 with the usual envelope.
    pub(crate) const fn created(data: Json) -> Self {
        Self::new(201, Envelope::Success, data)
    }

    /// With a sentence.
    pub(crate) const fn saying(mut self, message: &'static str) -> Self {
        self.message = Some(message);
        self
    }

    /// `{"status":"success","data":…}`.
    pub(crate) const fn status_success(data: Json) -> Self {
        Self::new(200, Envelope::StatusSuccess, data)
    }

    /// `{"status":true,"data":…}`.
    pub(crate) const fn status_true(data: Json) -> Self {
        Self::new(200, Envelope::StatusTrue, data)
    }

    /// `{"success":true,…}` with the members at the top.
    pub(crate) const fn top(data: Json) -> Self {
        Self::new(200, Envelope::Top, data)
    }

    /// Status and body.
    pub(crate) fn parts(self) -> (u16, Json) {
        let head = match self.envelope {
            Envelope::Success | Envelope::Top => object! { "success": true },
            Envelope::StatusSuccess => object! { "status": "success" },
            Envelope::StatusTrue => object! { "status": true },
        };
        if self.envelope == Envelope::Top {
            return (self.status, head.and(self.data));
        }
        let message = self.message.map_or(Json::Null, |message| object! { "message": message });
        (self.status, head.and(message).and(object! { "data": self.data }))
    }
}

/// How a family of routes writes its failures. The letters are those of the
/// list of shapes in the issuer's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorShape {
    /// a: `{"error":"lower_case","message"}`.
    Plain,
    /// b: `{"success":false,"error":"UPPER_CASE","message"?,…}`, more at the top.
    Card,
    /// c: `{"success":false,"error_code":"UPPER_CASE","message","data"?}`.
    Customer,
    /// d: `{"success":false,"error":"<a sentence>"}`.
    Sentence,
}

impl ErrorShape {
    /// Status and body of a failure.
    pub(crate) fn parts(self, refusal: Refusal) -> (u16, Json) {
        let Refusal { status, code, message, more } = refusal;
        let sentence = message.map_or(Json::Null, |message| object! { "message": message });
        let body = match self {
            Self::Plain => {
                object! { "error": code.to_lowercase() }.and(sentence).and(Json::Object(more))
            }
            Self::Card => {
                object! { "success": false, "error": code }.and(sentence).and(Json::Object(more))
            }
            Self::Customer => {
                let data = if more.is_empty() {
                    Json::Null
                } else {
                    object! { "data": Json::Object(more) }
                };
                object! { "success": false, "error_code": code }.and(sentence).and(data)
            }
            Self::Sentence => {
                let text = sentence.members().pop().map_or_else(|| code.into(), |(_, text)| text);
                object! { "success": false, "error": text }
            }
        };
        (status, body)
    }
}

/// An answer of JSON.
pub(crate) fn json(status: u16, body: &Json) -> Response {
    with_body(status, "application/json; charset=utf-8", Body::from(body.text()))
}

/// An answer of any kind.
pub(crate) fn with_body(status: u16, media_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
