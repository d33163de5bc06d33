//! `status`: how the connections to the issuer do, from the database.

use std::fmt::Write as _;

use super::lookup::program_named;
use super::output::out;
use crate::app;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::services::connection::{self, CallReport, Report, Reports};
use crate::store::Store;

/// Prints the report of one program, or of all.
pub(super) async fn run(
    config: &Config,
    store: &Store,
    program: Option<&str>,
    json: bool,
) -> Result<()> {
    let programs = match program {
        Some(name) => vec![program_named(store, name).await?],
        None => store.programs().await?,
    };
    let connections = app::connections(config, store);
    let mut reports = Reports::new();
    for program in programs {
        reports.insert(program.name.clone(), connections.report(&program).await?);
    }
    if json {
        let text = serde_json::to_string_pretty(&reports).map_err(Error::internal)?;
        return out(&format!("{text}\n"));
    }
    if reports.is_empty() {
        return out("there is no program yet: card-gateway program create --name NAME\n");
    }
    let texts: Vec<String> = reports.iter().map(|(name, report)| text(name, report)).collect();
    out(&texts.join("\n"))
}

fn text(name: &str, report: &Report) -> String {
    let Report { connected, sync, customers, calls, webhooks } = report;
    let mut lines = Vec::new();
    if !connected {
        lines.push(("issuer", "not connected: no key pair is set".to_owned()));
    }
    let mut synchronised = match (sync.completed_at, sync.age_seconds) {
        (Some(at), Some(age)) => format!("{at} ({} ago)", connection::duration(age)),
        _ => "never".to_owned(),
    };
    if sync.in_progress {
        synchronised.push_str("; the next one has begun");
    }
    lines.push(("last complete sync", synchronised));
    let connection::CustomerReport { read, waiting, never_read } = customers;
    let details = format!("{read} read, {waiting} waiting, {never_read} never read");
    lines.push(("customers' details", details));
    match calls {
        Some(calls) => lines.extend(call_lines(calls)),
        None if *connected => {
            lines.push(("calls", "not known: no server has made one yet".to_owned()));
        }
        None => {}
    }
    lines.push((
        "last event",
        webhooks.last_event_at.map_or("never".to_owned(), |at| at.to_string()),
    ));
    let failed = webhooks.failed_in_a_row.map_or("not known".to_owned(), |count| count.to_string());
    lines.push(("failed deliveries in a row", failed));
    let subscription = match (webhooks.subscription, webhooks.subscription_checked_at) {
        (Some(state), Some(at)) => format!("{state} (asked at {at})"),
        _ => "not known: the issuer was not asked yet".to_owned(),
    };
    lines.push(("webhook subscription", subscription));
    let mut text = format!("{name}\n");
    for (what, value) in lines {
        // Writing to a text does not fail.
        let _ = writeln!(text, "  {what}: {value}");
    }
    text
}

fn call_lines(calls: &CallReport) -> Vec<(&'static str, String)> {
    let mut breaker = calls.breaker.replace('_', " ");
    if let Some(at) = calls.retry_at {
        let _ = write!(breaker, " until {at}");
    }
    let left = match (calls.left, calls.window_ends_at) {
        (Some(left), Some(end)) => format!("{left} until {end}"),
        _ => "not known".to_owned(),
    };
    let mut lines = vec![("circuit breaker", breaker), ("calls left at the issuer", left)];
    lines.extend(calls.budget_left.map(|left| ("calls left of the budget", left.to_string())));
    if let (Some(what), Some(at)) = (&calls.last_failure, calls.last_failure_at) {
        lines.push(("last failure", format!("{at}: {what}")));
    }
    lines.push(("noted by a server at", calls.noted_at.to_string()));
    lines
}
