//! From the body of a webhook to an event. The envelope is fixed; what `data`
//! holds is shown by the contract in part only, and read with patience: money
//! as numbers or as texts, members that are missing, members that we do not
//! know.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::domain::identifier::{self, Identifier};
use crate::domain::ledger::event::{
    BalanceFact, CardChange, CardFact, Event, Fact, Stage, TransactionFact, TransferFact,
};
use crate::domain::money::Minor;
use crate::domain::time::Timestamp;

/// The body of a webhook, as far as it is understood.
#[derive(Debug)]
pub(super) struct Arrived {
    /// The issuer's name for the event; for a body that names none, its hash.
    pub(super) id: String,
    pub(super) event_type: String,
    pub(super) content: Content,
}

/// What an event says.
#[derive(Debug)]
pub(super) enum Content {
    /// Something that has an effect.
    Event(Arc<Event>),
    /// Something that has none here.
    Kept,
    /// Something that is wrong in this way.
    Wrong(String),
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    event_type: Option<&'a RawValue>,
    #[serde(borrow)]
    created_at: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// Whatever any type of event may carry. All of it is read as it stands, so
/// that a member of an odd type harms only those who need it.
#[derive(Default, Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    customer_id: Option<&'a RawValue>,
    #[serde(borrow)]
    yativo_card_id: Option<&'a RawValue>,
    #[serde(borrow)]
    external_customer_id: Option<&'a RawValue>,
    #[serde(borrow)]
    email: Option<&'a RawValue>,
    #[serde(borrow)]
    currency: Option<&'a RawValue>,
    #[serde(borrow)]
    ledger_balance: Option<&'a RawValue>,
    #[serde(borrow)]
    available_balance: Option<&'a RawValue>,
    #[serde(borrow)]
    pending_balance: Option<&'a RawValue>,
    #[serde(borrow)]
    updated_at: Option<&'a RawValue>,
    #[serde(borrow)]
    amount: Option<&'a RawValue>,
    #[serde(borrow)]
    transfer_id: Option<&'a RawValue>,
    #[serde(borrow)]
    card_id: Option<&'a RawValue>,
    #[serde(borrow)]
    last_four: Option<&'a RawValue>,
    #[serde(borrow)]
    card_type: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    #[serde(borrow)]
    transaction_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    transaction_type: Option<&'a RawValue>,
    #[serde(borrow)]
    merchant: Option<&'a RawValue>,
    #[serde(borrow)]
    merchant_category: Option<&'a RawValue>,
    #[serde(borrow)]
    merchant_city: Option<&'a RawValue>,
    #[serde(borrow)]
    merchant_country: Option<&'a RawValue>,
    #[serde(borrow)]
    authorized_at: Option<&'a RawValue>,
    #[serde(borrow)]
    settled_at: Option<&'a RawValue>,
}

/// Reads a body. Whatever it is, it can be kept.
pub(super) fn parse(body: &str) -> Arrived {
    // Some senders begin a text with a byte order mark.
    let text = body.strip_prefix('\u{feff}').unwrap_or(body);
    let envelope: Result<Envelope<'_>, _> = serde_json::from_str(text);
    let envelope = match envelope {
        Ok(envelope) if text.trim_start().starts_with('{') => envelope,
        Ok(_) => return nameless(body, "", "the body is not an object".to_owned()),
        // What the library says may repeat what stands in the body.
        Err(error) if error.is_data() => {
            let what = "the body is not an object with one member of each name".to_owned();
            return nameless(body, "", what);
        }
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            let what = format!("the body is not JSON (line {line}, column {column})");
            return nameless(body, "", what);
        }
    };
    let event_type = envelope.event_type.and_then(text_of).unwrap_or_default();
    let id = envelope.id.and_then(text_of).filter(|id| identifier::check(id).is_ok());
    let Some(id) = id else {
        return nameless(body, &event_type, "id is missing or cannot be one".to_owned());
    };
    if event_type.is_empty() {
        return Arrived { id, event_type, content: Content::Wrong("type is missing".to_owned()) };
    }
    let content = match event(&id, &event_type, &envelope) {
        Ok(Some(event)) => Content::Event(Arc::new(event)),
        Ok(None) => Content::Kept,
        Err(what) => Content::Wrong(what),
    };
    Arrived { id, event_type, content }
}

/// A signed body without a name is told from others by its hash.
fn nameless(body: &str, event_type: &str, what: String) -> Arrived {
    let id = format!("sha256:{}", const_hex::encode(Sha256::digest(body.as_bytes())));
    Arrived { id, event_type: event_type.to_owned(), content: Content::Wrong(what) }
}

