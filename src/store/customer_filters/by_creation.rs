//! Lists by creation time of customers with some facets: those with each facet are in an index
//! by creation time, and a page is merged from the beginnings of these lists. A page by number
//! begins where the trees of counts say.

use card_gateway_migration::customer_counts::facet;
use sea_orm::{ConnectionTrait as _, DbBackend, Value};

use super::conditions::Conditions;
use super::totals::trees;
use crate::domain::customer_filter::{CustomerFilter, TimeRange};
use crate::domain::page::{Order, Window};
use crate::domain::principal::ProgramId;
use crate::error::Result;
use crate::store::customer_lists::limited;
use crate::store::customers::{COLUMNS, PRESENT};
use crate::store::database::Store;
use crate::store::keyset::Sorting;
use crate::store::sql;

/// How many rows of the first bucket of a page come before the page.
const REST: &str = "COALESCE((SELECT rest FROM place), 0)";

impl Store {
    /// The statement of a part of the list of customers with some facets, or all, who were
    /// created in a range.
    pub(super) async fn created(
        &self,
        program: ProgramId,
        facets: Option<&[String]>,
        range: &TimeRange,
        order: Order,
        window: &Window,
    ) -> Result<(String, Vec<Value>)> {
        let backend = self.reads.get_database_backend();
        let none = CustomerFilter::default();
        let mut conditions = Conditions::new(backend, program, &none, None);
        if window.offset() == 0 {
            let number = conditions.bind(window.reads());
            let between = conditions.range("c.created_at", range);
            let text = part(&mut conditions, facets, order, window, (number, between, None));
            return Ok((text, conditions.values));
        }
        // What comes before the range counts as well.
        let before = match (order.is_descending(), range.from, range.to) {
            (true, _, Some(to)) => {
                let until = self.count_created_before(program, facets, to).await?;
                self.count_all(program, facets).await? - until
            }
            (false, Some(from), _) => self.count_created_before(program, facets, from).await?,
            _ => 0,
        };
        conditions.bind(before + window.offset());
        let number = conditions.bind(window.reads());
        let trees = trees(backend, facets, conditions.values.len() + 1);
        let place = trees.place(backend, order);
        trees.bind(&mut conditions.values);
        // The range's other end: at this one, rows are passed over.
        let (behind, end) = if order.is_descending() {
            ("<", TimeRange { to: None, ..*range })
        } else {
            (">=", TimeRange { from: None, ..*range })
        };
        let between = conditions.range("c.created_at", &end)
            + &format!(" AND c.created_at {behind} (SELECT bound FROM place)");
        let text = part(&mut conditions, facets, order, window, (number, between, Some(REST)));
        Ok((format!("{place} {text}"), conditions.values))
    }
}

/// The rows of a window, of which `$number` are read, after `rest` have been passed over.
fn part(
    conditions: &mut Conditions<'_>,
    facets: Option<&[String]>,
    order: Order,
    window: &Window,
    (number, between, rest): (usize, String, Option<&str>),
) -> String {
    let backend = conditions.backend;
    let sorting = Sorting::by("c.created_at", "c.id", order.is_descending());
    let between = between + &sorting.between(window, &mut conditions.values);
    let sort = sorting.sort(window.is_backward());
    let offset = rest.map_or_else(String::new, |rest| format!(" OFFSET {rest}"));
    let columns = &*COLUMNS;
    let all = format!("FROM card_customers AS c WHERE c.program_id = $1 AND {PRESENT}{between}");
    let Some(names) = facets else {
        let rows = format!("SELECT {columns} {all} {sort}");
        return limited(backend, &rows, ("c", &sort), number, &offset);
    };
    let names = conditions.bind(sql::list(backend, names.to_vec()));
    let most = format!("LIMIT ${number} + {}", rest.unwrap_or("0"));
    if backend == DbBackend::Postgres {
        format!(
            "SELECT c.* FROM unnest(${names}::text[]) AS f(name) CROSS JOIN LATERAL (\
               SELECT {columns} {all} AND {facet} = f.name {sort} {most}) AS c \
             {sort} LIMIT ${number}{offset}",
            facet = facet("c")
        )
    } else {
        // SQLite has no LATERAL.
        format!(
            "SELECT {columns} FROM json_each(${names}) AS f CROSS JOIN card_customers AS c \
             ON c.rowid IN (SELECT c.rowid {all} AND {facet} = f.value {sort} {most}) \
             {sort} LIMIT ${number} + 0{offset}",
            facet = facet("c")
        )
    }
}
