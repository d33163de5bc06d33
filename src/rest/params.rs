//! Query parameters, to the letter of the contract: an empty value counts as
//! absent, an unknown name is ignored, anything else that is not as it should
//! be is an error that names the parameter.

use std::collections::HashMap;

use crate::domain::onboarding::FlowStatus;
use crate::domain::page::{DEFAULT_SIZE, MAX_PAGE, MAX_SIZE};
use crate::domain::transaction::TransactionStatus;
use crate::error::{Error, FieldError, Result};

/// The parameters of a request, and what has been found wrong with them.
pub(super) struct Params {
    given: HashMap<String, Vec<String>>,
    wrong: Vec<FieldError>,
}

impl Params {
    pub(super) fn parse(query: Option<&str>) -> Self {
        let mut given: HashMap<String, Vec<String>> = HashMap::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or("").as_bytes()) {
            if !value.is_empty() {
                given.entry(name.into_owned()).or_default().push(value.into_owned());
            }
        }
        Self { given, wrong: Vec::new() }
    }

    fn wrong(&mut self, field: &'static str, what: impl Into<std::borrow::Cow<'static, str>>) {
        self.wrong.push(FieldError::new(field, what));
    }

    /// The value of a parameter; saying the same thing twice is fine.
    fn one(&mut self, field: &'static str) -> Option<String> {
        let values = self.given.remove(field)?;
        if values.iter().any(|value| *value != values[0]) {
            self.wrong(field, "is given more than once");
            return None;
        }
        values.into_iter().next()
    }

    fn whole(&mut self, field: &'static str, max: i64) -> Option<i64> {
        let text = self.one(field)?;
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let number = if digits { text.parse().ok() } else { None };
        match number {
            Some(number) if (1..=max).contains(&number) => Some(number),
            _ => {
                self.wrong(field, format!("must be an integer between 1 and {max}"));
                None
            }
        }
    }

    /// The number of the page that is asked for, and how many items it has.
    pub(super) fn page(&mut self) -> (i64, i64) {
        let page = self.whole("page", MAX_PAGE);
        let limit = self.whole("limit", MAX_SIZE);
        let alias = self.whole("per_page", MAX_SIZE);
        if limit.is_some() && alias.is_some() && limit != alias {
            self.wrong("per_page", "is another name of limit and must not differ from it");
        }
        (page.unwrap_or(1), limit.or(alias).unwrap_or(DEFAULT_SIZE))
    }

    fn named<T>(
        &mut self,
        field: &'static str,
        parse: impl Fn(&str) -> Option<T>,
        names: impl Iterator<Item = &'static str>,
    ) -> Option<T> {
        let value = parse(&self.one(field)?);
        if value.is_none() {
            let names: Vec<&str> = names.collect();
            self.wrong(field, format!("must be one of {}", names.join(", ")));
        }
        value
    }

    pub(super) fn flow_status(&mut self) -> Option<FlowStatus> {
        let names = FlowStatus::ALL.iter().map(|status| status.as_str());
        self.named("status", FlowStatus::parse, names)
    }

    pub(super) fn transaction_status(&mut self) -> Option<TransactionStatus> {
        let names = TransactionStatus::ALL.iter().map(|status| status.as_str());
        self.named("status", TransactionStatus::parse, names)
    }

    pub(super) fn include_balances(&mut self) -> bool {
        let parse = |text: &str| text.parse().ok();
        self.named("include_balances", parse, ["true", "false"].into_iter()).unwrap_or(true)
    }

    /// Refuses the request if anything was wrong.
    pub(super) fn finish(self) -> Result<()> {
        if self.wrong.is_empty() { Ok(()) } else { Err(Error::invalid(self.wrong)) }
    }
}