fn event(id: &str, event_type: &str, envelope: &Envelope<'_>) -> Result<Option<Event>, String> {
    // Only types that have an effect need more than the envelope.
    let known = match event_type.split_once('.') {
        Some(("customer", what)) => matches!(what, "balance.updated" | "funded" | "funding.failed"),
        Some(("card", what)) => what.parse::<CardChange>().is_ok(),
        Some(("transaction", what)) => what.parse::<Stage>().is_ok(),
        _ => false,
    };
    if !known {
        return Ok(None);
    }
    let created_at = envelope.created_at.ok_or("created_at is missing")?;
    let created_at = time("created_at", created_at)?;
    let data = match envelope.data {
        Some(data) => serde_json::from_str(data.get()).map_err(|_| "data is not an object")?,
        None => Data::default(),
    };
    let fact = match event_type.split_once('.') {
        Some(("card", what)) => Fact::Card(card(what.parse().ok(), &data)?),
        Some(("transaction", what)) => Fact::Transaction(transaction(what.parse().ok(), &data)?),
        Some((_, "balance.updated")) => Fact::Balance(balance(&data, created_at)?),
        _ => Fact::Transfer(transfer(id, &data, event_type == "customer.funded")?),
    };
    let names = [data.customer_id, data.yativo_card_id, data.external_customer_id, data.email];
    let names = names.into_iter().flatten().filter_map(customer_name);
    let customer: Vec<Identifier> =
        names.filter_map(|name| Identifier::parse(&name).ok()).collect();
    if customer.is_empty() {
        return Err("data names no customer".to_owned());
    }
    let customer_id = data.customer_id.and_then(customer_name).map(|id| id.to_ascii_lowercase());
    let customer_id = customer_id.filter(|id| identifier::is_customer_id(id));
    let yativo_card_id = data.yativo_card_id.and_then(customer_name);
    let id = id.to_owned();
    Ok(Some(Event { id, created_at, customer, customer_id, yativo_card_id, fact }))
}

fn balance(data: &Data<'_>, created_at: Timestamp) -> Result<BalanceFact, String> {
    let ledger = data.ledger_balance.map(|raw| money("ledger_balance", raw)).transpose()?;
    let available =
        data.available_balance.map(|raw| money("available_balance", raw)).transpose()?;
    let pending = data.pending_balance.map(|raw| money("pending_balance", raw)).transpose()?;
    // Two of the three say the third.
    let (ledger, available, pending) = match (ledger, available, pending) {
        (Some(ledger), Some(available), Some(pending)) => {
            if ledger.get() != available.get() + pending.get() {
                return Err("ledger_balance is not available_balance + pending_balance".to_owned());
            }
            (ledger, available, pending)
        }
        (Some(ledger), Some(available), None) => {
            (ledger, available, sum(ledger.get(), -available.get())?)
        }
        (Some(ledger), None, Some(pending)) => {
            (ledger, sum(ledger.get(), -pending.get())?, pending)
        }
        (None, Some(available), Some(pending)) => {
            (sum(available.get(), pending.get())?, available, pending)
        }
        _ => {
            return Err("two of ledger_balance, available_balance and pending_balance are missing"
                .to_owned());
        }
    };
    let currency = match iso_currency(data)? {
        Some(text) => Some(text.parse().map_err(|_| "currency is not USD, EUR or GBP")?),
        None => None,
    };
    let at = moment(data.updated_at).unwrap_or(created_at);
    Ok(BalanceFact { ledger, available, pending, currency, at })
}

fn transfer(event: &str, data: &Data<'_>, arrived: bool) -> Result<TransferFact, String> {
    let amount = match (data.amount, arrived) {
        (Some(raw), _) => money("amount", raw)?.magnitude(),
        (None, true) => return Err("amount is missing".to_owned()),
        (None, false) => Minor::ZERO,
    };
    // Without a name, each event is a transfer of its own.
    let id = name("transfer_id", data.transfer_id)?;
    let id = id.unwrap_or_else(|| event.to_owned());
    Ok(TransferFact { id, amount, currency: iso_currency(data)?, arrived })
}

fn card(change: Option<CardChange>, data: &Data<'_>) -> Result<CardFact, String> {
    let card_id = name("card_id", data.card_id)?.ok_or("card_id is missing")?;
    // Some write `**** 4242`.
    let last_four = data.last_four.and_then(text_of).and_then(|text| {
        let digits = text.get(text.len().checked_sub(4)?..)?;
        digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.to_owned())
    });
    let word = |raw: Option<&RawValue>| raw.and_then(text_of).map(|text| text.to_lowercase());
    Ok(CardFact {
        card_id: card_id.to_lowercase(),
        change: change.ok_or("type is not known")?,
        last_four,
        card_type: word(data.card_type).and_then(|text| text.parse().ok()),
        status: word(data.status).and_then(|text| text.parse().ok()),
    })
}

