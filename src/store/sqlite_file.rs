//! SQLite's file on the disk, and whether it is still the one that is open.
//!
//! A process goes on writing into a file that was deleted or replaced, and all
//! of it is lost when the process ends. SQLite does not notice in WAL mode, so
//! the names on the disk are compared with what was opened, and nothing is
//! acknowledged when they differ.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::sqlx::{Connection as _, SqliteConnection, query};
use sea_orm::{DatabaseConnection, DbBackend, DbErr, RuntimeErr, SqlxError};

use super::sql;
use crate::error::{Error, Noted, Result};

/// How often the file is checked while nothing is written.
const LOOK: Duration = Duration::from_millis(500);

/// What identifies a file: its device and its inode.
type Identity = (u64, u64);

/// The file of an open SQLite database; nothing for other databases.
pub(super) struct SqliteFile {
    /// The database and its write-ahead log, each as it was opened.
    files: Vec<(PathBuf, Identity)>,
    /// The last connection to close removes the log, and the next one makes a
    /// new one. As long as this one is open, the log stays the same.
    guard: Mutex<Option<SqliteConnection>>,
    /// Whether one of the files was deleted or replaced.
    lost: AtomicBool,
}

impl SqliteFile {
    /// The file behind an open database.
    pub(super) async fn of(db: &DatabaseConnection) -> Result<Arc<Self>> {
        let mut file =
            Self { files: Vec::new(), guard: Mutex::default(), lost: AtomicBool::new(false) };
        if db.get_database_backend() == DbBackend::Sqlite {
            let options = db.get_sqlite_connection_pool().connect_options();
            // In memory, there is none.
            if let Ok(path) = options.get_filename().canonicalize() {
                file.open(&options, path).await.map_err(|error| {
                    sql::failed(DbErr::Conn(RuntimeErr::SqlxError(error.into())))
                })?;
            }
        }
        let file = Arc::new(file);
        tokio::spawn(watch(Arc::downgrade(&file)));
        Ok(file)
    }

    async fn open(
        &mut self,
        options: &SqliteConnectOptions,
        path: PathBuf,
    ) -> Result<(), SqlxError> {
        let mut guard = SqliteConnection::connect_with(options).await?;
        // This opens the log as well.
        query("SELECT COUNT(*) FROM sqlite_schema").execute(&mut guard).await?;
        let mut log = path.clone().into_os_string();
        log.push("-wal");
        let files = [path, PathBuf::from(log)].into_iter();
        let files = files.filter_map(|path| identity(&path).map(|identity| (path, identity)));
        self.files = files.collect();
        self.guard = Mutex::new(Some(guard));
        Ok(())
    }

    /// Whether the open files are still those with their names.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unavailable`] if the file was deleted or replaced.
    pub(super) fn check(&self) -> Result<()> {
        let lost = self.files.iter().find(|(path, was)| identity(path) != Some(*was));
        let was_lost = self.lost.swap(lost.is_some(), Ordering::Relaxed);
        let Some((path, _)) = lost else {
            if was_lost {
                tracing::info!("the file of the database is there again");
            }
            return Ok(());
        };
        let path = path.display();
        if !was_lost {
            tracing::error!(
                file = %path,
                "the file of the database was deleted or replaced: nothing is read or written \
                 until it is back; put it back, or restart the gateway to use what is there now"
            );
        }
        Err(Error::unavailable(Noted::around(format!("{path} was deleted or replaced"))))
    }

    /// The result of the last check: for reads, which are too many to check each
    /// time.
    pub(super) fn is_there(&self) -> bool {
        !self.lost.load(Ordering::Relaxed)
    }

    /// Closes the file.
    pub(super) async fn close(&self) {
        let guard = self.guard.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(guard) = guard {
            // What could not be closed is closed when the process ends.
            let _ = guard.close().await;
        }
    }
}

async fn watch(file: std::sync::Weak<SqliteFile>) {
    loop {
        tokio::time::sleep(LOOK).await;
        let Some(file) = file.upgrade() else { return };
        // It logs what is wrong.
        let _ = file.check();
    }
}

fn identity(path: &Path) -> Option<Identity> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.dev(), file.ino()))
}

impl std::fmt::Debug for SqliteFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteFile").finish_non_exhaustive()
    }
}
