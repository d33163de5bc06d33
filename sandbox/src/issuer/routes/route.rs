//! A route, and what its handlers share.

use crate::issuer::refusal::Refusal;
use crate::issuer::reply::{ErrorShape, Reply};
use crate::issuer::request::Request;
use crate::issuer::state::{Approval, Program, World};

/// What a handler answers.
pub(super) type Answer = Result<Reply, Refusal>;

/// Who answers a route.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    /// A caller without a token.
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
pub(super) fn approved(program: &Program) -> Result<(), Refusal> {
    match program.spec.approval {
        Approval::Approved => Ok(()),
        _ => Err(Refusal::bare(403, "NOT_APPROVED")),
    }
}

/// The same, as the customers' own pages say it.
pub(super) fn program_approved(program: &Program) -> Result<(), Refusal> {
    let message = "The program is not approved";
    approved(program).map_err(|_| Refusal::new(403, "PROGRAM_NOT_APPROVED", message))
}
