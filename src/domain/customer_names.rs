//! Which customer an identifier means.

use std::borrow::Cow;
use std::collections::HashMap;

use strum::{IntoStaticStr, VariantArray};

use super::customer::{Customer, FoundCustomer};
use super::identifier::{Identifier, email_key};

/// Customers by each of their names.
///
/// An identifier may be read in several ways: as an `id`, a `yativo_card_id`,
/// an `external_customer_id` or an e-mail address, and the first of these that
/// fits counts. Among customers who share a name the newest is meant.
#[derive(Default)]
pub struct CustomerNames<'a> {
    ids: ByName<'a>,
    yativo_card_ids: ByName<'a>,
    external_customer_ids: ByName<'a>,
    email_keys: ByName<'a>,
}

/// The kinds of names by which the old API looks a customer up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum NameKind {
    /// Our `id`.
    Id,
    /// The issuer's identifier.
    YativoCardId,
    /// Our `id`, or the issuer's identifier.
    CustomerId,
    /// The UUID of a card, or the card network's token.
    CardId,
    /// The program's identifier.
    ExternalId,
    /// The e-mail address, in any case.
    Email,
}

/// A name that says of which kind it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Its kind.
    pub kind: NameKind,
    /// The name.
    pub text: Identifier,
}

/// Positions of customers by one kind of name.
type ByName<'a> = HashMap<Cow<'a, str>, (usize, &'a Customer)>;

impl<'a> CustomerNames<'a> {
    /// The names of these customers; the same customer may occur twice.
    pub fn new(customers: impl IntoIterator<Item = &'a Customer>) -> Self {
        let mut names = Self::default();
        for (position, customer) in customers.into_iter().enumerate() {
            let entry = (position, customer);
            put(&mut names.ids, customer.id.as_str().into(), entry);
            put(&mut names.yativo_card_ids, customer.yativo_card_id.as_str().into(), entry);
            if let Some(name) = &customer.external_customer_id {
                put(&mut names.external_customer_ids, name.as_str().into(), entry);
            }
            put(&mut names.email_keys, email_key(&customer.email).into(), entry);
        }
        names
    }

    /// The position of the customer that the identifier means, in the order in
    /// which the customers were given.
    pub fn find(&self, identifier: &Identifier) -> Option<usize> {
        let text = identifier.as_str();
        let by_id = || self.ids.get(identifier.as_customer_id()?.as_str());
        let by_email = || self.email_keys.get(identifier.as_email_key()?.as_str());
        let (position, _) = by_id()
            .or_else(|| self.yativo_card_ids.get(text))
            .or_else(|| self.external_customer_ids.get(text))
            .or_else(by_email)?;
        Some(*position)
    }

    /// The position of the customer whom a name of one kind means. A card names no customer here:
    /// see [`holder_of`].
    pub fn find_by(&self, name: &Name) -> Option<usize> {
        let text = name.text.as_str();
        let by_id = || self.ids.get(name.text.as_customer_id()?.as_str());
        let by_card_id = || self.yativo_card_ids.get(text);
        let (position, _) = match name.kind {
            NameKind::Id => by_id(),
            NameKind::YativoCardId => by_card_id(),
            NameKind::CustomerId => by_id().or_else(by_card_id),
            NameKind::ExternalId => self.external_customer_ids.get(text),
            NameKind::Email => self.email_keys.get(email_key(text).as_str()),
            NameKind::CardId => None,
        }?;
        Some(*position)
    }

    /// The customer whom an item of the issuer's list means: by the issuer's own identifier
    /// first, so that no customer is stored twice, although not each copy of the API has ours.
    pub fn find_listed(
        &self,
        yativo_card_id: Option<&str>,
        id: Option<&str>,
    ) -> Option<&'a Customer> {
        let by_card_id = yativo_card_id.and_then(|name| self.yativo_card_ids.get(name));
        let found = by_card_id.or_else(|| self.ids.get(id?));
        found.map(|(_, customer)| *customer)
    }
}

