//! Global identifiers: of each object that a client can fetch again, whatever its kind is.

use super::identifier;

/// A global identifier. Customers have their `id` and payments theirs, as they had before there
/// were global identifiers; the others have a kind in front. No two kinds share a form: `id` of
/// a customer is 24 hexadecimal digits, that of a payment a UUID, and neither has a colon.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NodeId {
    /// A customer, by `id`.
    Customer(String),
    /// A card, by `card_id`.
    Card(String),
    /// A transaction, by `transaction_id`.
    Transaction(String),
    /// A payment, by `id`.
    Payment(String),
}

const CARD: &str = "card:";
const TRANSACTION: &str = "transaction:";

impl NodeId {
    /// The types of all objects that have one, as the GraphQL schema names them.
    pub const TYPES: [&str; 4] = ["CardCustomer", "Card", "CardTransaction", "CardFunding"];

    /// The type of the object that it names.
    pub const fn type_name(&self) -> &'static str {
        let [customer, card, transaction, payment] = Self::TYPES;
        match self {
            Self::Customer(_) => customer,
            Self::Card(_) => card,
            Self::Transaction(_) => transaction,
            Self::Payment(_) => payment,
        }
    }

    /// Reads a global identifier; none if nothing can have it.
    ///
    /// # Errors
    /// The rest of a sentence that begins with the argument's name.
    pub fn parse(text: &str) -> Result<Option<Self>, &'static str> {
        let (kind, key): (fn(String) -> Self, &str) = if let Some(key) = text.strip_prefix(CARD) {
            (Self::Card, key)
        } else if let Some(key) = text.strip_prefix(TRANSACTION) {
            (Self::Transaction, key)
        } else if identifier::is_customer_id(text) {
            (Self::Customer, text)
        } else if is_uuid(text) {
            (Self::Payment, text)
        } else {
            identifier::check(text)?;
            return Ok(None);
        };
        identifier::check(key)?;
        Ok(Some(kind(key.to_owned())))
    }

    /// The global identifier of a card.
    pub fn of_card(card_id: &str) -> String {
        format!("{CARD}{card_id}")
    }

    /// The global identifier of a transaction.
    pub fn of_transaction(transaction_id: &str) -> String {
        format!("{TRANSACTION}{transaction_id}")
    }
}

/// Whether a text is a UUID as payments have it: in lower case, with hyphens.
fn is_uuid(text: &str) -> bool {
    let fits = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_form_of_its_own() {
        let customer = "69f0bdf29a84752db9cc8ff9";
        let uuid = "018f3a52-1c2d-7000-8000-0000000000ab";
        for (text, expected) in [
            (customer.to_owned(), Some(NodeId::Customer(customer.to_owned()))),
            (uuid.to_owned(), Some(NodeId::Payment(uuid.to_owned()))),
            (NodeId::of_card(uuid), Some(NodeId::Card(uuid.to_owned()))),
            // A transaction may be called anything.
            (NodeId::of_transaction(customer), Some(NodeId::Transaction(customer.to_owned()))),
            (NodeId::of_transaction("card:1"), Some(NodeId::Transaction("card:1".to_owned()))),
            ("usr_1".to_owned(), None),
            (uuid.to_uppercase(), None),
            (uuid.replace('-', "0"), None),
        ] {
            assert_eq!(NodeId::parse(&text), Ok(expected), "{text}");
        }
        for bad in ["", "card:", "transaction:", "a\0b", "transaction:a\nb", &"x".repeat(400)] {
            assert!(NodeId::parse(bad).is_err(), "{bad:.20}");
        }
        assert!(NodeId::parse(&NodeId::of_transaction(&"x".repeat(320))).is_ok());
    }
}
