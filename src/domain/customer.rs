//! A card customer.

use std::sync::Arc;

use super::balance::LiveBalance;
use super::card::Card;
use super::money::Currency;
use super::onboarding::{FlowStatus, KycStatus};
use super::time::Timestamp;

/// One card customer of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// The canonical identifier, 24 lower-case hexadecimal digits.
    pub id: String,
    /// The issuer's own name for the customer.
    pub yativo_card_id: String,
    /// The program's own name for the customer.
    pub external_customer_id: Option<String>,
    /// As the customer wrote it.
    pub email: String,
    /// The onboarding stage.
    pub flow_status: FlowStatus,
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
}

/// What is to be found along with customers, in the same question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Along {
    /// The last live balance.
    pub balances: bool,
    /// Every card.
    pub cards: bool,
}

/// A customer with what was asked for along with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Who it is.
    pub customer: Arc<Customer>,
    /// What was asked for.
    pub along: Along,
    /// The last live balance; none where there is none, or none was asked for.
    pub live: Option<LiveBalance>,
    /// Every card, newest first; empty where none was asked for.
    pub cards: Vec<Card>,
}

/// A customer as a list with holdings has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Who it is.
    pub customer: Arc<Customer>,
    /// The last live balance; none where there is none, or none was asked for.
    pub live: Option<LiveBalance>,
    /// How many cards there are that are not void.
    pub cards_count: i64,
}
