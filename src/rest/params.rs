//! Path and query parameters, as the contract says: an empty value counts as absent,
//! an unknown name is ignored, and anything else that is invalid is an error that
//! names the parameter.

use std::borrow::Cow;
use std::collections::HashMap;
use std::str::FromStr;

use serde::Deserialize;
use strum::VariantArray as _;
use utoipa::IntoParams;

use crate::domain::identifier::Identifier;
use crate::domain::onboarding::{FlowStatus, OnboardingFilter};
use crate::domain::page::{DEFAULT_SIZE, MAX_PAGE, MAX_SIZE, Window};
use crate::domain::transaction::TransactionStatus;
use crate::error::{Error, FieldError, Result};

/// The customer in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct CustomerPath {
    /// The customer's `id`, `yativo_card_id`, `external_customer_id` or e-mail address
    /// (case-insensitive); at most 320 bytes of UTF-8.
    #[serde(rename = "customerId")]
    #[param(
        min_length = 1,
        max_length = 320,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]+$",
        example = "usr_1207"
    )]
    pub(super) customer_id: String,
}

/// Which page of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageParams {
    /// The page number. A page after the last one is empty.
    #[param(minimum = 1, maximum = 2_147_483_647, default = 1, example = 1)]
    page: Option<i64>,
    /// The number of items on a page.
    #[param(minimum = 1, maximum = 100, default = 20, example = 20)]
    limit: Option<i64>,
    /// Another name for `limit`. If both are given, they must be equal.
    #[param(minimum = 1, maximum = 100)]
    per_page: Option<i64>,
}

impl PageParams {
    /// Reads them from a query.
    pub(super) fn read(query: &mut Query) -> Self {
        let page = query.integer("page", MAX_PAGE);
        let limit = query.integer("limit", MAX_SIZE);
        let per_page = query.integer("per_page", MAX_SIZE);
        if limit.is_some() && per_page.is_some() && limit != per_page {
            query.invalid("per_page", "is another name of limit and must not differ from it");
        }
        Self { page, limit, per_page }
    }

    /// The page number, from 1.
    pub(super) fn page(&self) -> i64 {
        self.page.unwrap_or(1)
    }

    /// The number of items on a page.
    pub(super) fn limit(&self) -> i64 {
        self.limit.or(self.per_page).unwrap_or(DEFAULT_SIZE)
    }

    /// The page as the services know it.
    pub(super) fn window(&self) -> Window {
        Window::Numbered { page: self.page(), per_page: self.limit() }
    }
}

/// Which customers, and whether with balances.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CustomerListParams {
    /// Only customers with this onboarding status: one of the usual ones, or another that
    /// a customer of the program has.
    #[param(value_type = Option<FlowStatus>, example = "active")]
    pub(super) status: Option<String>,
    /// `false` skips all work for balances; the four balance fields are null then.
    #[param(default = true)]
    include_balances: Option<bool>,
}

impl CustomerListParams {
    /// Reads them from a query.
    pub(super) fn read(query: &mut Query) -> Self {
        let status = query.value("status");
        let include_balances = query.choice("include_balances", ["true", "false"].into_iter());
        Self { status, include_balances }
    }

    /// The status, if it is none of the usual ones: then the program's customers say
    /// whether it is one.
    pub(super) fn unusual_status(&self) -> Option<&str> {
        self.status.as_deref().filter(|status| is_unusual(status))
    }

    /// The filter by status.
    pub(super) fn filter(&self) -> Option<OnboardingFilter> {
        self.status.clone().map(OnboardingFilter::Status)
    }

    /// Whether balances are wanted.
    pub(super) fn include_balances(&self) -> bool {
        self.include_balances.unwrap_or(true)
    }
}

/// Which transactions.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TransactionListParams {
    /// Only transactions with this status.
    #[param(example = "settled")]
    pub(super) status: Option<TransactionStatus>,
}

impl TransactionListParams {
    /// Reads them from a query.
    pub(super) fn read(query: &mut Query) -> Self {
        let statuses = TransactionStatus::VARIANTS.iter().map(<&str>::from);
        Self { status: query.choice("status", statuses) }
    }
}

/// A query string, and what is invalid about the parameters read so far.
pub(super) struct Query {
    values: HashMap<String, Vec<String>>,
    errors: Vec<FieldError>,
}

impl Query {
    /// Splits a query string.
    pub(super) fn parse(query: Option<&str>) -> Self {
        let mut values: HashMap<String, Vec<String>> = HashMap::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or("").as_bytes()) {
            if !value.is_empty() {
                values.entry(name.into_owned()).or_default().push(value.into_owned());
            }
        }
        Self { values, errors: Vec::new() }
    }

    fn invalid(&mut self, field: &'static str, what: impl Into<Cow<'static, str>>) {
        self.errors.push(FieldError::new(field, what));
    }

    /// The value of a parameter. The same value twice is fine.
    pub(super) fn value(&mut self, field: &'static str) -> Option<String> {
        let values = self.values.remove(field)?;
        if values.iter().any(|value| *value != values[0]) {
            self.invalid(field, "is given more than once");
            return None;
        }
        values.into_iter().next()
    }

    fn integer(&mut self, field: &'static str, max: i64) -> Option<i64> {
        let text = self.value(field)?;
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let number = if digits { text.parse().ok() } else { None };
        match number {
            Some(number) if (1..=max).contains(&number) => Some(number),
            _ => {
                self.invalid(field, format!("must be an integer between 1 and {max}"));
                None
            }
        }
    }

    pub(super) fn choice<T: FromStr>(
        &mut self,
        field: &'static str,
        choices: impl Iterator<Item = &'static str>,
    ) -> Option<T> {
        let value = self.value(field)?.parse().ok();
        if value.is_none() {
            let choices: Vec<&str> = choices.collect();
            self.invalid(field, format!("must be one of {}", choices.join(", ")));
        }
        value
    }

    /// Reports a status that no customer of the program has; they have `others`.
    pub(super) fn unknown_status(&mut self, others: &[String]) {
        let others = others.iter().map(String::as_str).filter(|status| is_unusual(status));
        let usual = FlowStatus::VARIANTS.iter().map(|stage| -> &str { stage.as_ref() });
        let all = usual.chain(others).collect::<Vec<_>>().join(", ");
        self.invalid("status", format!("must be one of {all}"));
    }

    /// # Errors
    /// [`crate::error::Kind::Invalid`] with all parameters that were invalid.
    pub(super) fn finish(self) -> Result<()> {
        if self.errors.is_empty() { Ok(()) } else { Err(Error::invalid(self.errors)) }
    }
}

/// The identifier that a parameter holds.
///
/// # Errors
/// [`crate::error::Kind::Invalid`], with the parameter.
pub(super) fn identifier(field: &'static str, text: &str) -> Result<Identifier> {
    let invalid = |what| Error::invalid(vec![FieldError::new(field, what)]);
    Identifier::parse(text).map_err(invalid)
}

/// Whether a status is none of the seven stages.
fn is_unusual(status: &str) -> bool {
    status.parse::<FlowStatus>().is_err()
}
