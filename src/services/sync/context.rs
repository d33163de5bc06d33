//! What the synchronisation of a program works with.

use super::lease::Lease;
use super::report::Report;
use crate::issuer::ProgramClient;
use crate::store::{Program, Store};

/// What the synchronisation of a program works with.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) store: &'a Store,
    pub(super) client: &'a ProgramClient,
    pub(super) program: &'a Program,
    pub(super) lease: &'a Lease,
    pub(super) report: &'a dyn Report,
}
