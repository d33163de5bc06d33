//! The client of each program's issuer account.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::principal::ProgramId;
use crate::error::Result;
use crate::issuer::{Issuer, ProgramClient};
use crate::store::Store;

/// Finds the client of a program by its number. The settings know programs by name.
#[derive(Clone)]
pub(super) struct Clients {
    store: Store,
    issuer: Issuer,
    found: Arc<Mutex<HashMap<ProgramId, ProgramClient>>>,
}

impl Clients {
    pub(super) fn new(store: Store, issuer: Issuer) -> Self {
        Self { store, issuer, found: Arc::default() }
    }

    /// The client of a program; none if it has no key pair.
    pub(super) async fn of(&self, program: ProgramId) -> Result<Option<ProgramClient>> {
        if let Some(client) = self.known(program) {
            return Ok(Some(client));
        }
        for (name, client) in self.issuer.programs() {
            if let Some(stored) = self.store.program_named(name).await? {
                self.found().insert(stored.id, client.clone());
            }
        }
        Ok(self.known(program))
    }

    /// The name of each program that has a key pair.
    pub(super) fn names(&self) -> Vec<String> {
        self.issuer.programs().map(|(name, _)| name.to_owned()).collect()
    }

    /// A program with its client; none if it has no key pair, or is not stored.
    pub(super) async fn named(&self, name: &str) -> Result<Option<(ProgramId, ProgramClient)>> {
        let Some(client) = self.issuer.program(name) else { return Ok(None) };
        let stored = self.store.program_named(name).await?;
        Ok(stored.map(|program| (program.id, client.clone())))
    }

    fn known(&self, program: ProgramId) -> Option<ProgramClient> {
        self.found().get(&program).cloned()
    }

    fn found(&self) -> std::sync::MutexGuard<'_, HashMap<ProgramId, ProgramClient>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
