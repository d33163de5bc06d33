//! How long filtered lists take: each filter alone and each pair of them, the first page and
//! one in the middle, beside the first page of the list without a filter.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use serde_json::{Value, json};

use crate::database::Database;
use crate::failure::{Result, While as _};
use crate::fill::fill;
use crate::gateway::{self, Gateway, PROGRAM, find};
use crate::http::{Client, Request};
use crate::keeper::Keeper;
use crate::machine;
use crate::measure::median;
use crate::options::Kind;
use crate::report::{head, markdown, millis};

/// How to measure.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) customers: i64,
    pub(crate) requests: u32,
    pub(crate) databases: Vec<Kind>,
    pub(crate) gateway: Option<PathBuf>,
    pub(crate) output: Option<PathBuf>,
}

/// Items of a page.
const PAGE: i64 = 20;
/// A day, in milliseconds.
const DAY: i64 = 86_400_000;

/// One condition of each kind. Times are within the three years in which customers are made,
/// and in the last hour, in which a quarter of them was changed.
fn conditions(now: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("statuses", json!(["KYC_INITIATED", "KYC_COMPLETED"])),
        ("issuerFlowStatuses", json!(["active"])),
        ("kycStatuses", json!(["IN_PROGRESS"])),
        ("currencies", json!(["USD"])),
        ("safeDeployed", json!(false)),
        ("hasCards", json!(true)),
        ("createdAt", json!({ "from": "2023-06-01T00:00:00Z", "to": "2025-01-01T00:00:00Z" })),
        ("updatedAt", json!({ "from": now })),
        ("search", json!("usr_12")),
    ]
}

const ORDERS: [&str; 3] = ["CREATED_AT_DESC", "UPDATED_AT_DESC", "EMAIL_ASC"];

