use super::*;
use crate::domain::balance::{BalanceSource, WalletBalance};
use crate::domain::ledger::event::{CardRef, MovementKind, TYPES, TransactionFact};
use crate::domain::money::{Amount, Minor};
use crate::domain::transaction::TransactionType;

fn read(event_type: &str, data: &str) -> Content {
    let body = format!(
        r#"{{"id":"evt_1","type":"{event_type}","created_at":"2026-05-12T14:00:00Z","data":{data},"more":[1]}}"#
    );
    let arrived = parse(&body);
    assert_eq!((arrived.id.as_str(), arrived.event_type.as_str()), ("evt_1", event_type));
    arrived.content
}

fn event_of(event_type: &str, data: &str) -> Event {
    match read(event_type, data) {
        Content::Event(event) => event.as_ref().clone(),
        other => panic!("{event_type} {data}: {other:?}"),
    }
}

fn wrong(event_type: &str, data: &str) -> String {
    match read(event_type, data) {
        Content::Wrong(what) => what,
        other => panic!("{event_type} {data}: {other:?}"),
    }
}

fn balance(members: &str) -> WalletBalance {
    let data = format!(r#"{{"email":"m@x.org",{members}}}"#);
    match event_of("customer.balance.updated", &data).fact {
        Fact::Balance(fact) => fact.balance,
        other => panic!("{other:?}"),
    }
}

fn transaction(event_type: &str, members: &str) -> TransactionFact {
    let data = format!(r#"{{"email":"m@x.org","transaction_id":"t",{members}}}"#);
    match event_of(event_type, &data).fact {
        Fact::Transaction(fact) => *fact,
        other => panic!("{other:?}"),
    }
}

fn amounts(balance: &WalletBalance) -> (i64, i64, Option<i64>, BalanceSource) {
    let pending = balance.pending.map(Minor::get);
    (balance.ledger.get(), balance.available.get(), pending, balance.source)
}

fn amount(minor: i64, currency: Option<&str>) -> Amount {
    let currency = currency.map(str::to_owned);
    Amount { minor: Minor::new(minor).expect("in range"), currency }
}

#[test]
fn money_is_read_as_a_number_as_a_text_and_in_minor_units() {
    for (members, minor) in [
        (r#""amount":120.40"#, 12_040),
        (r#""amount":"120.40""#, 12_040),
        (r#""amount":120.4"#, 12_040),
        (r#""amount":"120""#, 12_000),
        (r#""amount":120.4000"#, 12_040),
        (r#""amount":" 120.40 ""#, 12_040),
        (r#""amount":1E+2"#, 10_000),
        (r#""amount":"1e2""#, 10_000),
        (r#""amount":-0.05"#, 5),
        (r#""amount":90071992547409.91"#, Minor::MAX),
        (r#""amount_minor":12040"#, 12_040),
        (r#""amount_minor":"12040""#, 12_040),
        (r#""amount":120.4,"amount_minor":12040"#, 12_040),
        (r#""amount":null,"amount_minor":12040"#, 12_040),
        (r#""amount":120.4,"amount_minor":null"#, 12_040),
        (r#""amount":12.345,"currency":"KWD""#, 12_345),
        (r#""amount":"12.3450","currency":"kwd""#, 12_345),
        (r#""amount":500,"currency":"JPY""#, 500),
        (r#""amount":500,"amount_minor":500,"currency":"JPY""#, 500),
        (r#""amount":1.5,"currency":"USDCe""#, 150),
    ] {
        let data = format!(r#"{{"email":"m@x.org",{members}}}"#);
        match event_of("customer.funded", &data).fact {
            Fact::Movement(fact) => assert_eq!(fact.amount.minor.get(), minor, "{members}"),
            other => panic!("{other:?}"),
        }
    }
    for (members, reason) in [
        (r#""amount":120.405"#, "amount is not an amount with at most 2 decimals"),
        (r#""amount":12.3456,"currency":"KWD""#, "amount is not an amount with at most 3 decimals"),
        (r#""amount":0.5,"currency":"JPY""#, "amount is not an amount with at most 0 decimals"),
        (r#""amount":"a lot""#, "amount is not"),
        (r#""amount":"""#, "amount is not"),
        (r#""amount":true"#, "amount is not"),
        (r#""amount":[]"#, "amount is not"),
        (r#""amount":{}"#, "amount is not"),
        (r#""amount":"1.2.3""#, "amount is not"),
        ("\"amount\":\"1.2\u{661}0\"", "amount is not"),
        (r#""amount_minor":12.5"#, "amount_minor is not a whole number"),
        (r#""amount":120.4,"amount_minor":12041"#, "amount and amount_minor are not the same"),
        (r#""amount":null"#, "amount is missing"),
        (r#""amount":1,"currency":"€""#, "currency is not an ISO 4217 code"),
    ] {
        let what = wrong("customer.funded", &format!(r#"{{"email":"m@x.org",{members}}}"#));
        assert!(what.starts_with(reason), "{members}: {what}");
    }
}

#[test]
fn a_balance_says_where_it_comes_from() {
    use BalanceSource::{Live, Reconciliation};
    let three = r#""ledger_balance":10,"available_balance":7.5,"pending_balance":2.5"#;
    for (members, expected) in [
        (three.to_owned(), (1_000, 750, Some(250), Live)),
        (format!(r#"{three},"balance_source":null"#), (1_000, 750, Some(250), Live)),
        (format!(r#"{three},"balance_source":"live""#), (1_000, 750, Some(250), Live)),
        // A word that was not known when this was written: live, if it knows what is held.
        (format!(r#"{three},"balance_source":"push""#), (1_000, 750, Some(250), Live)),
        (
            r#""ledger_balance":10,"available_balance":10,"pending_balance":null,"balance_source":"push""#.to_owned(),
            (1_000, 1_000, None, Reconciliation),
        ),
        (
            r#""ledger_balance":10,"available_balance":10,"pending_balance":null,"balance_source":"Reconciliation""#.to_owned(),
            (1_000, 1_000, None, Reconciliation),
        ),
        (
            r#""available_balance":10,"balance_source":"reconciliation""#.to_owned(),
            (1_000, 1_000, None, Reconciliation),
        ),
        // Null: nothing is held. Missing: what the other two say.
        (
            r#""ledger_balance":10,"available_balance":10,"pending_balance":null"#.to_owned(),
            (1_000, 1_000, Some(0), Live),
        ),
        (
            r#""ledger_balance":10,"available_balance":"7.5""#.to_owned(),
            (1_000, 750, Some(250), Live),
        ),
        (
            r#""ledger_balance_minor":1000,"available_balance_minor":750,"pending_balance_minor":250"#.to_owned(),
            (1_000, 750, Some(250), Live),
        ),
    ] {
        assert_eq!(amounts(&balance(&members)), expected, "{members}");
    }
    for (members, reason) in [
        (
            r#""ledger_balance":10,"available_balance":7.5,"pending_balance":2"#,
            "ledger_balance is not available_balance + pending_balance",
        ),
        (
            r#""ledger_balance":10,"available_balance":7.5,"pending_balance":null"#,
            "ledger_balance is not available_balance + pending_balance",
        ),
        (r#""ledger_balance":10"#, "two of ledger_balance"),
        (r#""balance_source":"reconciliation""#, "ledger_balance is missing"),
        (r#""ledger_balance":10,"available_balance":10,"currency":"CHF""#, "currency is not USD"),
    ] {
        let what =
            wrong("customer.balance.updated", &format!(r#"{{"email":"m@x.org",{members}}}"#));
        assert!(what.starts_with(reason), "{members}: {what}");
    }
}

#[test]
fn the_time_of_an_effect_is_the_most_exact_one_that_is_stated() {
    for (event_type, members, expected) in [
        ("customer.funded", r#""amount":1"#, "2026-05-12T14:00:00.000Z"),
        (
            "customer.funded",
            r#""amount":1,"timestamp":"2026-05-01T00:00:00Z""#,
            "2026-05-01T00:00:00.000Z",
        ),
        ("customer.funded", r#""amount":1,"timestamp":1777593600"#, "2026-05-01T00:00:00.000Z"),
        (
            "customer.funded",
            r#""amount":1,"timestamp":"1777593600123""#,
            "2026-05-01T00:00:00.123Z",
        ),
        // One that cannot be read is as good as missing.
        ("customer.funded", r#""amount":1,"timestamp":"soon""#, "2026-05-12T14:00:00.000Z"),
        (
            "transaction.authorized",
            r#""amount":1,"authorized_at":"2026-05-02T00:00:00Z""#,
            "2026-05-02T00:00:00.000Z",
        ),
        (
            "transaction.settled",
            r#""amount":1,"authorized_at":"2026-05-02T00:00:00Z","settled_at":"2026-05-03T00:00:00Z""#,
            "2026-05-03T00:00:00.000Z",
        ),
        (
            "transaction.settled",
            r#""amount":1,"timestamp":"2026-05-04T00:00:00Z","settled_at":"2026-05-03T00:00:00Z""#,
            "2026-05-04T00:00:00.000Z",
        ),
        (
            "card.withdrawal.settled",
            r#""amount":1,"settled_at":"2026-05-03T00:00:00Z""#,
            "2026-05-03T00:00:00.000Z",
        ),
        (
            "customer.balance.updated",
            r#""ledger_balance":1,"available_balance":1,"updated_at":"2026-05-05T00:00:00Z""#,
            "2026-05-05T00:00:00.000Z",
        ),
    ] {
        let event = event_of(event_type, &format!(r#"{{"email":"m@x.org",{members}}}"#));
        assert_eq!(event.occurred_at.to_string(), expected, "{event_type} {members}");
    }
}

#[test]
fn a_purchase_in_another_currency_has_both_amounts() {
    let fact = transaction(
        "transaction.authorized",
        r#""card_id":"544599049","amount":20.00,"amount_minor":2000,"currency":"USD",
           "billing_amount":18.5,"billing_amount_minor":1850,"billing_currency":"EUR",
           "fx_rate":1.081081,"type":"Payment","status":"Approved","blockchain_tx_hash":"0x1""#,
    );
    assert_eq!(fact.amount, Some(amount(2_000, Some("USD"))));
    assert_eq!(fact.billing, Some(amount(1_850, Some("EUR"))));
    assert_eq!((fact.fx_rate.as_deref(), fact.tx_hash.as_deref()), (Some("1.081081"), Some("0x1")));
    assert_eq!(fact.card_id.as_deref(), Some("544599049"));
    assert_eq!(fact.transaction_type, Some(TransactionType::Purchase));
    for (rate, expected) in [
        (r#""1.25""#, Some("1.25")),
        ("17000", Some("17000")),
        ("1.25E0", Some("1.25")),
        ("5e-1", Some("0.5")),
        (r#""much""#, None),
        ("null", None),
        ("[]", None),
        (r#""1.2.3""#, None),
        (r#""-1""#, None),
    ] {
        let fact = transaction("transaction.settled", &format!(r#""amount":1,"fx_rate":{rate}"#));
        assert_eq!(fact.fx_rate.as_deref(), expected, "{rate}");
    }
    // The currency of the billing amount may be missing: it is the wallet's.
    let fact = transaction("transaction.settled", r#""amount":1,"billing_amount":2"#);
    assert_eq!((fact.amount, fact.billing), (Some(amount(100, None)), Some(amount(200, None))));
}

#[test]
fn a_missing_member_that_is_optional_is_no_error() {
    let fact = transaction(
        "transaction.authorized",
        r#""transaction_type":1,"amount":-5,"currency":"eur","merchant":null,"merchant_category":5462,"type":"PURCHASE","settled_at":null"#,
    );
    assert_eq!(fact.amount, Some(amount(500, Some("EUR"))));
    assert_eq!(fact.merchant_category.as_deref(), Some("5462"));
    assert_eq!(fact.transaction_type, Some(TransactionType::Purchase));
    // Without an identifier, the event names the transaction.
    for id in ["null", r#""""#, r#""  ""#] {
        let data = format!(r#"{{"email":"m@x.org","transaction_id":{id},"amount":1}}"#);
        match event_of("transaction.settled", &data).fact {
            Fact::Transaction(fact) => assert_eq!(fact.transaction_id, "evt_1"),
            other => panic!("{other:?}"),
        }
    }
    // A failure need not name the transfer, nor a deposit itself.
    for (event_type, kind) in [
        ("customer.funding.failed", MovementKind::Transfer),
        ("wallet.deposit.confirmed", MovementKind::Deposit),
        ("card.withdrawal.settled", MovementKind::Withdrawal),
    ] {
        match event_of(event_type, r#"{"email":"m@x.org","amount":1}"#).fact {
            Fact::Movement(fact) => assert_eq!((fact.kind, fact.id.as_str()), (kind, "evt_1")),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_deposit_that_is_reported_twice_is_one() {
    let id = |data: &str| match event_of("wallet.deposit.confirmed", data).fact {
        Fact::Movement(fact) => fact.id,
        other => panic!("{other:?}"),
    };
    let members = r#""yativo_card_id":"y","amount":5,"new_balance":17,"currency":"EUR""#;
    let first = id(&format!(r#"{{{members},"timestamp":"2026-05-12T14:00:00Z"}}"#));
    assert_eq!(first, id(&format!(r#"{{{members},"timestamp":"2026-05-12T14:00:00.000Z"}}"#)));
    assert_ne!(first, id(&format!(r#"{{{members},"timestamp":"2026-05-12T14:00:01Z"}}"#)));
    assert_eq!(id(&format!("{{{members}}}")), "evt_1");
}

#[test]
fn a_card_is_named_by_its_uuid_or_by_a_token() {
    let card = |id: &str| match event_of(
        "card.frozen",
        &format!(r#"{{"email":"m@x.org","card_id":{id},"status":"Frozen"}}"#),
    )
    .fact
    {
        Fact::Card(fact) => fact.card,
        other => panic!("{other:?}"),
    };
    let uuid = "afeb85fe-02f8-48da-b61e-84ad02704167";
    assert_eq!(card(&format!("\"{}\"", uuid.to_uppercase())), CardRef::Id(uuid.to_owned()));
    for token in ["544599049", "\"544599049\""] {
        assert_eq!(card(token), CardRef::Token("544599049".to_owned()));
    }
    assert_eq!(card("\"card_token_Ab\""), CardRef::Token("card_token_Ab".to_owned()));
    assert_eq!(wrong("card.frozen", r#"{"email":"m@x.org","card_id":null}"#), "card_id is missing");
}

#[test]
fn every_type_of_the_contract_is_read_and_others_are_kept() {
    let data = r#"{"external_id":"usr_1","amount":1,"card_id":"C","ledger_balance":1,
        "available_balance":1,"status":"Some new word","type":null,"surprise":[{}]}"#;
    let without_effect = ["master_wallet.", "card.withdrawal.initiated", "card.withdrawal.failed"];
    for event_type in TYPES {
        let kept = without_effect.iter().any(|kept| event_type.starts_with(kept))
            || *event_type == "physical.card.pin.changed";
        let content = read(event_type, data);
        assert_eq!(matches!(content, Content::Kept), kept, "{event_type}: {content:?}");
        assert!(!matches!(content, Content::Wrong(_)), "{event_type}: {content:?}");
    }
    // Other products of the issuer's, and whatever is new.
    for other in [
        "transaction.failed",
        "transaction.initiated",
        "transaction.submitted",
        "deposit.confirmed",
        "kyc.approved",
        "iban.created",
        "customer.renamed",
        "card.polished",
        "transaction",
        "voucher.created",
        "🦊",
    ] {
        assert!(matches!(read(other, "17"), Content::Kept), "{other}");
    }
}

#[test]
fn an_older_envelope_is_read_too() {
    let body = r#"{"eventId":"evt_9","type":"customer.funded","webhookId":"w","createdAt":"2026-05-12T14:00:00Z","attempt":2,"data":{"email":"m@x.org","amount":1}}"#;
    let arrived = parse(body);
    assert_eq!(arrived.id, "evt_9");
    assert!(matches!(arrived.content, Content::Event(_)), "{:?}", arrived.content);
}

#[test]
fn a_body_that_cannot_be_read_is_kept_under_a_name() {
    let of = |data: &str| {
        format!(
            r#"{{"id":"a","type":"customer.funded","created_at":"2026-05-12T14:00:00Z","data":{data}}}"#
        )
    };
    for (body, reason) in [
        (String::new(), "the body is not JSON"),
        ("[]".to_owned(), "the body is not an object"),
        ("[1]".to_owned(), "the body is not an object"),
        (
            "\"mira@example.com\"".to_owned(),
            "the body is not an object with one member of each name",
        ),
        (r#"{"id":1,"id":2}"#.to_owned(), "the body is not an object with one member of each name"),
        ("{}".to_owned(), "id is missing"),
        (r#"{"id":"","type":"card.created"}"#.to_owned(), "id is missing"),
        (r#"{"id":"a\u0001","type":"card.created"}"#.to_owned(), "id is missing"),
        (r#"{"id":"a"}"#.to_owned(), "type is missing"),
        (r#"{"id":"a","type":"customer.funded"}"#.to_owned(), "created_at is missing"),
        (
            r#"{"id":"a","type":"customer.funded","created_at":"now"}"#.to_owned(),
            "created_at is not",
        ),
        (of("[]"), "data is not an object"),
        (of(r#"{"email":"m"}"#), "amount is missing"),
        (of(r#"{"amount":1}"#), "data names no customer"),
        (of(r#"{"amount":1,"email":"","customer_id":0}"#), "data names no customer"),
    ] {
        let arrived = parse(&body);
        assert!(arrived.id == "a" || arrived.id.starts_with("sha256:"), "{body}");
        match arrived.content {
            Content::Wrong(what) => assert!(what.starts_with(reason), "{body}: {what}"),
            other => panic!("{body}: {other:?}"),
        }
    }
    assert_ne!(parse("x").id, parse("y").id);
    let marked = format!("\u{feff}{}", r#"{"id":"a","type":"new"}"#);
    assert!(matches!(parse(&marked).content, Content::Kept));
}
