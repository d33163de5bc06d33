//! The REST reference in a browser, and the small pages of other addresses.

use serde_json::json;

use crate::support::chromium::chromium;
use crate::support::{Database, Line, node};

#[test]
fn people_can_use_the_reference_in_a_browser() {
    let Some(browser) = chromium() else { return };
    let Some(project) = node::project("tests/browser") else { return };
    let database = Database::sqlite();
    let token = database.program_with("acme", &[Line::new(1).balance(10_000, 0)]);
    let gateway = database.serve();
    let mut script = project.node("docs.mjs");
    script.arg(&gateway.host).env("TOKEN", &token).env("CHROMIUM", browser);
    node::converse(&mut script, |_| None);
}

#[test]
fn browsers_get_pages_where_programs_get_answers() {
    let database = Database::sqlite();
    let token = database.program_with("acme", &[Line::new(1)]);
    let gateway = database.serve();
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let get = |path: &str, accept: &str| {
        let request = gateway.client().get(format!("{}{path}", gateway.host));
        gateway.send(request.header("accept", accept).bearer_auth(&token))
    };
    for (path, accept, status, kind) in [
        ("/graphql", browser, 200, "text/html; charset=utf-8"),
        ("/graphql", "application/json", 400, "application/json; charset=utf-8"),
        ("/graphql", "*/*", 400, "application/json; charset=utf-8"),
        ("/nothing", browser, 404, "text/html; charset=utf-8"),
        ("/nothing", "*/*", 404, "application/json"),
        ("/v1/nothing", browser, 404, "application/json"),
        ("/api/v1/card-issuer/nothing", browser, 404, "application/json"),
    ] {
        let answer = get(path, accept);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (status, kind),
            "{path} {accept}"
        );
    }
    // A query by address is answered, whoever asks.
    let query = get("/graphql?query=%7B__typename%7D", browser);
    assert_eq!(query.json()["data"], json!({ "__typename": "Query" }));
    let page = get("/a/b/c", browser);
    assert!(page.text.contains("href=\"../../docs/style.css\""), "{}", page.text);
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    let moved = get("/docs/", browser);
    assert_eq!(moved.status, 200);
}
