//! Alert rules and dashboard name metrics and labels that a running gateway shows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use card_gateway::telemetry::metrics::METRICS;
use card_gateway_sandbox::issuer::{Fill, Issuer, IssuerOptions, ProgramSpec};
use regex::Regex;
use serde_json::Value;

use super::read;
use crate::support::chain::{sandbox, wallets};
use crate::support::issuer::{ACME, balance, from_now, seconds, within};
use crate::support::watcher::Socket;
use crate::support::{Database, Gateway, on_both};

/// What Prometheus adds to what it scrapes.
const OF_PROMETHEUS: [&str; 2] = ["job", "instance"];

/// Headers of a request.
type Headers<'a> = &'a [(&'a str, &'a str)];

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
    // What is shown is described.
    let described: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
    for name in metrics.keys().filter(|name| *name != "up") {
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        assert!(described.contains(base.unwrap_or(name)), "{name} is not in the table of metrics");
    }
}

#[test]
fn the_guide_explains_every_metric_and_no_other() {
    let guide = read("../docs/operators.md");
    let (_, table) = guide.split_once("| metric | meaning |").expect("the table of metrics");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|') || line.is_empty());
    let name = Regex::new(r"`(\w+)`").expect("a pattern");
    let mut explained = Vec::new();
    for row in rows {
        let names = row.split('|').nth(1).unwrap_or_default();
        explained.extend(name.captures_iter(names).map(|found| found[1].to_owned()));
    }
    explained.sort();
    let mut all: Vec<&str> = METRICS.iter().map(|metric| metric.name).collect();
    all.sort_unstable();
    assert_eq!(explained, all);
}

#[test]
fn the_program_counts_every_metric_of_the_table_and_no_other() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let code = super::names::files(&source).join("\n");
    let macros = Regex::new(r#"\b(?:counter|gauge|histogram)!\(\s*"(\w+)""#).expect("a pattern");
    let counted: BTreeSet<&str> =
        macros.captures_iter(&code).map(|found| found.extract::<1>().1[0]).collect();
    let all: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
    assert_eq!(counted.difference(&all).collect::<Vec<_>>(), Vec::<&&str>::new());
    for name in all {
        // In the table, and where it is counted.
        let named = code.matches(&format!("\"{name}\"")).count();
        assert!(named >= 2, "nothing counts {name}");
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
    let event = balance("evt_1", "usr_1", "1.00", "0.00", &from_now(0));
    assert_eq!(gateway.take(&event), "applied");
    assert_eq!(gateway.deliver(&event).status, 200);
    gateway.take(&balance("evt_2", "usr_9", "1.00", "0.00", &from_now(0)));
    assert_eq!(gateway.query(&token, "{ nonsense }").status, 200);
    let _socket = Socket::connect(&gateway, &token);
    let mut metrics = Metrics::new();
    let all = within(Duration::from_secs(20), || {
        metrics = shown(&gateway);
        [
            "issuer_requests_total",
            "balances_reconciled_total",
            "chain_calls_total",
            "webhook_events_waiting",
            "database_wait_duration_seconds_count",
        ]
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

on_both! {
    fn events_that_wait_and_those_that_come_again_are_counted(database) {
        database.program_with("acme", &[]);
        let gateway = database.serve_with(&[ACME]);
        let event = balance("evt_1", "usr_1", "1.00", "0.00", &from_now(0));
        let before = seconds();
        assert_eq!(gateway.take(&event), "waiting");
        assert_eq!(gateway.deliver(&event).json()["data"]["duplicate"], true);
        let text = gateway.get("", "/metrics").text;
        for line in ["webhook_events_waiting{program=\"acme\"} 1", "webhook_duplicates_total{program=\"acme\"} 1", "webhook_events_queued 0"] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        let since = text.lines().find_map(|line| line.strip_prefix("webhook_events_waiting_since_timestamp_seconds{program=\"acme\"} "));
        let since: f64 = since.expect("it is known").parse().expect("a number");
        #[expect(clippy::cast_precision_loss, reason = "it is exact for a long time")]
        let age = since - before as f64;
        assert!((-1.0..10.0).contains(&age), "{age}");
    }

    fn a_rejected_webhook_has_its_reason_in_log_and_metrics(database) {
        database.program_with("acme", &[]);
        let gateway = database.serve_with(&[ACME]);
        let rejected = |program: &str| {
            let pattern = format!("webhook_rejections_total\\{{program=\"{program}\",reason=\"(\\w+)\"\\}} ([1-9]\\d*)");
            let pattern = Regex::new(&pattern).expect("a pattern");
            let text = gateway.get("", "/metrics").text;
            let found = pattern.captures_iter(&text).map(|of| format!("{} {}", &of[1], &of[2]));
            found.collect::<BTreeSet<String>>().into_iter().collect::<Vec<_>>()
        };
        assert_eq!(rejected("acme"), Vec::<String>::new());
        assert!(gateway.get("", "/metrics").text.contains("webhook_rejections_total{program=\"acme\",reason=\"wrong_signature\"} 0"));
        let wrong = format!("sha256={}", "0".repeat(64));
        let (now, past, future) = (seconds().to_string(), (seconds() - 999).to_string(), (seconds() + 999).to_string());
        let sent: [(&str, Headers<'_>, &str); 7] = [
            ("acme", &[], "no_signature"),
            ("acme", &[("x-yativo-signature", &wrong)], "no_signature"),
            ("acme", &[("x-yativo-signature", &wrong), ("x-yativo-signature", &wrong), ("x-yativo-timestamp", &now)], "no_signature"),
            ("acme", &[("x-yativo-signature", &wrong), ("x-yativo-timestamp", &past)], "not_timely"),
            ("acme", &[("x-yativo-signature", &wrong), ("x-yativo-timestamp", &future)], "not_timely"),
            ("acme", &[("x-yativo-signature", &wrong), ("x-yativo-timestamp", &now)], "wrong_signature"),
            ("invented", &[("x-yativo-signature", &wrong), ("x-yativo-timestamp", &now)], "unknown_program"),
        ];
        for (number, (program, headers, reason)) in sent.into_iter().enumerate() {
            let id = format!("rejected-{number}");
            let request = gateway.client().post(format!("{}/webhooks/yativo/{program}", gateway.host));
            let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let answer = gateway.send(request.header("x-request-id", &id).body("{}"));
            assert_eq!(answer.status, 401);
            // The sender does not learn it.
            assert!(!answer.text.contains(reason) && answer.text.contains("The signature is missing or wrong"));
            let line = gateway.wait_for_log(|line| (line["request_id"] == id.as_str()).then(|| line.clone()));
            assert_eq!((&line["message"], &line["refused"]), (&"request".into(), &reason.into()));
        }
        assert_eq!(rejected("acme"), ["no_signature 3", "not_timely 2", "wrong_signature 1"]);
        assert_eq!(rejected(""), ["unknown_program 1"]);
        assert!(!gateway.get("", "/metrics").text.contains("invented"));
    }
}
