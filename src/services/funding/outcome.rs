//! How an order ends for its caller.

use serde_json::{Map, Value, json};

use crate::domain::payment::{Answer, Payment, PaymentKind};
use crate::error::{Error, Kind};
use crate::issuer::{IssuerError, Reason};

/// How an order has ended, when that is known. When it is not, or nothing was ordered for
/// reasons that pass, there is an [`Error`] instead.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The issuer has accepted the payment, now or when it was first ordered with this key.
    Accepted {
        /// The payment.
        payment: Box<Payment>,
        /// The issuer's answer, or what is known of it.
        answer: Answer,
    },
    /// The payment is refused, by the issuer or here; no money has moved.
    Refused(Refusal),
}

/// A refusal, in the issuer's words.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The issuer's code, like `DAILY_LIMIT_EXCEEDED`; none where it has given none.
    pub code: Option<String>,
    /// The answer as the issuer gave it, or would have given it.
    pub answer: Answer,
}

impl Refusal {
    /// A refusal that the issuer documents, found here before it is asked.
    pub(super) fn here(status: u16, code: &str, message: &str, more: &[(&str, &str)]) -> Self {
        let mut body = Map::new();
        body.insert("success".to_owned(), json!(false));
        body.insert("error".to_owned(), json!(code));
        body.insert("message".to_owned(), json!(message));
        body.extend(more.iter().map(|(name, text)| ((*name).to_owned(), json!(text))));
        let body = Value::Object(body).to_string();
        Self { code: Some(code.to_owned()), answer: Answer { status, body } }
    }

    /// The customer is not named exactly once, by one of these members.
    pub fn missing_identifier(names: &[&str]) -> Self {
        let message = format!("Exactly one of {} is required", names.join(", "));
        Self::here(400, "MISSING_IDENTIFIER", &message, &[])
    }

    /// The issuer's sentence, where there is one.
    pub fn message(&self) -> Option<String> {
        let body: Value = serde_json::from_str(&self.answer.body).ok()?;
        let sentence = body.get("message").or_else(|| body.get("error"))?;
        sentence.as_str().map(str::to_owned)
    }
}

/// The outcome of a payment that has an answer.
pub(super) fn of(payment: Payment) -> Option<Outcome> {
    use crate::domain::payment::PaymentState::{Refused, Succeeded};
    let answer = payment.answer.clone()?;
    match payment.state {
        Succeeded => Some(Outcome::Accepted { payment: Box::new(payment), answer }),
        Refused => Some(Outcome::Refused(Refusal { code: payment.issuer_code, answer })),
        _ => None,
    }
}

/// The program has no key pair of the issuer.
pub(super) fn not_connected() -> Error {
    let message = "The gateway has no connection to the issuer for this program; nothing was paid";
    Error::new(Kind::Unavailable, message)
}

/// The key belongs to another order.
pub(super) fn other_request() -> Error {
    let message = "The idempotency key was used for another request";
    Error::new(Kind::Conflict, message)
}

/// The first call with the key is not over yet.
pub(super) fn under_way() -> Error {
    let message = "A request with this idempotency key is under way";
    Error::new(Kind::Conflict, message).retry_after(2)
}

/// It is still not known what has become of the payment.
pub(super) fn still_unknown(payment: &Payment) -> Error {
    let note = payment.note.as_deref().unwrap_or_default();
    let message = format!(
        "Whether this payment was made is not known yet, so it is not sent again. {note}. {}",
        where_to_look(payment.order.kind)
    );
    Error::new(Kind::Conflict, message).retry_after(5)
}

/// The issuer's answer is lost.
pub(super) fn lost(kind: PaymentKind, has_key: bool) -> Error {
    let again = if has_key {
        " Repeat the request with the same idempotency key to learn what has become of it."
    } else {
        ""
    };
    let message = format!(
        "The issuer's answer was lost: the payment may have been made. {}{again}",
        where_to_look(kind)
    );
    Error::new(Kind::Timeout, message)
}

const fn where_to_look(kind: PaymentKind) -> &'static str {
    match kind {
        PaymentKind::Funding => {
            "Look for it in GET /v1/card-issuer/transfers before you order it again."
        }
        PaymentKind::Withdrawal => {
            "Look at the customer's balance and cards before you order it again: a card is frozen \
             while a withdrawal is under way."
        }
        PaymentKind::Swap => {
            "Look at GET /v1/card-issuer/master-wallets before you order it again."
        }
    }
}

/// The issuer has certainly not made the payment.
pub(super) fn not_made(error: IssuerError) -> Error {
    let seconds = error.retry_after().map(|after| after.as_secs().max(1));
    let failure = match error.reason() {
        Reason::RateLimited => {
            let message = "This program has used up its calls to the issuer; nothing was paid";
            Error::new(Kind::RateLimited, message).retry_after(seconds.unwrap_or(1))
        }
        Reason::Unauthorized => {
            let message = "The issuer does not accept the credentials that the gateway has for \
                this program; nothing was paid";
            Error::new(Kind::Unavailable, message)
        }
        _ => {
            let message = "The issuer could not be asked; nothing was paid";
            let failure = Error::new(Kind::Unavailable, message);
            match seconds {
                Some(seconds) => failure.retry_after(seconds),
                None => failure,
            }
        }
    };
    failure.because(error)
}
