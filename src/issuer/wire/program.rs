//! A program as the issuer describes it.

use super::members::Members;
use crate::domain::money::{Currency, Minor};
use crate::domain::time::Timestamp;

/// A program as the issuer describes it. What it does not say is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerProgram {
    /// Whether the account has applied for a program at all.
    pub enrolled: Option<bool>,
    /// `pending`, `approved`, `rejected`, `suspended`, `not_applied`, or a new
    /// word, in lower case.
    pub status: Option<String>,
    /// The issuer's name for the program.
    pub program_id: Option<String>,
    /// `master_wallet`, `non_master`, or a new word.
    pub funding_structure: Option<String>,
    /// The most customer accounts.
    pub max_cards: Option<u64>,
    /// The most funding a day, in cents of US dollars.
    pub daily_funding_limit: Option<Minor>,
    /// The most funding a month, in cents of US dollars.
    pub monthly_funding_limit: Option<Minor>,
    /// How many cards there have been.
    pub total_cards_issued: Option<u64>,
    /// When the issuer approved it.
    pub approved_at: Option<Timestamp>,
}

/// Reads a program; none if it is no object.
pub(crate) fn read(json: &str) -> Option<IssuerProgram> {
    let members = Members::read(json)?;
    let limits = members.object(&["limits"]);
    let dollars = |name: &str| limits.as_ref()?.money(name, Some(Currency::Usd));
    let max_cards = limits.as_ref().and_then(|limits| limits.whole(&["max_cards"]));
    let stats = members.object(&["stats"]);
    Some(IssuerProgram {
        enrolled: members.boolean(&["enrolled"]),
        status: members.text(&["status"]).map(|word| word.to_lowercase()),
        program_id: members.text(&["program_id", "id"]),
        funding_structure: members.text(&["funding_structure"]),
        max_cards: max_cards.or_else(|| members.whole(&["max_cards"])),
        daily_funding_limit: dollars("daily_funding_limit"),
        monthly_funding_limit: dollars("monthly_funding_limit"),
        total_cards_issued: stats.and_then(|stats| stats.whole(&["total_cards_issued"])),
        approved_at: members.time(&["approved_at"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_read_in_both_forms() {
        let full = read(
            r#"{"enrolled":true,"status":"approved","funding_structure":"master_wallet",
            "stats":{"total_cards_issued":12},"limits":{"max_cards":1000,"daily_funding_limit":50000,
            "monthly_funding_limit":"500000.00"},"approved_at":"2026-04-01T00:00:00Z"}"#,
        )
        .expect("a program");
        assert_eq!((full.max_cards, full.total_cards_issued), (Some(1_000), Some(12)));
        assert_eq!(full.daily_funding_limit, Minor::new(5_000_000));
        assert_eq!(full.monthly_funding_limit, Minor::new(50_000_000));
        let other =
            read(r#"{"status":"not_applied","program_id":"p1","max_cards":"500","limits":[]}"#);
        let other = other.expect("a program");
        assert_eq!((other.max_cards, other.program_id.as_deref()), (Some(500), Some("p1")));
        let none = read(r#"{"enrolled":false}"#).expect("an answer");
        assert_eq!((none.enrolled, none.status), (Some(false), None));
        assert_eq!(read("[]"), None);
    }
}
