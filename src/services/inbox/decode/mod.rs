//! From the body of a webhook to an event. Both versions of the contract are read: the
//! members of version 2 first, those of version 1 where they are missing. Members that
//! we do not know are ignored, and words that we do not know are no errors.

mod data;
mod facts;
mod member;

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use self::data::Data;
use self::member::{customer_name, moment, text_of};
use crate::domain::identifier::{self, Identifier};
use crate::domain::ledger::event::{CardChange, Event, Fact, Stage};
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

/// The envelope; the second name is that of older senders.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, alias = "eventId")]
    id: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    event_type: Option<&'a RawValue>,
    #[serde(borrow, alias = "createdAt")]
    created_at: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// What an event's type says that it is about.
#[derive(Clone, Copy)]
enum Kind {
    Balance,
    Transfer { completed: bool },
    Deposit,
    Withdrawal,
    Card(CardChange),
    Transaction(Stage),
}

impl Kind {
    /// The kind of a type that has an effect here. `transaction.failed` has none: it
    /// belongs to another product of the issuer's.
    fn of(event_type: &str) -> Option<Self> {
        match event_type {
            "customer.balance.updated" => return Some(Self::Balance),
            "customer.funded" => return Some(Self::Transfer { completed: true }),
            "customer.funding.failed" => return Some(Self::Transfer { completed: false }),
            "wallet.deposit.confirmed" => return Some(Self::Deposit),
            "card.withdrawal.settled" => return Some(Self::Withdrawal),
            _ => {}
        }
        match event_type.split_once('.')? {
            ("card", what) => what.parse().ok().map(Self::Card),
            ("transaction", what) => what.parse().ok().map(Self::Transaction),
            _ => None,
        }
    }
}

/// Reads a body. Any body can be kept.
pub(super) fn parse(body: &str) -> Arrived {
    // Some senders begin a text with a byte order mark.
    let text = body.strip_prefix('\u{feff}').unwrap_or(body);
    let envelope: Result<Envelope<'_>, _> = serde_json::from_str(text);
    let envelope = match envelope {
        Ok(envelope) if text.trim_start().starts_with('{') => envelope,
        Ok(_) => return nameless(body, "", "the body is not an object".to_owned()),
        // The library's own text may repeat a part of the body.
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
    // Only types that have an effect need more than the envelope.
    let content = match Kind::of(&event_type).map(|kind| event(&id, kind, &envelope)) {
        None => Content::Kept,
        Some(Ok(event)) => Content::Event(Arc::new(event)),
        Some(Err(what)) => Content::Wrong(what),
    };
    Arrived { id, event_type, content }
}

/// A signed body without an identifier is identified by its hash.
fn nameless(body: &str, event_type: &str, what: String) -> Arrived {
    let id = format!("sha256:{}", const_hex::encode(Sha256::digest(body.as_bytes())));
    Arrived { id, event_type: event_type.to_owned(), content: Content::Wrong(what) }
}

fn event(id: &str, kind: Kind, envelope: &Envelope<'_>) -> Result<Event, String> {
    let data = match envelope.data {
        Some(data) => serde_json::from_str(data.get()).map_err(|_| "data is not an object")?,
        None => Data::default(),
    };
    let occurred_at = occurred_at(kind, &data, envelope)?;
    let fact = match kind {
        Kind::Balance => Fact::Balance(facts::balance(&data, occurred_at)?),
        Kind::Transfer { completed } => Fact::Movement(facts::transfer(id, &data, completed)?),
        Kind::Deposit => Fact::Movement(facts::deposit(id, &data)?),
        Kind::Withdrawal => Fact::Movement(facts::withdrawal(id, &data)?),
        Kind::Card(change) => Fact::Card(facts::card(change, &data)?),
        Kind::Transaction(stage) => {
            Fact::Transaction(Box::new(facts::transaction(id, stage, &data)?))
        }
    };
    let customer = customer_names(&data);
    if customer.is_empty() {
        return Err("data names no customer".to_owned());
    }
    let customer_id = data.customer_id.and_then(customer_name).map(|id| id.to_ascii_lowercase());
    let customer_id = customer_id.filter(|id| identifier::is_customer_id(id));
    let yativo_card_id = data.yativo_card_id.and_then(customer_name);
    let id = id.to_owned();
    Ok(Event { id, occurred_at, customer, customer_id, yativo_card_id, fact })
}

fn customer_names(data: &Data<'_>) -> Vec<Identifier> {
    let names = [
        data.customer_id,
        data.yativo_card_id,
        data.external_customer_id,
        data.external_id,
        data.email,
    ];
    let names = names.into_iter().flatten().filter_map(customer_name);
    names.filter_map(|name| Identifier::parse(&name).ok()).collect()
}

/// When it happened: `timestamp`, or else as version 1 says, or else when the issuer
/// made the event.
fn occurred_at(
    kind: Kind,
    data: &Data<'_>,
    envelope: &Envelope<'_>,
) -> Result<Timestamp, &'static str> {
    let of_version_1 = match kind {
        Kind::Balance => data.updated_at,
        Kind::Withdrawal | Kind::Transaction(Stage::Settled) => data.settled_at,
        Kind::Transaction(Stage::Authorized | Stage::Declined) => data.authorized_at,
        _ => None,
    };
    if let Some(at) = moment(data.timestamp).or_else(|| moment(of_version_1)) {
        return Ok(at);
    }
    let created_at = envelope.created_at.ok_or("created_at is missing")?;
    moment(Some(created_at)).ok_or("created_at is not an RFC 3339 time")
}

#[cfg(test)]
mod tests;
