//! The cards of one customer of a random history.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::support::Line;

/// What happens to a card, and what it is then.
const CHANGES: &[(&str, &str)] = &[
    ("frozen", "FROZEN"),
    ("unfrozen", "ACTIVE"),
    ("activated", "ACTIVE"),
    ("lost", "LOST"),
    ("deactivated", "BLOCKED"),
];
/// What ends a card.
const ENDS: &[(&str, &str)] = &[("cancelled", VOID), ("stolen", VOID), ("voided", VOID)];
const VOID: &str = "VOIDED";

/// How many cards there are, and how events name the first one.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// One card, whose token nobody knows.
    One,
    /// Two cards; the first one's token is known.
    Named,
    /// Two cards, whose tokens nobody knows.
    Unknown,
}

/// A customer's cards. Events are about the first one.
pub(super) struct Cards {
    kind: Kind,
    pub(super) token: String,
    status: &'static str,
}

impl Cards {
    pub(super) fn new(number: u32) -> Self {
        let kind = [Kind::One, Kind::Named, Kind::Unknown][number as usize % 3];
        Self { kind, token: (500_000_000 + number).to_string(), status: "ACTIVE" }
    }

    /// The customer as it is imported, with the cards.
    pub(super) fn imported(&self, line: Line) -> Line {
        let count = if self.kind == Kind::One { 1 } else { 2 };
        let mut line = line.cards(&["active", "active"][..count]);
        if self.kind == Kind::Named {
            line.0["cards"][0]["network_token"] = json!(self.token);
        }
        line
    }

    /// What happens to the first card: the type of the event.
    pub(super) fn change(&mut self, rng: &mut Rng) -> String {
        let changes = if rng.u8(..10) == 0 { ENDS } else { CHANGES };
        let (change, status) = rng.choice(changes).expect("some");
        // What has ended stays so.
        if self.status != VOID {
            self.status = status;
        }
        format!("card.{change}")
    }

    /// What the cards are in the end, newest first.
    pub(super) fn statuses(&self) -> Value {
        match self.kind {
            Kind::One => json!([self.status]),
            Kind::Named => json!(["ACTIVE", self.status]),
            Kind::Unknown => json!(["ACTIVE", "ACTIVE"]),
        }
    }
}
