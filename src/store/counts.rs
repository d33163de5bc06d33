//! Totals and positions in a list from the counts that the database maintains,
//! see [`card_gateway_migration::customer_counts`]. The SQL is written by hand:
//! the counts are a tree, and a position is found by a recursive walk.

use std::collections::HashMap;

use card_gateway_migration::customer_counts::{
    FURTHER, LAST_LEVEL, begin, bucket, expected, finer, rebuild,
};
use sea_orm::sea_query::Value;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use strum::VariantArray as _;

use super::customers::PRESENT;
use super::database::Store;
use super::sql;
use crate::domain::onboarding::{FlowStatus, OnboardingFilter};
use crate::domain::page::Order;
use crate::domain::principal::ProgramId;
use crate::error::Result;

/// How many statuses of a program are named at the most.
const MOST_STATUSES: i64 = 100;

/// The trees of counts whose sum counts a list, as SQL and its parameters.
pub(super) struct Trees {
    /// What `flow_status` is.
    condition: String,
    /// Its parameters.
    values: Vec<Value>,
}

impl Trees {
    /// The trees of a list. The first parameter is `$first`.
    pub(super) fn of(filter: Option<&OnboardingFilter>, first: usize) -> Self {
        match filter {
            None => Self { condition: "= ''".to_owned(), values: Vec::new() },
            Some(OnboardingFilter::Status(status)) => {
                Self { condition: format!("= ${first}"), values: vec![status.as_str().into()] }
            }
            Some(OnboardingFilter::Stage(stage)) => {
                let stage = stage.as_ref();
                Self {
                    condition: format!("IN (${first}, ${})", first + 1),
                    values: vec![stage.into(), format!("{FURTHER}{stage}").into()],
                }
            }
        }
    }

    /// The trees of facets, by their names. The first parameter is `$first`.
    pub(super) fn of_facets(backend: DbBackend, names: &[String], first: usize) -> Self {
        let condition = sql::one_of(backend, "", first);
        Self { condition, values: vec![sql::list(backend, names.to_vec())] }
    }

    /// How many customers were created before `$2`, in SQL: along the path to the bucket of
    /// that time, what comes before; in the bucket itself they are counted, those for whom
    /// `condition` holds. `$1` is the program.
    pub(super) fn before(&self, condition: &str) -> String {
        let child = bucket("$2", "(walk.level + 1)");
        let (finer, from) = (finer("walk.level"), begin("walk.start", "walk.level"));
        format!(
            "WITH RECURSIVE walk (level, start, counted, is_split) AS (\
               SELECT a.level, a.start, CAST(0 AS BIGINT), a.is_split FROM customer_counts AS a \
               WHERE a.program_id = $1 AND a.flow_status = '' AND a.level = 0 AND a.start = 0 \
               UNION ALL SELECT walk.level + 1, {child}, walk.counted + COALESCE((\
                 SELECT CAST(SUM(s.total) AS BIGINT) FROM customer_counts AS s \
                 WHERE s.program_id = $1 AND s.flow_status {trees} AND s.level = walk.level + 1 \
                 AND s.start >= walk.start << {finer} AND s.start < {child}), 0), \
                 COALESCE((SELECT a.is_split FROM customer_counts AS a WHERE a.program_id = $1 \
                 AND a.flow_status = '' AND a.level = walk.level + 1 AND a.start = {child}), FALSE) \
               FROM walk WHERE walk.is_split) \
             SELECT walk.counted + (SELECT COUNT(*) FROM card_customers AS c \
               WHERE c.program_id = $1 AND {PRESENT} AND c.created_at >= {from} \
               AND c.created_at < $2{condition}) FROM walk WHERE NOT walk.is_split",
            trees = self.condition
        )
    }

    /// Adds the parameters to those of a statement that has `first - 1` already.
    pub(super) fn bind(self, values: &mut Vec<Value>) {
        values.extend(self.values);
    }

    /// The total of program `$1`, in SQL; null without customers.
    pub(super) fn total(&self) -> String {
        format!(
            "SELECT CAST(SUM(t.total) AS BIGINT) FROM customer_counts AS t WHERE t.program_id = $1 \
             AND t.flow_status {} AND t.level = 0 AND t.start = 0",
            self.condition
        )
    }

