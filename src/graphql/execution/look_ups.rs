//! Look-ups of customers: all look-ups of a request are one statement.

use std::collections::HashMap;
use std::sync::Arc;

use dataloader::BatchFn;
use dataloader::cached::Loader;

use super::viewer::Viewer;
use crate::domain::customer::{FoundCustomer, Include};
use crate::domain::identifier::Identifier;
use crate::error::Error;

/// How often a look-up yields to the other root fields before it is loaded.
const YIELDS: usize = 10;

type Found = Result<Option<Arc<FoundCustomer>>, Arc<Error>>;

/// An identifier, and what to load with the customer: balances, cards.
type Key = (Identifier, (bool, bool));

struct Load(Arc<Viewer>);

impl BatchFn<Key, Found> for Load {
    async fn load(&mut self, keys: &[Key]) -> HashMap<Key, Found> {
        let Viewer { principal, services } = &*self.0;
        let include = Include {
            balances: keys.iter().any(|(_, (balances, _))| *balances),
            cards: keys.iter().any(|(_, (_, cards))| *cards),
        };
        let identifiers: Vec<Identifier> = keys.iter().map(|(one, _)| one.clone()).collect();
        let found = services.customers.find(principal, &identifiers, include).await;
        let found = found.map_err(Arc::new);
        let of = |key: &Key| match &found {
            Ok(found) => (key.clone(), Ok(found.get(&key.0).cloned())),
            Err(error) => (key.clone(), Err(Arc::clone(error))),
        };
        keys.iter().map(of).collect()
    }
}

/// The look-ups of one request. They run in the request's own task: they end with it.
pub(crate) struct LookUps(Loader<Key, Found, Load>);

impl LookUps {
    /// With a `single_root_field`, it does not wait for others.
    pub(crate) fn new(viewer: Arc<Viewer>, single_root_field: bool) -> Self {
        let yields = if single_root_field { 0 } else { YIELDS };
        Self(Loader::new(Load(viewer)).with_max_batch_size(usize::MAX).with_yield_count(yields))
    }

    /// A customer, if there is one, with at least what is to be included.
    pub(crate) async fn one(&self, identifier: Identifier, include: Include) -> Found {
        let found = self.0.try_load((identifier, (include.balances, include.cards))).await;
        found.map_err(|lost| Arc::new(Error::internal(lost)))?
    }
}
