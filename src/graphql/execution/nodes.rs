//! Objects by their global identifiers: all of a request are one statement for each kind.

use std::collections::HashMap;
use std::sync::Arc;

use dataloader::BatchFn;
use dataloader::cached::Loader;

use super::card_holders::CardHolders;
use super::customer_page::CustomerPage;
use super::viewer::Viewer;
use crate::domain::card::Card;
use crate::domain::node_id::NodeId;
use crate::domain::page::Slice;
use crate::domain::payment::Payment;
use crate::domain::transaction::Transaction;
use crate::error::{Error, Result};

/// How often a field yields to the other root fields before their objects are loaded.
const YIELDS: usize = 10;

/// An object, where it stands among those of its kind that were loaded with it.
#[derive(Clone)]
pub(crate) enum LoadedNode {
    Customer(Arc<CustomerPage>, usize),
    Card(Arc<Vec<Card>>, usize),
    Transaction(Arc<Slice<Transaction>>, usize, Arc<CardHolders>),
    Payment(Arc<Slice<Payment>>, usize),
}

type Found = Result<Option<LoadedNode>, Arc<Error>>;

struct Load(Arc<Viewer>);

/// The identifiers of one kind.
fn keys(ids: &[NodeId], key: impl Fn(&NodeId) -> Option<&String>) -> Vec<String> {
    ids.iter().filter_map(key).cloned().collect()
}

/// Items that were loaded together.
fn slice<T>(items: Vec<T>) -> Arc<Slice<T>> {
    Arc::new(Slice { items, has_next: false, has_previous: false })
}

impl Load {
    async fn customers(&self, ids: Vec<String>) -> Result<Vec<(NodeId, LoadedNode)>> {
        let Viewer { principal, services } = &*self.0;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let found = services.customers.by_id(principal, ids).await?;
        let page = Arc::new(CustomerPage::new(Arc::clone(&self.0), found));
        let of = |at| {
            let id = NodeId::Customer(page.customer(at).id.clone());
            (id, LoadedNode::Customer(Arc::clone(&page), at))
        };
        Ok((0..page.len()).map(of).collect())
    }

    async fn cards(&self, ids: Vec<String>) -> Result<Vec<(NodeId, LoadedNode)>> {
        let Viewer { principal, services } = &*self.0;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let all = Arc::new(services.cards.by_id(principal, ids).await?);
        let of = |(at, card): (usize, &Card)| {
            (NodeId::Card(card.card_id.clone()), LoadedNode::Card(Arc::clone(&all), at))
        };
        Ok(all.iter().enumerate().map(of).collect())
    }

    async fn transactions(&self, ids: Vec<String>) -> Result<Vec<(NodeId, LoadedNode)>> {
        let Viewer { principal, services } = &*self.0;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let all = slice(services.transactions.by_id(principal, ids).await?);
        let holders = all.items.iter().map(|one| one.customer_id.clone()).collect();
        let holders = Arc::new(CardHolders::new(Arc::clone(&self.0), holders));
        let of = |(at, one): (usize, &Transaction)| {
            let id = NodeId::Transaction(one.transaction_id.clone());
            (id, LoadedNode::Transaction(Arc::clone(&all), at, Arc::clone(&holders)))
        };
        Ok(all.items.iter().enumerate().map(of).collect())
    }

    async fn payments(&self, ids: Vec<String>) -> Result<Vec<(NodeId, LoadedNode)>> {
        let Viewer { principal, services } = &*self.0;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = services.funding.find(principal, &ids).await?;
        // Others are the program's own, which are not shown here.
        found.retain(|payment| payment.order.payee.is_some());
        let all = slice(found);
        let of = |(at, one): (usize, &Payment)| {
            (NodeId::Payment(one.id.clone()), LoadedNode::Payment(Arc::clone(&all), at))
        };
        Ok(all.items.iter().enumerate().map(of).collect())
    }

    async fn all(&self, ids: &[NodeId]) -> Result<HashMap<NodeId, LoadedNode>> {
        let customers = keys(ids, |id| match id {
            NodeId::Customer(key) => Some(key),
            _ => None,
        });
        let cards = keys(ids, |id| match id {
            NodeId::Card(key) => Some(key),
            _ => None,
        });
        let transactions = keys(ids, |id| match id {
            NodeId::Transaction(key) => Some(key),
            _ => None,
        });
        let payments = keys(ids, |id| match id {
            NodeId::Payment(key) => Some(key),
            _ => None,
        });
        let (customers, cards, transactions, payments) = tokio::try_join!(
            self.customers(customers),
            self.cards(cards),
            self.transactions(transactions),
            self.payments(payments),
        )?;
        Ok(customers.into_iter().chain(cards).chain(transactions).chain(payments).collect())
    }
}

impl BatchFn<NodeId, Found> for Load {
    async fn load(&mut self, ids: &[NodeId]) -> HashMap<NodeId, Found> {
        let found = self.all(ids).await.map_err(Arc::new);
        let of = |id: &NodeId| match &found {
            Ok(found) => (id.clone(), Ok(found.get(id).cloned())),
            Err(error) => (id.clone(), Err(Arc::clone(error))),
        };
        ids.iter().map(of).collect()
    }
}

/// The objects of one request, by their global identifiers.
pub(crate) struct Nodes(Loader<NodeId, Found, Load>);

impl Nodes {
    /// With a `single_root_field`, it does not wait for others.
    pub(crate) fn new(viewer: Arc<Viewer>, single_root_field: bool) -> Self {
        let yields = if single_root_field { 0 } else { YIELDS };
        Self(Loader::new(Load(viewer)).with_max_batch_size(usize::MAX).with_yield_count(yields))
    }

    /// The objects with these identifiers, those that there are.
    pub(crate) async fn of(
        &self,
        ids: Vec<NodeId>,
    ) -> Result<HashMap<NodeId, LoadedNode>, Arc<Error>> {
        let found = self.0.try_load_many(ids).await;
        let found = found.map_err(|lost| Arc::new(Error::internal(lost)))?;
        let there = |(id, found): (NodeId, Found)| match found {
            Ok(found) => found.map(|node| Ok((id, node))),
            Err(error) => Some(Err(error)),
        };
        found.into_iter().filter_map(there).collect()
    }
}
