//! The table has each documented route, and the guide for legacy clients has the table.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use card_gateway::domain::issuer_routes::{Kind, ROUTES, Route};
use card_gateway_sandbox::issuer::routes;
use regex::Regex;

/// The routes that the issuer's pages document, with `{}` for each parameter.
const DOCUMENTED: &str = include_str!("documented.txt");

const PAGE: &str = "docs/legacy-routes.md";

/// What the page says before the table.
const HEAD: &str = "# Every route of the old API, and what happens to it

<!-- Generated from src/domain/issuer_routes/table.rs: UPDATE=1 cargo test --test it documented -->

A legacy client changes the host, and calls the same routes ([guide](legacy.md)). Each is at three prefixes: `/v1/card-issuer`, `/api/v1/card-issuer` and `/api/card-issuer`, and likewise `yativo-card`.

- **here**: answered from the gateway's own store. The issuer is not asked.
- **issuer**: the call goes to the issuer with the program's own credentials, and the issuer's status, body, content type and `Retry-After` come back. The client's own token, cookies and other headers stay here; an `Idempotency-Key` goes along. Only parameters that the issuer documents are sent. A body must be JSON. A call that can change something is sent once.
- **issuer, then read again**: the same. After a success the gateway reads the customer again, so that the next read here, over REST or GraphQL, shows what was done. The answer waits two seconds for that at most.
- **payment**: checked and recorded here, then sent once.
- **token**: tokens are the gateway's own.
- **refused**: `403 forbidden`, with a sentence that says why.

Failures of the gateway: `404 not_found` for a customer of another program, `429 rate_limit_exceeded` when the program has used up its calls to the issuer, `503 unavailable` without a connection to the issuer, and `504 timeout` after 30 seconds. After a `503` or `504`, a call that changes something may have been done; the sentence says so.

";

const TABLE: &str = "| route | scope | what happens |\n|---|---|---|\n";

fn key(method: &str, path: &str) -> String {
    let parameter = Regex::new(r"\{[^}]*\}").expect("a pattern");
    format!("{method} {}", parameter.replace_all(path, "{}"))
}

#[test]
fn the_table_has_each_documented_route_and_no_other() {
    let here = ROUTES.iter().map(|route| key(route.method.as_ref(), route.path));
    let here: BTreeSet<String> = here.collect();
    let documented: BTreeSet<String> = DOCUMENTED.lines().map(str::to_owned).collect();
    assert_eq!(here, documented);
    // Old names of the same, which only some pages have.
    let elsewhere = [
        "/v1/apikey/",
        "/v1/auth/refresh",
        "/v1/authentication/",
        "/v1/webhooks",
        "/v1/webhook/get",
    ];
    let sandbox =
        routes::ALL.iter().filter(|route| !elsewhere.iter().any(|of| route.path.starts_with(of)));
    let sandbox: BTreeSet<String> = sandbox.map(|route| key(route.method, route.path)).collect();
    assert_eq!(sandbox, documented, "the sandbox has them all");
}

#[test]
fn the_page_has_the_table() {
    let rows: String = ROUTES.iter().map(row).collect();
    let page = format!("{HEAD}{TABLE}{rows}");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    if env::var_os("UPDATE").is_some() {
        fs::write(&file, &page).expect("it can be written");
    }
    let committed = fs::read_to_string(file).unwrap_or_default();
    assert!(
        committed == page,
        "{PAGE} is out of date; run: UPDATE=1 cargo test --test it documented"
    );
}

fn row(route: &Route) -> String {
    let what = match route.kind {
        Kind::Stored => "here".to_owned(),
        Kind::Forwarded => "issuer".to_owned(),
        Kind::Refreshed(_) => "issuer, then read again".to_owned(),
        Kind::Payment => "payment".to_owned(),
        Kind::Token => "token".to_owned(),
        Kind::Optional(_) => {
            "refused, unless the operator sets `issuer.card_pages`; then: issuer".to_owned()
        }
        Kind::Refused(why) => format!("refused: {why}"),
    };
    let cached = match route.cached_seconds {
        0 => String::new(),
        seconds => format!("; up to {seconds} seconds old"),
    };
    let scope = match route.kind {
        Kind::Refused(_) | Kind::Token => "–".to_owned(),
        _ => format!("`{}`", route.scope.name()),
    };
    let (method, path) = (route.method.as_ref(), route.path);
    format!("| `{method} {path}`<br>{} | {scope} | {what}{cached} |\n", route.summary)
}