/// The position of the customer who holds the card: the card with this UUID, otherwise the
/// newest one with this token.
pub fn holder_of(found: &[FoundCustomer], card: &Identifier) -> Option<usize> {
    let uuid = card.as_str().to_ascii_lowercase();
    let cards = || {
        found.iter().enumerate().flat_map(|(at, of)| of.cards.iter().map(move |card| (at, card)))
    };
    let by_token = || {
        let named = cards().filter(|(_, one)| one.network_token.as_deref() == Some(card.as_str()));
        named.max_by_key(|(_, one)| (one.created_at, &one.card_id))
    };
    let (position, _) = cards().find(|(_, one)| one.card_id == uuid).or_else(by_token)?;
    Some(position)
}

fn put<'a>(names: &mut ByName<'a>, name: Cow<'a, str>, entry: (usize, &'a Customer)) {
    let age = |customer: &'a Customer| (customer.created_at, &customer.id);
    let named = names.entry(name).or_insert(entry);
    if age(entry.1) > age(named.1) {
        *named = entry;
    }
}

/// Every text by which an identifier may name this customer.
pub fn names_of(customer: &Customer) -> impl Iterator<Item = String> {
    let Customer { id, yativo_card_id, external_customer_id, email, .. } = customer;
    let names = [Some(id), Some(yativo_card_id), external_customer_id.as_ref()];
    let names = names.into_iter().flatten().cloned();
    names.chain([email_key(email)])
}

