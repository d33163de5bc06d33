//! The client of each program's account at the issuer. The settings know programs by name,
//! principals by number.

use std::time::Duration;

use moka::future::Cache;

use crate::domain::principal::ProgramId;
use crate::error::Result;
use crate::issuer::{Issuer, ProgramClient};
use crate::store::Store;

/// How long it is known which programs have a key pair, and how many programs are.
const KNOWN_FOR: Duration = Duration::from_secs(10);
const PROGRAMS: u64 = 1_000;

/// Finds the clients of programs. Clones share everything.
#[derive(Clone, Debug)]
pub struct ProgramClients {
    store: Store,
    issuer: Issuer,
    /// None without a key pair.
    found: Cache<ProgramId, Option<ProgramClient>>,
}

impl ProgramClients {
    /// Over a store, for the programs that have a key pair.
    pub fn new(store: Store, issuer: Issuer) -> Self {
        let found = Cache::builder().max_capacity(PROGRAMS).time_to_live(KNOWN_FOR).build();
        Self { store, issuer, found }
    }

    /// The client of a program; none if it has no key pair.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn of(&self, program: ProgramId) -> Result<Option<ProgramClient>> {
        if !self.has_any() {
            return Ok(None);
        }
        if let Some(client) = self.found.get(&program).await {
            return Ok(client);
        }
        let programs = self.store.programs().await?;
        let name = programs.into_iter().find(|of| of.id == program).map(|of| of.name);
        let client = name.and_then(|name| self.issuer.program(&name).cloned());
        self.found.insert(program, client.clone()).await;
        Ok(client)
    }

    /// A program with its client, by its name; none if it has no key pair, or is not stored.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn named(&self, name: &str) -> Result<Option<(ProgramId, ProgramClient)>> {
        let Some(client) = self.issuer.program(name) else { return Ok(None) };
        let stored = self.store.program_named(name).await?;
        Ok(stored.map(|program| (program.id, client.clone())))
    }

    /// The name of each program that has a key pair.
    pub fn names(&self) -> Vec<String> {
        self.issuer.programs().map(|(name, _)| name.to_owned()).collect()
    }

    /// Whether any program has a key pair.
    pub fn has_any(&self) -> bool {
        self.issuer.programs().next().is_some()
    }
}
