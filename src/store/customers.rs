//! Card customers: lists and look-ups.

use std::fmt::Write as _;
use std::sync::Arc;

use sea_orm::sea_query::Value;
use sea_orm::{ConnectionTrait as _, DbBackend, QueryResult, Statement};

use super::{Store, counts, sql};
use crate::domain::card::Card;
use crate::domain::customer::{Along, Customer, Holder, Listed};
use crate::domain::identifier::Identifier;
use crate::domain::onboarding::FlowStatus;
use crate::domain::page::{MAX_SIZE, Order, Slice, Window};
use crate::domain::principal::ProgramId;
use crate::error::Result;

/// The columns of a customer, in the order in which [`customer`] reads them.
/// They are read by position: looking each up by name costs more than the row.
const COLUMNS: &str = "c.id, c.yativo_card_id, c.external_customer_id, c.email, c.flow_status, \
    c.kyc_status, c.currency, c.safe_deployed, c.wallet_address, c.created_at";
/// How many they are.
const WIDTH: usize = 10;

impl Store {
    /// A part of the list of a program's customers, by creation time.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn customers(
        &self,
        program: ProgramId,
        status: Option<FlowStatus>,
        order: Order,
        window: &Window,
    ) -> Result<Slice<Arc<Customer>>> {
        let Part { with, select, values } = self.part(program, status, order, window);
        let backend = self.reads.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, with + &select, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        let customers = rows.iter().map(|row| customer(row).map(Arc::new));
        Ok(Slice::from_one_more(customers.collect::<Result<_>>()?, window.size()))
    }

    /// A part of the list with what the customers hold, and how many the whole
    /// list has, in one statement. Balances are not touched unless they are
    /// asked for; the total is not known where the part is empty.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn customers_with_holdings(
        &self,
        program: ProgramId,
        status: Option<FlowStatus>,
        order: Order,
        window: &Window,
        balances: bool,
    ) -> Result<(Slice<Listed>, Option<i64>)> {
        let backend = self.reads.get_database_backend();
        let Part { with, select, mut values } = self.part(program, status, order, window);
        values.push(counts::tree(status).into());
        let total = counts::total(values.len());
        let (more, joined) = if balances {
            (format!(", {}", super::balances::COLUMNS), super::balances::joined(backend))
        } else {
            (String::new(), String::new())
        };
        let text = format!(
            "{with}SELECT {COLUMNS}, ({total}), ({count}){more} FROM ({select}) AS c{joined}",
            count = super::cards::COUNT
        );
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        let total = rows.first().map(|row| sql::column::<Option<i64>>(row, WIDTH)).transpose()?;
        let listed = |row| {
            let live = if balances { super::balances::live(row, WIDTH + 2)? } else { None };
            let cards_count = sql::column(row, WIDTH + 1)?;
            Ok(Listed { customer: Arc::new(customer(row)?), live, cards_count })
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
        status: Option<FlowStatus>,
        order: Order,
        window: &Window,
    ) -> Part {
        if window.offset() > 0 {
            self.numbered_page(program, status, order, window)
        } else {
            page_behind(self.reads.get_database_backend(), program, status, order, window)
        }
    }

    /// A page that is not the first: it begins in the bucket that the counts
    /// name, and passes over what comes before it in that bucket alone.
    fn numbered_page(
        &self,
        program: ProgramId,
        status: Option<FlowStatus>,
        order: Order,
        window: &Window,
    ) -> Part {
        let filter = if status.is_some() { "AND c.flow_status = $2 " } else { "" };
        let (behind, sort) = match order {
            Order::NewestFirst => ("<", "DESC"),
            Order::OldestFirst => (">=", "ASC"),
        };
        let select = format!(
            "SELECT {COLUMNS} FROM card_customers AS c WHERE c.program_id = $1 {filter}\
             AND c.created_at {behind} (SELECT bound FROM place) ORDER BY c.created_at {sort}, \
             c.id {sort}"
        );
        let backend = self.reads.get_database_backend();
        let offset = " OFFSET COALESCE((SELECT rest FROM place), 0)";
        let select = limited(backend, &select, sort, 4, offset);
        let values = vec![
            program.0.into(),
            counts::tree(status).into(),
            window.offset().into(),
            (window.size() + 1).into(),
        ];
        let with = counts::place(backend, order) + " ";
        Part { with, select, values }
    }

    /// Every customer that any of the identifiers names, with what is to come
    /// along, in one statement. They come in no order.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn customers_named(
        &self,
        program: ProgramId,
        identifiers: &[Identifier],
        along: Along,
    ) -> Result<Vec<Holder>> {
        let backend = self.reads.get_database_backend();
        let texts: Vec<String> =
            identifiers.iter().map(|identifier| identifier.as_str().to_owned()).collect();
        let ids: Vec<_> = identifiers.iter().filter_map(Identifier::as_customer_id).collect();
        let emails: Vec<_> = identifiers.iter().filter_map(Identifier::as_email_key).collect();
        let mut values: Vec<Value> = vec![program.0.into()];
        let mut branches = Vec::new();
        for (column, names) in [
            ("yativo_card_id", texts.clone()),
            ("external_customer_id", texts),
            ("id", ids),
            ("email_key", emails),
        ] {
            if !names.is_empty() {
                values.push(sql::list(backend, names));
                let any = sql::one_of(backend, &format!("c.{column}"), values.len());
                branches.push(format!(
                    "SELECT {COLUMNS} FROM card_customers AS c WHERE c.program_id = $1 AND {any}"
                ));
            }
        }
        // A union, each branch with an index of its own: with OR, a planner
        // without statistics reads the whole program.
        let mut text = branches.join(" UNION ALL ");
        let mut at = WIDTH;
        if along != Along::default() {
            let (mut columns, mut joined) = (COLUMNS.to_owned(), String::new());
            for (wanted, more, join) in [
                (along.balances, super::balances::COLUMNS, super::balances::joined(backend)),
                (along.cards, super::cards::COLUMNS, super::cards::joined(backend)),
            ] {
                if wanted {
                    columns = format!("{columns}, {more}");
                    joined += &join;
                }
            }
            text = format!("SELECT {columns} FROM ({text}) AS c{joined}");
        }
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        if along.balances {
            at += super::balances::WIDTH;
        }
        let mut found: Vec<Holder> = Vec::new();
        for row in &rows {
            // There is a row for each card, and for each way in which somebody is named.
            let id: &str = sql::column(row, 0)?;
            let known = found.iter().position(|holder| holder.customer.id == id);
            let place = if let Some(known) = known {
                known
            } else {
                let live = if along.balances { super::balances::live(row, WIDTH)? } else { None };
                let customer = Arc::new(customer(row)?);
                found.push(Holder { customer, along, live, cards: Vec::new() });
                found.len() - 1
            };
            let holder = &mut found[place];
            if along.cards
                && let Some(card) = super::cards::joined_card(row, at)?
                && holder.cards.iter().all(|other| other.card_id != card.card_id)
            {
                holder.cards.push(card);
            }
        }
        for holder in &mut found {
            holder.cards.sort_by(Card::newest_first);
        }
        Ok(found)
    }
}

