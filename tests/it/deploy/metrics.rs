//! Alert rules and dashboard name metrics and labels that a running gateway shows.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use card_gateway_sandbox::issuer::{Fill, Issuer, IssuerOptions, ProgramSpec};
use regex::Regex;
use serde_json::Value;

use super::read;
use crate::support::chain::{sandbox, wallets};
use crate::support::issuer::{ACME, balance, from_now, within};
use crate::support::watcher::Socket;
use crate::support::{Database, Gateway};

/// What Prometheus adds to what it scrapes.
const OF_PROMETHEUS: [&str; 2] = ["job", "instance"];

/// The metrics, each with its labels.
type Metrics = BTreeMap<String, BTreeSet<String>>;

#[test]
fn alerts_and_dashboard_name_metrics_that_exist() {
    let metrics = of_a_busy_gateway();
    let expressions: Vec<String> = alerts().into_iter().chain(panels()).collect();
    assert!(expressions.len() >= 25, "{expressions:#?}");
    let mut used = BTreeSet::new();
    for expression in &expressions {
        let named = names(expression);
        assert!(!named.metrics.is_empty(), "{expression} names no metric");
        let labels: BTreeSet<&str> = named
            .metrics
            .iter()
            .flat_map(|name| match metrics.get(name) {
                Some(labels) => labels.iter().map(String::as_str),
                None => panic!("{expression}: there is no {name} in {:#?}", metrics.keys()),
            })
            .chain(OF_PROMETHEUS)
            .collect();
        for label in &named.labels {
            assert!(labels.contains(label.as_str()), "{expression}: no label {label}: {labels:?}");
        }
        used.extend(named.metrics);
    }
    // The guide's table is the list of metrics.
    let guide = super::read("../docs/operators.md");
    for name in used.iter().filter(|name| *name != "up") {
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        let base = base.unwrap_or(name);
        assert!(guide.contains(&format!("`{base}`")), "{base} is not in the guide");
    }
}

#[test]
fn names_are_found_in_expressions() {
    let named = names(
        r#"histogram_quantile(0.99, sum by (route, le) (rate(seconds_bucket{job=~"a|b"}[5m]))) > on (x) time() - up"#,
    );
    assert_eq!(named.metrics, ["seconds_bucket", "up"].map(str::to_owned).into());
    assert_eq!(named.labels, ["job", "le", "route", "x"].map(str::to_owned).into());
}

/// What an expression names.
struct Named {
    metrics: BTreeSet<String>,
    labels: BTreeSet<String>,
}

/// The metrics and labels in an expression of `PromQL`.
fn names(expression: &str) -> Named {
    let pattern = |text| Regex::new(text).expect("a pattern");
    let mut rest = pattern(r#""[^"]*""#).replace_all(expression, "").into_owned();
    let mut labels = BTreeSet::new();
    let word = pattern(r"[A-Za-z_]\w*");
    // Selectors, and the lists of aggregations and joins.
    let lists = r"\{[^}]*\}|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)";
    for list in pattern(lists).find_iter(&rest) {
        let inside = list.as_str().trim_start_matches(|c: char| c.is_alphabetic() || c == '_');
        labels.extend(word.find_iter(inside).map(|found| found.as_str().to_owned()));
    }
    rest = pattern(lists).replace_all(&rest, " ").into_owned();
    rest = pattern(r"\[[^\]]*\]").replace_all(&rest, "").into_owned();
    let function = pattern(r"^\s*\(");
    let operators = ["and", "or", "unless", "offset", "bool"];
    let aggregations = ["sum", "max", "min", "avg", "count", "topk"];
    let metrics = word
        .find_iter(&rest)
        .filter(|found| !function.is_match(&rest[found.end()..]))
        .map(|found| found.as_str().to_owned())
        .filter(|name| !operators.contains(&&**name) && !aggregations.contains(&&**name));
    Named { metrics: metrics.collect(), labels }
}

/// The expressions of the alert rules. YAML has more forms; these files use two.
fn alerts() -> Vec<String> {
    let text = read("prometheus/alerts.yml");
    let mut expressions = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(expression) = line.trim_start().strip_prefix("expr: ") else { continue };
        if expression != "|" {
            expressions.push(expression.to_owned());
            continue;
        }
        let indent = |line: &str| line.len() - line.trim_start().len();
        let mut block = String::new();
        while let Some(part) = lines.next_if(|next| indent(next) > indent(line)) {
            block.push_str(part.trim());
            block.push(' ');
        }
        expressions.push(block);
    }
    assert_eq!(expressions.len(), text.matches("- alert: ").count(), "{expressions:#?}");
    expressions
}

