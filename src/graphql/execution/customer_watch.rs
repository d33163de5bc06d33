//! What a subscriber sees: the customer after each change, on a page of its own.

use std::sync::Arc;

use super::customer_page::CustomerPage;
use super::viewer::Viewer;
use crate::domain::balance::{Outcome, WalletBalance};
use crate::domain::customer::{Customer, FoundCustomer, Include};
use crate::domain::identifier::Identifier;
use crate::error::{Error, Kind, Result};
use crate::services::live::{Changed, Missed, Watcher};

/// What subscriptions load with the customer.
const INCLUDE: Include = Include { balances: true, cards: false };

impl Viewer {
    /// A customer after a change. None if only the chain's balance has changed and it is not
    /// the one that is shown: there is a live one.
    pub(crate) async fn changed(self: &Arc<Self>, changed: Changed) -> Option<CustomerPage> {
        let Changed { customer, balance, only_chain, .. } = changed;
        if !only_chain {
            return Some(self.page(customer, balance));
        }
        let balances = &self.services.balances;
        if balance.is_some_and(|balance| balances.fresh_for(&balance).is_some()) {
            return None;
        }
        let held = [(customer, balance)];
        let outcome = balances.as_stored(&self.principal, &held).await.pop()?;
        let [(customer, balance)] = held;
        Some(self.page(customer, balance).with_balance(outcome))
    }

    fn page(
        self: &Arc<Self>,
        customer: Arc<Customer>,
        balance: Option<WalletBalance>,
    ) -> CustomerPage {
        let found = FoundCustomer { customer, included: INCLUDE, balance, cards: Vec::new() };
        CustomerPage::of_one(Arc::clone(self), &found)
    }
}

/// Watches one customer.
pub(crate) struct CustomerWatch {
    viewer: Arc<Viewer>,
    id: Identifier,
    watcher: Watcher,
    /// The message before.
    sent: Option<Arc<CustomerPage>>,
    /// The balance that the subscriber saw last; none if the messages show no balance.
    shown: Option<Outcome>,
    /// The issuer's balance, if there is one. It turns stale.
    balance: Option<WalletBalance>,
}

impl CustomerWatch {
    /// Begins with the current state of a customer.
    pub(crate) async fn begin(viewer: Arc<Viewer>, customer: &str) -> Result<Self> {
        let watcher = viewer.services.live.watch_one(&viewer.principal, customer).await?;
        let id = Identifier::parse(customer).map_err(Error::internal)?;
        Ok(Self { viewer, id, watcher, sent: None, shown: None, balance: None })
    }

    /// The customer as it is now, to begin with or where changes were missed. Changes that
    /// this includes are skipped.
    ///
    /// # Errors
    /// If there is no such customer any more, or the store fails.
    pub(crate) async fn current(&mut self) -> Result<Arc<CustomerPage>> {
        let page = self.load().await?;
        Ok(self.send(page))
    }

    /// The customer after the next change that the subscriber can see; none when the
    /// process stops. What comes after the waiting is in boxes, so that it needs no room before.
    ///
    /// # Errors
    /// As [`CustomerWatch::current`].
    pub(crate) async fn next(&mut self) -> Option<Result<Arc<CustomerPage>>> {
        if let Some(sent) = self.sent.take() {
            self.shown = sent.shown_balance(0);
        }
        loop {
            let page = match self.wait().await? {
                Some(Ok(changed)) => {
                    self.balance = changed.balance;
                    let only_chain = changed.only_chain;
                    if only_chain && self.shown.is_none() {
                        continue;
                    }
                    let page = Box::pin(self.viewer.changed(changed)).await;
                    page.filter(|page| !only_chain || self.is_news(page))
                }
                Some(Err(Missed)) => return Some(Box::pin(self.current()).await),
                None => match Box::pin(self.turned_stale()).await {
                    Ok(page) => page,
                    Err(error) => return Some(Err(error)),
                },
            };
            if let Some(page) = page {
                return Some(Ok(self.send(page)));
            }
        }
    }

    /// Waits for the next change, or, if a balance is shown, until a live one turns stale:
    /// then there is none. Ends when the process stops.
    async fn wait(&mut self) -> Option<Option<Result<Changed, Missed>>> {
        let balance = self.balance.filter(|_| self.shown.is_some());
        let left = balance.and_then(|balance| self.viewer.services.balances.fresh_for(&balance));
        match left {
            None => self.watcher.next().await.map(Some),
            Some(left) => match tokio::time::timeout(left, self.watcher.next()).await {
                Ok(changed) => changed.map(Some),
                Err(_) => Some(None),
            },
        }
    }

    /// The customer after its live balance has turned stale; none if the shown balance is
    /// the same as before.
    async fn turned_stale(&mut self) -> Result<Option<CustomerPage>> {
        let page = self.load().await?;
        // The page keeps what it finds here for the message.
        let _ = page.balance(0).await;
        Ok(Some(page).filter(|page| self.is_news(page)))
    }

    fn is_news(&self, page: &CustomerPage) -> bool {
        match (&self.shown, page.shown_balance(0)) {
            (Some(before), Some(now)) => !before.shows_same_as(&now),
            _ => true,
        }
    }

    fn send(&mut self, page: CustomerPage) -> Arc<CustomerPage> {
        let page = Arc::new(page);
        self.sent = Some(Arc::clone(&page));
        page
    }

    async fn load(&mut self) -> Result<CustomerPage> {
        let Viewer { principal, services } = &*self.viewer;
        loop {
            let before = services.live.last_change(principal, self.id.as_str()).await?;
            let wanted = std::slice::from_ref(&self.id);
            let found = services.customers.find(principal, wanted, INCLUDE).await?;
            let after = services.live.last_change(principal, self.id.as_str()).await?;
            let Some(found) = found.get(&self.id) else {
                return Err(Error::new(Kind::NotFound, "There is no such customer"));
            };
            // Otherwise the customer has changed in between, and it is not known which
            // changes were read.
            if before == after {
                self.watcher.skip(after);
                self.balance = found.balance;
                return Ok(CustomerPage::of_one(Arc::clone(&self.viewer), found));
            }
        }
    }
}
