//! Which customers a list holds.

use super::money::Currency;
use super::onboarding::{FlowStatus, KycStatus};
use super::search::Search;
use super::time::Timestamp;

/// What must hold of a customer: all that is given. A list of values holds if one of them
/// does, and so an empty one for no customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CustomerFilter {
    /// The onboarding stage.
    pub stages: Option<Vec<FlowStatus>>,
    /// The issuer's status.
    pub statuses: Option<Vec<String>>,
    /// The identity check.
    pub kyc_statuses: Option<Vec<KycStatus>>,
    /// The wallet's currency.
    pub currencies: Option<Vec<Currency>>,
    /// Whether the wallet exists on the chain.
    pub safe_deployed: Option<bool>,
    /// Whether there is a card that is not void.
    pub has_cards: Option<bool>,
    /// The creation time.
    pub created_at: TimeRange,
    /// The time of the last change.
    pub updated_at: TimeRange,
    /// The beginning of a name.
    pub search: Option<Search>,
}

/// A range of time; without an end it goes on for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TimeRange {
    /// Included.
    pub from: Option<Timestamp>,
    /// Not included.
    pub to: Option<Timestamp>,
}

impl TimeRange {
    /// Whether all times are in it.
    pub const fn is_everything(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }
}

/// What customers have in common of which the database keeps the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facet<'a> {
    /// The stage, by its name.
    pub stage: &'a str,
    /// The issuer's status.
    pub status: &'a str,
    /// The identity check, by its name; empty: none.
    pub kyc_status: &'a str,
    /// The currency's code; empty: none.
    pub currency: &'a str,
    /// Whether the wallet exists on the chain.
    pub safe_deployed: bool,
    /// Whether there is a card that is not void.
    pub has_cards: bool,
}

impl CustomerFilter {
    /// Those at one stage.
    pub fn of_stage(stage: FlowStatus) -> Self {
        Self { stages: Some(vec![stage]), ..Self::default() }
    }

    /// Also those at one stage alone.
    #[must_use]
    pub fn and_stage(mut self, stage: FlowStatus) -> Self {
        let among = self.stages.is_none_or(|stages| stages.contains(&stage));
        self.stages = Some(if among { vec![stage] } else { Vec::new() });
        self
    }

    /// The one stage by which alone it filters, or nothing; none if it is about more.
    pub fn only_stage(&self) -> Option<Option<FlowStatus>> {
        let stage = match self.stages.as_deref() {
            None => None,
            Some([stage]) => Some(*stage),
            Some(_) => return None,
        };
        let stages = self.stages.clone();
        (*self == Self { stages, ..Self::default() }).then_some(stage)
    }

    /// Whether it is about what a [`Facet`] has.
    pub const fn has_facets(&self) -> bool {
        self.stages.is_some()
            || self.statuses.is_some()
            || self.kyc_statuses.is_some()
            || self.currencies.is_some()
            || self.safe_deployed.is_some()
            || self.has_cards.is_some()
    }

    /// Whether customers with a facet can be among those of the list.
    pub fn fits(&self, facet: &Facet<'_>) -> bool {
        fn among<T: AsRef<str>>(wanted: Option<&Vec<T>>, value: &str) -> bool {
            wanted.is_none_or(|wanted| wanted.iter().any(|one| one.as_ref() == value))
        }
        among(self.stages.as_ref(), facet.stage)
            && among(self.statuses.as_ref(), facet.status)
            && among(self.kyc_statuses.as_ref(), facet.kyc_status)
            && among(self.currencies.as_ref(), facet.currency)
            && self.safe_deployed.is_none_or(|wanted| wanted == facet.safe_deployed)
            && self.has_cards.is_none_or(|wanted| wanted == facet.has_cards)
    }

