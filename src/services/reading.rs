//! Where requests that only read are answered.

pub use crate::store::StandbyRead;
use crate::store::Store;

/// Reads at a standby of the database, where the settings name one.
///
/// Requests that write, and everything that must not be repeated, are not for it: what fails at
/// the standby is done once more at the primary.
#[derive(Clone, Debug)]
pub struct Reading(Store);

impl Reading {
    /// Over a store.
    pub const fn new(store: Store) -> Self {
        Self(store)
    }

    /// A read at the standby; none if there is none, or if it lacks something that was committed
    /// before this call. What [`StandbyRead::run`] does not finish has to be done at the primary:
    /// by doing it once more without it.
    pub async fn at_standby(&self) -> Option<StandbyRead> {
        self.0.standby_read().await
    }
}
