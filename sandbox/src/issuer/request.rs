//! A request, as handlers see it.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::dialect::Dialect;
use super::json;
use super::refusal::Refusal;

/// The parts of a request that mean something to handlers.
#[derive(Debug, Default)]
pub(crate) struct Request {
    /// The variable parts of the path, decoded, in their order.
    pub(crate) params: Vec<String>,
    /// The query's pairs, decoded; empty values count as absent.
    pub(crate) query: Vec<(String, String)>,
    /// The members of the body.
    pub(crate) body: HashMap<String, Box<RawValue>>,
    /// The header `Idempotency-Key`.
    pub(crate) idempotency_key: Option<String>,
    /// The token of the request, good or not.
    pub(crate) token: Option<String>,
    /// Whether a page shows what the one before it showed.
    pub(crate) repeats_page: bool,
    /// How customers are written.
    pub(crate) dialect: Dialect,
    /// How codes by e-mail and SMS are made.
    pub(crate) otp: String,
    /// How long a token is good, in seconds.
    pub(crate) token_seconds: u32,
    /// Where this issuer is, without the path.
    pub(crate) origin: String,
}

impl Request {
    /// A variable part of the path.
    pub(crate) fn param(&self, at: usize) -> &str {
        self.params.get(at).map_or("", String::as_str)
    }

    /// A parameter of the query.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let pair = self.query.iter().find(|(found, _)| found == name);
        pair.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether the body has a member with a value.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    fn raw(&self, name: &str) -> Option<&str> {
        self.body.get(name).map(|raw| raw.get().trim()).filter(|raw| *raw != "null")
    }

    /// A member of the body, if it is of this type.
    pub(crate) fn read<T: serde::de::DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.raw(name)?).ok()
    }

    /// A text of the body; empty counts as absent.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.read::<String>(name).filter(|text| !text.trim().is_empty())
    }

    /// A text that must be there.
    pub(crate) fn required(&self, name: &str) -> Result<String, Refusal> {
        self.text(name).ok_or_else(|| Refusal::invalid(format!("{name} is required")))
    }

    /// An amount that must be there, in minor units.
    pub(crate) fn amount(&self, name: &str) -> Result<i64, Refusal> {
        let wrong =
            || Refusal::invalid(format!("{name} must be a number with at most two decimals"));
        let raw = self.raw(name).ok_or_else(wrong)?;
        json::minor(raw).ok_or_else(wrong)
    }
}

/// A page of a list. What is out of bounds is brought within them: the pages do
/// not say what happens then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) number: usize,
    pub(crate) limit: usize,
    /// How many items come before it.
    pub(crate) start: usize,
}

impl Page {
    pub(crate) fn of(request: &Request) -> Self {
        let read = |name: &str| request.query(name).and_then(|text| text.parse::<usize>().ok());
        let number = read("page").unwrap_or(1).max(1);
        let limit = read("limit").unwrap_or(20).clamp(1, 100);
        let shown = if request.repeats_page { (number - 1).max(1) } else { number };
        Self { number, limit, start: (shown - 1).saturating_mul(limit) }
    }

    /// The same with `offset` instead of `page`.
    pub(crate) fn by_offset(request: &Request, default: usize) -> Self {
        let read = |name: &str| request.query(name).and_then(|text| text.parse::<usize>().ok());
        let limit = read("limit").unwrap_or(default).clamp(1, 100);
        Self { number: 1, limit, start: read("offset").unwrap_or(0) }
    }

    /// The items of this page, and how many there are on all pages.
    pub(crate) fn cut<T>(self, items: impl Iterator<Item = T>) -> (Vec<T>, usize) {
        let (mut page, mut total) = (Vec::new(), 0);
        for item in items {
            if total >= self.start && page.len() < self.limit {
                page.push(item);
            }
            total += 1;
        }
        (page, total)
    }
}