    /// The filter as a text, another one for each filter.
    pub fn text(&self) -> String {
        fn list<T: AsRef<str>>(of: Option<&Vec<T>>) -> String {
            of.map_or_else(String::new, |of| {
                let values = of.iter().map(|one| format!("{}\t", one.as_ref()));
                format!("={}", values.collect::<String>())
            })
        }
        let range = |of: &TimeRange| {
            let millis = |at: Option<Timestamp>| at.map(Timestamp::millis);
            format!("{:?} {:?}", millis(of.from), millis(of.to))
        };
        [
            list(self.stages.as_ref()),
            list(self.statuses.as_ref()),
            list(self.kyc_statuses.as_ref()),
            list(self.currencies.as_ref()),
            format!("{:?} {:?}", self.safe_deployed, self.has_cards),
            range(&self.created_at),
            range(&self.updated_at),
            self.search.as_ref().map(|search| search.forms().join("\t")).unwrap_or_default(),
        ]
        .join("\n")
    }
}

/// The longest list of values.
pub const MAX_VALUES: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_given_fits_and_an_empty_list_does_not() {
        let facet = Facet {
            stage: "kyc_initiated",
            status: "kyc_rejected",
            kyc_status: "rejected",
            currency: "",
            safe_deployed: false,
            has_cards: false,
        };
        let none = CustomerFilter::default;
        for (filter, fits) in [
            (none(), true),
            (CustomerFilter::of_stage(FlowStatus::KycInitiated), true),
            (CustomerFilter::of_stage(FlowStatus::Active), false),
            (CustomerFilter { stages: Some(Vec::new()), ..none() }, false),
            (CustomerFilter { statuses: Some(vec!["kyc_rejected".to_owned()]), ..none() }, true),
            (CustomerFilter { statuses: Some(vec!["kyc_initiated".to_owned()]), ..none() }, false),
            (CustomerFilter { kyc_statuses: Some(vec![KycStatus::Rejected]), ..none() }, true),
            (CustomerFilter { currencies: Some(vec![Currency::Eur]), ..none() }, false),
            (CustomerFilter { safe_deployed: Some(false), has_cards: Some(false), ..none() }, true),
            (CustomerFilter { has_cards: Some(true), ..none() }, false),
        ] {
            assert_eq!(filter.fits(&facet), fits, "{filter:?}");
        }
    }

    #[test]
    fn a_stage_is_one_more_condition() {
        let (one, other) = (FlowStatus::Active, FlowStatus::OtpVerified);
        assert_eq!(CustomerFilter::default().only_stage(), Some(None));
        assert_eq!(CustomerFilter::of_stage(one).only_stage(), Some(Some(one)));
        let both = CustomerFilter { stages: Some(vec![one, other]), ..CustomerFilter::default() };
        assert_eq!(both.only_stage(), None);
        assert_eq!(both.clone().and_stage(one), CustomerFilter::of_stage(one));
        assert_eq!(both.and_stage(FlowStatus::CardCreated).stages, Some(Vec::new()));
        let more = CustomerFilter { has_cards: Some(true), ..CustomerFilter::of_stage(one) };
        assert_eq!(more.only_stage(), None);
    }

    #[test]
    fn each_filter_has_a_text_of_its_own() {
        let none = CustomerFilter::default;
        let at = Timestamp::parse("2026-04-20T08:00:00Z");
        let filters = [
            none(),
            CustomerFilter { stages: Some(Vec::new()), ..none() },
            CustomerFilter::of_stage(FlowStatus::Active),
            CustomerFilter { statuses: Some(vec!["active".to_owned()]), ..none() },
            CustomerFilter { statuses: Some(vec!["a".to_owned(), "b".to_owned()]), ..none() },
            CustomerFilter { statuses: Some(vec!["a b".to_owned()]), ..none() },
            CustomerFilter { safe_deployed: Some(true), ..none() },
            CustomerFilter { has_cards: Some(true), ..none() },
            CustomerFilter { created_at: TimeRange { from: at, to: None }, ..none() },
            CustomerFilter { created_at: TimeRange { from: None, to: at }, ..none() },
            CustomerFilter { updated_at: TimeRange { from: at, to: None }, ..none() },
            CustomerFilter { search: Search::parse("ab").ok(), ..none() },
        ];
        for (at, one) in filters.iter().enumerate() {
            for other in filters.iter().skip(at + 1) {
                assert_ne!(one.text(), other.text());
            }
        }
    }
}
