//! What the subscriber of one customer sees: the customer after each change, on a page of its
//! own.

use std::sync::Arc;

use super::after_change::INCLUDE;
use super::change_watch::{ChangeSource, Gap};
use super::customer_page::CustomerPage;
use super::viewer::Viewer;
use crate::domain::balance::{Outcome, WalletBalance};
use crate::domain::customer::FoundCustomer;
use crate::domain::identifier::Identifier;
use crate::error::{Error, Kind, Result};
use crate::services::live::Changed;

/// A message for the subscriber.
pub(crate) struct Message {
    /// The customer.
    pub(crate) page: Arc<CustomerPage>,
    /// The number of the change that it shows; none if it shows no change.
    pub(crate) seq: Option<i64>,
}

/// What a subscriber waits for.
enum Event {
    Changed(Changed),
    /// The live balance that is shown has become too old.
    Stale,
}

/// Watches one customer.
pub(crate) struct CustomerWatch {
    viewer: Arc<Viewer>,
    id: Identifier,
    source: ChangeSource,
    /// Changes up to this number are shown already.
    known: i64,
    /// Whether the messages are known to show a balance although none was sent yet.
    selects_balance: bool,
    /// The message before.
    sent: Option<Arc<CustomerPage>>,
    /// The balance that the subscriber saw last; none if the messages show no balance.
    shown: Option<Outcome>,
    /// The issuer's balance, if there is one. It turns stale.
    balance: Option<WalletBalance>,
}

impl CustomerWatch {
    /// Begins to watch a customer: after the change with a number, or, without one, with the
    /// current state.
    pub(crate) async fn begin(
        viewer: Arc<Viewer>,
        found: &FoundCustomer,
        after: Option<i64>,
        selects_balance: bool,
    ) -> Result<Self> {
        let customer = &found.customer.id;
        let source = ChangeSource::begin(&viewer, Some(customer), after).await?;
        let id = Identifier::parse(customer).map_err(Error::internal)?;
        Ok(Self {
            viewer,
            id,
            source,
            known: 0,
            selects_balance: selects_balance && after.is_some(),
            sent: None,
            shown: None,
            balance: found.balance,
        })
    }

    /// The customer as it is now, to begin with or where changes were missed. Changes that
    /// this includes are skipped.
    ///
    /// # Errors
    /// If there is no such customer any more, or the store fails.
    pub(crate) async fn current(&mut self) -> Result<Message, Gap> {
        let loaded = async {
            // What is read afterwards includes it, so that a client can go on from here.
            let last = self.viewer.services.changes.last(&self.viewer.principal).await?;
            Result::Ok((last, self.load().await?))
        };
        let (last, (page, included)) = loaded.await.map_err(failed)?;
        self.known = self.known.max(included).max(last);
        Ok(self.send(page, Some(self.known)))
    }

    /// The customer after the next change that the subscriber can see; none when the
    /// process stops. What comes after the waiting is in boxes, so that it needs no room before.
    ///
    /// # Errors
    /// As [`CustomerWatch::current`]; [`Gap::Removed`] if changes to begin with were removed.
    pub(crate) async fn next(&mut self) -> Option<Result<Message, Gap>> {
        if let Some(sent) = self.sent.take() {
            self.shown = sent.shown_balance(0);
        }
        loop {
            let (page, seq) = match self.wait().await? {
                Ok(Event::Changed(Changed { change, customer })) => {
                    if change.seq <= self.known {
                        continue;
                    }
                    self.balance = change.balance;
                    if change.only_chain && !self.shows_balance() {
                        continue;
                    }
                    // Gone; the reason why there is no current state says so.
                    let Some(customer) = customer else {
                        return Some(Box::pin(self.current()).await);
                    };
                    let page = Box::pin(self.viewer.after_change(&change, customer)).await;
                    let page = page.filter(|page| !change.only_chain || self.is_news(page));
                    (page, Some(change.seq))
                }
                Ok(Event::Stale) => match Box::pin(self.turned_stale()).await {
                    Ok(page) => (page, None),
                    Err(error) => return Some(Err(failed(error))),
                },
                Err(Gap::Lagged) => return Some(Box::pin(self.current()).await),
                Err(gap) => return Some(Err(gap)),
            };
            if let Some(page) = page {
                return Some(Ok(self.send(page, seq)));
            }
        }
    }

    const fn shows_balance(&self) -> bool {
        self.shown.is_some() || self.selects_balance
    }

    /// Waits for the next change, or, if a balance is shown, until a live one turns stale.
    /// Ends when the process stops.
    async fn wait(&mut self) -> Option<Result<Event, Gap>> {
        let balance = self.balance.filter(|_| self.shows_balance());
        let left = balance.and_then(|balance| self.viewer.services.balances.fresh_for(&balance));
        let changed = match left {
            None => self.source.next().await,
            Some(left) => match tokio::time::timeout(left, self.source.next()).await {
                Ok(changed) => changed,
                Err(_) => return Some(Ok(Event::Stale)),
            },
        };
        Some(changed?.map(Event::Changed))
    }

    /// The customer after its live balance has turned stale; none if the shown balance is
    /// the same as before.
    async fn turned_stale(&mut self) -> Result<Option<CustomerPage>> {
        let (page, included) = self.load().await?;
        // Who follows changes from a place on gets each of them all the same.
        if matches!(self.source, ChangeSource::Live(_)) {
            self.known = self.known.max(included);
        }
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

    fn send(&mut self, page: CustomerPage, seq: Option<i64>) -> Message {
        let page = Arc::new(page);
        self.sent = Some(Arc::clone(&page));
        Message { page, seq }
    }

    /// The customer, and the number of the last change that it includes.
    async fn load(&mut self) -> Result<(CustomerPage, i64)> {
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
                self.balance = found.balance;
                return Ok((CustomerPage::of_one(Arc::clone(&self.viewer), found), after));
            }
        }
    }
}

fn failed(error: Error) -> Gap {
    Gap::Failed(Arc::new(error))
}
