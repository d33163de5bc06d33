//! What clients see when something behind the gateway fails.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::{Database, Line, on_both};

const LIST: &str = "/v1/card-issuer/customers";

#[test]
fn an_unavailable_database_is_503_until_it_is_back() {
    let Some(database) = Database::postgres() else { return };
    let token = database.program_with("acme", &[Line::new(1)]);
    let gateway = database.serve_with(&[("CARD_GATEWAY__DATABASE__ACQUIRE_TIMEOUT", "1s")]);
    assert_eq!(gateway.get(&token, LIST).status, 200);
    assert_eq!(gateway.get("", "/readyz").status, 200);
    let wire = database.wire.as_ref().expect("PostgreSQL is behind one");
    wire.cut();
    let answer = gateway.get(&token, LIST);
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert_eq!(answer.json()["error"], "unavailable");
    assert_eq!(answer.header("retry-after"), "1");
    for secret in ["127.0.0.1", "postgres", "Connection", "pool"] {
        assert!(!answer.text.contains(secret), "{}", answer.text);
    }
    let answer = gateway.query(&token, "{ cardCustomers { nodes { id } } }");
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (200, "UPSTREAM_UNAVAILABLE"),
        "{} {:#?}",
        answer.text,
        gateway.warnings()
    );
    assert_eq!(gateway.get("", "/readyz").status, 503);
    assert_eq!(gateway.get("", "/healthz").status, 200);
    wire.mend();
    let mended = Instant::now();
    while gateway.get(&token, LIST).status != 200 || gateway.get("", "/readyz").status != 200 {
        assert!(mended.elapsed() < Duration::from_secs(5), "it does not come back");
        std::thread::sleep(Duration::from_millis(50));
    }
}

on_both! {
    fn internal_errors_are_masked_and_found_by_request_id(database) {
        let token = database.program_with("acme", &[Line::new(1).balance(1, 1)]);
        let gateway = database.serve();
        assert_eq!(gateway.get(&token, LIST).status, 200);
        break_balances(&database);
        let answer = gateway.get(&token, LIST);
        let body = answer.json();
        assert_eq!((answer.status, body["error"].as_str()), (500, Some("internal_error")), "{}", answer.text);
        assert_eq!(body["details"]["request_id"], answer.header("x-request-id"));
        let query = "{ cardCustomers { nodes { id ledgerBalance availableBalance } } }";
        let said = gateway.query(&token, query);
        let body = said.json();
        assert_eq!(body["data"]["cardCustomers"]["nodes"][0]["id"], Line::new(1).id(), "the rest is there");
        let node = body["data"]["cardCustomers"]["nodes"][0].as_object().expect("a customer");
        assert_eq!(node.get("ledgerBalance"), Some(&serde_json::Value::Null), "null, not absent");
        assert_eq!(body["errors"].as_array().map(Vec::len), Some(2));
        assert_eq!(said.code(), "INTERNAL_SERVER_ERROR");
        assert_eq!(body["errors"][0]["message"], "Internal error");
        assert_eq!(body["errors"][0]["extensions"]["requestId"], said.header("x-request-id"));
        for text in [&answer.text, &said.text] {
            assert!(!text.contains("wallet_balances") && !text.contains("SELECT"), "{text}");
        }
        let id = said.header("x-request-id").to_owned();
        gateway.wait_for_log(|line| {
            let found = line.get("request_id")?.as_str()? == id && line.get("cause")?.as_str()?.contains("wallet_balances");
            found.then_some(())
        });
    }

    fn a_slow_client_is_disconnected(database) {
        let gateway = database.serve();
        let mut stream = TcpStream::connect(gateway.host.trim_start_matches("http://")).expect("it listens");
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n").expect("it takes the beginning");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out");
        // It hangs up by itself, and answers others meanwhile.
        assert_eq!(gateway.get("", "/healthz").status, 200);
        let mut rest = Vec::new();
        std::io::Read::read_to_end(&mut stream, &mut rest).expect("the connection is closed");
    }

    fn a_signal_lets_open_requests_finish(database) {
        let token = database.program_with("acme", &[]);
        let mut gateway = database.serve();
        let address = gateway.host.trim_start_matches("http://").to_owned();
        let body = r#"{"query":"{ cardCustomers { totalCount } }"}"#;
        let (begun, rest) = body.split_at(20);
        let mut open = TcpStream::connect(&address).expect("it listens");
        let head = format!("POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
            content-type: application/json\r\ncontent-length: {}\r\n\r\n{begun}", body.len());
        open.write_all(head.as_bytes()).expect("it reads");
        std::thread::sleep(Duration::from_millis(200));
        gateway.signal("TERM");
        gateway.wait_for_log(|line| line.get("message")?.as_str()?.starts_with("stopping").then_some(()));
        std::thread::sleep(Duration::from_millis(100));
        assert!(TcpStream::connect(&address).is_err(), "it still takes new connections");
        open.write_all(rest.as_bytes()).expect("it still reads");
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut open, &mut answer).expect("UTF-8");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"totalCount\":0"), "{answer}");
        assert!(gateway.wait().success());
        gateway.wait_for_log(|line| (line.get("message")?.as_str()? == "stopped").then_some(()));
    }
}

/// Takes the balances' table away, under the gateway's feet.
pub(crate) fn break_balances(database: &Database) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let db = sea_orm::Database::connect(database.url.as_str()).await.expect("it answers");
        let sql = "ALTER TABLE wallet_balances RENAME TO elsewhere";
        sea_orm::ConnectionTrait::execute_unprepared(&db, sql).await.expect("it is renamed");
    });
}
