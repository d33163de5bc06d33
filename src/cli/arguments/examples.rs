//! The examples in the help texts, two for each command.

use crate::domain::ledger::event::TYPES;

pub(super) const CARD_GATEWAY: &str = "\
Without a command, it serves.

Examples:
  card-gateway demo
  card-gateway doctor";
pub(super) const SERVE: &str = "\
Examples:
  card-gateway serve
  card-gateway serve --listen 0.0.0.0:8080 --config /etc/card-gateway.toml";
#[cfg(feature = "demo")]
pub(super) const DEMO: &str = "\
Examples:
  card-gateway demo
  card-gateway demo --customers 100000 --listen 127.0.0.1:9000";
pub(super) const MIGRATE: &str = "\
Examples:
  card-gateway migrate --plan
  card-gateway migrate --verify";
pub(super) const PROGRAM_CREATE: &str = "\
Examples:
  card-gateway program create --name acme
  card-gateway program create --name acme --database-url postgres://cards@db.internal/cards";
pub(super) const PROGRAM_LIST: &str = "\
Examples:
  card-gateway program list
  card-gateway program list --json | jq -r .name";
pub(super) const TOKEN_CREATE: &str = "\
Examples:
  TOKEN=$(card-gateway token create --program acme --name web --expires-in 90d)
  card-gateway token create --program acme --scope write,money";
pub(super) const TOKEN_LIST: &str = "\
Examples:
  card-gateway token list --program acme
  card-gateway token list --json | jq 'select(.state == \"valid\")'";
pub(super) const TOKEN_REVOKE: &str = "\
Examples:
  card-gateway token revoke 019e0000-0000-7000-8000-000000000001
  card-gateway token list --program acme    (shows the identifiers)";
pub(super) const CLIENT_CREATE: &str = "\
Examples:
  card-gateway client create --program acme --name legacy --scope write,money
  eval \"$(card-gateway client create --program acme)\"    (sets API_KEY and API_SECRET)";
pub(super) const CLIENT_ADD: &str = "\
Examples:
  card-gateway client add --program acme --api-key key_1 --name partner < secret.txt
  pass show partner | card-gateway client add --program acme --api-key key_1 --scope write";
pub(super) const CLIENT_LIST: &str = "\
Examples:
  card-gateway client list --program acme
  card-gateway client list --json | jq -r .id";
pub(super) const CLIENT_REVOKE: &str = "\
Examples:
  card-gateway client revoke 019e0000-0000-7000-8000-000000000001
  card-gateway client list --program acme    (shows the identifiers)";
pub(super) const IMPORT: &str = "\
It can be repeated: customers are inserted or updated by their `id`.

Examples:
  card-gateway import --program acme customers.ndjson
  zcat customers.ndjson.gz | card-gateway import --program acme -";
pub(super) const EXPORT: &str = "\
All customers are as they are at one moment, however long it takes.

Examples:
  card-gateway export --program acme > customers.ndjson
  card-gateway export --program acme --format csv --statuses active --output active.csv";
pub(super) const RECONCILE: &str = "\
Examples:
  card-gateway reconcile
  CARD_GATEWAY__CHAIN__RPC_URLS=https://rpc.internal/ card-gateway reconcile";
pub(super) const SYNC: &str = "\
Examples:
  card-gateway sync --program acme
  card-gateway sync --all --details";
pub(super) const STATUS: &str = "\
Examples:
  card-gateway status
  card-gateway status --program acme --json";
pub(super) const DOCTOR: &str = "\
Examples:
  card-gateway doctor
  card-gateway doctor --json | jq 'select(.verdict != \"ok\")'";
pub(super) const HEALTH: &str = "\
Examples:
  card-gateway health
  card-gateway health --ready --listen 127.0.0.1:9000";
pub(super) const SCHEMA: &str = "\
Examples:
  card-gateway schema > schema.graphql
  card-gateway schema --federation > subgraph.graphql";
pub(super) const OPENAPI: &str = "\
Examples:
  card-gateway openapi
  card-gateway openapi > openapi.json";
pub(super) const CONFIG: &str = "\
Examples:
  card-gateway config
  card-gateway config --config /etc/card-gateway.toml | grep -v default";
pub(super) const COMPLETIONS: &str = "\
Examples:
  card-gateway completions bash > /etc/bash_completion.d/card-gateway
  card-gateway completions fish > ~/.config/fish/completions/card-gateway.fish";
pub(super) const MAN: &str = "\
Examples:
  card-gateway man | man -l -
  card-gateway man --folder /usr/local/share/man/man1";
pub(super) const EVENTS_LIST: &str = "\
Examples:
  card-gateway events list --failed --since 1d
  card-gateway events list --customer usr_1207 --limit 20 --json";
pub(super) const EVENTS_SHOW: &str = "\
Examples:
  card-gateway events show evt_1
  card-gateway events show evt_1 --body";
pub(super) const EVENTS_REPLAY: &str = "\
Examples:
  card-gateway events replay evt_1
  card-gateway events replay --all --program acme";
pub(super) const EVENTS_RECOVER: &str = "\
Examples:
  card-gateway events recover --program acme
  card-gateway events recover --program acme --since 7d";
pub(super) const FUNDINGS_LIST: &str = "\
Examples:
  card-gateway fundings list --unknown
  card-gateway fundings list --program acme --json";
pub(super) const FUNDINGS_RESOLVE: &str = "\
Examples:
  card-gateway fundings resolve 019e0000-0000-7000-8000-000000000001 --paid --issuer-id trf_1
  card-gateway fundings resolve 019e0000-0000-7000-8000-000000000001 --never-sent --by mira";

const EVENTS_SEND: &str = "\
Examples:
  card-gateway events send --program acme --customer usr_1207
  card-gateway events send --program acme --customer usr_1207 --data '{\"amount\":\"12.50\"}'";

/// The help of `events send` also lists the types.
pub(super) fn events_send() -> String {
    let types: Vec<String> = TYPES.iter().map(|name| format!("  {name}")).collect();
    format!("{EVENTS_SEND}\n\nTypes:\n{}", types.join("\n"))
}
