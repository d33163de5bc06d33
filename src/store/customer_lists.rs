//! Lists of card customers. They are SQL by hand: a page by number begins where
//! the counts say, and what a list shows is loaded in the same statement.

use std::sync::Arc;

use sea_orm::sea_query::Value;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use super::counts::Trees;
use super::customers::{COLUMNS, PRESENT, customer, width};
use super::database::Store;
use super::{cards, sql, wallet_balances};
use crate::domain::customer::{Customer, ListedCustomer};
use crate::domain::onboarding::OnboardingFilter;
use crate::domain::page::{MAX_SIZE, Order, Slice, Window};
use crate::domain::principal::ProgramId;
use crate::error::Result;

impl Store {
    /// A part of the list of a program's customers, by creation time.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn customers(
        &self,
        program: ProgramId,
        filter: Option<&OnboardingFilter>,
        order: Order,
        window: &Window,
    ) -> Result<Slice<Arc<Customer>>> {
        let Part { with, select, values } = self.part(program, filter, order, window);
        let backend = self.reads.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, with + &select, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        let customers = rows.iter().map(|row| customer(row).map(Arc::new));
        Ok(Slice::from_one_more(customers.collect::<Result<_>>()?, window.size()))
    }

    /// A part of the list with what the list shows of each customer, and how
    /// many the whole list has, in one statement. Balances are read only if they
    /// are asked for; the total is not known if the part is empty.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn customers_with_holdings(
        &self,
        program: ProgramId,
        filter: Option<&OnboardingFilter>,
        order: Order,
        window: &Window,
        balances: bool,
    ) -> Result<(Slice<ListedCustomer>, Option<i64>)> {
        let backend = self.reads.get_database_backend();
        let Part { with, select, mut values } = self.part(program, filter, order, window);
        let trees = Trees::of(filter, values.len() + 1);
        let total = trees.total();
        trees.bind(&mut values);
        let (more, joined) = if balances {
            (format!(", {}", *wallet_balances::COLUMNS), wallet_balances::joined(backend))
        } else {
            (String::new(), String::new())
        };
        let text = format!(
            "{with}SELECT {columns}, ({total}), ({count}){more} FROM ({select}) AS c{joined}",
            columns = *COLUMNS,
            count = cards::COUNT
        );
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        let width = width();
        let total = rows.first().map(|row| sql::column::<Option<i64>>(row, width)).transpose()?;
        let listed = |row| {
            let balance =
                if balances { wallet_balances::joined_balance(row, width + 2)? } else { None };
            let customer = Arc::new(customer(row)?);
            let cards_count = match customer.stated_cards_count {
                Some(count) => count,
                None => sql::column(row, width + 1)?,
            };
            Ok(ListedCustomer { customer, balance, cards_count })
        };
        let mut items = rows.iter().map(listed).collect::<Result<Vec<_>>>()?;
        // A join need not keep the order of what it joins.
        items.sort_by(|a, b| in_order(order, &a.customer, &b.customer));
        Ok((Slice::from_one_more(items, window.size()), total.flatten()))
    }

    /// The statement that finds a part of a list, with one item more.
    fn part(
        &self,
        program: ProgramId,
        filter: Option<&OnboardingFilter>,
        order: Order,
        window: &Window,
    ) -> Part {
        let backend = self.reads.get_database_backend();
        if window.offset() > 0 {
            numbered_page(backend, program, filter, order, window)
        } else {
            page_behind(backend, program, filter, order, window)
        }
    }
}

/// A statement that finds a part of a list.
struct Part {
    /// What goes before it.
    with: String,
    select: String,
    values: Vec<Value>,
}

