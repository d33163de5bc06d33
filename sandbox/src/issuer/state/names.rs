//! Who is meant by a name.

use std::collections::HashMap;

use super::card::Card;
use super::customer::Customer;

/// Which kind of name it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum NameKind {
    /// The database id.
    Id,
    /// The `yativo_card_id`.
    YativoCardId,
    /// The program's own name.
    ExternalId,
    /// The e-mail address, compared without case.
    Email,
    /// A card's UUID.
    Card,
}

/// Finds customers by name. Where a name fits several, the first one has it.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<(NameKind, Box<str>), u32>);

fn names(customer: &Customer) -> impl Iterator<Item = (NameKind, Box<str>)> {
    let external = customer.external_id.as_deref().map(|id| (NameKind::ExternalId, id.into()));
    let cards = customer.cards.iter().map(|card| (NameKind::Card, card.id.to_string().into()));
    [
        (NameKind::Id, customer.id.as_str().into()),
        (NameKind::YativoCardId, customer.yativo_card_id.as_str().into()),
        (NameKind::Email, customer.email.to_lowercase().into()),
    ]
    .into_iter()
    .chain(external)
    .chain(cards)
}

impl Names {
    /// Makes room for so many customers.
    pub(crate) fn reserve(&mut self, customers: usize) {
        self.0.reserve(customers * 5);
    }

    /// Learns all names of a customer.
    pub(crate) fn add(&mut self, index: u32, customer: &Customer) {
        for name in names(customer) {
            self.0.entry(name).or_insert(index);
        }
    }

    /// Learns the name of one card.
    pub(crate) fn add_card(&mut self, index: u32, card: &Card) {
        self.0.entry((NameKind::Card, card.id.to_string().into())).or_insert(index);
    }

    /// Forgets all names of a customer.
    pub(crate) fn remove(&mut self, index: u32, customer: &Customer) {
        for name in names(customer) {
            if self.0.get(&name) == Some(&index) {
                self.0.remove(&name);
            }
        }
    }

    /// The customer with a name of this kind.
    pub(crate) fn find(&self, kind: NameKind, name: &str) -> Option<u32> {
        let name: Box<str> =
            if kind == NameKind::Email { name.to_lowercase().into() } else { name.into() };
        self.0.get(&(kind, name)).copied()
    }
}