    /// The place of an offset in a list by creation time, as SQL that goes before a SELECT: a row
    /// `place (bound, rest)` with the creation time at which the item's bucket begins in
    /// the list's direction, and how many items of that bucket come before it. No row
    /// where the list is shorter. `$1` is the program and `$2` the offset.
    pub(super) fn place(&self, backend: DbBackend, order: Order) -> String {
        let step = if backend == DbBackend::Postgres {
            self.postgres_step(order)
        } else {
            self.sqlite_step(order)
        };
        let bound = if order.is_descending() {
            begin("walk.start + 1", "walk.level")
        } else {
            begin("walk.start", "walk.level")
        };
        format!(
            "WITH RECURSIVE walk (level, start, is_split, rest) AS (\
               SELECT a.level, a.start, a.is_split, $2 FROM customer_counts AS a \
               WHERE a.program_id = $1 AND a.flow_status = '' AND a.level = 0 AND a.start = 0 \
                 AND $2 < ({total}) \
               UNION ALL {step}), \
             place (bound, rest) AS (SELECT {bound}, walk.rest FROM walk WHERE NOT walk.is_split)",
            total = self.total()
        )
    }

    /// The child that holds the offset, of a bucket that is split: the children are added
    /// up in the list's order. Whether the child is split says the tree of all customers.
    fn postgres_step(&self, order: Order) -> String {
        let sort = if order.is_descending() { "DESC" } else { "ASC" };
        let children = children("c", &self.condition);
        format!(
            "SELECT a.level, a.start, a.is_split, walk.rest - c.before FROM walk CROSS JOIN LATERAL (\
               SELECT walk.level + 1 AS level, c.start, SUM(c.total)::bigint AS total, \
                 (SUM(SUM(c.total)) OVER (ORDER BY c.start {sort}) - SUM(c.total))::bigint AS before \
               FROM customer_counts AS c WHERE {children} GROUP BY c.start) AS c \
             JOIN customer_counts AS a ON a.program_id = $1 AND a.flow_status = '' \
               AND a.level = c.level AND a.start = c.start \
             WHERE walk.is_split AND c.before <= walk.rest AND walk.rest < c.before + c.total"
        )
    }

    /// As [`Trees::postgres_step`]. SQLite has no LATERAL and no window in a recursion: it
    /// adds up anew for each child.
    fn sqlite_step(&self, order: Order) -> String {
        let before = if order.is_descending() { ">" } else { "<" };
        let (all, mine) = (children("a", "= ''"), children("s", &self.condition));
        let before = format!(
            "(SELECT COALESCE(SUM(s.total), 0) FROM customer_counts AS s \
              WHERE {mine} AND s.start {before} a.start)"
        );
        let total = format!(
            "(SELECT COALESCE(SUM(t.total), 0) FROM customer_counts AS t \
              WHERE t.program_id = $1 AND t.flow_status {} AND t.level = a.level \
              AND t.start = a.start)",
            self.condition
        );
        format!(
            "SELECT a.level, a.start, a.is_split, walk.rest - {before} \
             FROM walk CROSS JOIN customer_counts AS a ON {all} \
             WHERE walk.is_split AND {before} <= walk.rest AND walk.rest < {before} + {total}"
        )
    }
}

