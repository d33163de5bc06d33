//! Calls of clients that go on to the issuer, with the credentials of their program.
//!
//! - [`IssuerCalls`]: who may call what, and what comes back.
//! - [`Call`]: a call, and how it is sent.
//! - `answers`: successful answers that are used again for a moment.
//! - `failure`: what clients learn of a call that has no answer.

mod answers;
mod call;
mod failure;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use serde::Deserialize;

use self::answers::Answers;
pub use self::call::Call;
use crate::domain::issuer_routes::{Kind as What, ReadAgain as Whom};
use crate::domain::principal::{Principal, ProgramId};
use crate::error::{Error, Kind, Result};
pub use crate::issuer::Answer;
use crate::issuer::{Path, ProgramClient};
use crate::services::program_clients::ProgramClients;
use crate::services::sync::ReadAgain;
use crate::store::Store;
use crate::trace;

/// How long a client waits for the issuer.
pub const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Sends calls of clients on to the issuer. Clones share everything.
#[derive(Clone, Debug)]
pub struct IssuerCalls {
    store: Store,
    clients: ProgramClients,
    answers: Answers,
    card_pages: bool,
}

impl IssuerCalls {
    /// Over a store and the issuer's API. `card_pages`: whether clients may ask for the
    /// address of the page that shows a whole card.
    pub fn new(store: Store, clients: ProgramClients, card_pages: bool) -> Self {
        Self { store, clients, answers: Answers::new(), card_pages }
    }

    /// Sends a call on; the answer is the issuer's, whatever its status. If the call has
    /// changed a customer, the customer is read again, at best before this returns. A call
    /// that may change something goes on although the caller may have gone away.
    ///
    /// # Errors
    /// `Forbidden` if the route or the caller's scopes do not allow it, `NotFound` for a
    /// customer of another program, `Unavailable` and `Timeout` if there is no answer.
    pub async fn call(&self, principal: &Principal, call: Call) -> Result<Arc<Answer>> {
        let route = call.route;
        match route.kind {
            What::Refused(why) => return Err(Error::new(Kind::Forbidden, why)),
            What::Optional(why) if !self.card_pages => {
                return Err(Error::new(Kind::Forbidden, why));
            }
            _ if !route.is_forwarded() => return Err(Error::internal("it is not sent on")),
            _ => {}
        }
        principal.require(route.scope)?;
        let path = call.path()?;
        let program = principal.program;
        self.check_customers(program, &call).await?;
        let client = self.clients.of(program).await?.ok_or_else(failure::not_connected)?;
        if let Some(time) = route.cached_for() {
            let key = (program, path.as_str().to_owned(), format!("{:?}", call.query()));
            let fetch = call.send(&client, &path).boxed();
            let answer = tokio::time::timeout(TIME_LIMIT, self.answers.get(key, time, fetch));
            let answer = answer.await.map_err(|_| failure::timeout(route))?;
            return failure::checked(answer, route);
        }
        let again = ReadAgain::new(self.store.clone(), client.clone(), program);
        let work = tokio::spawn(trace::inherited(complete(client, again, call, path)));
        work.await.map_err(Error::internal)?
    }

    /// Reads a customer again whom a call has changed although its route does not say so.
    ///
    /// # Errors
    /// If the program has no key pair, or the store fails.
    pub async fn read_again(&self, principal: &Principal, yativo_card_id: &str) -> Result<()> {
        let program = principal.program;
        let client = self.clients.of(program).await?.ok_or_else(failure::not_connected)?;
        let again = ReadAgain::new(self.store.clone(), client, program);
        again.at_once(yativo_card_id.to_owned(), Whom::Named).await;
        Ok(())
    }

    /// Refuses customers whom we know to be another program's, although the issuer might
    /// not: two programs may have the same account there.
    async fn check_customers(&self, program: ProgramId, call: &Call) -> Result<()> {
        for name in call.customers() {
            if self.store.is_of_another_program(program, name).await? {
                return Err(Error::new(Kind::NotFound, "Customer not found"));
            }
        }
        Ok(())
    }
}

/// Sends a call, and reads the customer again whom it has changed.
async fn complete(
    client: ProgramClient,
    again: ReadAgain,
    call: Call,
    path: Path,
) -> Result<Arc<Answer>> {
    let route = call.route;
    // A call that waits for its turn longer than the client waits must never leave.
    let answer = tokio::time::timeout(TIME_LIMIT, call.send(&client, &path)).await;
    let result = match answer {
        Ok(answer) => failure::checked(answer.map(Arc::new), route),
        Err(_) => Err(failure::timeout(route)),
    };
    if let What::Refreshed(whom) = route.kind {
        match &result {
            Ok(answer) if answer.status.is_success() => {
                if let Some(name) = customer_of(whom, &call, answer) {
                    again.at_once(name, whom).await;
                }
            }
            Ok(_) => {}
            // It may have been done.
            Err(_) => {
                if let Some(name) = call.named() {
                    again.want_or_log(name).await;
                }
            }
        }
    }
    result
}

/// The name of the customer whom a call has changed.
fn customer_of(whom: Whom, call: &Call, answer: &Answer) -> Option<String> {
    #[derive(Deserialize)]
    struct Added {
        data: Customer,
    }
    #[derive(Deserialize)]
    struct Customer {
        yativo_card_id: String,
    }
    match whom {
        Whom::Added => {
            let added: Added = serde_json::from_slice(&answer.body).ok()?;
            Some(added.data.yativo_card_id)
        }
        Whom::Named | Whom::Removed => call.named().cloned(),
    }
}
