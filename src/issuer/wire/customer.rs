//! A customer as the issuer describes it, and a page of them.

use super::card::{self, IssuerCard};
use super::members::{Members, currency};
use crate::domain::identifier::is_customer_id;
use crate::domain::money::{Currency, Minor};
use crate::domain::time::Timestamp;

/// A customer as the issuer describes it. What it does not say is `None`: each
/// page of the API leaves something out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerCustomer {
    /// The record's database id. Not on the customer's own page.
    pub id: Option<String>,
    /// On the list; usually the same as `id`.
    pub customer_id: Option<String>,
    /// The name that almost every page has.
    pub yativo_card_id: Option<String>,
    /// The program's own name for the customer.
    pub external_customer_id: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The onboarding stage, in the issuer's word, in lower case; new words occur.
    pub flow_status: Option<String>,
    /// The stage's number.
    pub step: Option<i32>,
    /// What has to happen next, in the issuer's sentence.
    pub next_action: Option<String>,
    /// The identity check, in the issuer's word, in lower case. Not on the list.
    pub kyc_status: Option<String>,
    /// Whether the wallet is deployed.
    pub safe_deployed: Option<bool>,
    /// The wallet's currency; none until there is one, or if it is unknown here.
    pub currency: Option<Currency>,
    /// The issuer's word for the currency or its token, as it stands.
    pub currency_word: Option<String>,
    /// The balance; its amounts are in minor units of `currency`.
    pub balance: IssuerBalance,
    /// How many cards there are.
    pub cards_count: Option<u32>,
    /// Whether any card's PIN is set. Not on the list.
    pub pin_set: Option<bool>,
    /// The cards; none on the list.
    pub cards: Option<Vec<IssuerCard>>,
    /// How many of the cards could not be read, because nothing names them.
    pub unreadable_cards: usize,
    /// When the customer was made.
    pub created_at: Option<Timestamp>,
}

/// A balance as the issuer describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssuerBalance {
    /// All that is in the wallet.
    pub ledger: Option<Minor>,
    /// What can be spent.
    pub available: Option<Minor>,
    /// What is reserved.
    pub pending: Option<Minor>,
    /// Where it comes from: `realtime`, `on_chain`, or a new word, in lower case.
    pub freshness: Option<String>,
    /// When it was so.
    pub updated_at: Option<Timestamp>,
}

/// A page of the list of customers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomersPage {
    /// Those of the page that could be read.
    pub customers: Vec<IssuerCustomer>,
    /// How many could not, because nothing names them.
    pub unreadable: usize,
    /// How many customers there are on all pages.
    pub total: Option<u64>,
    /// The page's number, from 1.
    pub page: Option<u64>,
    /// How many customers a page has at most.
    pub limit: Option<u64>,
    /// Whether the balances were asked for.
    pub balances_included: Option<bool>,
}

impl IssuerCustomer {
    /// Our `id` of the customer, 24 lower-case hexadecimal digits, where the
    /// answer has it: as `id`, else as `customer_id`.
    pub fn canonical_id(&self) -> Option<String> {
        let names = [&self.id, &self.customer_id];
        let ids = names.into_iter().flatten().map(|id| id.to_ascii_lowercase());
        ids.into_iter().find(|id| is_customer_id(id))
    }
}

/// Reads a customer; none if nothing names it.
pub(crate) fn read(json: &str) -> Option<IssuerCustomer> {
    let members = Members::read(json)?;
    let word = |name: &str| members.text(&[name]).map(|word| word.to_lowercase());
    // 0 is how a missing number is written.
    let name = |name: &str| members.text(&[name]).filter(|text| text != "0");
    let (id, customer_id, yativo_card_id) =
        (name("id").or_else(|| name("_id")), name("customer_id"), name("yativo_card_id"));
    if id.is_none() && customer_id.is_none() && yativo_card_id.is_none() {
        return None;
    }
    let currency_word = members.currency_word();
    let known = ["currency", "token"].iter().find_map(|name| currency(&members.text(&[name])?));
    let cards = members.list(&["cards"]);
    let count = cards.as_ref().map_or(0, Vec::len);
    let cards: Option<Vec<IssuerCard>> =
        cards.map(|cards| cards.into_iter().filter_map(card::read).collect());
    Some(IssuerCustomer {
        id,
        customer_id,
        yativo_card_id,
        external_customer_id: members.text(&["external_customer_id", "external_id"]),
        email: members.text(&["email"]),
        flow_status: word("flow_status"),
        step: members.whole(&["step"]),
        next_action: members.text(&["next_action"]),
        kyc_status: word("kyc_status"),
        safe_deployed: members.boolean(&["safe_deployed", "wallet_ready"]),
        currency: known,
        currency_word,
        balance: IssuerBalance {
            ledger: members.money("ledger_balance", known),
            available: members.money("available_balance", known),
            pending: members.money("pending_balance", known),
            freshness: word("balance_freshness"),
            updated_at: members.time(&["balance_updated_at"]),
        },
        cards_count: members.whole(&["cards_count"]),
        pin_set: members.boolean(&["pin_set"]),
        unreadable_cards: count - cards.as_ref().map_or(0, Vec::len),
        cards,
        created_at: members.time(&["created_at"]),
    })
}

