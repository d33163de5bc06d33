//! Orders of money, each sent to the issuer at most once: fundings, withdrawals and swaps.
//!
//! A payment is stored before it is sent, and again when it is sent, when it is answered, and
//! when its answer is lost. One whose answer was lost is never sent again: what has become of
//! it is found out from the issuer's list of transfers and from webhook events.
//!
//! - [`Funding`]: what requests call. `order`: what they ask for. `check`: what is checked
//!   before the issuer is asked. `outcome`: how it ends for the caller.
//! - `send`: one call to the issuer.
//! - `resolver`: what becomes of lost answers. `sighting`: what the issuer shows of payments.
//!   `verdict`: which of them is which payment. [`resolve`]: what an operator has found out.
//! - `answer`: the issuer's answer, made of what is known. `wire`: bodies.

mod answer;
mod check;
mod order;
mod outcome;
mod resolution;
mod resolver;
mod send;
mod sighting;
mod verdict;
mod wire;

use std::collections::HashMap;
use std::time::Duration;

use uuid::Uuid;

pub use self::check::LEAST_FUNDING;
use self::check::Stop;
pub use self::order::{FundRequest, IdempotencyKey, SwapRequest, SwapToken, Who, WithdrawRequest};
pub use self::outcome::{Outcome, Refusal};
pub use self::resolution::{Resolution, resolve};
use crate::domain::cursor::ListId;
use crate::domain::page::{Slice, Window};
use crate::domain::payment::{Order, Payment, PaymentState};
use crate::domain::principal::{Principal, ProgramId};
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::issuer::{PaymentRoute, ProgramClient};
use crate::services::customers::Customers;
use crate::services::program_clients::ProgramClients;
use crate::store::{KeyedPayment, PaymentClaim, Store};
use crate::trace;

/// How long an idempotency key is kept, in milliseconds: 7 days.
const KEPT: i64 = 7 * 24 * 60 * 60 * 1_000;
/// What a process has left, beside the issuer's time, to store how a payment ended.
const MARGIN: Duration = Duration::from_secs(2);
/// How often a claim is tried whose key is given back at the same moment.
const TRIES: usize = 3;

/// Settings of payments.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Maximum duration of one call to the issuer.
    pub issuer_timeout: Duration,
    /// How long a caller waits. The payment goes on when the caller is gone.
    pub patience: Duration,
    /// How long after it was sent a payment that the issuer does not show counts as not made.
    pub grace: Duration,
}

/// Orders money, and remembers what has become of it. Clones share everything.
#[derive(Clone)]
pub struct Funding {
    store: Store,
    customers: Customers,
    clients: ProgramClients,
    settings: Settings,
}

/// What is sent to the issuer.
struct Call {
    route: PaymentRoute,
    body: String,
}

impl Funding {
    /// Over a store, its customers and the issuer's API.
    pub const fn new(
        store: Store,
        customers: Customers,
        clients: ProgramClients,
        settings: Settings,
    ) -> Self {
        Self { store, customers, clients, settings }
    }

    /// Pays a customer from the master wallet.
    ///
    /// # Errors
    /// `Invalid` if the amount is too small. `Conflict` if the key was used for another request,
    /// if a request with it is under way (try again soon), or if it is not known yet what has
    /// become of its payment. `Timeout` if the answer is lost: the payment may have been made.
    /// `Unavailable` or `RateLimited` if nothing was paid for a reason that passes: the key may
    /// be used again.
    pub async fn fund(
        &self,
        principal: &Principal,
        key: Option<&IdempotencyKey>,
        request: &FundRequest,
    ) -> Result<Outcome> {
        check::amount_to_fund(request)?;
        let claim = claim(principal, key, request.hash());
        if let Some(outcome) = self.known(principal, &claim).await? {
            return Ok(outcome);
        }
        let order = check::funding(principal, &self.customers, request).await;
        let body = |order: &Order| {
            wire::text(&wire::Fund {
                yativo_card_id: payee(order),
                amount: wire::number(order.amount)?,
                source_chain: request.source_chain.into(),
                pricing_mode: request.pricing_mode.into(),
                destination_token: request.destination_token.map(Into::into),
            })
        };
        self.order(principal, claim, PaymentRoute::FundCustomer, order, body).await
    }

    /// Takes money from a customer's card back to the master wallet.
    ///
    /// # Errors
    /// As [`Funding::fund`].
    pub async fn withdraw(
        &self,
        principal: &Principal,
        key: Option<&IdempotencyKey>,
        request: &WithdrawRequest,
    ) -> Result<Outcome> {
        check::positive(request.amount)?;
        let claim = claim(principal, key, request.hash());
        if let Some(outcome) = self.known(principal, &claim).await? {
            return Ok(outcome);
        }
        let order = check::withdrawal(principal, &self.store, request).await;
        let body = |order: &Order| {
            let amount = wire::number(order.amount)?;
            wire::text(&wire::Withdraw { id: payee(order), amount })
        };
        self.order(principal, claim, PaymentRoute::WithdrawFromCard, order, body).await
    }

    /// Exchanges money of the master wallet.
    ///
    /// # Errors
    /// As [`Funding::fund`].
    pub async fn swap(
        &self,
        principal: &Principal,
        key: Option<&IdempotencyKey>,
        request: &SwapRequest,
    ) -> Result<Outcome> {
        let order = check::swap(request)?;
        let claim = claim(principal, key, request.hash());
        if let Some(outcome) = self.known(principal, &claim).await? {
            return Ok(outcome);
        }
        let body = |order: &Order| {
            wire::text(&wire::Swap {
                from_token: &request.from.word,
                to_token: &request.to.word,
                amount: wire::number(order.amount)?,
            })
        };
        self.order(principal, claim, PaymentRoute::Swap, Ok(order), body).await
    }