/// A page that is not the first: it begins in the bucket that the counts
/// name, and passes over what comes before it in that bucket alone.
fn numbered_page(
    backend: DbBackend,
    program: ProgramId,
    filter: Option<&OnboardingFilter>,
    order: Order,
    window: &Window,
) -> Part {
    let behind = match order {
        Order::NewestFirst => "<",
        Order::OldestFirst => ">=",
    };
    let mut values: Vec<Value> =
        vec![program.0.into(), window.offset().into(), (window.size() + 1).into()];
    let trees = Trees::of(filter, 4);
    let with = trees.place(backend, order) + " ";
    trees.bind(&mut values);
    // The first parameter of the trees is the status, or the stage.
    let more = format!(" AND c.created_at {behind} (SELECT bound FROM place)");
    let select = sorted(filter, 4, &more, order);
    let select =
        limited(backend, &select, order, 3, " OFFSET COALESCE((SELECT rest FROM place), 0)");
    Part { with, select, values }
}

/// The first page, or the one behind a position.
fn page_behind(
    backend: DbBackend,
    program: ProgramId,
    filter: Option<&OnboardingFilter>,
    order: Order,
    window: &Window,
) -> Part {
    let behind = match order {
        Order::NewestFirst => "<",
        Order::OldestFirst => ">",
    };
    let mut values: Vec<Value> = vec![program.0.into(), (window.size() + 1).into()];
    match filter {
        None => {}
        Some(OnboardingFilter::Status(status)) => values.push(status.as_str().into()),
        Some(OnboardingFilter::Stage(stage)) => values.push(stage.as_ref().into()),
    }
    let mut more = String::new();
    if let Some(position) = window.after() {
        let next = values.len() + 1;
        values.push(position.created_at.millis().into());
        values.push(position.key.as_str().into());
        more = format!(" AND (c.created_at, c.id) {behind} (${next}, ${})", next + 1);
    }
    let select = sorted(filter, 3, &more, order);
    let select = limited(backend, &select, order, 2, "");
    Part { with: String::new(), select, values }
}

/// The sorted list of program `$1`, of which `more` holds. `$value` is the status or the
/// stage of the filter; each has an index, which leaves out those who are gone.
fn sorted(filter: Option<&OnboardingFilter>, value: usize, more: &str, order: Order) -> String {
    let filter = match filter {
        None => String::new(),
        Some(OnboardingFilter::Status(_)) => format!(" AND c.flow_status = ${value}"),
        Some(OnboardingFilter::Stage(_)) => {
            format!(" AND COALESCE(c.stage, c.flow_status) = ${value}")
        }
    };
    format!(
        "SELECT {columns} FROM card_customers AS c \
         WHERE c.program_id = $1 AND {PRESENT}{filter}{more} {sort}",
        columns = *COLUMNS,
        sort = sort(order)
    )
}

/// In the order of a list, which no two of its customers share.
fn sort(order: Order) -> &'static str {
    match order {
        Order::NewestFirst => "ORDER BY c.created_at DESC, c.id DESC",
        Order::OldestFirst => "ORDER BY c.created_at ASC, c.id ASC",
    }
}

/// A sorted statement with a LIMIT of which PostgreSQL's planner knows an upper
/// bound: of one that is a parameter alone it expects a tenth of the table, and
/// would rather read and sort all of it.
fn limited(backend: DbBackend, select: &str, order: Order, limit: usize, offset: &str) -> String {
    if backend == DbBackend::Postgres {
        let (most, sort) = (MAX_SIZE + 1, sort(order));
        format!("SELECT c.* FROM ({select} LIMIT {most}{offset}) AS c {sort} LIMIT ${limit}")
    } else {
        format!("{select} {}{offset}", sql::limit(backend, limit))
    }
}

/// How two customers stand in a list.
fn in_order(order: Order, a: &Customer, b: &Customer) -> std::cmp::Ordering {
    let oldest_first = (a.created_at, &a.id).cmp(&(b.created_at, &b.id));
    match order {
        Order::NewestFirst => oldest_first.reverse(),
        Order::OldestFirst => oldest_first,
    }
}
