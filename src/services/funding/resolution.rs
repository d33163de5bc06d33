//! An operator settles a payment of which nothing can be found out by itself: a withdrawal or a
//! swap whose answer was lost and of which no event tells.

use super::answer::{self, Made};
use crate::domain::payment::{Payment, PaymentState};
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::store::Store;

/// The longest identifier of the issuer's, in bytes.
const LONGEST_ID: usize = 128;

const PAID: &str = "An operator has found out that the issuer has made the payment";
const NEVER_SENT: &str = "An operator has found out that the issuer has not made the payment";

/// What an operator has found out, at the issuer's dashboard for example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// The issuer has made the payment, with this identifier if it is known.
    Paid {
        /// The issuer's identifier of the transfer, withdrawal or swap.
        issuer_id: Option<String>,
    },
    /// The issuer has not made it: the same order may be sent again.
    NeverSent,
}

/// Settles an unknown payment, in the name of an operator. The issuer is asked for nothing, and
/// the payment's idempotency key gets the truth from now on. Returns the payment.
///
/// # Errors
/// `NotFound` if there is no such payment, `Conflict` if it is not unknown, or another payment
/// has the issuer's identifier; `Invalid` if that cannot be one.
pub async fn resolve(
    store: &Store,
    id: &str,
    resolution: Resolution,
    operator: &str,
) -> Result<Payment> {
    let missing = || Error::new(Kind::NotFound, format!("there is no payment {id}"));
    let (program, payment) = store.payment_of_any_program(id).await?.ok_or_else(missing)?;
    if payment.state != PaymentState::Unknown {
        return Err(not_unknown(&payment));
    }
    let now = Timestamp::now();
    let resolved = match resolution {
        Resolution::NeverSent => payment.never_sent(NEVER_SENT, now),
        Resolution::Paid { issuer_id } => {
            if let Some(issuer_id) = &issuer_id {
                check(issuer_id)?;
                if !store.known_issuer_ids(program, vec![issuer_id.clone()]).await?.is_empty() {
                    let message =
                        format!("another payment has the issuer's identifier {issuer_id}");
                    return Err(Error::new(Kind::Conflict, message));
                }
            }
            let made = Made { id: issuer_id.as_deref(), ..Made::default() };
            let answer = answer::of(&payment.order, made)?;
            let paid = payment.succeeded(issuer_id, None, answer, now);
            Payment { note: Some(PAID.to_owned()), ..paid }
        }
    };
    let resolved = Payment { resolved_by: Some(operator.to_owned()), ..resolved };
    if !store.update_payment(program, &resolved, &[PaymentState::Unknown]).await? {
        let message = "a running gateway has just found out what has become of the payment";
        return Err(Error::new(Kind::Conflict, message));
    }
    if let Some(payee) = &resolved.order.payee {
        // The balance may have changed.
        let tx = store.write(program).await?;
        tx.want_details(vec![payee.id.clone()], now).await?;
        tx.commit().await?;
    }
    Ok(resolved)
}

fn check(issuer_id: &str) -> Result<()> {
    let fits = !issuer_id.is_empty()
        && issuer_id.len() <= LONGEST_ID
        && issuer_id.bytes().all(|byte| byte.is_ascii_graphic());
    if fits {
        return Ok(());
    }
    let message = "the issuer's identifier must be 1 to 128 visible ASCII characters";
    Err(Error::new(Kind::Invalid, message))
}

fn not_unknown(payment: &Payment) -> Error {
    let state: &str = payment.state.into();
    let hint = if payment.state.is_settled() {
        "what has become of it is known already"
    } else {
        "it is under way; a running gateway makes it `unknown` if no answer comes"
    };
    Error::new(Kind::Conflict, format!("payment {} is `{state}`: {hint}", payment.id))
}
