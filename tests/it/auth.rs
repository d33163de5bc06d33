//! Tokens: who gets in, and for how long.

use std::time::{Duration, Instant};

use crate::support::{Gateway, on_both};

const LIST: &str = "/v1/card-issuer/customers";

fn status(gateway: &Gateway, authorization: Option<&str>) -> (u16, u16) {
    let client = gateway.client();
    let mut rest = client.get(format!("{}{LIST}", gateway.host));
    let mut graphql = client.post(format!("{}/graphql", gateway.host));
    graphql =
        graphql.header("content-type", "application/json").body(r#"{"query":"{ __typename }"}"#);
    if let Some(authorization) = authorization {
        rest = rest.header("authorization", authorization);
        graphql = graphql.header("authorization", authorization);
    }
    (gateway.send(rest).status, gateway.send(graphql).status)
}

on_both! {
    fn only_a_valid_token_gets_in(database) {
        let token = database.program_with("acme", &[]);
        let gateway = database.serve();
        for scheme in ["Bearer", "bearer", "BEARER"] {
            assert_eq!(status(&gateway, Some(&format!("{scheme} {token}"))), (200, 200), "{scheme}");
        }
        let other = database_less_token(&token);
        for authorization in [
            None, Some(""), Some("Bearer"), Some("Bearer "), Some("Basic YTpi"), Some("Bearer cgw_"),
            Some(token.as_str()), Some(&format!("Bearer {}", token.to_lowercase())),
            Some(&format!("Bearer {token}x")), Some(&format!("Bearer {other}")),
            Some(&format!("Bearer {}", "x".repeat(5_000))),
        ] {
            assert_eq!(status(&gateway, authorization), (401, 401), "{authorization:.60?}");
        }
        let answer = gateway.send(gateway.client().get(format!("{}{LIST}", gateway.host)));
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert_eq!(answer.text, r#"{"success":false,"error":"unauthorized","message":"A valid bearer token is required"}"#);
        let answer = gateway.query("cgw_x", "{ __typename }");
        assert_eq!(answer.code(), "UNAUTHENTICATED");
    }

    fn tokens_are_stored_as_hashes_and_shown_once(database) {
        let token = database.program_with("acme", &[]);
        assert!(token.starts_with("cgw_") && token.len() == 53, "{token}");
        let list = database.succeed(&["token", "list"], "");
        assert!(list.contains("acme") && !list.contains(&token[4..20]), "{list}");
        let dump = if let Some(name) = &database.postgres {
            crate::support::postgres::server().expect("it is").sql(name, "SELECT * FROM api_tokens")
        } else {
            let read = |name| std::fs::read(database.folder.path().join(name)).unwrap_or_default();
            let bytes = [read("test.db"), read("test.db-wal")].concat();
            assert!(!bytes.is_empty());
            String::from_utf8_lossy(&bytes).into_owned()
        };
        assert!(!dump.contains(&token[4..20]));
        let gateway = database.serve();
        assert_eq!(gateway.get(&token, LIST).status, 200);
        assert!(!gateway.log_text().contains(&token[4..20]));
    }

    fn an_expired_token_is_refused_although_it_is_cached(database) {
        database.program_with("acme", &[]);
        let token = database.succeed(&["token", "create", "--program", "acme", "--expires-in", "2s"], "");
        let gateway = database.serve();
        assert_eq!(gateway.get(&token, LIST).status, 200);
        std::thread::sleep(Duration::from_millis(2_100));
        assert_eq!(gateway.get(&token, LIST).status, 401);
        assert!(database.succeed(&["token", "list", "--program", "acme"], "").contains("expired"));
    }

    fn revocation_reaches_every_replica_within_five_seconds(database) {
        let token = database.program_with("acme", &[]);
        let (one, two) = (database.serve(), database.serve());
        assert_eq!((one.get(&token, LIST).status, two.get(&token, LIST).status), (200, 200));
        let list = database.succeed(&["token", "list"], "");
        let id = list.split_whitespace().next().expect("an id");
        database.succeed(&["token", "revoke", id], "");
        let revoked = Instant::now();
        // Both go on asking, as a busy client would.
        while (one.get(&token, LIST).status, two.get(&token, LIST).status) != (401, 401) {
            assert!(revoked.elapsed() < Duration::from_secs(5), "it still works");
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(database.run(&["token", "revoke", id], "").status.code(), Some(1));
    }

    fn a_token_can_have_several_scopes_and_every_token_can_read(database) {
        database.program_with("acme", &[]);
        let gateway = database.serve();
        let several: &[(&[&str], &str)] = &[
            (&[], "read"), (&["--scope", "read"], "read"), (&["--scope", "write"], "read,write"),
            (&["--scope", "program", "--scope", "money"], "read,money,program"),
            (&["--scope", "schema,money,money"], "read,money,schema"),
        ];
        for (arguments, scopes) in several {
            let name = format!("with {scopes}");
            let create = [&["token", "create", "--program", "acme", "--name", &name], *arguments].concat();
            let token = database.succeed(&create, "");
            assert_eq!(gateway.get(&token, LIST).status, 200, "{scopes}");
            gateway.query(&token, "{ cardCustomers { totalCount } }").data();
            let list = database.succeed(&["token", "list"], "");
            let line = list.lines().find(|line| line.ends_with(&name)).expect("it is listed");
            assert_eq!(line.split_whitespace().nth(2), Some(*scopes), "{line}");
        }
        for wrong in ["all", "", "READ", "read money", "read,"] {
            let create = ["token", "create", "--program", "acme", "--scope", wrong];
            assert_eq!(database.run(&create, "").status.code(), Some(2), "{wrong}");
        }
    }
}

/// A well-formed token that is unknown: another database's.
fn database_less_token(not: &str) -> String {
    let elsewhere = crate::support::Database::sqlite();
    let token = elsewhere.program_with("acme", &[]);
    assert_ne!(token, not);
    token
}
