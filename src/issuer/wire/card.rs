//! A card as the issuer describes it.

use super::members::{Members, text};
use crate::domain::time::Timestamp;

/// A card as the issuer describes it. What it does not say is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerCard {
    /// The card's UUID. Webhooks use another name, the network's token.
    pub card_id: String,
    /// The last four digits of its number.
    pub last_four: Option<String>,
    /// `virtual`, `physical`, or a new word, in lower case.
    pub card_type: Option<String>,
    /// The issuer's word for its state, in lower case; new words occur.
    pub status: Option<String>,
    /// Whether the customer has stopped it.
    pub is_frozen: Option<bool>,
    /// Whether it was reported lost.
    pub is_lost: Option<bool>,
    /// Whether it was reported stolen.
    pub is_stolen: Option<bool>,
    /// Whether the issuer has stopped it.
    pub is_blocked: Option<bool>,
    /// Whether it is gone for good.
    pub is_void: Option<bool>,
    /// Whether its PIN is set.
    pub pin_set: Option<bool>,
    /// When it was first put to use.
    pub activated_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
}

/// Reads a card; none if nothing names it.
pub(crate) fn read(json: &str) -> Option<IssuerCard> {
    let members = Members::read(json)?;
    let word = |names: &[&str]| members.text(names).map(|word| word.to_lowercase());
    let last_four = members.raw(&["last_four", "last_four_digits"]).and_then(last_four);
    Some(IssuerCard {
        card_id: members.text(&["card_id", "id"])?.to_lowercase(),
        last_four,
        card_type: word(&["card_type", "type"]),
        status: word(&["status", "status_name"]),
        is_frozen: members.boolean(&["is_frozen"]),
        is_lost: members.boolean(&["is_lost"]),
        is_stolen: members.boolean(&["is_stolen"]),
        is_blocked: members.boolean(&["is_blocked"]),
        is_void: members.boolean(&["is_void"]),
        pin_set: members.boolean(&["pin_set"]),
        activated_at: members.time(&["activated_at"]),
        created_at: members.time(&["created_at"]),
    })
}

/// Four digits, also with what hides the others before them (`**** 4242`), or as
/// a number, which has lost its zeros.
fn last_four(raw: &str) -> Option<String> {
    let text = text(raw)?;
    let digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    if text.len() < 4 && digits(&text) && !raw.starts_with('"') {
        return Some(format!("{text:0>4}"));
    }
    let last = text.get(text.len().checked_sub(4)?..)?;
    digits(last).then(|| last.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_read_under_all_their_names() {
        let full = read(
            r#"{"card_id":"AFEB85FE-02f8-48da-b61e-84ad02704167","last_four":"4242","card_type":"virtual",
            "status":"Frozen","is_frozen":"true","is_lost":false,"is_stolen":0,"is_blocked":null,
            "is_void":{"odd":1},"pin_set":true,"activated_at":null,"created_at":"2026-04-25T10:00:00Z","new":1}"#,
        )
        .expect("a card");
        assert_eq!(full.card_id, "afeb85fe-02f8-48da-b61e-84ad02704167");
        assert_eq!(full.status.as_deref(), Some("frozen"));
        assert_eq!(
            (
                full.is_frozen,
                full.is_lost,
                full.is_stolen,
                full.is_blocked,
                full.is_void,
                full.pin_set
            ),
            (Some(true), Some(false), Some(false), None, None, Some(true))
        );
        assert_eq!(full.created_at, Timestamp::parse("2026-04-25T10:00:00Z"));
        let other =
            read(r#"{"card_id":"c","status_name":"shipped","last_four_digits":"**** 0042"}"#);
        let other = other.expect("a card");
        assert_eq!(other.status.as_deref(), Some("shipped"), "an unknown word is kept");
        assert_eq!(other.last_four.as_deref(), Some("0042"));
        assert_eq!(other.card_type, None);
        assert!(read(r#"{"last_four":"4242"}"#).is_none() && read("[]").is_none());
        for (raw, found) in
            [("42", Some("0042")), ("\"42\"", None), ("\"abcd\"", None), ("[]", None)]
        {
            assert_eq!(last_four(raw).as_deref(), found, "{raw}");
        }
    }
}
