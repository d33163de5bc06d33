//! The direction of imports: arrows point down only.

use std::fs;
use std::path::{Path, PathBuf};

/// Each room with the rooms that it may use, from the bottom up.
const MAY_USE: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("domain", &["error"]),
    ("usage", &[]),
    ("trace", &[]),
    ("outage", &["error"]),
    ("store", &["domain", "error", "outage", "trace", "usage"]),
    ("chain", &["domain", "error", "outage", "trace", "usage"]),
    ("issuer", &["domain", "error", "outage", "trace"]),
    ("shared", &["error", "outage"]),
    ("services", &["chain", "issuer", "shared", "store", "domain", "error", "outage", "trace"]),
    ("config", &["domain"]),
    ("telemetry", &["config", "error", "outage", "trace"]),
    ("http", &["services", "shared", "config", "domain", "error", "outage", "trace"]),
    ("graphql", &["http", "services", "shared", "config", "domain", "error", "trace", "usage"]),
    ("rest", &["http", "services", "domain", "error"]),
    ("export", &["http", "services", "domain", "error"]),
    ("webhooks", &["http", "services", "domain", "error"]),
    ("openapi", &["rest", "export", "webhooks", "http", "error"]),
    ("site", &["openapi", "http", "services", "config"]),
    (
        "router",
        &["shared", "site", "graphql", "rest", "export", "webhooks", "http", "services", "config"],
    ),
    (
        "app",
        &[
            "router",
            "http",
            "webhooks",
            "services",
            "chain",
            "issuer",
            "shared",
            "store",
            "config",
            "telemetry",
            "error",
        ],
    ),
    ("demo", &["app", "chain", "config", "domain", "error", "services", "store", "telemetry"]),
    (
        "cli",
        &[
            "app",
            "demo",
            "config",
            "domain",
            "error",
            "graphql",
            "http",
            "openapi",
            "services",
            "store",
            "telemetry",
            "webhooks",
        ],
    ),
];

/// Crates that only one room may know.
const BELONG_TO: &[(&str, &[&str])] = &[
    ("sea_orm", &["store"]),
    ("sea_query_sqlx", &["store"]),
    ("redis", &["shared"]),
    ("reqwest", &["chain", "http", "issuer", "telemetry", "webhooks"]),
    ("alloy_sol_types", &["chain"]),
    ("card_gateway_sandbox", &["demo"]),
    ("card_gateway_entity", &["store"]),
    ("card_gateway_migration", &["store"]),
    ("apollo_compiler", &["graphql"]),
    ("apollo_parser", &["graphql"]),
    ("async_graphql", &["graphql"]),
    ("async_graphql_axum", &["graphql"]),
    ("dataloader", &["graphql"]),
    ("axum", &["http", "graphql", "rest", "export", "webhooks", "site", "router"]),
    ("card_gateway_web", &["site"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("hmac", &["webhooks"]),
    ("opentelemetry", &["telemetry", "trace"]),
    ("opentelemetry_sdk", &["telemetry", "trace"]),
    ("tracing_opentelemetry", &["telemetry", "trace"]),
    ("utoipa", &["http", "openapi", "rest", "export", "webhooks"]),
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|of| of == "rs"))
        .collect()
}

/// The names behind `prefix::` in a text, comments apart.
fn named(text: &str, prefix: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code: Vec<&str> = code.collect();
    let code = code.join("\n");
    let mut names = Vec::new();
    for part in code.split(prefix).skip(1) {
        let list = part.strip_prefix('{').and_then(|list| list.split('}').next());
        let paths: Vec<&str> = list.map_or_else(|| vec![part], |list| list.split(',').collect());
        for path in paths {
            let name: String =
                path.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            names.push(name);
        }
    }
    names
}

#[test]
fn arrows_point_down_only() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut looked_at = 0;
    for path in files(&source) {
        let inside = path.strip_prefix(&source).expect("below src");
        let room = inside.components().next().expect("a name").as_os_str().to_string_lossy();
        let room = room.trim_end_matches(".rs");
        if matches!(room, "main" | "lib") {
            continue;
        }
        let (_, may_use) = MAY_USE
            .iter()
            .find(|(name, _)| *name == room)
            .unwrap_or_else(|| panic!("say in this test what the room {room} may use"));
        let text = fs::read_to_string(&path).expect("text");
        for used in named(&text, "crate::") {
            assert!(
                used == room || may_use.contains(&used.as_str()),
                "{} uses {used}",
                inside.display()
            );
            looked_at += 1;
        }
        for (name, rooms) in BELONG_TO {
            let used = text.contains(&format!("{name}::"));
            assert!(!used || rooms.contains(&room), "{} uses {name}", inside.display());
        }
    }
    assert!(looked_at > 100, "the scan has seen only {looked_at} imports");
}

#[test]
fn every_function_of_the_store_takes_the_program_first() {
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    // Making a principal, and the operator's own commands.
    let exempt = [
        "create_program",
        "program_named",
        "programs",
        "token_by_hash",
        "client_by_key",
        "client_token_by_hash",
        "create_client_token",
        "remove_expired_client_tokens",
        "clients",
        "revoke_client",
        "tokens",
        "revoke_token",
        "connect",
        "connect_existing",
        "version",
        "clock",
        "may_make_tables",
        // Which server answers is the same for all programs.
        "with_standby",
        "look_at_standby",
        "standby_read",
        "run",
        "migrate",
        "wrong_counts",
        "repair_counts",
        "wrong_sums",
        "repair_sums",
        "pending_migrations",
        "probe_read",
        "probe_write",
        "close",
        // The chain is public, and the reconciliation is of all programs.
        "chain_balances",
        "keeps_chain_balances",
        "keep_chain_balances",
        "begin_pass",
        "take_stale",
        "count_stale",
        // Changes are followed for many programs at once; each says whose it is.
        "last_changes",
        "changes_after",
        "remove_changes",
        "listen",
        "changed",
        "events_in",
        "waiting_events",
        "event_before_the_last",
        "events_with_id",
        "payments_in",
        "payment_of_any_program",
        // The inbox of all programs is cleared in one pass.
        "drop_event_bodies",
        "remove_events",
        "remove_tried_deliveries",
        // Bulk work gives way to events of any program, and tables have rows of all.
        "any_event_since",
        "look_at_imported",
        // An export that has begun is that of one program.
        "next",
        "end",
    ];
    let mut looked_at = 0;
    for path in files(&store) {
        let text = fs::read_to_string(&path).expect("text");
        // A write transaction belongs to one program.
        let text = text.split("\nimpl ").filter(|block| !block.starts_with("WriteTx {"));
        let text = text.collect::<Vec<_>>().join("\nimpl ");
        for part in text.split("pub async fn ").skip(1) {
            let name: String =
                part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let arguments: String =
                part.chars().skip_while(|c| *c != '(').take_while(|c| *c != ')').collect();
            let first: Vec<&str> =
                arguments.trim_start_matches('(').split(',').map(str::trim).collect();
            let scoped = first.get(1).is_some_and(|argument| *argument == "program: ProgramId");
            assert!(
                scoped || exempt.contains(&name.as_str()),
                "{name} does not take the program first"
            );
            looked_at += 1;
        }
    }
    assert!(looked_at >= exempt.len() + 9, "the scan has seen only {looked_at} functions");
}