/// A statement that finds a part of a list.
struct Part {
    /// What goes before it.
    with: String,
    select: String,
    values: Vec<Value>,
}

/// The first page, or the one behind a position.
fn page_behind(
    backend: DbBackend,
    program: ProgramId,
    status: Option<FlowStatus>,
    order: Order,
    window: &Window,
) -> Part {
    let (behind, sort) = match order {
        Order::NewestFirst => ("<", "DESC"),
        Order::OldestFirst => (">", "ASC"),
    };
    let mut values: Vec<Value> = vec![program.0.into(), (window.size() + 1).into()];
    let mut filter = String::new();
    if let Some(status) = status {
        values.push(status.as_ref().into());
        filter.push_str(" AND c.flow_status = $3");
    }
    if let Some(position) = window.after() {
        let next = values.len() + 1;
        values.push(position.created_at.millis().into());
        values.push(position.key.as_str().into());
        // Writing to a string cannot fail.
        let _ = write!(filter, " AND (c.created_at, c.id) {behind} (${next}, ${})", next + 1);
    }
    let select = format!(
        "SELECT {COLUMNS} FROM card_customers AS c WHERE c.program_id = $1{filter} \
         ORDER BY c.created_at {sort}, c.id {sort}"
    );
    let select = limited(backend, &select, sort, 2, "");
    Part { with: String::new(), select, values }
}

/// A sorted statement with a LIMIT of which PostgreSQL's planner knows an upper
/// bound: of one that is a parameter alone it expects a tenth of the table, and
/// would rather read and sort all of it.
fn limited(backend: DbBackend, select: &str, sort: &str, limit: usize, offset: &str) -> String {
    if backend == DbBackend::Postgres {
        let most = MAX_SIZE + 1;
        format!(
            "SELECT c.* FROM ({select} LIMIT {most}{offset}) AS c \
             ORDER BY c.created_at {sort}, c.id {sort} LIMIT ${limit}"
        )
    } else {
        format!("{select} LIMIT ${limit}{offset}")
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

fn customer(row: &QueryResult) -> Result<Customer> {
    let kyc_status: Option<&str> = sql::column(row, 5)?;
    let kyc_status = kyc_status.map(|text| sql::named("a KYC status", text));
    let currency: Option<&str> = sql::column(row, 6)?;
    let currency = currency.map(|text| sql::named("a currency", text));
    Ok(Customer {
        id: sql::column(row, 0)?,
        yativo_card_id: sql::column(row, 1)?,
        external_customer_id: sql::column(row, 2)?,
        email: sql::column(row, 3)?,
        flow_status: sql::named("a flow status", sql::column(row, 4)?)?,
        kyc_status: kyc_status.transpose()?,
        currency: currency.transpose()?,
        safe_deployed: sql::column(row, 7)?,
        wallet_address: sql::column(row, 8)?,
        created_at: sql::time(sql::column(row, 9)?)?,
    })
}
