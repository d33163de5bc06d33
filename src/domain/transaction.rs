//! Card transactions.

use strum::{AsRefStr, EnumString, IntoStaticStr, VariantArray};

use super::card::Card;
use super::money::{Currency, Minor};
use super::time::Timestamp;

/// How much later than a transaction its card may have been made, in milliseconds: clocks
/// differ.
pub(super) const SKEW: i64 = 60 * 1_000;

/// The kind of a transaction.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum TransactionType {
    /// A purchase.
    Purchase,
    /// A refund.
    Refund,
    /// A cash withdrawal.
    Withdrawal,
}

/// The status of a transaction.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum TransactionStatus {
    /// The amount is held.
    Authorized,
    /// The amount has been debited or credited.
    Settled,
    /// Refused by the issuer.
    Declined,
    /// The hold was released.
    Reversed,
    /// A part of the hold was released.
    PartiallyReversed,
    /// It failed for a technical reason.
    Failed,
    /// The hold expired.
    Expired,
}

/// What a transaction costs the wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Billing {
    /// How much, in minor units of `currency`.
    pub amount: Minor,
    /// The wallet's currency.
    pub currency: Currency,
}

/// One transaction of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The issuer's identifier.
    pub transaction_id: String,
    /// The customer who made it.
    pub customer_id: String,
    /// The card's identifier, or the card network's token of it, which is what the issuer's
    /// events have; none if neither is known. See [`Transaction::card`].
    pub card_id: Option<String>,
    /// Its kind.
    pub transaction_type: TransactionType,
    /// The amount, in minor units of `currency`.
    pub amount: Minor,
    /// ISO 4217 code; may differ from the wallet's.
    pub currency: String,
    /// What it costs the wallet, where that is known.
    pub billing: Option<Billing>,
    /// `amount` / `billing`, as the issuer states it: a decimal number.
    pub fx_rate: Option<String>,
    /// How far it has come.
    pub status: TransactionStatus,
    /// The merchant's name.
    pub merchant: Option<String>,
    /// ISO 18245 merchant category code (MCC).
    pub merchant_category: Option<String>,
    /// The merchant's city.
    pub merchant_city: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub merchant_country: Option<String>,
    /// When it was authorized.
    pub authorized_at: Option<Timestamp>,
    /// When it was settled; none while pending.
    pub settled_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
}

impl Transaction {
    /// The order of lists.
    pub fn newest_first(a: &Self, b: &Self) -> std::cmp::Ordering {
        (b.created_at, &b.transaction_id).cmp(&(a.created_at, &a.transaction_id))
    }
}

/// A transaction of a program's list, with the name of the customer who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedTransaction {
    /// The transaction.
    pub transaction: Transaction,
    /// The issuer's identifier of the customer.
    pub yativo_card_id: String,
}

impl Transaction {
    /// Which of the customer's cards, of which all are here, the transaction was made with:
    /// its place among them. By the card's identifier or its token; another token means a card
    /// if it can be no other one. None where that is not known.
    pub fn card(&self, cards: &[Card]) -> Option<usize> {
        let name = self.card_id.as_deref()?;
        let is_named = |card: &Card| {
            card.card_id.eq_ignore_ascii_case(name) || card.network_token.as_deref() == Some(name)
        };
        if let Some(at) = cards.iter().position(is_named) {
            return Some(at);
        }
        if is_card_id(name) {
            return None;
        }
        let until = self.created_at.plus_millis(SKEW);
        let can_be = |card: &Card| card.network_token.is_none() && card.created_at <= until;
        let mut can = cards.iter().enumerate().filter(|(_, card)| can_be(card));
        let (at, _) = can.next()?;
        can.next().is_none().then_some(at)
    }

    /// Whether [`Transaction::card_id`] is a card's identifier; otherwise it is a token, or
    /// there is none.
    pub fn names_card_itself(&self) -> bool {
        self.card_id.as_deref().is_some_and(is_card_id)
    }
}

/// Identifiers of cards are UUIDs; tokens of the card network are not.
fn is_card_id(name: &str) -> bool {
    uuid::Uuid::try_parse(name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::card::{CardStatus, CardType};

    const FIRST: &str = "afeb85fe-02f8-48da-b61e-84ad02704167";
    const SECOND: &str = "afeb85fe-02f8-48da-b61e-84ad02704168";
    const HOUR: i64 = 60 * 60 * 1_000;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).expect("a time")
    }

    fn card(id: &str, token: Option<&str>, created_at: i64) -> Card {
        Card {
            card_id: id.to_owned(),
            customer_id: "c1".to_owned(),
            network_token: token.map(str::to_owned),
            last_four: "4242".to_owned(),
            card_type: CardType::Virtual,
            status: CardStatus::Active,
            is_stolen: false,
            pin_set: None,
            activated_at: None,
            created_at: at(created_at),
        }
    }

    fn made_with(card_id: Option<&str>) -> Transaction {
        Transaction {
            transaction_id: "txn_1".to_owned(),
            customer_id: "c1".to_owned(),
            card_id: card_id.map(str::to_owned),
            transaction_type: TransactionType::Purchase,
            amount: Minor::ZERO,
            currency: "EUR".to_owned(),
            billing: None,
            fx_rate: None,
            status: TransactionStatus::Settled,
            merchant: None,
            merchant_category: None,
            merchant_city: None,
            merchant_country: None,
            authorized_at: None,
            settled_at: None,
            created_at: at(10 * HOUR),
        }
    }

    #[test]
    fn a_card_is_meant_by_its_identifier_or_its_token_or_because_no_other_one_can_be() {
        let (plain, other) = (card(FIRST, None, 0), card(SECOND, None, 0));
        let (known, later) = (card(SECOND, Some("tok_2"), 0), card(SECOND, None, 11 * HOUR));
        let upper = FIRST.to_uppercase();
        for (name, cards, expected) in [
            (None, vec![&plain], None),
            (Some(upper.as_str()), vec![&known, &plain], Some(1)),
            (Some("tok_2"), vec![&plain, &known], Some(1)),
            (Some("tok_1"), vec![&known, &plain], Some(1)),
            (Some("tok_1"), vec![&plain, &other], None),
            (Some("tok_1"), vec![&later, &plain], Some(1)),
            (Some("tok_1"), vec![&known], None),
            (Some("tok_1"), vec![], None),
            // Another card's identifier is no token.
            (Some(SECOND), vec![&plain], None),
        ] {
            let cards: Vec<Card> = cards.into_iter().cloned().collect();
            assert_eq!(made_with(name).card(&cards), expected, "{name:?} {cards:?}");
        }
        assert!(made_with(Some(FIRST)).names_card_itself());
        assert!(!made_with(Some("tok_1")).names_card_itself());
        assert!(!made_with(None).names_card_itself());
    }
}