/// The expressions of the dashboard's panels, and of its variables.
fn panels() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&read("grafana/card-gateway.json")).expect("JSON");
    let variables = dashboard["templating"]["list"].as_array().expect("variables");
    let query = Regex::new(r"^label_values\((.*), (\w+)\)$").expect("a pattern");
    let of_variables = variables.iter().filter(|one| one["type"] == "query").map(|one| {
        let text = one["query"]["query"].as_str().expect("a query");
        let parts = query.captures(text).unwrap_or_else(|| panic!("{text}"));
        format!("count by ({}) ({})", &parts[2], &parts[1])
    });
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets = panels.iter().filter_map(|panel| panel.get("targets")?.as_array()).flatten();
    let of_panels = targets.map(|one| one["expr"].as_str().expect("an expression").to_owned());
    of_variables.chain(of_panels).collect()
}

/// Everything that a gateway shows once each of its parts has worked.
fn of_a_busy_gateway() -> Metrics {
    let programs = vec![ProgramSpec::named("acme")];
    let options = IssuerOptions { programs, ..IssuerOptions::default() };
    let issuer = Issuer::start(options).expect("it starts");
    issuer.act(|program| program.fill(Fill { transactions: 0, ..Fill::of(3) }));
    let keys = issuer.credentials("acme").expect("the program is there");
    let chain = sandbox(3);
    let database = Database::sqlite();
    let token = database.program_with("acme", &wallets(3));
    let gateway = database.serve_on(
        &[&chain],
        &[
            ACME,
            ("CARD_GATEWAY__ISSUER__BASE_URL", &issuer.url()),
            ("CARD_GATEWAY__ISSUER__ACME__API_KEY", &keys.api_key),
            ("CARD_GATEWAY__ISSUER__ACME__API_SECRET", &keys.api_secret),
            ("CARD_GATEWAY__BALANCES__RECONCILE_INTERVAL", "50ms"),
        ],
    );
    gateway.take(&balance("evt_1", "usr_1", "1.00", "0.00", &from_now(0)));
    assert_eq!(gateway.query(&token, "{ nonsense }").status, 200);
    let _socket = Socket::connect(&gateway, &token);
    let mut metrics = Metrics::new();
    let all = within(Duration::from_secs(20), || {
        metrics = shown(&gateway);
        ["issuer_requests_total", "balances_reconciled_total", "chain_calls_total"]
            .iter()
            .all(|name| metrics.contains_key(*name))
    });
    assert!(all, "{:#?}", metrics.keys());
    metrics
}

/// What `/metrics` shows, and what Prometheus knows of each target.
fn shown(gateway: &Gateway) -> Metrics {
    let text = gateway.get("", "/metrics").text;
    let sample = Regex::new(r"^(\w+)(?:\{(.*)\})? \S+$").expect("a pattern");
    let label = Regex::new(r#"(\w+)="(?:[^"\\]|\\.)*""#).expect("a pattern");
    let mut metrics = Metrics::from([("up".to_owned(), BTreeSet::new())]);
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let found = sample.captures(line).unwrap_or_else(|| panic!("{line}"));
        let labels = found.get(2).map_or("", |labels| labels.as_str());
        let labels = label.captures_iter(labels).map(|one| one[1].to_owned());
        metrics.entry(found[1].to_owned()).or_default().extend(labels);
    }
    metrics
}

#[test]
fn every_state_of_an_event_is_counted_from_the_start() {
    // Prometheus sees no increase when a counter's first value is 1.
    let database = Database::sqlite();
    let gateway = database.serve();
    let text = gateway.get("", "/metrics").text;
    for state in ["applied", "waiting", "ambiguous", "failed", "conflicting", "kept"] {
        let line = format!("webhook_events_total{{state=\"{state}\"}} 0");
        assert!(text.contains(&line), "{line} is not in\n{text}");
    }
}
