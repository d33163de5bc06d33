//! One payment on its way to the issuer.

use std::time::{Duration, Instant};

use super::outcome::{self, Outcome};
use super::{Call, Funding};
use crate::domain::issuer_routes::ReadAgain as Whom;
use crate::domain::payment::{Answer, Payment, PaymentState};
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::issuer::{Answer as IssuerAnswer, PaymentResult, ProgramClient};
use crate::outage;
use crate::services::sync::ReadAgain;

/// The note of a payment whose answer is lost.
const LOST: &str = "The issuer's answer was lost";
/// The pauses between the tries to store how a payment ended.
const PAUSES: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_secs(1),
];

impl Funding {
    /// Stores that the payment is sent, sends it, and stores how that ended: in this order.
    pub(super) async fn send(
        self,
        program: ProgramId,
        client: ProgramClient,
        payment: Payment,
        call: Call,
        has_key: bool,
    ) -> Result<Outcome> {
        if let Err(error) = client.prepare().await {
            self.end(program, not_sent(payment)).await;
            return Err(outcome::not_made(error));
        }
        let began = Instant::now();
        let now = Timestamp::now();
        let payment = payment.sent(now, now.plus_millis(self.lease()));
        match self.store.update_payment(program, &payment, &[PaymentState::Pending]).await {
            Ok(true) => {}
            // This process was away for so long that others have given the payment up.
            Ok(false) => return Err(outcome::under_way()),
            Err(error) => {
                self.end(program, not_sent(payment)).await;
                return Err(error);
            }
        }
        // After a pause of the whole process it might be sent when others think that it is not.
        if began.elapsed() > super::MARGIN {
            self.end(program, not_sent(payment)).await;
            return Err(outcome::under_way());
        }
        let kind = payment.order.kind;
        let paying = client.pay(call.route, call.body.as_bytes(), &payment.id);
        let Ok(result) = tokio::time::timeout(self.call_time(), paying).await else {
            self.end(program, lost(payment)).await;
            return Err(outcome::lost(kind, has_key));
        };
        let now = Timestamp::now();
        match result {
            PaymentResult::Accepted { id, status, answer } => {
                let payment = payment.succeeded(Some(id), status, answer_of(&answer), now);
                self.end(program, payment.clone()).await;
                self.read_payee_again(program, client, &payment).await;
                outcome::of(payment).ok_or_else(|| outcome::lost(kind, has_key))
            }
            PaymentResult::Refused { code, answer } => {
                let payment = payment.refused(code, answer_of(&answer), now);
                self.end(program, payment.clone()).await;
                outcome::of(payment).ok_or_else(|| outcome::lost(kind, has_key))
            }
            PaymentResult::NotMade(error) => {
                self.end(program, not_sent(payment)).await;
                Err(outcome::not_made(error))
            }
            PaymentResult::Unknown(error) => {
                self.end(program, lost(payment)).await;
                Err(outcome::lost(kind, has_key).because(error))
            }
        }
    }

    /// Stores how a payment ended. If that fails for long, it counts as one whose answer is
    /// lost once its time is over.
    async fn end(&self, program: ProgramId, payment: Payment) {
        // Others may have given it up, if this process was away meanwhile.
        let from = [
            PaymentState::Pending,
            PaymentState::Sent,
            PaymentState::Unknown,
            PaymentState::NeverSent,
        ];
        for pause in PAUSES {
            tokio::time::sleep(pause).await;
            match self.store.update_payment(program, &payment, &from).await {
                Ok(_) => break,
                Err(error) => {
                    let cause = error.private_source().unwrap_or_default();
                    let payment = &payment.id;
                    tracing::error!(payment, cause, "how a payment ended was not stored");
                }
            }
        }
        let (kind, state): (&str, &str) = (payment.order.kind.into(), payment.state.into());
        metrics::counter!("payments_total", "kind" => kind, "state" => state).increment(1);
        if payment.state == PaymentState::Unknown {
            let payment = &payment.id;
            tracing::warn!(payment, kind, "the answer to a payment was lost; it is looked for");
        }
    }

    /// Reads the customer again, so that the next read shows the new balance.
    async fn read_payee_again(&self, program: ProgramId, client: ProgramClient, payment: &Payment) {
        let Some(payee) = &payment.order.payee else { return };
        let again = ReadAgain::new(self.store.clone(), client, program);
        again.at_once(payee.yativo_card_id.clone(), Whom::Named).await;
    }

    /// Lets the synchronisation read the customer soon: the balance has changed.
    pub(super) async fn want_details(&self, program: ProgramId, payment: &Payment) {
        let Some(payee) = &payment.order.payee else { return };
        let wanted = async {
            let tx = self.store.write(program).await?;
            tx.want_details(vec![payee.id.clone()], Timestamp::now()).await?;
            tx.commit().await
        };
        if let Err(error) = wanted.await {
            outage::warn(&error, "the customer of a payment will not be read again soon");
        }
    }
}

fn not_sent(payment: Payment) -> Payment {
    payment.never_sent("The payment was not sent to the issuer", Timestamp::now())
}

fn lost(payment: Payment) -> Payment {
    payment.unknown(LOST, Timestamp::now())
}

fn answer_of(answer: &IssuerAnswer) -> Answer {
    Answer {
        status: answer.status.as_u16(),
        body: String::from_utf8_lossy(&answer.body).into_owned(),
    }
}
