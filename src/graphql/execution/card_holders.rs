//! Customers whose cards are loaded together, when a field first needs those of one of them.

use std::sync::{Arc, OnceLock};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, ready};

use super::viewer::Viewer;
use crate::domain::card::Card;
use crate::error::Error;

/// The cards of each customer, in the order of the customers.
type Cards = Result<Arc<Vec<Arc<Vec<Card>>>>, Arc<Error>>;

/// The holders of cards.
pub(crate) struct CardHolders {
    viewer: Arc<Viewer>,
    /// Their `id`s; one may be there several times.
    ids: Vec<String>,
    /// Begun when a field first needs them. Not every field does, and one that is dropped while
    /// it waits must not make the next one begin anew.
    cards: OnceLock<Shared<BoxFuture<'static, Cards>>>,
}

impl CardHolders {
    /// Customers by their `id`s.
    pub(crate) fn new(viewer: Arc<Viewer>, ids: Vec<String>) -> Self {
        Self { viewer, ids, cards: OnceLock::new() }
    }

    /// One customer whose cards are loaded already.
    pub(crate) fn with_cards(viewer: Arc<Viewer>, id: String, cards: Vec<Card>) -> Self {
        let cards = ready(Ok(Arc::new(vec![Arc::new(cards)]))).boxed().shared();
        Self { viewer, ids: vec![id], cards: OnceLock::from(cards) }
    }

    /// Every card of the customer at a place, newest first.
    pub(crate) async fn cards(&self, at: usize) -> Result<Arc<Vec<Card>>, Arc<Error>> {
        let load = || {
            let (viewer, ids) = (Arc::clone(&self.viewer), self.ids.clone());
            let loading = async move {
                let Viewer { principal, services } = &*viewer;
                let mut once = ids.clone();
                once.sort_unstable();
                once.dedup();
                let found = services.cards.of(principal, &once).await.map_err(Arc::new)?;
                let found = found.into_iter().map(|(id, cards)| (id, Arc::new(cards)));
                let found: std::collections::HashMap<_, _> = found.collect();
                let of = |id| found.get(id).cloned().unwrap_or_default();
                Cards::Ok(Arc::new(ids.iter().map(of).collect()))
            };
            loading.boxed().shared()
        };
        let found = self.cards.get_or_init(load).clone().await?;
        Ok(found.get(at).cloned().unwrap_or_default())
    }
}
