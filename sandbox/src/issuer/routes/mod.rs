//! The documented routes: [`ALL`] is the table, and each family has a file.

#![expect(clippy::unnecessary_wraps, reason = "all handlers of the table have one type")]

mod auth;
mod cards;
mod customers;
mod master;
mod money;
mod names;
mod onboarding;
mod program;
mod shapes;
mod table;
mod transactions;
mod wallet;
mod webhooks;

use super::refusal::Refusal;
use super::reply::{ErrorShape, Reply};
use super::request::Request;
use super::state::{Approval, Program, World};

pub use table::ALL;

/// What a handler answers.
pub(crate) type Answer = Result<Reply, Refusal>;

/// Who answers a route.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    /// Somebody without a token.
    Open(fn(&mut World, &Request) -> Answer),
    /// A program.
    Program(fn(&mut Program, &Request) -> Answer),
}

/// A documented route.
#[derive(Clone, Copy)]
pub struct Route {
    /// The HTTP method.
    pub method: &'static str,
    /// The path below the base, with its variable parts in braces.
    pub path: &'static str,
    /// The section of the issuer's documentation that describes it.
    pub section: &'static str,
    /// How it writes its failures.
    pub errors: ErrorShape,
    pub(crate) handler: Handler,
}

impl Route {
    /// `GET /v1/card-issuer/customers`: how faults and counts name it.
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Whether it needs no token.
    pub const fn is_open(&self) -> bool {
        matches!(self.handler, Handler::Open(_))
    }
}

/// A program that the issuer has not approved cannot use its customers.
fn approved(program: &Program) -> Result<(), Refusal> {
    match program.spec.approval {
        Approval::Approved => Ok(()),
        _ => Err(Refusal::bare(403, "NOT_APPROVED")),
    }
}

/// The same, as the customers' own pages say it.
fn program_approved(program: &Program) -> Result<(), Refusal> {
    let message = "The program is not approved";
    approved(program).map_err(|_| Refusal::new(403, "PROGRAM_NOT_APPROVED", message))
}
