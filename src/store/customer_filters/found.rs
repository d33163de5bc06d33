//! Lists whose rows are found by one condition, and sorted; or that are walked in their order.

use std::sync::Arc;

use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use super::conditions::{Conditions, Source, hidden_number, hidden_text};
use crate::domain::customer::Customer;
use crate::domain::customer_filter::CustomerFilter;
use crate::domain::page::{Order, Slice, Window};
use crate::domain::principal::ProgramId;
use crate::error::Result;
use crate::store::customer_lists::{as_read, limited};
use crate::store::customers::{COLUMNS, PRESENT, customer, width};
use crate::store::database::Store;
use crate::store::keyset::Sorting;
use crate::store::sql;

/// At most so many customers are read and sorted. A condition that leaves more leaves one of a
/// hundred, of a million: then walking the list fills a page sooner. Fewer in a debug build, so
/// that tests with few customers go both ways.
pub(super) const GATHERED: i64 = if cfg!(debug_assertions) { 30 } else { 10_000 };

impl Conditions<'_> {
    /// A SELECT of the customers of the list, which are found by `source`, and for whom `more`
    /// holds. Customers are `c`, the times of their last changes `u`.
    pub(super) fn rows(
        &mut self,
        source: Source,
        order: Order,
        columns: &str,
        more: &str,
    ) -> String {
        let backend = self.backend;
        let is_changed = !self.filter.updated_at.is_everything() || order.is_by_change();
        let customers = self.of_customer(source, order.is_by_creation());
        let updates = self.of_update(source, order.is_by_change());
        let own = format!("{}, c.email_key", *COLUMNS);
        let each_customer = |key: &str| {
            let on = format!("c.program_id = $1 AND c.id = {key} AND {PRESENT}{customers}");
            sql::each_that_is(backend, "card_customers AS c", &own, &on)
        };
        let each_update = if is_changed {
            let on = format!("u.program_id = $1 AND u.customer_id = c.id{updates}");
            sql::each_that_is(backend, "customer_updates AS u", "u.updated_at", &on)
        } else {
            String::new()
        };
        match source {
            Source::Search => {
                let search = self.filter.search.clone();
                let searches = search.map(|search| self.searches(&search)).unwrap_or_default();
                format!(
                    "SELECT {columns} FROM ({}) AS s{}{each_update} WHERE TRUE{more}",
                    searches.join(" UNION "),
                    each_customer("s.id")
                )
            }
            Source::UpdatedAt => format!(
                "SELECT {columns} FROM customer_updates AS u{} \
                 WHERE u.program_id = $1{updates}{more}",
                each_customer("u.customer_id")
            ),
            Source::Order if order.is_by_change() => format!(
                "SELECT {columns} FROM customer_updates AS u{} \
                 WHERE u.program_id = $1{updates}{more}",
                each_customer("u.customer_id")
            ),
            Source::Facets | Source::CreatedAt | Source::Order => format!(
                "SELECT {columns} FROM card_customers AS c{each_update} \
                 WHERE c.program_id = $1 AND {PRESENT}{customers}{more}"
            ),
        }
    }
}

/// How rows of a list are sorted: in the order of an index only if that is their source.
fn sorting(order: Order, source: Source) -> Sorting {
    let (value, key) = match order {
        Order::NewestFirst | Order::OldestFirst => ("c.created_at", "c.id"),
        Order::LatestChangeFirst | Order::EarliestChangeFirst => ("u.updated_at", "u.customer_id"),
        Order::ByEmail => ("c.email_key", "c.id"),
    };
    if source == Source::Order {
        return Sorting::by(value, key, order.is_descending());
    }
    let value = if order.is_by_text() { hidden_text(value) } else { hidden_number(value) };
    Sorting::by(&value, &hidden_text("c.id"), order.is_descending())
}

/// The statement of a part of a list.
fn part(
    mut conditions: Conditions<'_>,
    source: Source,
    order: Order,
    window: &Window,
) -> (String, Vec<sea_orm::Value>) {
    let backend = conditions.backend;
    let reads = conditions.bind(window.reads());
    let offset = if window.offset() > 0 {
        format!(" OFFSET ${}", conditions.bind(window.offset()))
    } else {
        String::new()
    };
    let sorting = sorting(order, source);
    let between = sorting.between(window, &mut conditions.values);
    let sort = sorting.sort(window.is_backward());
    let mut columns = COLUMNS.clone();
    if order.is_by_change() {
        columns += ", u.updated_at";
    }
    if source != Source::Order {
        let rows = conditions.rows(source, order, &columns, &between);
        let text = format!("{rows} {sort} {}{offset}", sql::limit(backend, reads));
        return (text, conditions.values);
    }
    // PostgreSQL sorts once more what is limited, by the same columns.
    let key = match order {
        Order::LatestChangeFirst | Order::EarliestChangeFirst => ", u.customer_id",
        Order::ByEmail => ", c.email_key",
        Order::NewestFirst | Order::OldestFirst => "",
    };
    columns += key;
    let alias = if order.is_by_change() { "u" } else { "c" };
    let rows = conditions.rows(source, order, &columns, &between);
    let text = limited(backend, &format!("{rows} {sort}"), (alias, &sort), reads, &offset);
    (text, conditions.values)
}

impl Store {
    /// A part of a filtered list.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn filtered_customers(
        &self,
        program: ProgramId,
        filter: &CustomerFilter,
        order: Order,
        window: &Window,
    ) -> Result<Slice<Arc<Customer>>> {
        let facets = self.facets(program, filter).await?;
        let names = facets.as_ref().map(|facets| facets.names.as_slice());
        if names.is_some_and(<[String]>::is_empty) {
            return Ok(Slice::of(window, Vec::new()));
        }
        let by_counts = filter.updated_at.is_everything() && filter.search.is_none();
        let (text, values) = if by_counts && order.is_by_creation() {
            self.created(program, names, &filter.created_at, order, window).await?
        } else {
            let smallest = self.smallest(program, filter, facets.as_ref(), GATHERED).await?;
            let conditions = Conditions::new(self.backend(), program, filter, names);
            part(conditions, smallest.unwrap_or(Source::Order), order, window)
        };
        let statement = Statement::from_sql_and_values(self.backend(), text, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        let width = width();
        let listed = |row| {
            let mut customer = customer(row)?;
            if order.is_by_change() {
                customer.updated_at = Some(sql::time(sql::column(row, width)?)?);
            }
            Ok(Arc::new(customer))
        };
        let mut customers = rows.iter().map(listed).collect::<Result<Vec<_>>>()?;
        customers.sort_by(|a, b| as_read(order, window, a, b));
        Ok(Slice::of(window, customers))
    }

    fn backend(&self) -> DbBackend {
        self.reads.get_database_backend()
    }
}