    /// Payments of the caller's program by identifier. One that is not there is left out.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn find(&self, principal: &Principal, ids: &[String]) -> Result<Vec<Payment>> {
        self.store.payments(principal.program, ids.to_vec()).await
    }

    /// A customer's list of payments as cursors name it.
    pub fn list_id(principal: &Principal, customer: &str) -> ListId {
        ListId::of(&["payments", &principal.program.0.to_string(), customer])
    }

    /// The same part of each customer's payments, newest first; a customer with nothing there
    /// is left out.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn of(
        &self,
        principal: &Principal,
        customers: &[String],
        window: &Window,
    ) -> Result<HashMap<String, Slice<Payment>>> {
        self.store.payments_of(principal.program, customers.to_vec(), window).await
    }

    /// How many payments each customer has; a customer without any is left out.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn count(
        &self,
        principal: &Principal,
        customers: &[String],
    ) -> Result<HashMap<String, i64>> {
        self.store.count_payments(principal.program, customers.to_vec()).await
    }

    /// What has become of the payment that was ordered with this key, if there is one.
    async fn known(&self, principal: &Principal, claim: &PaymentClaim) -> Result<Option<Outcome>> {
        let Some(key) = &claim.key_hash else { return Ok(None) };
        let forgotten = Timestamp::now().plus_millis(-KEPT);
        let program = principal.program;
        let found = self.store.payment_with_key(program, &claim.credential, key, forgotten).await?;
        let Some(KeyedPayment { payment, request_hash }) = found else { return Ok(None) };
        if request_hash != claim.request_hash {
            return Err(outcome::other_request());
        }
        let payment = if payment.is_abandoned(Timestamp::now()) {
            self.give_up(program, payment).await?
        } else {
            payment
        };
        match payment.state {
            PaymentState::Pending | PaymentState::Sent => Err(outcome::under_way()),
            PaymentState::Unknown => Err(outcome::still_unknown(&payment)),
            PaymentState::NeverSent => Ok(None),
            PaymentState::Succeeded | PaymentState::Refused => Ok(outcome::of(payment)),
        }
    }

    /// A payment whose process has died: what is certain of it.
    async fn give_up(&self, program: ProgramId, payment: Payment) -> Result<Payment> {
        let now = Timestamp::now();
        let from = payment.state;
        let given_up = match from {
            PaymentState::Pending => {
                payment.never_sent("The gateway stopped before the payment was sent", now)
            }
            _ => payment.unknown("The gateway stopped before it had the issuer's answer", now),
        };
        if self.store.update_payment(program, &given_up, &[from]).await? {
            return Ok(given_up);
        }
        // Another process has found out more meanwhile.
        Err(outcome::under_way())
    }

    /// Stores the order, and sends it if there is no other with the same key.
    async fn order(
        &self,
        principal: &Principal,
        claim: PaymentClaim,
        route: PaymentRoute,
        order: Result<Order, Stop>,
        body: impl FnOnce(&Order) -> Result<String>,
    ) -> Result<Outcome> {
        let order = match order {
            Ok(order) => order,
            Err(Stop::Refused(refusal)) => return Ok(Outcome::Refused(refusal)),
            Err(Stop::Error(error)) => return Err(error),
        };
        let Some(client) = self.clients.of(principal.program).await? else {
            return Err(outcome::not_connected());
        };
        let call = Call { route, body: body(&order)? };
        let has_key = claim.key_hash.is_some();
        for _ in 0..TRIES {
            let now = Timestamp::now();
            let id = Uuid::now_v7().to_string();
            let payment = Payment::new(id, order.clone(), now, now.plus_millis(self.lease()));
            let forgotten = now.plus_millis(-KEPT);
            let program = principal.program;
            if self.store.claim_payment(program, &payment, claim.clone(), forgotten).await? {
                return self.send_and_wait(program, client, payment, call, has_key).await;
            }
            if let Some(outcome) = self.known(principal, &claim).await? {
                return Ok(outcome);
            }
        }
        Err(outcome::under_way())
    }

    /// Sends a payment in a task of its own: a caller who goes away must not stop it half-way.
    async fn send_and_wait(
        &self,
        program: ProgramId,
        client: ProgramClient,
        payment: Payment,
        call: Call,
        has_key: bool,
    ) -> Result<Outcome> {
        let kind = payment.order.kind;
        let sending = tokio::spawn(trace::inherited(
            self.clone().send(program, client, payment, call, has_key),
        ));
        match tokio::time::timeout(self.settings.patience, sending).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => Err(outcome::lost(kind, has_key).because(panic)),
            Err(_) => Err(outcome::lost(kind, has_key)),
        }
    }

    /// How long a call to the issuer may take, with everything around it.
    fn call_time(&self) -> Duration {
        self.settings.issuer_timeout * 3
    }

    /// How long a process has to send a payment and to store the answer, in milliseconds.
    fn lease(&self) -> i64 {
        let time = self.call_time() + MARGIN;
        i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
    }
}

fn claim(
    principal: &Principal,
    key: Option<&IdempotencyKey>,
    request_hash: String,
) -> PaymentClaim {
    PaymentClaim {
        credential: principal.credential.to_string(),
        key_hash: key.map(|key| key.hash().to_owned()),
        request_hash,
    }
}

/// The customer of an order, by the name that is sent to the issuer.
fn payee(order: &Order) -> &str {
    order.payee.as_ref().map_or("", |payee| payee.yativo_card_id.as_str())
}

/// Without the clients.
impl std::fmt::Debug for Funding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Funding").field("settings", &self.settings).finish_non_exhaustive()
    }
}
