//! `CardCustomerChange`.

use std::sync::Arc;

use async_graphql::{ID, Object, Result};

use crate::domain::cursor::Position;
use crate::graphql::error::failure;
use crate::graphql::execution::change_page::ChangePage;
use crate::graphql::execution::page_writer::LoneObject;
use crate::graphql::schema::card_customer::CardCustomer;
use crate::graphql::schema::enums::CardCustomerChangeKind;
use crate::graphql::schema::scalars::DateTime;

/// A change, where it stands in its page.
#[derive(Clone)]
pub(crate) struct CardCustomerChange {
    page: Arc<ChangePage>,
    at: usize,
}

impl CardCustomerChange {
    /// The one at a place of a page.
    pub(crate) const fn at(page: Arc<ChangePage>, at: usize) -> Self {
        Self { page, at }
    }

    /// All of a page, in its order.
    pub(crate) fn all_of(page: &Arc<ChangePage>) -> impl DoubleEndedIterator<Item = Self> {
        (0..page.len()).map(|at| Self { page: Arc::clone(page), at })
    }

    /// Where it stands among all changes.
    pub(crate) fn position(&self) -> Position {
        self.page.position(self.at)
    }

    /// The same for clients.
    pub(crate) fn as_cursor(&self) -> String {
        self.page.cursor(self.at)
    }
}

/// A change of a card customer. An event of the issuer is one change, and so is an import, or a reading from the issuer, for each customer that it changes; one that changes nothing is none.
#[Object]
impl CardCustomerChange {
    /// When the change was made.
    #[graphql(name = "at")]
    async fn made_at(&self) -> DateTime {
        DateTime(self.page.change(self.at).at)
    }

    /// The place of the change among all, for `after` of `cardCustomerChanges` and of subscriptions.
    async fn cursor(&self) -> String {
        self.as_cursor()
    }

    /// The customer as it is now. Null if the customer is gone, and always if `kind` is `GONE`. All customers of a page are loaded together, and only if they are selected.
    async fn customer(&self) -> Result<Option<LoneObject<CardCustomer>>> {
        let found = self.page.customer(self.at).await.map_err(failure)?;
        Ok(found.map(|(page, at)| LoneObject(CardCustomer::at(page, at))))
    }

    /// The `id` of the customer, also if the customer is gone.
    async fn customer_id(&self) -> ID {
        ID(self.page.change(self.at).customer.clone())
    }

    /// What has changed.
    async fn kind(&self) -> CardCustomerChangeKind {
        self.page.change(self.at).kind.into()
    }
}
