//! Transfers from the master wallet to customers, and a page of them.

use super::members::Members;
use crate::domain::money::{Currency, Minor, currency_code};
use crate::domain::time::Timestamp;

/// A transfer as the issuer describes it. What it does not say is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerTransfer {
    /// The issuer's name for it.
    pub id: String,
    /// `SOL`, `XDC`, or a new word, in capitals.
    pub chain: Option<String>,
    /// What the master wallet pays, in cents of US dollars.
    pub source_amount: Option<Minor>,
    /// The currency that arrives: an ISO 4217 code, if it is known here.
    pub currency: Option<Currency>,
    /// What has arrived, in minor units of `currency`.
    pub destination_amount: Option<Minor>,
    /// `pending`, `completed`, `failed`, … in lower case.
    pub status: Option<String>,
    /// The customer, by one of the issuer's names.
    pub customer: Option<String>,
    /// When it began.
    pub initiated_at: Option<Timestamp>,
}

/// A page of the list of transfers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransfersPage {
    /// Those of the page that could be read.
    pub transfers: Vec<IssuerTransfer>,
    /// How many could not, because nothing names them.
    pub unreadable: usize,
    /// How many transfers there are on all pages.
    pub total: Option<u64>,
}

/// Reads a transfer: an item of the list, or the page of its own. None if nothing names it.
pub(crate) fn read(json: &str) -> Option<IssuerTransfer> {
    let members = Members::read(json)?;
    let source = members.object(&["source"]);
    let destination = members.object(&["destination"]);
    let chain = members.text(&["source_chain", "chain"]);
    let chain = chain.or_else(|| source.as_ref()?.text(&["chain"]));
    let cents = Some(Currency::Usd);
    let source_amount = members.money("source_amount", cents);
    let source_amount = source_amount.or_else(|| source.as_ref()?.money("amount", cents));
    let word = members.text(&["destination_currency", "destination_token"]);
    let word = word.or_else(|| destination.as_ref()?.text(&["currency", "token"]));
    let currency = word.and_then(|word| currency_code(&word)?.parse().ok());
    let arrived = members.money("destination_amount", currency);
    let arrived = arrived.or_else(|| destination.as_ref()?.money("amount", currency));
    Some(IssuerTransfer {
        id: members.text(&["transfer_id", "bridge_id", "id"])?,
        chain: chain.map(|chain| chain.to_ascii_uppercase()),
        source_amount,
        currency,
        destination_amount: arrived,
        status: members.text(&["status"]).map(|word| word.to_lowercase()),
        customer: members.text(&["customer_id", "yativo_card_id"]),
        initiated_at: members.time(&["initiated_at", "created_at"]),
    })
}

/// Reads a page; none if it has no list.
pub(crate) fn read_page(json: &str) -> Option<TransfersPage> {
    let members = Members::read(json)?;
    let items = members.list(&["transfers"])?;
    let count = items.len();
    let transfers: Vec<IssuerTransfer> = items.into_iter().filter_map(read).collect();
    Some(TransfersPage {
        unreadable: count - transfers.len(),
        transfers,
        total: members.whole(&["total"]),
    })
}

/// What the answer to an order of money says: the issuer's name for the payment, and its status.
pub(crate) fn read_order(json: &str, names: &[&str]) -> Option<(String, Option<String>)> {
    let members = Members::read(json)?;
    let status = members.text(&["status"]).map(|word| word.to_lowercase());
    Some((members.text(names)?, status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_of_a_transfer_are_read() {
        let item = r#"{"transfer_id":"tr_1","source_chain":"sol","source_amount":"25.50000000",
            "destination_currency":"EURe","destination_amount":23.1,"status":"Completed",
            "customer_id":"ycc_1","initiated_at":"2026-05-12T14:00:00Z"}"#;
        let page = r#"{"transfer_id":"tr_1","source":{"chain":"SOL","amount":25.5},
            "destination":{"token":"EUR","amount":"23.10"},"status":"completed",
            "customer_id":"ycc_1","created_at":"2026-05-12T14:00:00.000Z"}"#;
        let [item, page] = [item, page].map(|json| read(json).expect("a transfer"));
        assert_eq!(item, page);
        assert_eq!(item.source_amount, Minor::new(2_550));
        assert_eq!(item.destination_amount, Minor::new(2_310));
        assert_eq!((item.chain.as_deref(), item.currency), (Some("SOL"), Some(Currency::Eur)));
        assert_eq!(read("{\"status\":\"completed\"}"), None);
    }

    #[test]
    fn a_page_says_what_it_could_not_read() {
        let json = r#"{"transfers":[{"id":"a"},{"status":"b"},7],"total":"12"}"#;
        let page = read_page(json).expect("a page");
        assert_eq!((page.transfers.len(), page.unreadable, page.total), (1, 2, Some(12)));
        assert_eq!(read_page("{}"), None);
    }
}
