//! `CardCustomerFilter`.

use async_graphql::InputObject;

use crate::domain::customer_filter::{CustomerFilter, MAX_VALUES, TimeRange};
use crate::domain::search::Search;
use crate::error::{Error, FieldError, Result};
use crate::graphql::schema::enums::{CardCustomerStatus, Currency, KycStatus};
use crate::graphql::schema::scalars::DateTime;

/// What must hold of the customers of a list: all that is given and not null. An empty list of values holds for no customer.
#[derive(InputObject)]
pub(crate) struct CardCustomerFilter {
    /// The onboarding stage is one of these.
    statuses: Option<Vec<CardCustomerStatus>>,
    /// The issuer's status is one of these words.
    issuer_flow_statuses: Option<Vec<String>>,
    /// The status of the identity check is one of these.
    kyc_statuses: Option<Vec<KycStatus>>,
    /// The wallet's currency is one of these.
    currencies: Option<Vec<Currency>>,
    /// Whether the account wallet exists on the blockchain.
    safe_deployed: Option<bool>,
    /// Whether there is a card that is not void.
    has_cards: Option<bool>,
    /// When the customer was created.
    created_at: Option<DateTimeRange>,
    /// When anything changed last that is shown of the customer.
    updated_at: Option<DateTimeRange>,
    /// The beginning of the e-mail address, of its domain, or of `externalCustomerId`, `yativoCardId` or `id`: at least 2 characters, without case.
    search: Option<String>,
}

/// A range of time. Without `from` or `to` it has no beginning or no end.
#[derive(InputObject)]
pub(crate) struct DateTimeRange {
    /// The first time that is in it.
    from: Option<DateTime>,
    /// The first time that is not in it any more.
    to: Option<DateTime>,
}

impl From<DateTimeRange> for TimeRange {
    fn from(range: DateTimeRange) -> Self {
        Self { from: range.from.map(|at| at.0), to: range.to.map(|at| at.0) }
    }
}

impl CardCustomerFilter {
    /// The filter as the services know it.
    ///
    /// # Errors
    /// `Invalid`, with every invalid field.
    pub(crate) fn checked(self) -> Result<CustomerFilter> {
        let mut wrong = Vec::new();
        let lengths = [
            ("filter.statuses", self.statuses.as_ref().map(Vec::len)),
            ("filter.issuerFlowStatuses", self.issuer_flow_statuses.as_ref().map(Vec::len)),
            ("filter.kycStatuses", self.kyc_statuses.as_ref().map(Vec::len)),
            ("filter.currencies", self.currencies.as_ref().map(Vec::len)),
        ];
        for (name, length) in lengths {
            if length.is_some_and(|length| length > MAX_VALUES) {
                wrong.push(FieldError::new(name, "must not have more than 50 items"));
            }
        }
        let search = self.search.as_deref().map(Search::parse).transpose();
        let search = search.unwrap_or_else(|what| {
            wrong.push(FieldError::new("filter.search", what));
            None
        });
        if !wrong.is_empty() {
            return Err(Error::invalid(wrong));
        }
        Ok(CustomerFilter {
            stages: all(self.statuses),
            statuses: self.issuer_flow_statuses,
            kyc_statuses: all(self.kyc_statuses),
            currencies: all(self.currencies),
            safe_deployed: self.safe_deployed,
            has_cards: self.has_cards,
            created_at: self.created_at.map(Into::into).unwrap_or_default(),
            updated_at: self.updated_at.map(Into::into).unwrap_or_default(),
            search,
        })
    }
}

/// Values of the schema as those of the domain.
pub(super) fn all<T: Into<U>, U>(values: Option<Vec<T>>) -> Option<Vec<U>> {
    values.map(|values| values.into_iter().map(Into::into).collect())
}
