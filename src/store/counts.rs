//! Totals and positions in a list from the counts that the database maintains,
//! see [`card_gateway_migration::customer_counts`]. The SQL is written by hand:
//! the counts are a tree, and a position is found by a recursive walk.

use card_gateway_migration::customer_counts::{LAST_LEVEL, begin, finer, rebuild};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use super::database::Store;
use super::db_tx::FRESH_PLANS;
use super::sql;
use crate::domain::onboarding::FlowStatus;
use crate::domain::page::Order;
use crate::domain::principal::ProgramId;
use crate::error::Result;

/// Which tree of counts a list belongs to.
pub(super) fn tree(status: Option<FlowStatus>) -> &'static str {
    status.map_or("", Into::into)
}

/// The place of an offset in a list, as SQL that goes before a SELECT: a row
/// `place (bound, rest)` with the creation time at which the item's bucket
/// begins in the list's direction, and how many items of that bucket come
/// before it. No row where the list is shorter.
///
/// `$1` is the program, `$2` the tree and `$3` the offset.
pub(super) fn place(backend: DbBackend, order: Order) -> String {
    let (before, sort) = match order {
        Order::NewestFirst => (">", "DESC"),
        Order::OldestFirst => ("<", "ASC"),
    };
    let finer = finer("walk.level");
    let mine = "c.program_id = $1 AND c.flow_status = $2 AND c.level = walk.level + 1";
    let range =
        format!("c.start >= walk.start << {finer} AND c.start < (walk.start + 1) << {finer}");
    // The children of the bucket that holds the offset, each with how many
    // items its siblings before it have.
    let step = if backend == DbBackend::Postgres {
        format!(
            "SELECT c.level, c.start, c.is_split, walk.rest - c.before FROM walk CROSS JOIN LATERAL (\
               SELECT c.level, c.start, c.is_split, c.total, \
                 (SUM(c.total) OVER (ORDER BY c.start {sort}) - c.total)::bigint AS before \
               FROM customer_counts AS c WHERE {mine} AND {range}) AS c \
             WHERE walk.is_split AND c.before <= walk.rest AND walk.rest < c.before + c.total"
        )
    } else {
        // SQLite has no LATERAL and no window in a recursion: it adds up anew for each child.
        let before = format!(
            "(SELECT COALESCE(SUM(s.total), 0) FROM customer_counts AS s \
              WHERE s.program_id = $1 AND s.flow_status = $2 AND s.level = walk.level + 1 \
              AND s.start >= walk.start << {finer} AND s.start < (walk.start + 1) << {finer} \
              AND s.start {before} c.start)"
        );
        format!(
            "SELECT c.level, c.start, c.is_split, walk.rest - {before} \
             FROM walk CROSS JOIN customer_counts AS c ON {mine} AND {range} \
             WHERE walk.is_split AND {before} <= walk.rest AND walk.rest < {before} + c.total"
        )
    };
    let bound = match order {
        Order::NewestFirst => begin("walk.start + 1", "walk.level"),
        Order::OldestFirst => begin("walk.start", "walk.level"),
    };
    format!(
        "WITH RECURSIVE walk (level, start, is_split, rest) AS (\
           SELECT c.level, c.start, c.is_split, $3 FROM customer_counts AS c \
           WHERE c.program_id = $1 AND c.flow_status = $2 AND c.level = 0 AND c.start = 0 AND c.total > $3 \
           UNION ALL {step}), \
         place (bound, rest) AS (SELECT {bound}, walk.rest FROM walk WHERE NOT walk.is_split)"
    )
}

/// The total of program `$1`'s tree that the given parameter names, in SQL.
pub(super) fn total(tree: usize) -> String {
    format!(
        "SELECT t.total FROM customer_counts AS t \
         WHERE t.program_id = $1 AND t.flow_status = ${tree} AND t.level = 0 AND t.start = 0"
    )
}

impl Store {
    /// How many customers a program has, without counting them.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn count_customers(
        &self,
        program: ProgramId,
        status: Option<FlowStatus>,
    ) -> Result<i64> {
        let values = [program.0.into(), tree(status).into()];
        let statement =
            Statement::from_sql_and_values(self.reads.get_database_backend(), total(2), values);
        let row = self.reads.query_one_raw(statement).await.map_err(sql::failed)?;
        let total = row.map(|row| row.try_get_by_index(0)).transpose().map_err(sql::failed)?;
        Ok(total.unwrap_or(0))
    }

    /// Counts all customers of all programs, one by one, and returns how many of
    /// the maintained counts are wrong.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn wrong_counts(&self) -> Result<i64> {
        let mut wrong = 0;
        for statement in checks() {
            let statement = Statement::from_string(self.db.get_database_backend(), statement);
            let row = self.db.query_one_raw(statement).await.map_err(sql::failed)?;
            let found = row.map(|row| row.try_get_by_index(0)).transpose().map_err(sql::failed)?;
            wrong += found.unwrap_or(0_i64);
        }
        Ok(wrong)
    }

    /// Rebuilds the counts; writers wait meanwhile.
    ///
    /// # Errors
    /// If the database fails; nothing was changed then.
    pub async fn repair_counts(&self) -> Result<()> {
        let write = self.begin(FRESH_PLANS).await?;
        if self.db.get_database_backend() == DbBackend::Postgres {
            for statement in
                ["SET LOCAL statement_timeout = 0", "LOCK TABLE customer_counts IN EXCLUSIVE MODE"]
            {
                write.execute_unprepared(statement).await.map_err(sql::failed)?;
            }
        }
        rebuild(&write).await.map_err(sql::failed)?;
        write.commit().await
    }
}

/// One statement for each kind of wrong count.
fn checks() -> Vec<String> {
    let (from, to) = (begin("b.start", "b.level"), begin("b.start + 1", "b.level"));
    let finer = finer("b.level");
    vec![
        // A bucket with a wrong total.
        format!(
            "SELECT COUNT(*) FROM customer_counts AS b WHERE b.total <> (\
               SELECT COUNT(*) FROM card_customers AS c WHERE c.program_id = b.program_id \
               AND c.created_at >= {from} AND c.created_at < {to} \
               AND (b.flow_status = '' OR c.flow_status = b.flow_status))"
        ),
        // A split bucket whose children do not make it up, or one with children that is not split.
        format!(
            "SELECT COUNT(*) FROM customer_counts AS b WHERE b.level < {LAST_LEVEL} \
             AND (CASE WHEN b.is_split THEN b.total ELSE 0 END) <> (\
               SELECT COALESCE(SUM(s.total), 0) FROM customer_counts AS s \
               WHERE s.program_id = b.program_id AND s.flow_status = b.flow_status \
               AND s.level = b.level + 1 AND s.start >= b.start << {finer} AND s.start < (b.start + 1) << {finer})"
        ),
        // Customers without a root bucket.
        "SELECT COUNT(*) FROM (SELECT DISTINCT program_id, flow_status FROM card_customers) AS c \
             WHERE (SELECT COUNT(*) FROM customer_counts AS b WHERE b.program_id = c.program_id \
               AND b.flow_status IN ('', c.flow_status) AND b.level = 0 AND b.start = 0) <> 2"
            .to_owned(),
        // A bucket on a level that does not exist.
        format!(
            "SELECT COUNT(*) FROM customer_counts AS b WHERE b.level NOT BETWEEN 0 AND {LAST_LEVEL}"
        ),
    ]
}
