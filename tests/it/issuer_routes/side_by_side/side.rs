//! One side of the comparison: the issuer itself, or the gateway in front of another one.

use std::collections::BTreeMap;

use card_gateway_sandbox::issuer::{
    Card, CardState, Fill, Issuer, IssuerOptions, ProgramSpec, Time,
};
use regex::Regex;
use serde_json::{Value, json};

use crate::issuer_routes::world::UNFINISHED;
use crate::support::gateway::client;

/// One side of the comparison.
pub(super) struct Side {
    pub(super) host: String,
    pub(super) token: String,
    pub(super) names: BTreeMap<String, String>,
}

/// What a side has answered.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) text: String,
}

pub(super) fn issuer() -> Issuer {
    let programs = vec![ProgramSpec::named("acme")];
    let start = Time::parse("2026-11-20T09:00:00.000Z");
    let issuer = Issuer::start(IssuerOptions { programs, start, ..IssuerOptions::default() });
    let issuer = issuer.expect("it starts");
    issuer.act(|program| {
        program.fill(Fill::of(40));
        program.master_deposit("XDC", 50_000);
        for email in UNFINISHED {
            program.onboard(email, None).expect("it is new");
        }
    });
    issuer
}

/// The names that a side has from the beginning.
pub(super) fn names(issuer: &Issuer) -> BTreeMap<String, String> {
    issuer.act(|program| {
        let spent_with =
            |card: &Card| program.transactions().iter().find(|spent| spent.card_id == card.id);
        let holders = || {
            program
                .customers()
                .filter(|of| of.cards.len() == 1 && of.cards[0].state == CardState::Active)
        };
        let spender = holders().find(|of| spent_with(&of.cards[0]).is_some());
        let spender = spender.expect("somebody has spent something");
        let other = holders().find(|of| of.yativo_card_id != spender.yativo_card_id);
        let holder = other.expect("somebody else has a card");
        let at = |email: &str| {
            let one = program.customers().find(|of| of.email == email);
            one.expect("it was onboarded").yativo_card_id.clone()
        };
        let spent = spent_with(&spender.cards[0]).and_then(|spent| spent.id.clone());
        let names = [
            ("spender", spender.yativo_card_id.clone()),
            ("spending", spender.cards[0].id.to_string()),
            ("spent", spent.expect("it has a name")),
            ("holder", holder.yativo_card_id.clone()),
            ("held", holder.cards[0].id.to_string()),
            ("early", at(UNFINISHED[0])),
            ("checked", at(UNFINISHED[1])),
        ];
        names.map(|(name, value)| (name.to_owned(), value)).into()
    })
}

/// A token of the issuer's.
pub(super) fn bearer(issuer: &Issuer) -> String {
    let keys = issuer.credentials("acme").expect("it is there");
    let body = json!({ "api_key": keys.api_key, "api_secret": keys.api_secret });
    let granted = client().post(format!("{}/v1/auth/token", issuer.url())).json(&body).send();
    let granted: Value = granted.expect("an answer").json().expect("JSON");
    granted["access_token"].as_str().expect("a token").to_owned()
}

impl Side {
    /// A text with this side's names.
    fn named(&self, text: &str) -> String {
        let mut text = text.to_owned();
        // Longer names first: `$spending` begins with `$spend`.
        for (name, value) in self.names.iter().rev() {
            text = text.replace(&format!("${name}"), value);
        }
        text
    }

    pub(super) fn call(&self, method: &str, path: &str, body: &str) -> Said {
        self.send(method, path, body, Some(&self.token))
    }

    pub(super) fn send(&self, method: &str, path: &str, body: &str, token: Option<&str>) -> Said {
        let url = format!("{}{}", self.host, self.named(path));
        let mut request = client().request(method.parse().expect("a method"), url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/json").body(self.named(body));
        }
        let answer = request.send().expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().expect("a body");
        let body = serde_json::from_str(&plain(&text)).unwrap_or(Value::Null);
        Said { status, body, text }
    }

    /// Keeps a name of an answer.
    pub(super) fn keep(&mut self, name: &str, pointer: &str, said: &Said) {
        let json: Value = serde_json::from_str(&said.text).unwrap_or_default();
        let value = json.pointer(pointer).and_then(Value::as_str).unwrap_or(name);
        self.names.insert(name.to_owned(), value.to_owned());
    }
}

/// An answer without what differs between two issuers that were started one after the
/// other: times, and identifiers that are made of them.
fn plain(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, instead) in [
        (r"http://127\.0\.0\.1:\d+", "<origin>"),
        (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "<time>"),
        (r"yativo_card_customer_([0-9a-f]{6})_\d+", "<customer $1>"),
        (r#""[0-9a-f]{8}([0-9a-f]{16})""#, "\"<id $1>\""),
    ] {
        let pattern = Regex::new(pattern).expect("a pattern");
        text = pattern.replace_all(&text, instead).into_owned();
    }
    text
}
