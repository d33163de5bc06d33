//! Filters of lists of transactions, in SQL, and the filtered list of a whole program.
//!
//! As with lists of customers, a statement leaves the planner one index to use: by card, by
//! merchant, by status, or that of the list's order.

use sea_orm::sea_query::Value;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use super::database::Store;
use super::gone_customers::holder_present;
use super::sql;
use super::transaction_rows::{COLUMNS, sorting, transaction};
use crate::domain::money::{Currency, Minor, UNUSUAL_DECIMALS};
use crate::domain::page::{MAX_SIZE, Slice, Window};
use crate::domain::principal::ProgramId;
use crate::domain::search::Search;
use crate::domain::transaction::Transaction;
use crate::domain::transaction_filter::{AmountRange, CardUse, TransactionFilter};
use crate::error::{Error, FieldError, Result};

/// The one condition by whose index a statement finds its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Card,
    Merchant,
    /// The list's order, of one status.
    Status,
    Order,
}

/// At most so many transactions of merchants are read and sorted; see the customers' lists.
const GATHERED: i64 = if cfg!(debug_assertions) { 30 } else { 10_000 };
/// How many transactions are read to count those of a list.
const MOST: i64 = 200_000;

/// A text column as no index has it, unless it is the source.
fn text(column: &str, is_source: bool) -> String {
    if is_source { column.to_owned() } else { format!("({column} || '')") }
}

/// What a filter says of a transaction `t`; its parameters are added to `values`.
pub(super) fn conditions(
    backend: DbBackend,
    filter: &TransactionFilter,
    source: Source,
    values: &mut Vec<Value>,
) -> String {
    let mut all = Vec::new();
    let bind = |values: &mut Vec<Value>, value: Value| {
        values.push(value);
        values.len()
    };
    if let (Source::Status, Some(status)) = (source, filter.status()) {
        all.push(format!(" AND t.status = ${}", bind(values, status.as_ref().into())));
    } else if let Some(statuses) = &filter.statuses {
        let statuses = statuses.iter().map(|one| one.as_ref().to_owned()).collect();
        let number = bind(values, sql::list(backend, statuses));
        all.push(format!(" AND {}", sql::one_of(backend, &text("t.status", false), number)));
    }
    if let Some(card) = &filter.card {
        all.push(made_with(backend, card, source, values));
    }
    let types = filter.types.as_ref();
    let types = types.map(|types| types.iter().map(|one| one.as_ref().to_owned()).collect());
    for (column, wanted) in [
        ("t.transaction_type", &types),
        ("t.currency", &filter.currencies),
        ("t.merchant_category", &filter.merchant_categories),
        ("t.merchant_country", &filter.merchant_countries),
    ] {
        if let Some(wanted) = wanted {
            let number = bind(values, sql::list(backend, wanted.clone()));
            all.push(format!(" AND {}", sql::one_of(backend, column, number)));
        }
    }
    let is_ordered = matches!(source, Source::Card | Source::Status | Source::Order);
    let created_at = if is_ordered { "t.created_at" } else { "(t.created_at + 0)" };
    for (end, compare) in [(filter.created_at.from, ">="), (filter.created_at.to, "<")] {
        if let Some(end) = end {
            let number = bind(values, end.millis().into());
            all.push(format!(" AND {created_at} {compare} ${number}"));
        }
    }
    all.push(amounts(&filter.amount));
    if let Some(search) = &filter.search {
        let column = text("t.merchant_key", source == Source::Merchant);
        all.push(format!(" AND {}", begins(search, &column, values)));
    }
    all.concat()
}

