//! Whether all connections lead to the same server.
//!
//! What one standby has replayed says nothing of another one. Behind an address that leads to
//! several, a read could come to one that is further behind.

use std::sync::{Mutex, MutexGuard, PoisonError};

use sea_orm::DbErr;

use crate::store::connection::Connection;

/// No two servers start in the same microsecond.
const SERVER: &str =
    "SELECT pg_is_in_recovery(), extract(epoch FROM pg_postmaster_start_time())::text";

/// The server that the first connection has led to.
#[derive(Debug, Default)]
pub(crate) struct Identity(Mutex<Option<String>>);

impl Identity {
    /// Asks a new connection where it leads.
    ///
    /// # Errors
    /// If that is another server than that of the first connection, or no standby. The
    /// connection is closed.
    pub(crate) async fn check(&self, connection: &mut Connection) -> Result<(), DbErr> {
        let checked = self.checked(connection).await;
        if checked.is_err() {
            connection.close_on_drop();
        }
        checked
    }

    async fn checked(&self, connection: &mut Connection) -> Result<(), DbErr> {
        let rows = connection.run_for_rows(SERVER).await?;
        let row = rows.first().ok_or_else(|| refused("it does not say which server it is"))?;
        if !row.try_get_by_index::<bool>(0)? {
            return Err(refused("it is no standby (any more): it follows no other server"));
        }
        let server: String = row.try_get_by_index(1)?;
        let mut known = self.known();
        if *known.get_or_insert_with(|| server.clone()) == server {
            Ok(())
        } else {
            Err(refused("its address leads to several servers, or it has been restarted"))
        }
    }

    /// The next connection is the first one again.
    pub(crate) fn forget(&self) {
        *self.known() = None;
    }

    fn known(&self) -> MutexGuard<'_, Option<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refused(what: &str) -> DbErr {
    DbErr::Custom(what.to_owned())
}
