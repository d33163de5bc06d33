//! `CardTransactionFilter`.

use async_graphql::{ID, InputObject};

use crate::domain::customer_filter::MAX_VALUES;
use crate::domain::identifier;
use crate::domain::money::{Currency, Minor};
use crate::domain::node_id::NodeId;
use crate::domain::search::Search;
use crate::domain::transaction_filter::{AmountRange, CardUse, TransactionFilter};
use crate::error::{Error, FieldError, Result};
use crate::graphql::schema::card_customer_filter::{DateTimeRange, all};
use crate::graphql::schema::enums::{TransactionStatus, TransactionType};
use crate::graphql::schema::scalars::Decimal;

/// What must hold of the transactions of a list: all that is given and not null. An empty list of values holds for no transaction.
#[derive(InputObject)]
pub(crate) struct CardTransactionFilter {
    /// The status is one of these.
    statuses: Option<Vec<TransactionStatus>>,
    /// The type is one of these.
    types: Option<Vec<TransactionType>>,
    /// The `cardId` or `id` of the card that was used.
    card: Option<ID>,
    /// The merchant's currency is one of these ISO 4217 codes.
    currencies: Option<Vec<String>>,
    /// The merchant's category is one of these codes (MCC, ISO 18245).
    merchant_categories: Option<Vec<String>>,
    /// The merchant's country is one of these ISO 3166-1 alpha-2 codes.
    merchant_countries: Option<Vec<String>>,
    /// When the transaction was created.
    created_at: Option<DateTimeRange>,
    /// The merchant's amount, whatever its currency is.
    amount: Option<DecimalRange>,
    /// The beginning of the merchant's name: at least 2 characters, without case.
    search: Option<String>,
}

/// A range of amounts in major units, both ends included. Without `min` or `max` it has no beginning or no end.
#[derive(InputObject)]
pub(crate) struct DecimalRange {
    /// The least amount.
    min: Option<Decimal>,
    /// The greatest amount.
    max: Option<Decimal>,
}

impl From<DecimalRange> for AmountRange {
    fn from(range: DecimalRange) -> Self {
        // The scalar takes no more than two decimals.
        let minor = |amount: Decimal| Minor::parse(amount.as_text(), Currency::DECIMALS);
        Self { min: range.min.and_then(minor), max: range.max.and_then(minor) }
    }
}

impl CardTransactionFilter {
    /// The filter as the services know it.
    ///
    /// # Errors
    /// `Invalid`, with every invalid field.
    pub(crate) fn checked(self) -> Result<TransactionFilter> {
        let mut wrong = Vec::new();
        let words = [
            ("filter.currencies", &self.currencies),
            ("filter.merchantCategories", &self.merchant_categories),
            ("filter.merchantCountries", &self.merchant_countries),
        ];
        for (name, words) in words {
            let words = words.as_deref().unwrap_or_default();
            if words.len() > MAX_VALUES {
                wrong.push(FieldError::new(name, "must not have more than 50 items"));
            } else if let Some(what) = words.iter().find_map(|word| identifier::check(word).err()) {
                wrong.push(FieldError::new(name, what));
            }
        }
        let lengths = [
            ("filter.statuses", self.statuses.as_ref().map(Vec::len)),
            ("filter.types", self.types.as_ref().map(Vec::len)),
        ];
        for (name, length) in lengths {
            if length.is_some_and(|length| length > MAX_VALUES) {
                wrong.push(FieldError::new(name, "must not have more than 50 items"));
            }
        }
        let card = self.card.as_ref().map(|id| card_id(id)).transpose();
        let card_id: Option<String> = card.unwrap_or_else(|what| {
            wrong.push(FieldError::new("filter.card", what));
            None
        });
        let search = self.search.as_deref().map(Search::parse).transpose();
        let search = search.unwrap_or_else(|what| {
            wrong.push(FieldError::new("filter.search", what));
            None
        });
        if !wrong.is_empty() {
            return Err(Error::invalid(wrong));
        }
        Ok(TransactionFilter {
            statuses: all(self.statuses),
            types: all(self.types),
            card: card_id.map(CardUse::named),
            currencies: capitals(self.currencies),
            merchant_categories: self.merchant_categories,
            merchant_countries: capitals(self.merchant_countries),
            created_at: self.created_at.map(Into::into).unwrap_or_default(),
            amount: self.amount.map(Into::into).unwrap_or_default(),
            search,
        })
    }
}

/// A card's identifier, which is a UUID in lower case, from either of its names.
fn card_id(text: &str) -> Result<String, &'static str> {
    match NodeId::parse(text)? {
        Some(NodeId::Card(card_id)) => Ok(card_id),
        _ => Ok(text.to_ascii_lowercase()),
    }
}

fn capitals(codes: Option<Vec<String>>) -> Option<Vec<String>> {
    codes.map(|codes| codes.iter().map(|code| code.to_ascii_uppercase()).collect())
}
