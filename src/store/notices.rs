//! Notifies other processes of changes that were committed.
//!
//! A `NOTIFY` inside a transaction makes PostgreSQL commit under a lock of the whole
//! server, until the commit is on the disk: programs would wait for each other. So it is
//! sent after the commit, by itself, once for all changes that were committed meanwhile. One
//! that is lost loses nothing: the truth is in the table, which is also polled.

use std::time::Duration;

use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend};
use tokio::sync::mpsc;

/// PostgreSQL's channel that says that something has changed.
pub(super) const CHANNEL: &str = "card_gateway_changes";

/// The least time from one notification to the next.
const PAUSE: Duration = Duration::from_millis(10);

/// Sends notifications; clones share the one that is due.
#[derive(Clone, Debug)]
pub(super) struct Notices(Option<mpsc::Sender<()>>);

impl Notices {
    /// Of a database; on SQLite there are none. Its task ends when all clones are dropped.
    pub(super) fn of(db: &DatabaseConnection) -> Self {
        if db.get_database_backend() != DbBackend::Postgres {
            return Self(None);
        }
        let (due, dues) = mpsc::channel(1);
        tokio::spawn(send(db.clone(), dues));
        Self(Some(due))
    }

    /// Changes were committed.
    pub(super) fn due(&self) {
        if let Some(due) = &self.0 {
            // If one is due already, it is sent after this commit, too.
            let _ = due.try_send(());
        }
    }
}

async fn send(db: DatabaseConnection, mut dues: mpsc::Receiver<()>) {
    let notify = format!("NOTIFY {CHANNEL}");
    while dues.recv().await.is_some() {
        if let Err(error) = db.execute_unprepared(&notify).await {
            tracing::debug!(%error, "other processes are not notified of changes");
        }
        tokio::time::sleep(PAUSE).await;
    }
}
