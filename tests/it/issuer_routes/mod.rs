//! The routes of the issuer's API at the gateway. `forwarded`: calls that go on to the
//! issuer. `read_again`: what is read here right after such a call. `replicas`: the same through another replica. `cached`: answers that
//! are used again. `hidden`: what clients send and get shows nowhere. `side_by_side`: the same
//! calls at the issuer and at the gateway. `documented`: the table of routes is whole, and
//! the guide shows it.

mod cached;
mod documented;
mod forwarded;
mod hidden;
mod read_again;
pub(crate) mod replicas;
mod side_by_side;
pub(crate) mod world;
