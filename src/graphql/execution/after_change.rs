//! The customer after a change, on a page of its own.

use std::sync::Arc;

use super::customer_page::CustomerPage;
use super::viewer::Viewer;
use crate::domain::balance::WalletBalance;
use crate::domain::change::Change;
use crate::domain::customer::{Customer, FoundCustomer, Include};

/// What subscriptions load with the customer.
pub(crate) const INCLUDE: Include = Include { balances: true, cards: false };

impl Viewer {
    /// A customer after a change. None if only the chain's balance has changed and it is not
    /// the one that is shown: there is a live one.
    pub(crate) async fn after_change(
        self: &Arc<Self>,
        change: &Change,
        customer: Arc<Customer>,
    ) -> Option<CustomerPage> {
        let balance = change.balance;
        if !change.only_chain {
            return Some(self.page_of(customer, balance));
        }
        let balances = &self.services.balances;
        if balance.is_some_and(|balance| balances.fresh_for(&balance).is_some()) {
            return None;
        }
        let held = [(customer, balance)];
        let outcome = balances.as_stored(&self.principal, &held).await.pop()?;
        let [(customer, balance)] = held;
        Some(self.page_of(customer, balance).with_balance(outcome))
    }

    /// A customer with a balance of the issuer's.
    pub(crate) fn page_of(
        self: &Arc<Self>,
        customer: Arc<Customer>,
        balance: Option<WalletBalance>,
    ) -> CustomerPage {
        let found = FoundCustomer { customer, included: INCLUDE, balance, cards: Vec::new() };
        CustomerPage::of_one(Arc::clone(self), &found)
    }
}