/// The children of the bucket `walk`, in trees of program `$1`.
fn children(alias: &str, trees: &str) -> String {
    let finer = finer("walk.level");
    format!(
        "{alias}.program_id = $1 AND {alias}.flow_status {trees} AND {alias}.level = walk.level + 1 \
         AND {alias}.start >= walk.start << {finer} AND {alias}.start < (walk.start + 1) << {finer}"
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
        filter: Option<&OnboardingFilter>,
    ) -> Result<i64> {
        let trees = Trees::of(filter, 2);
        let (text, mut values) = (trees.total(), vec![program.0.into()]);
        trees.bind(&mut values);
        let backend = self.reads.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, text, values);
        let row = self.reads.query_one_raw(statement).await.map_err(sql::failed)?;
        let total = row.map(|row| sql::column::<Option<i64>>(&row, 0)).transpose()?;
        Ok(total.flatten().unwrap_or(0))
    }

    /// How many customers of a program are at each stage; a stage without customers may be
    /// left out.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn count_by_stage(&self, program: ProgramId) -> Result<HashMap<FlowStatus, i64>> {
        let mut stages: HashMap<String, FlowStatus> = HashMap::new();
        for stage in FlowStatus::VARIANTS {
            stages.insert(stage.as_ref().to_owned(), *stage);
            stages.insert(format!("{FURTHER}{}", stage.as_ref()), *stage);
        }
        let backend = self.reads.get_database_backend();
        let text = format!(
            "SELECT t.flow_status, t.total FROM customer_counts AS t WHERE t.program_id = $1 \
             AND {trees} AND t.level = 0 AND t.start = 0",
            trees = sql::one_of(backend, "t.flow_status", 2)
        );
        let trees = sql::list(backend, stages.keys().cloned().collect());
        let statement = Statement::from_sql_and_values(backend, text, [program.0.into(), trees]);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        let mut counts = HashMap::new();
        for row in &rows {
            let tree: &str = sql::column(row, 0)?;
            if let Some(stage) = stages.get(tree) {
                *counts.entry(*stage).or_insert(0) += sql::column::<i64>(row, 1)?;
            }
        }
        Ok(counts)
    }

    /// The statuses that customers of a program have, at most a hundred of them, in the
    /// order of their bytes.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn statuses(&self, program: ProgramId) -> Result<Vec<String>> {
        // From each status to the next one: the index is not read as a whole.
        let next = |after: &str| {
            format!(
                "(SELECT MIN(c.flow_status) FROM customer_counts AS c \
                  WHERE c.program_id = $1 AND c.flow_status > {after})"
            )
        };
        let (first, next) = (next(&format!("'{FURTHER}~'")), next("word.status"));
        let text = format!(
            "WITH RECURSIVE word (status) AS (SELECT {first} \
               UNION ALL SELECT {next} FROM word WHERE word.status IS NOT NULL) \
             SELECT word.status FROM word CROSS JOIN customer_counts AS root WHERE root.program_id = $1 \
               AND root.flow_status = word.status AND root.level = 0 AND root.start = 0 \
               AND root.total > 0 LIMIT {MOST_STATUSES}"
        );
        let values = [program.0.into()];
        let backend = self.reads.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        rows.iter().map(|row| sql::column(row, 0)).collect()
    }

    /// Counts all customers of all programs, one by one, and returns how many of
    /// the maintained counts are wrong.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn wrong_counts(&self) -> Result<i64> {
        let tx = self.begin_long().await?;
        let mut wrong = 0;
        for statement in checks() {
            let statement = Statement::from_string(tx.get_database_backend(), statement);
            let row = tx.query_one_raw(statement).await.map_err(sql::failed)?;
            let found = row.map(|row| row.try_get_by_index(0)).transpose().map_err(sql::failed)?;
            wrong += found.unwrap_or(0_i64);
        }
        tx.roll_back().await;
        Ok(wrong)
    }

    /// Rebuilds the counts; writers wait meanwhile.
    ///
    /// # Errors
    /// If the database fails; nothing was changed then.
    pub async fn repair_counts(&self) -> Result<()> {
        let write = self.begin_long().await?;
        if self.db.get_database_backend() == DbBackend::Postgres {
            let lock = "LOCK TABLE customer_counts IN EXCLUSIVE MODE";
            write.execute_unprepared(lock).await.map_err(sql::failed)?;
        }
        rebuild(&write).await.map_err(sql::failed)?;
        write.commit().await
    }
}

/// One statement for each kind of wrong count.
fn checks() -> Vec<String> {
    let finer = finer("b.level");
    vec![
        // A bucket with a wrong total, or one that is missing.
        format!(
            "SELECT COUNT(*) FROM (SELECT 1 AS wrong FROM (\
               SELECT program_id, flow_status, level, start, SUM(total) AS total \
               FROM ({expected}) AS e GROUP BY program_id, flow_status, level, start \
               UNION ALL SELECT program_id, flow_status, level, start, -total FROM customer_counts) AS d \
             GROUP BY program_id, flow_status, level, start HAVING SUM(total) <> 0) AS w",
            expected = expected()
        ),
        // A split bucket whose children do not make it up, or one with children that is not
        // split.
        format!(
            "SELECT COUNT(*) FROM customer_counts AS b LEFT JOIN customer_counts AS a \
               ON a.program_id = b.program_id AND a.flow_status = '' AND a.level = b.level \
               AND a.start = b.start \
             WHERE b.level < {LAST_LEVEL} AND (CASE WHEN a.is_split THEN b.total ELSE 0 END) <> (\
               SELECT COALESCE(SUM(s.total), 0) FROM customer_counts AS s \
               WHERE s.program_id = b.program_id AND s.flow_status = b.flow_status \
               AND s.level = b.level + 1 AND s.start >= b.start << {finer} AND s.start < (b.start + 1) << {finer})"
        ),
        // Customers without any bucket.
        format!(
            "SELECT COUNT(*) FROM (SELECT DISTINCT c.program_id FROM card_customers AS c \
               WHERE {PRESENT}) AS c \
             WHERE NOT EXISTS (SELECT 1 FROM customer_counts AS b WHERE b.program_id = c.program_id \
               AND b.flow_status = '' AND b.level = 0 AND b.start = 0)"
        ),
        // A bucket on a level that does not exist.
        format!(
            "SELECT COUNT(*) FROM customer_counts AS b WHERE b.level NOT BETWEEN 0 AND {LAST_LEVEL}"
        ),
    ]
}
