//! All customers of a filter, in the order of their identifiers, out of one snapshot: a page
//! follows the last customer of the page before.

use std::time::Duration;

use sea_orm::{ConnectionTrait as _, DbBackend, Statement, Value};

use super::conditions::{Conditions, Source, hidden_text};
use super::facets;
use super::found::GATHERED;
use crate::domain::customer_filter::CustomerFilter;
use crate::domain::page::Order;
use crate::domain::principal::ProgramId;
use crate::error::Result;
use crate::store::customer_batches::{CustomerBatch, with_holdings};
use crate::store::customers::COLUMNS;
use crate::store::database::Store;
use crate::store::snapshot::Snapshot;

/// So many customers are read at a time. Fewer in a debug build, so that an export of a test
/// has several pages.
const PAGE: i64 = if cfg!(debug_assertions) { 40 } else { 1_000 };

/// A list in no order that an index has: all conditions but that of the source are hidden.
const UNSORTED: Order = Order::ByEmail;

/// What is left of an export.
pub struct CustomerExport {
    snapshot: Snapshot,
    backend: DbBackend,
    /// The statement of a page.
    text: String,
    values: Vec<Value>,
    /// Which of them is the identifier that the page follows.
    after: usize,
    is_done: bool,
}

impl Store {
    /// Begins an export of the program's customers for whom a filter holds, as they are now.
    /// It holds a connection until it is ended or dropped; on PostgreSQL, one statement may
    /// take as long as `time`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn export_customers(
        &self,
        program: ProgramId,
        filter: &CustomerFilter,
        time: Option<Duration>,
    ) -> Result<CustomerExport> {
        // It says only by which index they are found.
        let sizes = self.facets(program, filter).await?;
        let source = self.smallest(program, filter, sizes.as_ref(), GATHERED).await?;
        let backend = self.reads.get_database_backend();
        let mut snapshot = self.snapshot(time).await?;
        let names = if filter.has_facets() {
            let rows = snapshot.rows(facets::statement(backend, program)).await?;
            Some(facets::let_through(&rows, filter)?.names)
        } else {
            None
        };
        let conditions = Conditions::new(backend, program, filter, names.as_deref());
        let (text, values, after) = page(conditions, source.unwrap_or(Source::Order));
        let is_done = names.is_some_and(|names| names.is_empty());
        Ok(CustomerExport { snapshot, backend, text, values, after, is_done })
    }
}

/// The statement of a page, and which of its parameters is the identifier that it follows.
fn page(mut conditions: Conditions<'_>, source: Source) -> (String, Vec<Value>, usize) {
    let backend = conditions.backend;
    let after = conditions.bind("");
    // Those whom another condition finds are few, and sorted.
    let id = if source == Source::Order { "c.id".to_owned() } else { hidden_text("c.id") };
    let more = format!(" AND {id} > ${after}");
    let rows = conditions.rows(source, UNSORTED, &COLUMNS, &more);
    let text = with_holdings(backend, &format!("{rows} ORDER BY {id} LIMIT {PAGE}"));
    (text, conditions.values, after - 1)
}

impl CustomerExport {
    /// The next customers; none when there are no more.
    ///
    /// # Errors
    /// If the database fails; nothing can be read any more then.
    pub async fn next(&mut self) -> Result<Option<CustomerBatch>> {
        if self.is_done {
            return Ok(None);
        }
        let (text, values) = (self.text.clone(), self.values.clone());
        let statement = Statement::from_sql_and_values(self.backend, text, values);
        let batch = CustomerBatch::of(self.snapshot.rows(statement).await?);
        match &batch {
            Some(batch) => self.values[self.after] = batch.last()?.into(),
            None => self.is_done = true,
        }
        Ok(batch)
    }

    /// Ends it, and gives the connection back.
    pub async fn end(self) {
        self.snapshot.end().await;
    }
}