/// Measures and prints.
pub(crate) fn measure(options: &Options) -> Result<ExitCode> {
    let path = find(options.gateway.as_deref())?;
    let keeper = Keeper::new()?;
    let facts = [
        format!("{}: {}", machine::date()?, machine::description()?),
        format!("{}, {}", gateway::version(&path)?, machine::rustc()),
        format!("{} customers, medians of {} requests", options.customers, options.requests),
    ];
    let mut text = head(&facts);
    for &kind in &options.databases {
        let section = section(&keeper, &path, kind, options)?;
        text.push_str(&section);
    }
    print!("{text}");
    if let Some(output) = &options.output {
        fs::write(output, &text).during(output.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What was measured of one list.
struct Measured {
    total: String,
    first: f64,
    middle: f64,
    statements: u64,
}

struct Asker<'a> {
    client: Client,
    token: &'a str,
    requests: u32,
}

impl Asker<'_> {
    fn ask(&mut self, filter: &Value, order: &str, page: i64, what: &str) -> Result<(Value, f64)> {
        let query = format!(
            "query($f: CardCustomerFilter, $o: CardCustomerOrder, $p: Int) {{ \
             cardCustomers(filter: $f, orderBy: $o, page: $p, perPage: {PAGE}) {{ {what} }} }}"
        );
        let variables = json!({ "f": filter, "o": order, "p": page });
        let body = json!({ "query": query, "variables": variables }).to_string();
        let lines = format!("Authorization: Bearer {}\r\nX-GraphQL-Cost: 1\r\n", self.token);
        let request = Request::post_with("/graphql", &lines, &body);
        let started = Instant::now();
        let answer = self.client.expect(&request)?;
        let took = started.elapsed().as_secs_f64() * 1_000.0;
        Ok((serde_json::from_slice(&answer.body)?, took))
    }

    fn page(&mut self, filter: &Value, order: &str, page: i64) -> Result<(Value, f64)> {
        let mut all = Vec::new();
        let mut last = Value::Null;
        for _ in 0..self.requests {
            let (answer, took) = self.ask(filter, order, page, "nodes { id email createdAt }")?;
            if answer.get("errors").is_some() {
                return Err(format!("{filter} {order}: {answer}").into());
            }
            all.push(took);
            last = answer;
        }
        Ok((last, median(all)))
    }

    fn list(&mut self, filter: &Value, order: &str) -> Result<Measured> {
        let (counted, _) = self.ask(filter, order, 1, "totalCount")?;
        let total = counted["data"]["cardCustomers"]["totalCount"].as_i64();
        let (answer, first) = self.page(filter, order, 1)?;
        let statements = answer["extensions"]["cost"]["sqlStatements"].as_u64().unwrap_or(0);
        let (_, middle) = self.page(filter, order, (total.unwrap_or(0) / PAGE / 2).max(1))?;
        let total = total.map_or_else(|| "refused".to_owned(), |total| total.to_string());
        Ok(Measured { total, first, middle, statements })
    }
}

fn section(keeper: &Keeper, path: &Path, kind: Kind, options: &Options) -> Result<String> {
    let database = Database::make(kind, keeper.folder())?;
    let gateway = Gateway { keeper, path, database_url: &database.url, settings: &[] };
    gateway.run(&["migrate"])?;
    gateway.run(&["program", "create", "--name", PROGRAM])?;
    fill(&database, PROGRAM, options.customers)?;
    let token = gateway.run(&["token", "create", "--program", PROGRAM, "--name", "load"])?;
    let server = gateway.serve(&Request::get("/healthz", None))?;
    let mut asker = Asker { client: server.client()?, token: &token, requests: options.requests };
    // A quarter of an hour before the latest change, whatever the clock says.
    let latest = "SELECT CAST(MAX(updated_at) AS BIGINT) FROM customer_updates";
    let latest = database.session()?.number(latest)?;
    let since = rfc3339(latest - DAY / 96);
    let conditions = conditions(&since);

    let base = asker.list(&Value::Null, ORDERS[0])?.first;
    let mut rows = Vec::new();
    let mut row =
        |asker: &mut Asker<'_>, name: String, filter: &Value, order: &str| -> Result<()> {
            let found = asker.list(filter, order)?;
            eprintln!("{kind}: {name} {order}: {:.2} ms, {:.2} ms", found.first, found.middle);
            rows.push(vec![
                name,
                order.to_owned(),
                found.total,
                found.statements.to_string(),
                millis(found.first),
                format!("{:.1}", found.first / base),
                millis(found.middle),
                format!("{:.1}", found.middle / base),
            ]);
            Ok(())
        };
    for order in ORDERS {
        row(&mut asker, "none".to_owned(), &Value::Null, order)?;
    }
    for (at, (one, value)) in conditions.iter().enumerate() {
        for order in ORDERS {
            row(&mut asker, (*one).to_owned(), &json!({ *one: value }), order)?;
        }
        for (other, more) in conditions.iter().skip(at + 1) {
            let filter = json!({ *one: value, *other: more });
            row(&mut asker, format!("{one}, {other}"), &filter, ORDERS[0])?;
        }
    }
    server.stop()?;
    let columns = [
        "filter",
        "order",
        "total",
        "statements",
        "first page, ms",
        "ratio",
        "middle, ms",
        "ratio",
    ];
    let mut text = format!("\n## {kind}\n\n{}\n\n", database.description()?);
    text.push_str(&markdown(&columns.map(str::to_owned), &rows));
    // Writing to a string cannot fail.
    let _ = writeln!(text, "\nRatios to the first page of the list without a filter.");
    Ok(text)
}

/// Unix milliseconds as RFC 3339, by the civil calendar.
fn rfc3339(millis: i64) -> String {
    let (days, rest) = (millis.div_euclid(DAY), millis.rem_euclid(DAY));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(1_709_164_799_000), "2024-02-28T23:59:59Z");
        assert_eq!(rfc3339(1_709_164_800_000), "2024-02-29T00:00:00Z");
    }
}
