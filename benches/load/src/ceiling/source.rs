//! The two databases behind one face: rows in, borrowed columns out.

use std::future::Future;

use sqlx::postgres::{PgPool, PgRow};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Row as _, query};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// What a statement is to be run with, in the order of its parameters.
#[derive(Clone, Copy)]
pub(super) struct Bound<'a> {
    pub(super) program: i32,
    pub(super) text: Option<&'a str>,
    pub(super) offset: Option<i64>,
}

/// Columns by their place, unchecked: the statements are written for them.
pub(super) trait Columns: Send {
    fn text(&self, at: usize) -> Result<&str>;
    fn maybe_text(&self, at: usize) -> Result<Option<&str>>;
    fn long(&self, at: usize) -> Result<i64>;
    fn maybe_long(&self, at: usize) -> Result<Option<i64>>;
    fn flag(&self, at: usize) -> Result<bool>;
    fn maybe_flag(&self, at: usize) -> Result<Option<bool>>;
}

/// A pool of connections.
pub(super) trait Source: Clone + Send + Sync + 'static {
    type Row: Columns;

    /// The number of a program.
    fn program(&self, name: &str) -> impl Future<Output = Result<i32>> + Send;

    /// All rows of a prepared statement.
    fn rows(
        &self,
        sql: &'static str,
        bound: Bound<'_>,
    ) -> impl Future<Output = Result<Vec<Self::Row>>> + Send;
}

macro_rules! source {
    ($pool:ty, $row:ty) => {
        impl Source for $pool {
            type Row = $row;

            async fn program(&self, name: &str) -> Result<i32> {
                let sql = "SELECT id FROM programs WHERE name = $1";
                query(sql).bind(name).fetch_one(self).await?.try_get(0)
            }

            async fn rows(&self, sql: &'static str, bound: Bound<'_>) -> Result<Vec<$row>> {
                let mut query = query(sql).bind(bound.program);
                if let Some(text) = bound.text {
                    query = query.bind(text);
                }
                if let Some(offset) = bound.offset {
                    query = query.bind(offset);
                }
                query.fetch_all(self).await
            }
        }

        impl Columns for $row {
            fn text(&self, at: usize) -> Result<&str> {
                self.try_get_unchecked(at)
            }

            fn maybe_text(&self, at: usize) -> Result<Option<&str>> {
                self.try_get_unchecked(at)
            }

            fn long(&self, at: usize) -> Result<i64> {
                self.try_get_unchecked(at)
            }

            fn maybe_long(&self, at: usize) -> Result<Option<i64>> {
                self.try_get_unchecked(at)
            }

            fn flag(&self, at: usize) -> Result<bool> {
                self.try_get_unchecked(at)
            }

            fn maybe_flag(&self, at: usize) -> Result<Option<bool>> {
                self.try_get_unchecked(at)
            }
        }
    };
}

source!(PgPool, PgRow);
source!(SqlitePool, SqliteRow);
