//! Lists of card customers. They are SQL by hand: a page by number begins where
//! the counts say, and what a list shows is loaded in the same statement.

use std::sync::Arc;

use sea_orm::sea_query::Value;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use super::counts::Trees;
use super::customers::{COLUMNS, PRESENT, customer, width};
use super::database::Store;
use super::keyset::Sorting;
use super::{cards, sql, wallet_balances};
use crate::domain::customer::{Customer, ListedCustomer};
use crate::domain::identifier::email_key;
use crate::domain::onboarding::OnboardingFilter;
use crate::domain::page::{MAX_SIZE, Order, Slice, Window};
use crate::domain::principal::ProgramId;
use crate::error::Result;

impl Store {
    /// A part of a list of a program's customers. Lists by change and by address are not
    /// filtered here.
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

    /// A part of the list, newest first, with what it shows of each customer, and how
    /// many the whole list has, in one statement. Balances are read only if they
    /// are asked for; the total is not known if the part is empty.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn customers_with_holdings(
        &self,
        program: ProgramId,
        filter: Option<&OnboardingFilter>,
        window: &Window,
        balances: bool,
    ) -> Result<(Slice<ListedCustomer>, Option<i64>)> {
        let order = Order::NewestFirst;
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
        items.sort_by(|a, b| as_read(order, window, &a.customer, &b.customer));
        Ok((Slice::of(window, items), total.flatten()))
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
        match order {
            Order::LatestChangeFirst | Order::EarliestChangeFirst => {
                by_change(backend, program, order, window)
            }
            Order::NewestFirst | Order::OldestFirst if window.offset() > 0 => {
                numbered_page(backend, program, filter, order, window)
            }
            Order::NewestFirst | Order::OldestFirst | Order::ByEmail => {
                page_between(backend, program, filter, order, window)
            }
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

/// A page by creation time that is not the first: it begins in the bucket that the counts
/// name, and passes over what comes before it in that bucket alone.
fn numbered_page(
    backend: DbBackend,
    program: ProgramId,
    filter: Option<&OnboardingFilter>,
    order: Order,
    window: &Window,
) -> Part {
    let behind = if order.is_descending() { "<" } else { ">=" };
    let mut values: Vec<Value> =
        vec![program.0.into(), window.offset().into(), window.reads().into()];
    let trees = Trees::of(filter, 4);
    let with = trees.place(backend, order) + " ";
    trees.bind(&mut values);
    // The first parameter of the trees is the status, or the stage.
    let more = format!(" AND c.created_at {behind} (SELECT bound FROM place)");
    let sort = sorting(order).sort(false);
    let select = sorted(order, filter, 4, &more, &sort);
    let rest = " OFFSET COALESCE((SELECT rest FROM place), 0)";
    let select = limited(backend, &select, ("c", &sort), 3, rest);
    Part { with, select, values }
}

/// A page by the last change. What comes before a page by number is passed over in the index
/// alone. After the customer, a row has the time.
fn by_change(backend: DbBackend, program: ProgramId, order: Order, window: &Window) -> Part {
    let mut values: Vec<Value> =
        vec![program.0.into(), window.reads().into(), window.offset().into()];
    let sorting = Sorting::by("u.updated_at", "u.customer_id", order.is_descending());
    let between = sorting.between(window, &mut values);
    let sort = sorting.sort(window.is_backward());
    let updates = format!(
        "SELECT u.updated_at, u.customer_id FROM customer_updates AS u \
         WHERE u.program_id = $1{between} {sort}"
    );
    let select = format!(
        "SELECT {columns}, u.updated_at FROM ({updates}) AS u{joined}",
        columns = *COLUMNS,
        updates = limited(backend, &updates, ("u", &sort), 2, " OFFSET $3"),
        joined = sql::each_that_is(
            backend,
            "card_customers AS c",
            &COLUMNS,
            &format!("c.program_id = $1 AND c.id = u.customer_id AND {PRESENT}")
        )
    );
    Part { with: String::new(), select, values }
}

/// The first page, or one between two positions.
fn page_between(
    backend: DbBackend,
    program: ProgramId,
    filter: Option<&OnboardingFilter>,
    order: Order,
    window: &Window,
) -> Part {
    let mut values: Vec<Value> = vec![program.0.into(), window.reads().into()];
    values.extend(filter.map(parameter));
    let mut offset = String::new();
    if window.offset() > 0 {
        values.push(window.offset().into());
        offset = format!(" OFFSET ${}", values.len());
    }
    let sorting = sorting(order);
    let more = sorting.between(window, &mut values);
    let sort = sorting.sort(window.is_backward());
    let select = sorted(order, filter, 3, &more, &sort);
    let select = limited(backend, &select, ("c", &sort), 2, &offset);
    Part { with: String::new(), select, values }
}

/// The parameter of a filter.
fn parameter(filter: &OnboardingFilter) -> Value {
    match filter {
        OnboardingFilter::Status(status) => status.as_str().into(),
        OnboardingFilter::Stage(stage) => stage.as_ref().into(),
    }
}

/// The sorted list of program `$1`, of which `more` holds. `$value` is the status or the
/// stage of the filter; each has an index, which leaves out those who are gone.
fn sorted(
    order: Order,
    filter: Option<&OnboardingFilter>,
    value: usize,
    more: &str,
    sort: &str,
) -> String {
    // What it is sorted by is needed, and comes behind the customer.
    let key = if order.is_by_text() { ", c.email_key" } else { "" };
    format!(
        "SELECT {columns}{key} FROM card_customers AS c \
         WHERE c.program_id = $1 AND {PRESENT}{filter}{more} {sort}",
        columns = *COLUMNS,
        filter = condition(filter, value)
    )
}

/// What a filter, whose parameter is `$value`, says of a customer `c`.
fn condition(filter: Option<&OnboardingFilter>, value: usize) -> String {
    match filter {
        None => String::new(),
        Some(OnboardingFilter::Status(_)) => format!(" AND c.flow_status = ${value}"),
        Some(OnboardingFilter::Stage(_)) => {
            format!(" AND COALESCE(c.stage, c.flow_status) = ${value}")
        }
    }
}

/// How lists of the other orders are sorted.
fn sorting(order: Order) -> Sorting {
    let value = if order.is_by_text() { "c.email_key" } else { "c.created_at" };
    Sorting::by(value, "c.id", order.is_descending())
}

/// A sorted statement with a LIMIT of which PostgreSQL's planner knows an upper
/// bound: of one that is a parameter alone it expects a tenth of the table, and
/// would rather read and sort all of it.
pub(super) fn limited(
    backend: DbBackend,
    select: &str,
    (alias, sort): (&str, &str),
    limit: usize,
    offset: &str,
) -> String {
    if backend == DbBackend::Postgres {
        let most = MAX_SIZE + 1;
        format!(
            "SELECT {alias}.* FROM ({select} LIMIT {most}{offset}) AS {alias} {sort} LIMIT ${limit}"
        )
    } else {
        format!("{select} {}{offset}", sql::limit(backend, limit))
    }
}

/// How two customers come in a window, as it is read: a join need not keep the order of what
/// it joins.
pub(super) fn as_read(
    order: Order,
    window: &Window,
    a: &Customer,
    b: &Customer,
) -> std::cmp::Ordering {
    let ascending = match order {
        Order::NewestFirst | Order::OldestFirst => a.created_at.cmp(&b.created_at),
        Order::LatestChangeFirst | Order::EarliestChangeFirst => a.updated_at.cmp(&b.updated_at),
        Order::ByEmail => email_key(&a.email).cmp(&email_key(&b.email)),
    };
    let ascending = ascending.then_with(|| a.id.cmp(&b.id));
    if order.is_descending() == window.is_backward() { ascending } else { ascending.reverse() }
}
