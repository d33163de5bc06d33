//! Sums of what the balances of a program's customers are, kept by the database itself, so
//! that no sum is ever added up customer by customer.
//!
//! What a customer's balance is follows from two rows, by the rule in the gateway's
//! `domain::balance::resolve` where the chain is not asked: the wallet's (from the issuer)
//! and the chain's. A live balance of the wallet counts while it is young; otherwise the
//! newer of the two rows. How long it is young is a setting, and time alone changes what
//! counts. So there are sums of three levels for each program and currency:
//!
//! - [`LASTING`]: one sum over all customers with a wallet, of what counts when no live
//!   balance is young. It changes by writing alone.
//! - [`BUCKETS`]: what is to be added for those whose balance is live and *older* than the
//!   chain's, while it is young: one sum for each bucket of [`BUCKET_BITS`] of the balance's
//!   time.
//! - [`MOMENTS`]: the same, one sum for each millisecond.
//!
//! A reader adds the lasting sum, the buckets that are young as a whole, and of the one
//! bucket that is not, the young milliseconds. For all other customers time changes nothing.
//!
//! A sum of amounts may be larger than 64 bits. So each amount is cut in two, its high bits
//! and its low 32 bits, which are added up apart.
//!
//! Triggers keep the sums in the transaction of the change: what a changed row counted is
//! taken away, and what it counts now is added. On PostgreSQL they work once a statement,
//! over all of its rows. The writers of one program are one at a time (an advisory lock),
//! also those of the chain's balances; so no sum is a point where writers meet that would not
//! wait for each other anyway, and the rows that a trigger reads beside the changed one do
//! not change meanwhile.

mod rule;
mod triggers;

use sea_orm_migration::prelude::*;

pub use rule::{BUCKET_BITS, BUCKETS, LASTING, LOW_BITS, MOMENTS, SUMS, all};
pub(crate) use triggers::{index_of_empty, remove_triggers, triggers};

/// Sums everything up anew. The caller's transaction must keep writers away.
///
/// # Errors
/// If the database refuses.
pub async fn rebuild(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    for statement in [rule::CLEAR, &rule::insert(&all())] {
        db.execute_unprepared(statement).await?;
    }
    Ok(())
}
