//! What moves the list of customers while it is read. No events.

use crate::issuer::state::{Currency, Customer, ListOrder, Program};

impl Program {
    /// Puts so many new customers at the front, whatever the order is.
    pub fn insert_at_front(&mut self, count: usize) {
        let order = std::mem::replace(&mut self.spec.order, ListOrder::NewestFirst);
        for _ in 0..count {
            self.add_customer();
        }
        self.spec.order = order;
    }

    /// Drops so many customers out of the middle of the list. Returns their
    /// `yativo_card_id`s.
    pub fn remove_from_middle(&mut self, count: usize) -> Vec<String> {
        let middle = self.order.len() / 2;
        let start = middle.saturating_sub(count / 2);
        let taken: Vec<u32> = self.order.iter().skip(start).take(count).copied().collect();
        let names = taken.iter().map(|index| self.get(*index).yativo_card_id.clone()).collect();
        for index in taken {
            self.delist(index);
        }
        names
    }

    /// Puts the list into another order.
    pub fn reorder(&mut self, seed: u64) {
        fastrand::Rng::with_seed(seed).shuffle(self.order.make_contiguous());
    }

    pub(super) fn delist(&mut self, index: u32) {
        self.order.retain(|other| *other != index);
        let mut names = std::mem::take(&mut self.names);
        let customer = self.get_mut(index);
        customer.gone = true;
        names.remove(index, customer);
        self.names = names;
    }

    pub(super) fn relist(&mut self, index: u32) {
        let mut names = std::mem::take(&mut self.names);
        let customer = self.get_mut(index);
        customer.gone = false;
        names.add(index, customer);
        self.names = names;
        self.enlist(index);
    }

    /// Changes a customer's names.
    pub(super) fn rename(&mut self, index: u32, change: impl FnOnce(&mut Customer)) {
        let mut names = std::mem::take(&mut self.names);
        let customer = self.get_mut(index);
        names.remove(index, customer);
        change(customer);
        names.add(index, customer);
        self.names = names;
    }

    pub(super) fn pick_currency(&mut self) -> Currency {
        Currency::ALL[self.rng.usize(..Currency::ALL.len())]
    }
}
