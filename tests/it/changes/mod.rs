//! What has changed, for clients that go on where they were. `kinds`: which change each writer
//! makes. `pages`: the list. `cursors`: where one can go on, and where not. `retention`: what is
//! removed. `plans`: by which index it is read. `live`: subscriptions that go on. `balances`: the
//! other two that go on.
//! `random`: clients that are killed at random moments while much changes.

mod balances;
mod cursors;
mod kinds;
mod live;
mod pages;
mod plans;
mod random;
mod retention;

use crate::support::issuer::{ACME, balance, from_now};
use crate::support::{Database, Gateway, Line};

/// A gateway whose program `acme` has so many customers, and a token of it.
fn open(database: &Database, customers: u32) -> (Gateway, String) {
    let lines: Vec<Line> = (1..=customers).map(Line::new).collect();
    let token = database.program_with("acme", &lines);
    (database.serve_with(&[ACME]), token)
}

/// Has a customer's balance change to so many euros, with event number `id`. Greater numbers are
/// later.
fn spendable(gateway: &Gateway, id: u32, number: u32, euros: u32) {
    let at = from_now(i64::from(id) - 120_000);
    let (id, customer) = (format!("evt_{id}"), format!("usr_{number}"));
    let body = balance(&id, &customer, &format!("{euros}.00"), "0.00", &at);
    assert_eq!(gateway.take(&body), "applied");
}