/// That a transaction was made with a card. The holder's transactions have an index; those of a
/// card that is not known can only name it.
fn made_with(
    backend: DbBackend,
    card: &CardUse,
    source: Source,
    values: &mut Vec<Value>,
) -> String {
    let mut bind = |value: Value| {
        values.push(value);
        values.len()
    };
    let Some(customer) = &card.customer_id else {
        let column = text("t.card_id", source == Source::Card);
        return format!(" AND {column} = ${}", bind(card.card_id.as_str().into()));
    };
    let holder = text("t.customer_id", source == Source::Card);
    let holder = format!("{holder} = ${}", bind(customer.as_str().into()));
    let name = text("t.card_id", false);
    let names = bind(sql::list(backend, card.names.clone()));
    let mut any = vec![sql::one_of(backend, &name, names)];
    if let Some(range) = card.by_any_token {
        let known = bind(sql::list(backend, card.known.clone()));
        let mut other = format!(
            "NOT ({}) AND {name} NOT LIKE '________-____-____-____-____________'",
            sql::one_of(backend, &name, known)
        );
        for (end, compare) in [(range.from, ">="), (range.to, "<")] {
            if let Some(end) = end {
                let number = bind(end.millis().into());
                other = format!("{other} AND (t.created_at + 0) {compare} ${number}");
            }
        }
        any.push(format!("({other})"));
    }
    format!(" AND {holder} AND ({})", any.join(" OR "))
}

/// That a name begins with what is searched for.
fn begins(search: &Search, column: &str, values: &mut Vec<Value>) -> String {
    let mut any = Vec::new();
    for (from, to) in search.ranges() {
        values.push(from.into());
        let begin = format!("{column} >= ${}", values.len());
        any.push(if let Some(to) = to {
            values.push(to.into());
            format!("{begin} AND {column} < ${}", values.len())
        } else {
            begin
        });
    }
    format!("({})", any.join(" OR "))
}

/// That an amount is in a range. Currencies have different numbers of decimals. The numbers are
/// those of the range alone, and stand in the text.
fn amounts(range: &AmountRange) -> String {
    let mut all = Vec::new();
    for (end, compare, is_min) in [(range.min, ">=", true), (range.max, "<=", false)] {
        let Some(end) = end else { continue };
        let cases = UNUSUAL_DECIMALS.iter().map(|(decimals, codes)| {
            let codes = codes.join("', '");
            let end = scaled(end, *decimals, is_min);
            format!(" WHEN t.currency IN ('{codes}') THEN t.amount_minor {compare} {end}")
        });
        let cases: String = cases.collect();
        let end = end.get();
        all.push(format!(" AND CASE{cases} ELSE t.amount_minor {compare} {end} END"));
    }
    all.concat()
}

/// Hundredths as minor units of a currency with so many decimals: the least that is not less,
/// or the greatest that is not greater. Amounts are far from the ends of 64 bits.
fn scaled(hundredths: Minor, decimals: u32, is_min: bool) -> i64 {
    let hundredths = hundredths.get();
    if decimals >= Currency::DECIMALS {
        let factor = 10_i64.pow(decimals - Currency::DECIMALS);
        return hundredths.saturating_mul(factor);
    }
    let divisor = 10_i64.pow(Currency::DECIMALS - decimals);
    let down = hundredths.div_euclid(divisor);
    if is_min && hundredths.rem_euclid(divisor) > 0 { down + 1 } else { down }
}

