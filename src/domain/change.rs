//! What has changed of customers, for clients that follow it.

use std::collections::BTreeMap;

use strum::{AsRefStr, EnumString, IntoStaticStr};

use super::balance::WalletBalance;
use super::principal::ProgramId;
use super::time::Timestamp;

/// What a change is about. One that is about several things is of the first of these kinds.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, AsRefStr, EnumString, IntoStaticStr,
)]
#[strum(serialize_all = "snake_case")]
pub enum ChangeKind {
    /// The customer is new, or is there again after having been gone.
    Created,
    /// The customer is gone.
    Gone,
    /// A transaction, perhaps with the balance.
    Transaction,
    /// The cards.
    Card,
    /// What the wallet holds.
    Balance,
    /// Anything else, such as the e-mail address or the onboarding status.
    Updated,
}

/// A customer has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its number: later changes of the same program have greater ones.
    pub seq: i64,
    /// The customer's program.
    pub program: ProgramId,
    /// The customer.
    pub customer: String,
    /// When it was made.
    pub at: Timestamp,
    /// What it is about.
    pub kind: ChangeKind,
    /// The issuer's balance after it, if there is one.
    pub balance: Option<WalletBalance>,
    /// Whether nothing has changed but what the chain says of the wallet.
    pub only_chain: bool,
}

/// A change that has no number yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewChange {
    /// The customer.
    pub customer: String,
    /// What it is about.
    pub kind: ChangeKind,
    /// The issuer's balance after it, if there is one.
    pub balance: Option<WalletBalance>,
}

/// Changes that a client cannot be shown: they were removed because of their age, or came
/// faster than they were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed;

/// The customers that something changes: each is one change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangedCustomers(BTreeMap<String, ChangeKind>);

impl ChangedCustomers {
    /// These customers, all in the same way.
    pub fn all(customers: impl IntoIterator<Item = String>, kind: ChangeKind) -> Self {
        customers.into_iter().map(|customer| (customer, kind)).collect()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The customers.
    pub fn ids(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// Those who are changed in no other way than this.
    pub fn only(&self, kind: ChangeKind) -> Vec<String> {
        let only = self.0.iter().filter(|(_, of)| **of == kind);
        only.map(|(customer, _)| customer.clone()).collect()
    }

    /// A customer is as before after all.
    pub fn remove(&mut self, customer: &str) {
        self.0.remove(customer);
    }
}

impl Extend<(String, ChangeKind)> for ChangedCustomers {
    fn extend<T: IntoIterator<Item = (String, ChangeKind)>>(&mut self, more: T) {
        for (customer, kind) in more {
            let known = self.0.entry(customer).or_insert(kind);
            *known = kind.min(*known);
        }
    }
}

impl FromIterator<(String, ChangeKind)> for ChangedCustomers {
    fn from_iter<T: IntoIterator<Item = (String, ChangeKind)>>(customers: T) -> Self {
        let mut all = Self::default();
        all.extend(customers);
        all
    }
}

impl IntoIterator for ChangedCustomers {
    type Item = (String, ChangeKind);
    type IntoIter = std::collections::btree_map::IntoIter<String, ChangeKind>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_customer_is_one_change_of_the_first_kind() {
        use ChangeKind::{Balance, Card, Created, Gone, Transaction, Updated};
        let mut kinds = [Updated, Balance, Created, Card, Gone, Transaction];
        kinds.sort_unstable();
        assert_eq!(kinds, [Created, Gone, Transaction, Card, Balance, Updated]);
        let mut changed = ChangedCustomers::all(["a".to_owned()], Balance);
        let more = [("b", Updated), ("a", Card), ("a", Updated), ("c", Balance)];
        changed.extend(more.map(|(customer, kind)| (customer.to_owned(), kind)));
        assert_eq!(changed.ids(), ["a", "b", "c"]);
        assert_eq!(
            (changed.only(Card), changed.only(Balance)),
            (vec!["a".into()], vec!["c".into()])
        );
        changed.remove("c");
        let all: Vec<_> = changed.into_iter().collect();
        assert_eq!(all, [("a".to_owned(), Card), ("b".to_owned(), Updated)]);
    }
}
