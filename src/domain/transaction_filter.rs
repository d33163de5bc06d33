//! Which transactions a list holds.

use super::card::Card;
use super::customer_filter::TimeRange;
use super::money::Minor;
use super::search::Search;
use super::time::Timestamp;
use super::transaction::{SKEW, TransactionStatus, TransactionType};

/// What must hold of a transaction: all that is given. A list of values holds if one of them
/// does, and so an empty one for none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransactionFilter {
    /// How far it has come.
    pub statuses: Option<Vec<TransactionStatus>>,
    /// Its kind.
    pub types: Option<Vec<TransactionType>>,
    /// The card that was used.
    pub card: Option<CardUse>,
    /// The merchant's currency: ISO 4217 codes in capitals.
    pub currencies: Option<Vec<String>>,
    /// The merchant's category: ISO 18245 codes.
    pub merchant_categories: Option<Vec<String>>,
    /// The merchant's country: ISO 3166-1 alpha-2 codes in capitals.
    pub merchant_countries: Option<Vec<String>>,
    /// The creation time.
    pub created_at: TimeRange,
    /// The merchant's amount.
    pub amount: AmountRange,
    /// The beginning of the merchant's name.
    pub search: Option<Search>,
}

/// How transactions say that they were made with a card: see [`Transaction::card`].
///
/// [`Transaction::card`]: super::transaction::Transaction::card
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardUse {
    /// The card's identifier.
    pub card_id: String,
    /// Who holds it; none if it is not known.
    pub customer_id: Option<String>,
    /// Its identifier in either case, and its token.
    pub names: Vec<String>,
    /// When another token could mean no other card; none if it can.
    pub by_any_token: Option<TimeRange>,
    /// The names of all cards of the holder: none of them is another token.
    pub known: Vec<String>,
}

impl CardUse {
    /// A card of which nothing else is known.
    pub fn named(card_id: String) -> Self {
        let names = vec![card_id.to_ascii_lowercase(), card_id.to_ascii_uppercase()];
        Self { card_id, customer_id: None, names, by_any_token: None, known: Vec::new() }
    }

    /// One of a customer's cards, of which all are here.
    pub fn of(card: &Card, all: &[Card]) -> Self {
        let names = |card: &Card| {
            let mut names = Self::named(card.card_id.clone()).names;
            names.extend(card.network_token.clone());
            names
        };
        let since = |card: &Card| card.created_at.plus_millis(-SKEW);
        let others = all
            .iter()
            .filter(|other| other.card_id != card.card_id && other.network_token.is_none());
        let range = TimeRange { from: Some(since(card)), to: others.map(since).min() };
        let is_alone = card.network_token.is_none() && range.to.is_none_or(|to| to > since(card));
        Self {
            names: names(card),
            customer_id: Some(card.customer_id.clone()),
            by_any_token: is_alone.then_some(range),
            known: all.iter().flat_map(names).collect(),
            ..Self::named(card.card_id.clone())
        }
    }
}

/// A range of amounts, in hundredths of the major unit of any currency. Both ends are included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AmountRange {
    /// The least amount.
    pub min: Option<Minor>,
    /// The greatest amount.
    pub max: Option<Minor>,
}

impl From<Option<TransactionStatus>> for TransactionFilter {
    fn from(status: Option<TransactionStatus>) -> Self {
        Self { statuses: status.map(|status| vec![status]), ..Self::default() }
    }
}

impl TransactionFilter {
    /// Also those with one status alone.
    #[must_use]
    pub fn and_status(mut self, status: TransactionStatus) -> Self {
        let among = self.statuses.is_none_or(|statuses| statuses.contains(&status));
        self.statuses = Some(if among { vec![status] } else { Vec::new() });
        self
    }

    /// The one status that it lets through, if it is one.
    pub fn status(&self) -> Option<TransactionStatus> {
        match self.statuses.as_deref() {
            Some([status]) => Some(*status),
            _ => None,
        }
    }

    /// Whether it is about nothing but one status.
    pub fn is_status_alone(&self) -> bool {
        *self == Self::from(self.status())
    }

    /// The filter as a text, another one for each filter.
    pub fn text(&self) -> String {
        fn list<T: AsRef<str>>(of: Option<&Vec<T>>) -> String {
            of.map_or_else(String::new, |of| {
                let values = of.iter().map(|one| format!("{}\t", one.as_ref()));
                format!("={}", values.collect::<String>())
            })
        }
        let (created_at, amount) = (self.created_at, self.amount);
        let millis = [created_at.from, created_at.to].map(|at| at.map(Timestamp::millis));
        let minor = [amount.min, amount.max].map(|minor| minor.map(Minor::get));
        [
            list(self.statuses.as_ref()),
            list(self.types.as_ref()),
            self.card.as_ref().map_or_else(String::new, |card| format!("={}", card.card_id)),
            list(self.currencies.as_ref()),
            list(self.merchant_categories.as_ref()),
            list(self.merchant_countries.as_ref()),
            format!("{millis:?} {minor:?}"),
            self.search.as_ref().map(|search| search.forms().join("\t")).unwrap_or_default(),
        ]
        .join("\n")
    }
}