impl Store {
    /// A part of the list of a whole program, newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn filtered_transactions(
        &self,
        program: ProgramId,
        filter: &TransactionFilter,
        window: &Window,
    ) -> Result<Slice<Transaction>> {
        let backend = self.reads.get_database_backend();
        let source = self.transaction_source(program, filter).await?;
        let mut values: Vec<Value> =
            vec![program.0.into(), window.reads().into(), window.offset().into()];
        let filter = conditions(backend, filter, source, &mut values);
        let between = sorting().between(window, &mut values);
        let sort = sorting().sort(window.is_backward());
        let present = holder_present("t");
        let rows = format!(
            "SELECT {columns} FROM card_transactions AS t \
             WHERE t.program_id = $1 AND {present}{filter}{between}",
            columns = *COLUMNS
        );
        // PostgreSQL's planner is to know an upper bound, as in the lists of customers.
        let text = match (backend, source) {
            (_, Source::Merchant) => format!("{rows} {sort} LIMIT $2 + 0 OFFSET $3"),
            (DbBackend::Postgres, _) => {
                let most = MAX_SIZE + 1;
                format!(
                    "SELECT t.* FROM ({rows} {sort} LIMIT {most} OFFSET $3) AS t {sort} LIMIT $2"
                )
            }
            _ => format!("{rows} {sort} LIMIT $2 + 0 OFFSET $3"),
        };
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        let mut list =
            rows.iter().map(|row| transaction(row, 0)).collect::<Result<Vec<Transaction>>>()?;
        list.sort_by(Transaction::newest_first);
        if window.is_backward() {
            list.reverse();
        }
        Ok(Slice::of(window, list))
    }

    /// How many transactions the list of a whole program holds.
    ///
    /// # Errors
    /// `Invalid` if too many would have to be read; if the database fails.
    pub async fn count_filtered_transactions(
        &self,
        program: ProgramId,
        filter: &TransactionFilter,
    ) -> Result<i64> {
        let source = self.transaction_source(program, filter).await?;
        let of_source = of_source(filter, source);
        let all = of_source == *filter;
        if !all && self.count_up_to(program, &of_source, source, Some(MOST)).await? > MOST {
            let what = "would have to read more than 200,000 transactions: narrow the filter, or \
                        leave totalCount out";
            return Err(Error::invalid(vec![FieldError::new("totalCount", what)]));
        }
        self.count_up_to(program, filter, source, None).await
    }

    /// The condition that leaves the fewest transactions, as far as that is known.
    async fn transaction_source(
        &self,
        program: ProgramId,
        filter: &TransactionFilter,
    ) -> Result<Source> {
        if filter.card.is_some() {
            return Ok(Source::Card);
        }
        if filter.search.is_some() {
            let of_source = of_source(filter, Source::Merchant);
            let found = self.count_up_to(program, &of_source, Source::Merchant, Some(GATHERED));
            if found.await? <= GATHERED {
                return Ok(Source::Merchant);
            }
        }
        Ok(if filter.status().is_some() { Source::Status } else { Source::Order })
    }

    async fn count_up_to(
        &self,
        program: ProgramId,
        filter: &TransactionFilter,
        source: Source,
        limit: Option<i64>,
    ) -> Result<i64> {
        let backend = self.reads.get_database_backend();
        let mut values: Vec<Value> = vec![program.0.into()];
        let conditions = conditions(backend, filter, source, &mut values);
        let (present, most) = if let Some(limit) = limit {
            // An upper bound: whose they are need not be known.
            (String::new(), format!(" LIMIT {}", limit + 1))
        } else {
            (format!(" AND {}", holder_present("t")), String::new())
        };
        let text = format!(
            "SELECT COUNT(*) FROM (SELECT t.program_id FROM card_transactions AS t \
             WHERE t.program_id = $1{present}{conditions}{most}) AS t"
        );
        let statement = Statement::from_sql_and_values(backend, text, values);
        let row = self.reads.query_one_raw(statement).await.map_err(sql::failed)?;
        row.map_or(Ok(0), |row| sql::column(&row, 0))
    }
}

/// What of a filter the index of a source serves.
fn of_source(filter: &TransactionFilter, source: Source) -> TransactionFilter {
    let none = TransactionFilter::default;
    match source {
        Source::Card => {
            TransactionFilter { card: filter.card.clone(), created_at: filter.created_at, ..none() }
        }
        Source::Merchant => TransactionFilter { search: filter.search.clone(), ..none() },
        Source::Status => TransactionFilter {
            statuses: filter.statuses.clone(),
            created_at: filter.created_at,
            ..none()
        },
        Source::Order => TransactionFilter { created_at: filter.created_at, ..none() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_amounts_holds_for_each_currency() {
        let hundredths = |minor| Minor::new(minor).expect("an amount");
        for (minor, decimals, min, max) in [
            (1_050, 0, 11, 10),
            (1_000, 0, 10, 10),
            (-1_050, 0, -10, -11),
            (1_050, 2, 1_050, 1_050),
            (1_050, 3, 10_500, 10_500),
            (-1_050, 4, -105_000, -105_000),
        ] {
            let ends = (
                scaled(hundredths(minor), decimals, true),
                scaled(hundredths(minor), decimals, false),
            );
            assert_eq!(ends, (min, max), "{minor} {decimals}");
        }
    }
}