fn transaction(stage: Option<Stage>, data: &Data<'_>) -> Result<TransactionFact, String> {
    let stage = stage.ok_or("type is not known")?;
    let amount = match (data.amount, stage) {
        (Some(raw), _) => money("amount", raw)?.magnitude(),
        // All of it.
        (None, Stage::Reversed | Stage::Expired | Stage::Failed) => Minor::ZERO,
        (None, _) => return Err("amount is missing".to_owned()),
    };
    let kind = data.transaction_type.and_then(text_of).map(|text| text.to_lowercase());
    let transaction_id = name("transaction_id", data.transaction_id)?;
    Ok(TransactionFact {
        transaction_id: transaction_id.ok_or("transaction_id is missing")?,
        stage,
        amount,
        currency: iso_currency(data)?,
        card_id: name("card_id", data.card_id)?.map(|id| id.to_lowercase()),
        transaction_type: kind.and_then(|text| text.parse().ok()),
        merchant: data.merchant.and_then(text_of),
        merchant_category: data.merchant_category.and_then(text_of),
        merchant_city: data.merchant_city.and_then(text_of),
        merchant_country: data.merchant_country.and_then(text_of),
        authorized_at: moment(data.authorized_at),
        settled_at: moment(data.settled_at),
    })
}

/// A text, or a number as it stands; null and the rest are as good as missing.
/// What a database cannot keep in a text is left out of it.
fn text_of(raw: &RawValue) -> Option<String> {
    let raw = raw.get();
    match raw.as_bytes().first()? {
        b'"' => serde_json::from_str(raw).ok().map(|text: String| text.replace('\0', "")),
        b'-' | b'0'..=b'9' => Some(raw.to_owned()),
        _ => None,
    }
}

/// A customer's identifier; one that is empty, blank or 0 is missing.
fn customer_name(raw: &RawValue) -> Option<String> {
    text_of(raw).filter(|text| !matches!(text.trim(), "" | "0"))
}

/// The identifier of something else; one that is empty or blank is missing.
fn name(field: &str, raw: Option<&RawValue>) -> Result<Option<String>, String> {
    let text = raw.and_then(text_of).filter(|text| !text.trim().is_empty());
    match text.as_deref().map(identifier::check) {
        Some(Err(what)) => Err(format!("{field} {what}")),
        _ => Ok(text),
    }
}

fn iso_currency(data: &Data<'_>) -> Result<Option<String>, String> {
    let text = data.currency.and_then(text_of).filter(|text| !text.trim().is_empty());
    let text = text.map(|text| text.trim().to_uppercase());
    let letters = |text: &String| text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase());
    match text {
        Some(text) if !letters(&text) => Err("currency is not an ISO 4217 code".to_owned()),
        text => Ok(text),
    }
}

fn time(field: &str, raw: &RawValue) -> Result<Timestamp, String> {
    let text = text_of(raw).ok_or_else(|| format!("{field} is not a text"))?;
    Timestamp::parse(&text).ok_or_else(|| format!("{field} is not an RFC 3339 time"))
}

/// A time that need not be told: what cannot be read is as good as missing.
fn moment(raw: Option<&RawValue>) -> Option<Timestamp> {
    Timestamp::parse(&text_of(raw?)?)
}

/// Major units as a JSON number or as a text, never by way of a float.
fn money(field: &str, raw: &RawValue) -> Result<Minor, String> {
    let text = text_of(raw).unwrap_or_default();
    let text = text.trim();
    // Zeros behind the cents say nothing.
    let kept = match text.split_once('.') {
        Some((major, decimals)) if decimals.len() > 2 => {
            let zeros = decimals.bytes().skip(2).all(|b| b == b'0');
            text.get(..major.len() + 3).filter(|_| zeros).unwrap_or(text)
        }
        _ => text,
    };
    Minor::parse(kept).ok_or_else(|| format!("{field} is not an amount with at most two decimals"))
}

