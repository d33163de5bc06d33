//! A card customer.

use std::sync::Arc;

use super::balance::WalletBalance;
use super::card::{Card, count_of_cards};
use super::cursor::{Position, SortValue};
use super::identifier::email_key;
use super::money::Currency;
use super::onboarding::{KycStatus, Onboarding};
use super::page::Order;
use super::time::Timestamp;

/// One card customer of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// The canonical identifier, 24 lower-case hexadecimal digits.
    pub id: String,
    /// The issuer's identifier of the customer.
    pub yativo_card_id: String,
    /// The program's identifier of the customer.
    pub external_customer_id: Option<String>,
    /// The e-mail address, in the case in which the customer wrote it.
    pub email: String,
    /// How far the onboarding has come.
    pub onboarding: Onboarding,
    /// The identity check.
    pub kyc_status: Option<KycStatus>,
    /// The wallet's currency; none until the identity check assigns a region.
    pub currency: Option<Currency>,
    /// Whether the account wallet exists on the chain.
    pub safe_deployed: bool,
    /// The account wallet, in EIP-55 form.
    pub wallet_address: Option<String>,
    /// When the customer was onboarded.
    pub created_at: Timestamp,
    /// When anything changed that is shown of the customer, balances read from the chain
    /// apart; none: not loaded.
    pub updated_at: Option<Timestamp>,
    /// The issuer's number of cards that are not void, while not all of them are known.
    pub stated_cards_count: Option<i64>,
}

impl Customer {
    /// Where the customer stands in lists of an order.
    pub fn position(&self, order: Order) -> Position {
        let value = match order {
            Order::NewestFirst | Order::OldestFirst => SortValue::Time(self.created_at),
            Order::LatestChangeFirst | Order::EarliestChangeFirst => {
                SortValue::Time(self.updated_at.unwrap_or(self.created_at))
            }
            Order::ByEmail => SortValue::Text(email_key(&self.email)),
        };
        Position { value, key: self.id.clone() }
    }

    /// How many cards that are not void the customer has, given all that are known.
    pub fn cards_count(&self, known: &[Card]) -> i64 {
        self.stated_cards_count.unwrap_or_else(|| count_of_cards(known))
    }
}

/// What is loaded together with customers, in the same statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Include {
    /// The issuer's last balance.
    pub balances: bool,
    /// Every card.
    pub cards: bool,
}

/// A customer that an identifier means, with what was included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundCustomer {
    /// The customer.
    pub customer: Arc<Customer>,
    /// What was included.
    pub included: Include,
    /// The issuer's last balance; none if there is none, or it was not included.
    pub balance: Option<WalletBalance>,
    /// Every card, newest first; empty if they were not included.
    pub cards: Vec<Card>,
}

/// A customer of a list, with what the list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedCustomer {
    /// The customer.
    pub customer: Arc<Customer>,
    /// The issuer's last balance; none if there is none, or it was not included.
    pub balance: Option<WalletBalance>,
    /// How many cards there are that are not void.
    pub cards_count: i64,
}
