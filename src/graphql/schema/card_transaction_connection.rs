//! `CardTransactionConnection`.

use std::sync::Arc;

use async_graphql::{Object, Result};

use crate::domain::cursor::ListId;
use crate::domain::page::{Slice, Window};
use crate::domain::transaction::Transaction;
use crate::graphql::execution::list_total::ListTotal;
use crate::graphql::execution::page_writer::DirectObjects;
use crate::graphql::schema::card_transaction::{CardHolder, CardTransaction};
use crate::graphql::schema::card_transaction_edge::CardTransactionEdge;
use crate::graphql::schema::page_info::PageInfo;

/// A page of transactions.
pub(crate) struct CardTransactionConnection {
    pub(crate) page: Arc<Slice<Transaction>>,
    pub(crate) holder: CardHolder,
    pub(crate) window: Window,
    pub(crate) list: ListId,
    pub(crate) total: Arc<ListTotal>,
}

impl CardTransactionConnection {
    fn all(&self) -> impl DoubleEndedIterator<Item = CardTransaction> + '_ {
        CardTransaction::all_of(&self.page, &self.holder)
    }
}

/// A page of transactions, newest first.
#[Object]
impl CardTransactionConnection {
    /// The transactions with their cursors.
    async fn edges(&self) -> DirectObjects<CardTransactionEdge> {
        DirectObjects(self.all().map(|node| CardTransactionEdge::new(node, self.list)).collect())
    }

    /// The transactions without their cursors.
    async fn nodes(&self) -> DirectObjects<CardTransaction> {
        DirectObjects(self.all().collect())
    }

    /// The position of this page in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            window: self.window.clone(),
            has_next: self.page.has_next,
            has_previous: self.page.has_previous,
            first: self.all().next().map(|node| node.position()),
            last: self.all().next_back().map(|node| node.position()),
            list: self.list,
            total: Arc::clone(&self.total),
        }
    }

    /// The number of transactions in the whole list. Counted only if selected.
    async fn total_count(&self) -> Result<i64> {
        self.total.get().await
    }
}
