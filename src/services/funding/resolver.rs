//! What becomes of payments whose answers were lost. Every replica looks; each payment is
//! looked for by one at a time, and changes only from the state in which it was seen.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use tokio::task::JoinSet;

use super::Funding;
use super::sighting::{self, Sightings};
use super::verdict::{self, Verdict};
use crate::domain::payment::{Payment, PaymentKind, PaymentState, SourceChain};
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::issuer::ProgramClient;
use crate::outage;

/// The pause before it looks again whether there is something to do.
const LOOK: Duration = Duration::from_secs(1);
/// The pause after a failure.
const FAILED: Duration = Duration::from_secs(5);
/// The shortest and the longest pause until the issuer is asked for the same payment again, in
/// milliseconds.
const SHORTEST: i64 = 1_000;
const LONGEST: i64 = 5 * 60 * 1_000;

const NOT_SHOWN: &str = "The issuer's answer was lost, and the issuer does not show it so far";
const AMBIGUOUS: &str = "The issuer's answer was lost, and the issuer shows several payments that \
    could be it";
const NOT_MADE: &str = "The issuer's answer was lost, and the issuer has not made the payment: it \
    does not show it";

/// Where payments are looked for together: a customer's transfers over a chain, or the events
/// of a kind.
type Place = (PaymentKind, Option<(String, SourceChain)>);

impl Funding {
    /// Finds out what has become of payments, until it is dropped. Each program has a task of its own:
    /// one whose issuer does not answer delays no other.
    pub async fn keep_resolving(self) {
        let mut programs = JoinSet::new();
        for name in self.clients.names() {
            programs.spawn(self.clone().keep_program(name));
        }
        while programs.join_next().await.is_some() {}
    }

    async fn keep_program(self, name: String) {
        loop {
            let pause = match self.resolve_named(&name).await {
                Ok(()) => LOOK,
                Err(error) => {
                    outage::warn_of(&name, &error, "payments were not looked for");
                    FAILED
                }
            };
            // Several replicas need not look together.
            tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
        }
    }

    async fn resolve_named(&self, name: &str) -> Result<()> {
        match self.clients.named(name).await? {
            Some((program, client)) => self.resolve(program, &client.background()).await,
            None => Ok(()),
        }
    }

    async fn resolve(&self, program: ProgramId, client: &ProgramClient) -> Result<()> {
        let now = Timestamp::now();
        let mut places: BTreeMap<String, Place> = BTreeMap::new();
        for payment in self.store.payments_due(program, now).await? {
            if payment.is_abandoned(now) {
                // What cannot be given up has changed meanwhile.
                let _ = self.give_up(program, payment).await;
            } else if self.store.take_payment_check(program, &payment, next(&payment, now)).await? {
                match payment.state {
                    PaymentState::Unknown => {
                        let place = place(&payment);
                        places.insert(format!("{place:?}"), place);
                    }
                    PaymentState::Succeeded => self.follow(program, client, payment).await?,
                    _ => {}
                }
            }
        }
        for place in places.into_values() {
            self.look_at(program, client, &place).await?;
        }
        Ok(())
    }

    /// Judges all payments that could be at a place.
    async fn look_at(
        &self,
        program: ProgramId,
        client: &ProgramClient,
        place: &Place,
    ) -> Result<()> {
        let (kind, of) = place;
        let unknown = [PaymentState::Unknown];
        let waiting = self.store.payments_in_states(program, *kind, &unknown).await?;
        let Some(first) = waiting.iter().map(|payment| payment.created_at).min() else {
            return Ok(());
        };
        let seen = match of {
            Some((customer, chain)) => sighting::transfers(client, customer, *chain).await?,
            None => sighting::events(&self.store, program, *kind, first).await?,
        };
        // In this order: what was under way when the issuer showed it is under way still, or
        // has its identifier by now.
        let under_way = [PaymentState::Pending, PaymentState::Sent];
        let rivals = self.store.payments_in_states(program, *kind, &under_way).await?;
        let waiting = self.store.payments_in_states(program, *kind, &unknown).await?;
        let ids = seen.all.iter().map(|one| one.id.clone()).collect();
        let taken = self.store.known_issuer_ids(program, ids).await?;
        let here = |payment: &Payment| self::place(payment) == *place;
        let waiting: Vec<Payment> = waiting.into_iter().filter(here).collect();
        let rivals: Vec<Payment> = rivals.into_iter().filter(here).collect();
        self.judge(program, waiting, &rivals, &seen, &taken).await
    }

    async fn judge(
        &self,
        program: ProgramId,
        waiting: Vec<Payment>,
        rivals: &[Payment],
        seen: &Sightings,
        taken: &HashSet<String>,
    ) -> Result<()> {
        let now = Timestamp::now();
        let grace = i64::try_from(self.settings.grace.as_millis()).unwrap_or(i64::MAX);
        // A call takes its time before the issuer can show anything.
        let grace = grace.saturating_add(self.lease());
        let verdicts = verdict::of_each(&waiting, rivals, seen, taken, now, grace);
        for (payment, verdict) in waiting.into_iter().zip(verdicts) {
            let check_at = payment.check_at.unwrap_or(now);
            let judged = match verdict {
                Verdict::Made(one) => {
                    let answer = one.answer(&payment.order)?;
                    payment.succeeded(Some(one.id.clone()), one.status.clone(), answer, now)
                }
                Verdict::NotMade => payment.never_sent(NOT_MADE, now),
                Verdict::Ambiguous => payment.unknown(AMBIGUOUS, check_at),
                Verdict::NotShown => payment.unknown(NOT_SHOWN, check_at),
            };
            let stored =
                self.store.update_payment(program, &judged, &[PaymentState::Unknown]).await?;
            if stored && judged.state != PaymentState::Unknown {
                let (payment, state): (_, &str) = (&judged.id, judged.state.into());
                tracing::info!(payment, state, "it is known now what has become of a payment");
                if judged.state == PaymentState::Succeeded {
                    self.want_details(program, &judged).await;
                }
            }
        }
        Ok(())
    }

    /// Asks how a transfer goes that may have failed.
    async fn follow(
        &self,
        program: ProgramId,
        client: &ProgramClient,
        payment: Payment,
    ) -> Result<()> {
        let Some(id) = payment.issuer_id.clone() else { return Ok(()) };
        let Ok(transfer) = client.transfer(&id).await else { return Ok(()) };
        let is_over =
            matches!(transfer.status.as_deref(), Some("completed" | "failed" | "refunded") | None);
        let check_at = if is_over { None } else { payment.check_at };
        let followed = Payment { issuer_status: transfer.status, check_at, ..payment };
        self.store.update_payment(program, &followed, &[PaymentState::Succeeded]).await.map(drop)
    }
}

fn place(payment: &Payment) -> Place {
    let order = &payment.order;
    let payee = order.payee.as_ref().map(|payee| payee.yativo_card_id.clone());
    let transfers = payee.zip(order.source_chain);
    (order.kind, transfers.filter(|_| order.kind == PaymentKind::Funding))
}

/// When the issuer is asked for a payment again: soon at first, then ever more rarely.
fn next(payment: &Payment, now: Timestamp) -> Timestamp {
    let since = payment.sent_at.unwrap_or(payment.created_at);
    let age = now.millis() - since.millis();
    now.plus_millis((age / 4).clamp(SHORTEST, LONGEST))
}
