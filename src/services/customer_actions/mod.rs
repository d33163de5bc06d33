//! What the issuer does for a customer whom a client names by any identifier: the steps of
//! onboarding, and what is done with cards.
//!
//! - [`CustomerActions`]: finds the customer, calls the issuer, and reads its answer.
//! - `action`: each action with its route and what is sent.
//! - `rejection`: the issuer's refusals. `questions`: the source of funds.

mod action;
mod questions;
mod rejection;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

pub use self::action::{Action, SourceOfFundsAnswer};
pub use self::questions::{Question, SourceOfFunds};
pub use self::rejection::Rejection;
use super::customers::Customers;
use super::issuer_calls::{Call, IssuerCalls};
use crate::domain::customer::{Customer, Include};
use crate::domain::identifier::Identifier;
use crate::domain::principal::Principal;
use crate::domain::request::RequestId;
use crate::error::{Error, Kind, Result};
use crate::issuer::Said;

/// Has things done for customers. Clones share everything.
#[derive(Clone, Debug)]
pub struct CustomerActions {
    customers: Customers,
    calls: IssuerCalls,
}

/// What the issuer has done.
pub struct Done {
    /// The customer for whom it was done.
    pub customer: Identifier,
    /// What the issuer says of it. It can hold links and codes: not for logs.
    pub data: Value,
}

/// What has become of an action: it is done, or the issuer has refused it.
pub type Outcome<T = Done> = std::result::Result<T, Rejection>;

impl CustomerActions {
    /// Over the customers and the calls to the issuer.
    pub const fn new(customers: Customers, calls: IssuerCalls) -> Self {
        Self { customers, calls }
    }

    /// Does something for a customer of the caller's program. When this returns, the store
    /// shows it, unless the issuer takes long to show it itself.
    ///
    /// # Errors
    /// `NotFound` if there is no such customer, `Forbidden` if the caller lacks the scope,
    /// `RateLimited`, `Unavailable` and `Timeout` if there is no answer: the message says
    /// whether it may have been done.
    pub async fn run(
        &self,
        principal: &Principal,
        identifier: &Identifier,
        action: Action,
        request: &RequestId,
    ) -> Result<Outcome> {
        let customer = self.customer(principal, identifier).await?;
        let changes = action.changes;
        let name = customer.yativo_card_id.as_str();
        let data = match self.call(principal, Some(name), action, request).await? {
            Ok(data) => data,
            Err(rejection) => return Ok(Err(rejection)),
        };
        if changes {
            self.calls.read_again(principal, name).await?;
        }
        let customer = Identifier::parse(&customer.id).map_err(Error::internal)?;
        Ok(Ok(Done { customer, data }))
    }

    /// Adds a customer.
    ///
    /// # Errors
    /// As [`CustomerActions::run`].
    pub async fn onboard(
        &self,
        principal: &Principal,
        email: &str,
        external_customer_id: Option<&str>,
        request: &RequestId,
    ) -> Result<Outcome> {
        let action = Action::onboard(email, external_customer_id);
        let data = match self.call(principal, None, action, request).await? {
            Ok(data) => data,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let name = data["yativo_card_id"].as_str().and_then(|name| Identifier::parse(name).ok());
        let unnamed = || unreadable(false);
        Ok(Ok(Done { customer: name.ok_or_else(unnamed)?, data }))
    }

    /// What the issuer asks about the source of a customer's funds.
    ///
    /// # Errors
    /// As [`CustomerActions::run`].
    pub async fn source_of_funds(
        &self,
        principal: &Principal,
        identifier: &Identifier,
        locale: Option<&str>,
        request: &RequestId,
    ) -> Result<Outcome<SourceOfFunds>> {
        let action = Action::source_of_funds(locale);
        let outcome = self.run(principal, identifier, action, request).await?;
        Ok(outcome.map(|done| SourceOfFunds::read(&done.data)))
    }

    async fn customer(
        &self,
        principal: &Principal,
        identifier: &Identifier,
    ) -> Result<Arc<Customer>> {
        let wanted = std::slice::from_ref(identifier);
        let found = self.customers.find(principal, wanted, Include::default()).await?;
        let found = found.get(identifier).map(|found| Arc::clone(&found.customer));
        found.ok_or_else(|| Error::new(Kind::NotFound, "There is no such customer"))
    }

    async fn call(
        &self,
        principal: &Principal,
        customer: Option<&str>,
        action: Action,
        request: &RequestId,
    ) -> Result<Outcome<Value>> {
        let route = action.route().ok_or_else(|| Error::internal("it has no route"))?;
        let names = customer.map(str::to_owned).into_iter().chain(action.card).collect();
        let body = action.body.map(|body| body.to_string().into_bytes());
        let (query, request) = (action.query, request.clone());
        let call = Call { route, names, query, body, idempotency_key: None, request };
        let answer = self.calls.call(principal, call).await?;
        match answer.said() {
            Said::Done(data) => Ok(Ok(data)),
            Said::Refused { code, message } => Ok(Err(Rejection::of(code, message))),
            Said::TooMany(wait) => Err(too_many(wait)),
            Said::Nothing => Err(unreadable(route.is_read())),
        }
    }
}

fn too_many(wait: Option<Duration>) -> Error {
    let message = "This program has used up its calls to the issuer; try again later";
    let seconds = wait.map_or(1, |wait| wait.as_secs().max(1));
    Error::new(Kind::RateLimited, message).retry_after(seconds)
}

/// The issuer has failed, or says nothing that can be read.
fn unreadable(is_read: bool) -> Error {
    let message = if is_read {
        "The issuer gives no proper answer at the moment"
    } else {
        "The issuer gives no proper answer at the moment; what was asked may have been done"
    };
    Error::new(Kind::Unavailable, message).because("the issuer's answer says nothing")
}