fn sum(one: i64, other: i64) -> Result<Minor, String> {
    Minor::new(one + other).ok_or_else(|| "the balance would be too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::transaction::TransactionType;

    fn read(event_type: &str, data: &str) -> Content {
        let body = format!(
            r#"{{"id":"evt_1","type":"{event_type}","created_at":"2026-05-12T14:00:00.000Z","data":{data},"more":[1]}}"#
        );
        let arrived = parse(&body);
        assert_eq!((arrived.id.as_str(), arrived.event_type.as_str()), ("evt_1", event_type));
        arrived.content
    }

    fn fact(event_type: &str, data: &str) -> Fact {
        match read(event_type, data) {
            Content::Event(event) => event.fact.clone(),
            other => panic!("{event_type} {data}: {other:?}"),
        }
    }

    #[test]
    fn amounts_are_read_as_numbers_and_as_texts() {
        for (text, minor) in [
            ("120.40", 12_040),
            ("\"120.40\"", 12_040),
            ("120.4", 12_040),
            ("\"120\"", 12_000),
            ("120.4000", 12_040),
            ("\" 120.40 \"", 12_040),
            ("-0.05", -5),
            ("90071992547409.91", Minor::MAX),
        ] {
            let data =
                format!(r#"{{"email":"m@x.org","ledger_balance":{text},"available_balance":0}}"#);
            match fact("customer.balance.updated", &data) {
                Fact::Balance(fact) => assert_eq!(fact.ledger.get(), minor, "{text}"),
                other => panic!("{other:?}"),
            }
        }
        for bad in [
            "120.405",
            "1e2",
            "\"a lot\"",
            "\"\"",
            "true",
            "[]",
            "{}",
            "\"1.2.3\"",
            "\"1.2\u{661}0\"",
        ] {
            let data = format!(r#"{{"email":"m@x.org","amount":{bad}}}"#);
            match read("customer.funded", &data) {
                Content::Wrong(what) => assert!(what.starts_with("amount is"), "{what}"),
                other => panic!("{bad}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_is_missing_and_optional_is_no_error() {
        let Fact::Balance(fact) = fact(
            "customer.balance.updated",
            r#"{"customer_id":"c","ledger_balance":10,"available_balance":"7.5"}"#,
        ) else {
            panic!("not a balance")
        };
        assert_eq!((fact.pending.get(), fact.currency), (250, None));
        assert_eq!(fact.at, Timestamp::parse("2026-05-12T14:00:00Z").expect("a time"));
        let Fact::Transaction(fact) = super::tests::fact(
            "transaction.authorized",
            r#"{"yativo_card_id":"y","transaction_id":17,"amount":-5,"currency":"eur","merchant":null,"merchant_category":5462,"type":"PURCHASE","settled_at":null,"authorized_at":{}}"#
                .replace(r#","authorized_at":{}"#, "").as_str(),
        ) else {
            panic!("not a transaction")
        };
        assert_eq!((fact.transaction_id.as_str(), fact.amount.get()), ("17", 500));
        assert_eq!(fact.merchant_category.as_deref(), Some("5462"));
        assert_eq!(fact.transaction_type, Some(TransactionType::Purchase));
        assert_eq!(fact.currency.as_deref(), Some("EUR"));
    }

    #[test]
    fn every_type_of_the_contract_is_known_and_others_are_kept() {
        let data = r#"{"external_customer_id":"usr_1","amount":1,"transaction_id":"t","card_id":"C",
            "ledger_balance":1,"available_balance":1,"transfer_id":"f"}"#;
        for event_type in crate::domain::ledger::event::TYPES {
            let kept = event_type.starts_with("master_wallet.");
            let content = read(event_type, data);
            assert_eq!(matches!(content, Content::Kept), kept, "{event_type}: {content:?}");
            assert!(!matches!(content, Content::Wrong(_)), "{event_type}: {content:?}");
        }
        for new in ["customer.renamed", "card.polished", "transaction", "voucher.created", "🦊"] {
            assert!(matches!(read(new, "17"), Content::Kept), "{new}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_and_kept_under_a_name() {
        for (body, reason) in [
            ("", "the body is not JSON"),
            ("[]", "the body is not an object"),
            ("[1]", "the body is not an object"),
            ("\"mira@example.com\"", "the body is not an object with one member of each name"),
            ("{\"id\":1,\"id\":2}", "the body is not an object with one member of each name"),
            ("{}", "id is missing"),
            (r#"{"id":"","type":"card.created"}"#, "id is missing"),
            (r#"{"id":"a\u0001","type":"card.created"}"#, "id is missing"),
            (r#"{"id":"a"}"#, "type is missing"),
            (r#"{"id":"a","type":"customer.funded"}"#, "created_at is missing"),
            (r#"{"id":"a","type":"customer.funded","created_at":"now"}"#, "created_at is not"),
            (
                r#"{"id":"a","type":"customer.funded","created_at":"2026-05-12T14:00:00Z","data":[]}"#,
                "data is not an object",
            ),
            (
                r#"{"id":"a","type":"customer.funded","created_at":"2026-05-12T14:00:00Z","data":{"email":"m"}}"#,
                "amount is missing",
            ),
            (
                r#"{"id":"a","type":"customer.funded","created_at":"2026-05-12T14:00:00Z","data":{"amount":1}}"#,
                "data names no customer",
            ),
        ] {
            let arrived = parse(body);
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
}