/// Reads a page; none if it has no list.
pub(crate) fn read_page(json: &str) -> Option<CustomersPage> {
    let members = Members::read(json)?;
    let items = members.list(&["customers"])?;
    let count = items.len();
    let customers: Vec<IssuerCustomer> = items.into_iter().filter_map(read).collect();
    Some(CustomersPage {
        unreadable: count - customers.len(),
        customers,
        total: members.whole(&["total"]),
        page: members.whole(&["page"]),
        limit: members.whole(&["limit"]),
        balances_included: members.boolean(&["balances_included"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_of_the_list_is_read() {
        let item = read(
            r#"{"customer_id":"69F0BDF29A84752DB9CC8FF9","yativo_card_id":"ycc_1","external_customer_id":1207,
            "email":"mira@example.com","flow_status":"active","step":"6","next_action":"Spend",
            "safe_deployed":"true","currency":"USDCe","ledger_balance":120.4,"available_balance":"101.15",
            "pending_balance":19.25,"balance_freshness":"realtime","cards_count":2,
            "created_at":"2026-04-20T08:00:00Z","something_new":{"a":[1]}}"#,
        )
        .expect("a customer");
        assert_eq!(item.canonical_id().as_deref(), Some("69f0bdf29a84752db9cc8ff9"));
        assert_eq!(item.external_customer_id.as_deref(), Some("1207"));
        assert_eq!((item.step, item.safe_deployed), (Some(6), Some(true)));
        assert_eq!(item.currency, Some(Currency::Usd));
        assert_eq!(item.balance.ledger, Minor::new(12_040));
        assert_eq!(item.balance.available, Minor::new(10_115));
        assert_eq!(item.balance.pending, Minor::new(1_925));
        assert_eq!((item.cards, item.cards_count, item.kyc_status), (None, Some(2), None));
    }

    #[test]
    fn a_customers_own_page_is_read() {
        let page = read(
            r#"{"yativo_card_id":"ycc_1","external_id":"usr_1207","email":"mira@example.com",
            "flow_status":"KYC_rejected","kyc_status":"under_dispute","currency":"EUR","ledger_balance":1,
            "ledger_balance_minor":12040,"available_balance_minor":12040,"pending_balance":null,
            "pending_balance_minor":null,"balance_freshness":"on_chain","balance_updated_at":null,
            "pin_set":false,"cards":[{"card_id":"c1"},{"last_four":"1"},7],"created_at":"yesterday"}"#,
        )
        .expect("a customer");
        assert_eq!(
            (page.id.as_ref(), page.customer_id.as_ref(), page.canonical_id()),
            (None, None, None)
        );
        assert_eq!(page.external_customer_id.as_deref(), Some("usr_1207"));
        assert_eq!(page.flow_status.as_deref(), Some("kyc_rejected"), "a new word is kept");
        assert_eq!(page.kyc_status.as_deref(), Some("under_dispute"));
        assert_eq!(page.balance.ledger, Minor::new(12_040), "minor units first");
        assert_eq!((page.balance.pending, page.balance.updated_at), (None, None));
        assert_eq!(page.cards.map(|cards| cards.len()), Some(1));
        assert_eq!((page.unreadable_cards, page.created_at), (2, None));
    }

    #[test]
    fn an_odd_member_harms_only_itself() {
        for name in [
            "id",
            "customer_id",
            "external_customer_id",
            "email",
            "flow_status",
            "step",
            "next_action",
            "kyc_status",
            "safe_deployed",
            "currency",
            "ledger_balance",
            "available_balance",
            "pending_balance",
            "balance_freshness",
            "balance_updated_at",
            "cards_count",
            "pin_set",
            "cards",
            "created_at",
        ] {
            for odd in ["{}", "[[]]", "true", "\"\"", "-1e400", "null"] {
                let json = format!(r#"{{"yativo_card_id":"ycc_1","{name}":{odd},"token":"EURe"}}"#);
                let found = read(&json).unwrap_or_else(|| panic!("{json}"));
                assert_eq!(found.yativo_card_id.as_deref(), Some("ycc_1"), "{json}");
                assert_eq!(found.currency, Some(Currency::Eur), "{json}");
            }
        }
    }

    #[test]
    fn a_currency_that_is_unknown_here_makes_no_amount() {
        let json = r#"{"id":"x","currency":"JPY","ledger_balance":120,"available_balance":120}"#;
        let found = read(json).expect("a customer");
        assert_eq!(found.currency_word.as_deref(), Some("JPY"));
        assert_eq!((found.currency, found.balance.ledger), (None, None));
    }

    #[test]
    fn a_page_says_what_it_could_not_read() {
        let json = r#"{"customers":[{"id":"a"},{"email":"nameless@example.com"},null,{"id":"b"}],
            "total":"87","page":1,"limit":20,"balances_included":"false"}"#;
        let page = read_page(json).expect("a page");
        assert_eq!((page.customers.len(), page.unreadable, page.total), (2, 2, Some(87)));
        assert_eq!(
            (page.page, page.limit, page.balances_included),
            (Some(1), Some(20), Some(false))
        );
        assert_eq!(read_page(r#"{"total":87}"#), None);
        assert_eq!(read_page(r#"{"customers":{}}"#), None);
    }
}
