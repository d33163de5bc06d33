//! Changes that are shown together. Their customers are loaded when a field first needs one of
//! them, in one statement.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};

use super::customer_page::CustomerPage;
use super::viewer::Viewer;
use crate::domain::change::{Change, ChangeKind};
use crate::domain::cursor::{ListId, Position};
use crate::domain::customer::Customer;
use crate::error::Error;
use crate::services::changes::Changes;
use crate::services::live::Changed;

/// The customers of a page, and where each stands.
struct Found {
    page: Arc<CustomerPage>,
    places: HashMap<String, usize>,
}

impl Found {
    fn of(page: CustomerPage) -> Arc<Self> {
        let places = (0..page.len()).map(|at| (page.customer(at).id.clone(), at)).collect();
        Arc::new(Self { page: Arc::new(page), places })
    }
}

type Customers = Result<Arc<Found>, Arc<Error>>;

/// Where changes come from.
#[derive(Clone)]
enum Origin {
    /// They are stored: their customers are to be loaded.
    Stored,
    /// One has just happened; with its customer, unless that is no longer there.
    Live(Option<Arc<Customer>>),
}

/// Changes that are shown together.
pub(crate) struct ChangePage {
    viewer: Arc<Viewer>,
    list: ListId,
    changes: Vec<Arc<Change>>,
    origin: Origin,
    /// Begun when a field first needs them. Not every field does, and one that is dropped while
    /// it waits must not make the next one begin anew.
    customers: OnceLock<Shared<BoxFuture<'static, Customers>>>,
}

impl ChangePage {
    /// Changes that are stored.
    pub(crate) fn new(viewer: Arc<Viewer>, changes: Vec<Change>) -> Self {
        Self::with(viewer, changes.into_iter().map(Arc::new).collect(), Origin::Stored)
    }

    /// A change that has just happened.
    pub(crate) fn of_one(viewer: Arc<Viewer>, changed: Changed) -> Self {
        Self::with(viewer, vec![changed.change], Origin::Live(changed.customer))
    }

    fn with(viewer: Arc<Viewer>, changes: Vec<Arc<Change>>, origin: Origin) -> Self {
        let list = Changes::list_id(&viewer.principal);
        Self { viewer, list, changes, origin, customers: OnceLock::new() }
    }

    /// How many changes the page has.
    pub(crate) fn len(&self) -> usize {
        self.changes.len()
    }

    /// The change at a place of the page.
    pub(crate) fn change(&self, at: usize) -> &Change {
        &self.changes[at]
    }

    /// Where the change at a place stands among all.
    pub(crate) fn position(&self, at: usize) -> Position {
        Position::numbered(self.changes[at].seq)
    }

    /// The same for clients.
    pub(crate) fn cursor(&self, at: usize) -> String {
        self.position(at).to_cursor(self.list)
    }

    /// The customer of a change as it is now, by its page and its place there; none for a
    /// change that says that the customer is gone, and if the customer is gone by now.
    pub(crate) async fn customer(
        &self,
        at: usize,
    ) -> Result<Option<(Arc<CustomerPage>, usize)>, Arc<Error>> {
        if self.changes[at].kind == ChangeKind::Gone {
            return Ok(None);
        }
        let found = self.customers().await?;
        let place = found.places.get(&self.changes[at].customer);
        Ok(place.map(|place| (Arc::clone(&found.page), *place)))
    }

    /// A change with the customer as it is now, also if it was gone in between.
    pub(crate) async fn changed(&self, at: usize) -> Result<Changed, Arc<Error>> {
        let change = Arc::clone(&self.changes[at]);
        let customer = match &self.origin {
            Origin::Live(customer) => customer.clone(),
            Origin::Stored => {
                let found = self.customers().await?;
                let place = found.places.get(&change.customer);
                place.map(|place| found.page.shared_customer(*place))
            }
        };
        Ok(Changed { change, customer })
    }

    async fn customers(&self) -> Customers {
        self.customers.get_or_init(|| self.load().shared()).clone().await
    }

    fn load(&self) -> BoxFuture<'static, Customers> {
        let (viewer, changes) = (Arc::clone(&self.viewer), self.changes.clone());
        let origin = self.origin.clone();
        async move {
            let page = match (origin, changes.as_slice()) {
                (Origin::Live(Some(customer)), [change]) => {
                    let page = viewer.after_change(change, Arc::clone(&customer)).await;
                    page.unwrap_or_else(|| viewer.page_of(customer, change.balance))
                }
                (Origin::Live(_), _) => CustomerPage::new(viewer, Vec::new()),
                (Origin::Stored, changes) => {
                    let mut ids: Vec<_> = changes.iter().map(|of| of.customer.clone()).collect();
                    ids.sort_unstable();
                    ids.dedup();
                    let found = viewer.services.customers.by_id(&viewer.principal, ids).await;
                    CustomerPage::new(viewer, found.map_err(Arc::new)?)
                }
            };
            Ok(Found::of(page))
        }
        .boxed()
    }
}