/// Every text of [`names_of`] by which a customer may be stored whom this
/// identifier means.
pub fn names_meant_by(identifier: &Identifier) -> impl Iterator<Item = String> {
    let text = identifier.as_str().to_owned();
    [Some(text), identifier.as_customer_id(), identifier.as_email_key()].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::card::{Card, CardStatus, CardType};
    use crate::domain::customer::Include;
    use crate::domain::onboarding::FlowStatus;
    use crate::domain::time::Timestamp;

    fn customer(number: i64, external: Option<&str>, email: &str) -> Customer {
        Customer {
            id: format!("{number:024x}"),
            yativo_card_id: format!("yativo_{number}"),
            external_customer_id: external.map(str::to_owned),
            email: email.to_owned(),
            onboarding: FlowStatus::Active.into(),
            kyc_status: None,
            currency: None,
            safe_deployed: false,
            wallet_address: None,
            created_at: Timestamp::from_millis(number).expect("a time"),
            updated_at: None,
            stated_cards_count: None,
        }
    }

    fn find(customers: &[Customer], text: &str) -> Option<usize> {
        CustomerNames::new(customers).find(&Identifier::parse(text).expect("an identifier"))
    }

    #[test]
    fn a_customer_is_found_by_each_name() {
        let customers = [
            customer(1, Some("usr_1"), "One@Example.com"),
            customer(0xab, None, "two@example.com"),
        ];
        for (text, position) in [
            ("000000000000000000000001", Some(0)),
            ("yativo_1", Some(0)),
            ("usr_1", Some(0)),
            ("ONE@example.COM", Some(0)),
            ("0000000000000000000000AB", Some(1)),
            ("YATIVO_1", None),
            ("USR_1", None),
            ("usr_2", None),
        ] {
            assert_eq!(find(&customers, text), position, "{text}");
        }
    }

    #[test]
    fn a_name_of_one_kind_means_nothing_else() {
        let customers = [
            customer(0xab, Some("yativo_2"), "One@Example.com"),
            customer(2, Some("usr_2"), "two@example.com"),
        ];
        let (id, names) = ("0000000000000000000000AB", CustomerNames::new(&customers));
        for (kind, text, position) in [
            (NameKind::Id, id, Some(0)),
            (NameKind::Id, "yativo_2", None),
            (NameKind::YativoCardId, "yativo_2", Some(1)),
            (NameKind::YativoCardId, id, None),
            (NameKind::CustomerId, id, Some(0)),
            (NameKind::CustomerId, "yativo_2", Some(1)),
            (NameKind::CustomerId, "usr_2", None),
            (NameKind::ExternalId, "yativo_2", Some(0)),
            (NameKind::ExternalId, "one@example.com", None),
            (NameKind::Email, "ONE@example.com", Some(0)),
            (NameKind::Email, "usr_2", None),
            (NameKind::CardId, "usr_2", None),
        ] {
            let name = Name { kind, text: Identifier::parse(text).expect("a name") };
            assert_eq!(names.find_by(&name), position, "{name:?}");
        }
    }

    #[test]
    fn a_card_is_named_by_its_uuid_or_by_the_networks_token() {
        let card = |number: i64, token: &str| Card {
            card_id: format!("0000000{number}-02f8-48da-b61e-84ad02704167"),
            customer_id: String::new(),
            network_token: Some(token.to_owned()),
            last_four: "4242".to_owned(),
            card_type: CardType::Virtual,
            status: CardStatus::Active,
            is_stolen: false,
            pin_set: None,
            activated_at: None,
            created_at: Timestamp::from_millis(number).expect("a time"),
        };
        let uuid = card(1, "").card_id;
        let holder = |number: i64, cards: Vec<Card>| FoundCustomer {
            customer: Arc::new(customer(number, None, "x@example.com")),
            included: Include { balances: false, cards: true },
            balance: None,
            cards,
        };
        // The token of one card is the UUID of another.
        let found = [
            holder(1, vec![card(3, &uuid), card(2, "544")]),
            holder(2, vec![card(1, "544"), card(4, "544")]),
        ];
        for (text, position) in [
            (uuid.as_str(), Some(1)),
            (&uuid.to_uppercase(), Some(1)),
            ("544", Some(1)),
            ("545", None),
        ] {
            let name = Identifier::parse(text).expect("a name");
            assert_eq!(holder_of(&found, &name), position, "{text}");
        }
    }

    #[test]
    fn a_name_of_a_surer_kind_goes_first_whatever_the_age() {
        let id = format!("{:024x}", 1);
        let customers = [
            customer(1, Some("x@example.com"), "a@example.com"),
            customer(2, Some(id.as_str()), "x@example.com"),
            customer(3, Some("yativo_2"), "b@example.com"),
        ];
        assert_eq!(find(&customers, &id), Some(0), "the id goes before the program's name");
        assert_eq!(find(&customers, "yativo_2"), Some(1), "the issuer's name before the program's");
        assert_eq!(find(&customers, "x@example.com"), Some(0), "the program's name before e-mail");
    }

    #[test]
    fn among_customers_of_one_name_the_newest_is_meant() {
        let (old, new) = (customer(1, None, "x@example.com"), customer(2, None, "X@example.com"));
        assert_eq!(find(&[old.clone(), new.clone()], "x@example.com"), Some(1));
        assert_eq!(find(&[new, old], "x@example.com"), Some(0), "whatever their order");
        let mut twins = [customer(2, None, "x@example.com"), customer(1, None, "x@example.com")];
        for twin in &mut twins {
            twin.created_at = Timestamp::from_millis(7).expect("a time");
        }
        assert_eq!(find(&twins, "x@example.com"), Some(0), "of one moment the greater id");
    }

    #[test]
    fn what_an_identifier_may_mean_is_among_the_names_of_the_customer() {
        let customer = customer(0xab, Some("usr_1"), "One@Example.com");
        let stored: Vec<String> = names_of(&customer).collect();
        for text in ["0000000000000000000000AB", "yativo_171", "usr_1", "ONE@example.com"] {
            let identifier = Identifier::parse(text).expect("an identifier");
            assert!(names_meant_by(&identifier).any(|name| stored.contains(&name)), "{text}");
        }
    }
}
