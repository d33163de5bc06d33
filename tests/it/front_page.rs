//! The front page: what the gateway is, its status, and links.

use std::path::Path;

use regex::Regex;
use reqwest::header::ACCEPT;
use serde_json::json;

use crate::support::database::program;
use crate::support::{Answer, Database, Gateway, on_both};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

fn front(gateway: &Gateway, accept: &str) -> Answer {
    let request = gateway.client().get(&gateway.host).header(ACCEPT, accept);
    let answer = gateway.send(request);
    assert_eq!((answer.status, answer.header("vary")), (200, "accept"), "{}", answer.text);
    answer
}

fn links(page: &str) -> Vec<String> {
    let link = Regex::new("<a href=\"\\.([^\"]+)\"").expect("an expression");
    link.captures_iter(page).map(|found| found[1].to_owned()).collect()
}

on_both! {
    fn a_browser_gets_a_page_whose_links_all_work(database) {
        let gateway = database.serve();
        let page = front(&gateway, BROWSER);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
        let version = program().arg("--version").output().expect("it runs").stdout;
        let version = String::from_utf8(version).expect("UTF-8");
        let version = version.split_whitespace().nth(1).expect("a version");
        for part in [&format!("card-gateway <small>{version}"), "<dd>ready</dd>", "<dd>ok</dd>", "<dd>off</dd>"] {
            assert!(page.text.contains(part), "{part} is not in {}", page.text);
        }
        let links = links(&page.text);
        assert!(!page.text.contains("=\"/"), "a link is not relative: {}", page.text);
        for path in ["/customers", "/graphiql", "/docs", "/openapi.json", "/schema.graphql", "/healthz", "/readyz", "/metrics"] {
            assert!(links.iter().any(|link| link == path), "{path} is not in {links:?}");
        }
        for link in links {
            let post = gateway.send(gateway.client().post(format!("{}{link}", gateway.host)));
            assert_eq!((post.status, post.json()["error"].take()), (405, json!("method_not_allowed")), "{link}");
            let answer = gateway.send(gateway.client().get(format!("{}{link}", gateway.host)));
            assert_eq!(answer.status, 200, "{link}");
        }
    }

    fn a_program_gets_json(database) {
        let gateway = database.serve();
        let page = front(&gateway, "application/json").json();
        assert_eq!(page["name"], "card-gateway");
        assert_eq!((&page["status"], &page["database"], &page["chain"]), (&json!("ready"), &json!("ok"), &json!("off")));
        for (name, path) in page["links"].as_object().expect("an object") {
            let path = path.as_str().expect("a path");
            let answer = gateway.send(gateway.client().get(format!("{}{path}", gateway.host)));
            // Both APIs need a token.
            let expected = if name == "graphql" || name == "rest" { 401 } else { 200 };
            assert_eq!(answer.status, expected, "{name} {path}");
        }
    }
}

#[test]
fn disabled_pages_are_neither_served_nor_linked() {
    let database = Database::sqlite();
    database.program_with("acme", &[]);
    let off = [
        ("CARD_GATEWAY__SERVER__GRAPHIQL", "off"),
        ("CARD_GATEWAY__GRAPHQL__INTROSPECTION", "off"),
    ];
    let gateway = database.serve_with(&off);
    let links = links(&front(&gateway, BROWSER).text);
    for path in ["/graphiql", "/schema.graphql"] {
        assert!(!links.iter().any(|link| link == path), "{links:?}");
        let answer = gateway.send(gateway.client().get(format!("{}{path}", gateway.host)));
        assert_eq!(answer.status, 404, "{path}");
    }
    assert!(links.len() >= 5);
}

#[test]
fn the_schema_file_obeys_the_introspection_setting() {
    let database = Database::sqlite();
    let token = database.program_with("acme", &[]);
    let may = database.succeed(&["token", "create", "--program", "acme", "--scope", "schema"], "");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let published = std::fs::read_to_string(path).expect("it is published");
    let without_token = |gateway: &Gateway| {
        gateway.send(gateway.client().get(format!("{}/schema.graphql", gateway.host)))
    };
    let open = without_token(&database.serve());
    assert_eq!((open.status, open.header("content-type")), (200, "text/plain; charset=utf-8"));
    assert_eq!(open.text, published);
    let gateway = database.serve_with(&[("CARD_GATEWAY__GRAPHQL__INTROSPECTION", "schema")]);
    assert_eq!(without_token(&gateway).status, 401);
    assert!(!front(&gateway, BROWSER).text.contains("schema.graphql"), "a browser cannot open it");
    assert_eq!(gateway.get(&token, "/schema.graphql").status, 403);
    let answer = gateway.get(may.trim(), "/schema.graphql");
    assert_eq!((answer.status, answer.text), (200, published));
}
