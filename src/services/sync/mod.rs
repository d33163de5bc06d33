//! Keeps the customers of a program as the issuer's API shows them.
//!
//! - [`Sync`]: synchronises programs, one process at a time each (`lease`).
//! - `approval`: whether the issuer has approved the program.
//! - `background`: does so in a server. `details`: the calls for single customers.
//! - `gone`: customers who are no longer there.
//! - `pass`: one pass over all pages of the list. `seen`: whom it has shown.
//! - `customer`, `balance`: what the issuer says, put together with what is known.
//! - [`SingleCustomers`]: asks for a customer while a client waits.
//! - [`ReadAgain`]: reads a customer right after a call that has changed something.
//! - `report`: progress and the final sentence.

mod approval;
mod background;
mod balance;
mod context;
mod customer;
mod details;
mod gone;
mod lease;
mod pass;
mod read_again;
mod report;
mod seen;
mod single;

use std::time::Duration;

use uuid::Uuid;

use self::context::Context;
use self::lease::Lease;
use self::pass::Pass;
pub use self::read_again::ReadAgain;
pub use self::report::{Report, Summary};
pub use self::single::SingleCustomers;
use crate::error::{Error, Kind, Result};
use crate::issuer::{Issuer, ProgramClient};
use crate::store::{Program, Store};

/// How often a process that waits for its right to synchronise looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Settings of the synchronisation.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long a process that has stopped keeps others from synchronising.
    pub lease: Duration,
}

/// What one synchronisation does besides reading the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whose details are read after the pass.
    pub details: Details,
    /// Whether customers may be gone however many they are.
    pub accept_gone: bool,
}

/// Whose details are read after a pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Details {
    /// None: a server reads them later.
    #[default]
    Later,
    /// Those of all customers who are due.
    Due,
    /// Those of all customers.
    All,
}

/// Synchronises programs with the issuer.
#[derive(Clone)]
pub struct Sync {
    store: Store,
    issuer: Issuer,
    settings: Settings,
    /// The name of this process in leases.
    holder: String,
}

impl Sync {
    /// Over a store and the issuer's API.
    pub fn new(store: Store, issuer: Issuer, settings: Settings) -> Self {
        Self { store, issuer, settings, holder: Uuid::now_v7().to_string() }
    }

    /// Reads all pages of a program's customers, or goes on where that was interrupted,
    /// then perhaps details. Waits while another process synchronises the program.
    ///
    /// # Errors
    /// If the program has no key pair, or the issuer or the store fails. What was read
    /// until then is stored.
    pub async fn once(
        &self,
        program: &Program,
        options: Options,
        report: &dyn Report,
    ) -> Result<Summary> {
        let client = self.client(program)?;
        let lease = self.wait_for_lease(program, report).await?;
        let context =
            Context { store: &self.store, client: &client, program, lease: &lease, report };
        let result = Self::read(context, options).await;
        let released = lease.release().await;
        let summary = result?;
        released.map(|()| summary)
    }

    /// Lets other processes synchronise the program at once, after [`Sync::once`] was dropped
    /// before its end.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn stop(&self, program: &Program) -> Result<()> {
        self.store.end_sync_lease(program.id, &self.holder).await
    }

    async fn read(context: Context<'_>, options: Options) -> Result<Summary> {
        approval::read(context).await?;
        let mut summary = Pass::open(context).await?.run(options.accept_gone).await?;
        match options.details {
            Details::Later => return Ok(summary),
            Details::Due => {}
            Details::All => details::make_all_due(context).await?,
        }
        loop {
            let read = details::read_due(context).await?;
            if read == 0 {
                return Ok(summary);
            }
            summary.details += read;
            context.report.details(summary.details);
        }
    }

    /// The client of a program for work that can wait.
    fn client(&self, program: &Program) -> Result<ProgramClient> {
        let client = self.issuer.program(&program.name).map(ProgramClient::background);
        client.ok_or_else(|| {
            let name = &program.name;
            let variable = name.to_uppercase().replace('-', "_");
            let message = format!(
                "the program {name} has no key pair of the issuer: set \
                 CARD_GATEWAY__ISSUER__{variable}__API_KEY and …__API_SECRET"
            );
            Error::new(Kind::Invalid, message)
        })
    }

    async fn wait_for_lease(&self, program: &Program, report: &dyn Report) -> Result<Lease> {
        let mut is_told = false;
        loop {
            let time = self.settings.lease;
            if let Some(lease) = Lease::take(&self.store, program.id, &self.holder, time).await? {
                return Ok(lease);
            }
            if !std::mem::replace(&mut is_told, true) {
                let name = &program.name;
                report.note(&format!("another process synchronises {name}; waiting for it to end"));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}
