//! The filter of an export, as texts: from a query string or a command line.

use std::str::FromStr;

use strum::VariantArray;

use crate::domain::customer_filter::{CustomerFilter, MAX_VALUES, TimeRange};
use crate::domain::search::Search;
use crate::domain::time::Timestamp;
use crate::error::{Error, FieldError, Result};

/// What an export may be filtered by: all that is given must hold. A list with one value or
/// more holds for those who have one of the values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterTexts {
    /// Onboarding stages.
    pub statuses: Vec<String>,
    /// The issuer's statuses.
    pub issuer_flow_statuses: Vec<String>,
    /// States of the identity check.
    pub kyc_statuses: Vec<String>,
    /// Currencies of wallets.
    pub currencies: Vec<String>,
    /// Whether the wallet exists: `true` or `false`.
    pub safe_deployed: Option<String>,
    /// Whether there is a card that is not void: `true` or `false`.
    pub has_cards: Option<String>,
    /// The first creation time that is included.
    pub created_from: Option<String>,
    /// The first creation time that is not included any more.
    pub created_to: Option<String>,
    /// As `created_from`, for the last change.
    pub updated_from: Option<String>,
    /// As `created_to`, for the last change.
    pub updated_to: Option<String>,
    /// The beginning of a name.
    pub search: Option<String>,
}

impl FilterTexts {
    /// The filter as the store knows it.
    ///
    /// # Errors
    /// `Invalid`, with every invalid value by the name of its field.
    pub fn checked(self) -> Result<CustomerFilter> {
        let mut check = Check(Vec::new());
        let search = self.search.as_deref().map(Search::parse).transpose();
        let filter = CustomerFilter {
            stages: check.choices("statuses", &self.statuses),
            statuses: check.words("issuer_flow_statuses", self.issuer_flow_statuses),
            kyc_statuses: check.choices("kyc_statuses", &self.kyc_statuses),
            currencies: check.choices("currencies", &self.currencies),
            safe_deployed: check.flag("safe_deployed", self.safe_deployed.as_deref()),
            has_cards: check.flag("has_cards", self.has_cards.as_deref()),
            created_at: TimeRange {
                from: check.time("created_from", self.created_from.as_deref()),
                to: check.time("created_to", self.created_to.as_deref()),
            },
            updated_at: TimeRange {
                from: check.time("updated_from", self.updated_from.as_deref()),
                to: check.time("updated_to", self.updated_to.as_deref()),
            },
            search: search.unwrap_or_else(|what| {
                check.wrong("search", what);
                None
            }),
        };
        if check.0.is_empty() { Ok(filter) } else { Err(Error::invalid(check.0)) }
    }
}

/// Collects what is wrong.
struct Check(Vec<FieldError>);

impl Check {
    fn wrong(&mut self, field: &'static str, what: impl Into<std::borrow::Cow<'static, str>>) {
        self.0.push(FieldError::new(field, what));
    }

    /// A list that is given.
    fn words(&mut self, field: &'static str, texts: Vec<String>) -> Option<Vec<String>> {
        if texts.len() > MAX_VALUES {
            self.wrong(field, format!("must not have more than {MAX_VALUES} values"));
        }
        (!texts.is_empty()).then_some(texts)
    }

    /// As [`Check::words`], of values that are known.
    fn choices<T: FromStr + AsRef<str> + VariantArray>(
        &mut self,
        field: &'static str,
        texts: &[String],
    ) -> Option<Vec<T>> {
        let known: Vec<T> = texts.iter().filter_map(|text| text.parse().ok()).collect();
        if known.len() < texts.len() {
            let all: Vec<&str> = T::VARIANTS.iter().map(AsRef::as_ref).collect();
            self.wrong(field, format!("must be one of {}", all.join(", ")));
        } else if known.len() > MAX_VALUES {
            self.wrong(field, format!("must not have more than {MAX_VALUES} values"));
        }
        (!texts.is_empty()).then_some(known)
    }

    fn flag(&mut self, field: &'static str, text: Option<&str>) -> Option<bool> {
        let text = text?;
        let flag = text.parse().ok();
        if flag.is_none() {
            self.wrong(field, "must be true or false");
        }
        flag
    }

    fn time(&mut self, field: &'static str, text: Option<&str>) -> Option<Timestamp> {
        let text = text?;
        let time = Timestamp::parse(text);
        if time.is_none() {
            self.wrong(field, "must be an RFC 3339 time like 2026-04-20T08:00:00Z");
        }
        time
    }
}
