//! Clients with a key pair: registering them, their tokens, and what guessing gets.

use std::time::{Duration, Instant};

use reqwest::blocking::RequestBuilder;
use serde_json::{Value, json};

use crate::support::watcher::Events;
use crate::support::{Answer, Database, Gateway, Line, on_both};

const LIST: &str = "/v1/card-issuer/customers";
const TOKEN: &str = "/v1/auth/token";

/// A key pair.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) key: String,
    pub(crate) secret: String,
}

impl Pair {
    pub(crate) fn new(key: &str, secret: &str) -> Self {
        Self { key: key.to_owned(), secret: secret.to_owned() }
    }

    fn body(&self) -> Value {
        json!({ "api_key": self.key, "api_secret": self.secret })
    }

    /// The headers of a request without a token.
    pub(crate) fn on(&self, request: RequestBuilder) -> RequestBuilder {
        request.header("x-api-key", &self.key).header("x-api-secret", &self.secret)
    }

    fn get(&self, gateway: &Gateway, path: &str) -> Answer {
        gateway.send(self.on(gateway.client().get(format!("{}{path}", gateway.host))))
    }

    fn query(&self, gateway: &Gateway, query: &str) -> Answer {
        let request = gateway.client().post(format!("{}/graphql", gateway.host));
        gateway.send(self.on(request).json(&json!({ "query": query })))
    }
}

/// A new client of a program.
pub(crate) fn create(database: &Database, program: &str, more: &[&str]) -> Pair {
    let printed =
        database.succeed(&[&["client", "create", "--program", program], more].concat(), "");
    let lines: Vec<&str> = printed.lines().collect();
    let [key, secret] = lines[..] else { panic!("{} lines", lines.len()) };
    let value = |line: &str, name: &str| line.strip_prefix(name).expect("its name").to_owned();
    Pair { key: value(key, "API_KEY="), secret: value(secret, "API_SECRET=") }
}

fn post(gateway: &Gateway, path: &str, body: &Value) -> Answer {
    gateway.send(gateway.client().post(format!("{}{path}", gateway.host)).json(body))
}

/// The text of a new token.
pub(crate) fn token(gateway: &Gateway, pair: &Pair) -> String {
    let answer = post(gateway, TOKEN, &pair.body());
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["access_token"].as_str().expect("a token").to_owned()
}

fn id_of(database: &Database, label: &str) -> String {
    let list = database.succeed(&["client", "list"], "");
    let line = list.lines().find(|line| line.ends_with(label)).expect("it is listed");
    line.split_whitespace().next().expect("an identifier").to_owned()
}

on_both! {
    fn a_key_pair_becomes_a_token_in_the_documented_shape(database) {
        database.program_with("acme", &[Line::new(1)]);
        let pair = create(&database, "acme", &["--scope", "write,money"]);
        let gateway = database.serve();
        for path in ["/v1/auth/token", "/api/v1/auth/token", "/api/auth/token", "/v1/apikey/token"] {
            let before = chrono::Utc::now();
            let answer = post(&gateway, path, &pair.body());
            assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{path}: {}", answer.text);
            assert_eq!(answer.header("cache-control"), "no-store");
            assert!(answer.header("x-ratelimit-limit").parse::<u32>().is_ok());
            let token = answer.json();
            let text = token["access_token"].as_str().expect("a token");
            let until = token["expires_at"].as_str().expect("a time");
            let shape = format!(r#"{{"success":true,"access_token":"{text}","token_type":"Bearer","expires_in":3600,"expires_at":"{until}","scopes":["read","write","money"]}}"#);
            assert_eq!(answer.text, shape);
            let until = chrono::DateTime::parse_from_rfc3339(until).expect("RFC 3339").to_utc();
            let life = (until - before).num_seconds();
            assert!((3_599..=3_660).contains(&life), "{life}");
            assert_eq!(gateway.get(text, LIST).json()["data"]["total"], 1);
            assert_eq!(gateway.query(text, "{ cardCustomers { totalCount } }").data()["cardCustomers"]["totalCount"], 1);
        }
    }

    fn the_pair_that_a_client_has_already_is_registered_with_the_secret_from_standard_input(database) {
        database.program_with("acme", &[Line::new(1)]);
        let old = Pair::new("yativo_key_1", "pa55word");
        let add = ["client", "add", "--program", "acme", "--api-key", &old.key, "--name", "legacy"];
        let id = database.succeed(&add, "pa55word\n");
        assert_eq!(id, id_of(&database, "legacy"));
        let gateway = database.serve();
        let answer = post(&gateway, TOKEN, &old.body());
        assert_eq!((answer.status, &answer.json()["scopes"]), (200, &json!(["read"])));
        // A key belongs to one client.
        let again = database.run(&add, "another-secret\n");
        let said = String::from_utf8_lossy(&again.stderr).into_owned();
        assert!(again.status.code() == Some(1) && said.contains("a client with this key exists already"), "{said}");
        assert!(!said.contains("another-secret"));
        for (key, secret) in [("short", "long enough"), ("long_enough", "short"), ("long_enough", ""), ("with blank", "long_enough"), ("long_enough", &"x".repeat(513))] {
            let refused = database.run(&["client", "add", "--program", "acme", "--api-key", key], secret);
            assert_eq!(refused.status.code(), Some(2), "{key} {secret}");
        }
        // Revoked, the same key can have another secret.
        database.succeed(&["client", "revoke", &id], "");
        database.succeed(&add, "another-secret\r\n");
        assert_eq!(post(&gateway, TOKEN, &old.body()).status, 401);
        token(&gateway, &Pair::new(&old.key, "another-secret"));
    }

    fn a_key_pair_in_the_headers_works_without_a_token(database) {
        database.program_with("acme", &[Line::new(1)]);
        let pair = create(&database, "acme", &[]);
        let gateway = database.serve();
        assert_eq!(pair.get(&gateway, LIST).json()["data"]["total"], 1);
        assert_eq!(pair.get(&gateway, "/api/v1/card-issuer/customers/usr_1").status, 200);
        assert_eq!(pair.query(&gateway, "{ cardCustomers { totalCount } }").data()["cardCustomers"]["totalCount"], 1);
        let query = "/graphql?query=%7BcardCustomers%7BtotalCount%7D%7D";
        assert_eq!(pair.get(&gateway, query).data()["cardCustomers"]["totalCount"], 1);
        // One header alone, or a wrong token beside it, does not.
        for header in ["x-api-key", "x-api-secret"] {
            let request = gateway.client().get(format!("{}{LIST}", gateway.host)).header(header, &pair.key);
            assert_eq!(gateway.send(request).status, 401);
        }
        let request = pair.on(gateway.client().get(format!("{}{LIST}", gateway.host)));
        assert_eq!(gateway.send(request.bearer_auth("cgw_nonsense")).status, 401);
        let wrong = Pair { secret: "not-the-secret".to_owned(), ..pair };
        let answer = wrong.get(&gateway, LIST);
        assert_eq!(answer.text, r#"{"success":false,"error":"unauthorized","message":"Invalid API credentials"}"#);
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"));
        let answer = wrong.query(&gateway, "{ __typename }");
        assert_eq!((answer.status, answer.code().as_str()), (401, "UNAUTHENTICATED"));
    }

    fn a_wrong_secret_and_an_unknown_key_are_answered_alike_and_slowly(database) {
        database.program_with("acme", &[]);
        let pair = create(&database, "acme", &[]);
        let gateway = database.serve();
        let wrong = Pair { secret: "not-the-secret".to_owned(), ..pair.clone() };
        let unknown = Pair::new("cgk_of_nobody", "not-the-secret");
        for pair in [&wrong, &unknown] {
            let begun = Instant::now();
            let answer = post(&gateway, TOKEN, &pair.body());
            assert!(begun.elapsed() >= Duration::from_millis(500));
            assert_eq!((answer.status, answer.text.as_str()), (401, r#"{"success":false,"error":"Invalid API credentials"}"#));
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }

    fn guesses_are_limited_before_the_database_and_who_is_known_is_not_held_up(database) {
        database.program_with("acme", &[]);
        let pair = create(&database, "acme", &[]);
        let gateway = database.serve();
        token(&gateway, &pair);
        let guesses: Vec<Pair> = (0..30).map(|number| Pair::new(&format!("guess_{number:04}"), "not-the-secret")).collect();
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let sent: Vec<_> = guesses.iter().map(|guess| scope.spawn(|| post(&gateway, TOKEN, &guess.body()).status)).collect();
            sent.into_iter().map(|sent| sent.join().expect("an answer")).collect()
        });
        let count = |status| statuses.iter().filter(|given| **given == status).count();
        assert_eq!((count(401), count(429)), (10, 20), "{statuses:?}");
        database.statements(&gateway);
        let answer = post(&gateway, TOKEN, &guesses[0].body());
        assert_eq!((answer.status, &answer.json()["error"]), (429, &json!("rate_limit_exceeded")));
        let wait: u64 = answer.header("retry-after").parse().expect("seconds");
        assert!((1..=60).contains(&wait) && answer.json()["retry_after"] == wait);
        let refused = guesses[1].get(&gateway, LIST);
        assert_eq!(refused.status, 429, "the headers are no way around it");
        let asked: Vec<String> = database.statements(&gateway).into_iter().filter(|sql| sql.contains("api_clients")).collect();
        assert!(asked.is_empty(), "{asked:?}");
        // From the same address, a client that was right before is let in.
        token(&gateway, &pair);
        assert_eq!(pair.get(&gateway, LIST).status, 200);
        assert!(gateway.get("", "/metrics").text.contains("client_authentications_total{outcome=\"limited\"} 22"));
    }

    fn bodies_are_checked_and_never_repeated(database) {
        database.program_with("acme", &[]);
        let gateway = database.serve();
        let send = |kind: &str, body: &str| {
            let request = gateway.client().post(format!("{}{TOKEN}", gateway.host)).header("content-type", kind);
            gateway.send(request.body(body.to_owned()))
        };
        let json = "application/json";
        let large = format!("{{\"api_key\":\"{}\"}}", "x".repeat(20_000));
        for (kind, body, status, error) in [
            // As the issuer, which asks for no media type.
            ("text/plain", "{}", 401, "api_key and api_secret are required"), ("", "{}", 401, "api_key and api_secret are required"),
            ("text/plain", "", 401, "api_key and api_secret are required"), ("application/x-www-form-urlencoded", "  ", 401, "api_key and api_secret are required"),
            ("application/x-www-form-urlencoded", "api_key=canary", 400, "validation_error"),
            (json, large.as_str(), 413, "payload_too_large"),
            (json, "", 401, "api_key and api_secret are required"), (json, "[]", 400, "validation_error"), (json, "canary", 400, "validation_error"), (json, "\"canary\"", 400, "validation_error"),
            (json, "{}", 401, "api_key and api_secret are required"), (json, r#"{"api_key":"canary_canary","api_secret":5}"#, 401, "api_key and api_secret are required"),
            (json, r#"{"api_key":"canary","api_secret":"canary"}"#, 401, "Invalid API credentials"),
            ("application/json; charset=utf-8", "{}", 401, "api_key and api_secret are required"),
        ] {
            let answer = send(kind, body);
            assert_eq!((answer.status, &answer.json()["error"]), (status, &Value::from(error)), "{kind} {body:.60}");
            assert!(!answer.text.contains("canary"), "{}", answer.text);
        }
        let bare = gateway.send(gateway.client().post(format!("{}{TOKEN}", gateway.host)));
        assert_eq!((bare.status, bare.text.as_str()), (401, r#"{"success":false,"error":"api_key and api_secret are required"}"#));
        let pair = create(&database, "acme", &[]);
        let answer = send("text/plain", &pair.body().to_string());
        assert_eq!(answer.status, 200, "{}", answer.text);
        for (method, path) in [("GET", TOKEN), ("DELETE", "/api/v1/auth/token"), ("PUT", "/v1/authentication/refresh-token")] {
            let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
            let answer = gateway.send(gateway.client().request(method, format!("{}{path}", gateway.host)));
            assert_eq!((answer.status, &answer.json()["error"]), (405, &json!("method_not_allowed")), "{path}");
        }
    }

    fn the_scopes_of_a_client_bound_its_tokens(database) {
        database.program_with("acme", &[]);
        let plain = create(&database, "acme", &[]);
        let tool = create(&database, "acme", &["--scope", "schema"]);
        let gateway = database.serve_with(&[("CARD_GATEWAY__GRAPHQL__INTROSPECTION", "schema")]);
        let ask = "{ __schema { queryType { name } } }";
        for (pair, status) in [(&plain, 403), (&tool, 200)] {
            let token = token(&gateway, pair);
            let answer = gateway.query(&token, ask);
            assert_eq!(answer.status, status, "{}", answer.text);
            assert_eq!(answer.text.contains("lacks the scope `schema`"), status == 403);
            assert_eq!(pair.query(&gateway, ask).status, status);
            assert_eq!(gateway.get(&token, "/schema.graphql").status, status);
        }
    }

    fn revoking_a_client_ends_its_tokens_at_once_in_every_replica(database) {
        database.program_with("acme", &[Line::new(1)]);
        let pair = create(&database, "acme", &["--name", "mobile"]);
        let other = create(&database, "acme", &["--name", "web"]);
        let (one, two) = (database.serve(), database.serve());
        let (token, others) = (token(&one, &pair), token(&two, &other));
        for gateway in [&one, &two] {
            assert_eq!((gateway.get(&token, LIST).status, pair.get(gateway, LIST).status), (200, 200));
            assert_eq!(gateway.get(&others, LIST).status, 200);
        }
        let id = id_of(&database, "mobile");
        assert_eq!(database.succeed(&["client", "revoke", &id], ""), format!("revoked {id}"));
        for gateway in [&one, &two] {
            assert_eq!((gateway.get(&token, LIST).status, pair.get(gateway, LIST).status), (401, 401));
            assert_eq!(gateway.query(&token, "{ __typename }").code(), "UNAUTHENTICATED");
            assert_eq!(post(gateway, TOKEN, &pair.body()).status, 401);
            assert_eq!(gateway.get(&token, "/v1/authentication/refresh-token").status, 401);
            assert_eq!((gateway.get(&others, LIST).status, other.get(gateway, LIST).status), (200, 200));
        }
        let list = database.succeed(&["client", "list", "--program", "acme"], "");
        assert!(list.lines().any(|line| line.contains("revoked") && line.ends_with("mobile")), "{list}");
        let again = database.run(&["client", "revoke", &id], "");
        let said = String::from_utf8_lossy(&again.stderr).into_owned();
        assert!(again.status.code() == Some(1) && said.contains("there is no client"), "{said}");
    }

    fn a_stream_ends_with_its_client(database) {
        database.program_with("acme", &[Line::new(1)]);
        let pair = create(&database, "acme", &["--name", "mobile"]);
        let gateway = database.serve();
        let token = token(&gateway, &pair);
        let events = Events::open(&gateway, &token, "subscription { cardCustomersChanged { id email } }");
        database.succeed(&["client", "revoke", &id_of(&database, "mobile")], "");
        database.import("acme", &[Line::new(1).with("email", "new@example.com")]);
        let (name, data) = events.receive().expect("an event");
        assert!(name != "next" || data.get("errors").is_some(), "{name} {data}");
        assert!(!data.to_string().contains("new@example.com"), "{data}");
    }

    fn an_expired_token_is_refused_and_removed(database) {
        database.program_with("acme", &[]);
        let pair = create(&database, "acme", &[]);
        let gateway = database.serve();
        let (old, fresh) = (token(&gateway, &pair), token(&gateway, &pair));
        assert_eq!(gateway.get(&old, LIST).status, 200);
        let first = "(SELECT token_hash FROM client_tokens ORDER BY expires_at LIMIT 1)";
        let past = chrono::Utc::now().timestamp_millis() - 1;
        database.execute(&format!("UPDATE client_tokens SET expires_at = {past} WHERE token_hash = {first}"));
        let statuses = [&old, &fresh].map(|token| gateway.get(token, LIST).status);
        assert_eq!(statuses, [401, 200]);
        assert_eq!(gateway.get(&old, "/v1/authentication/refresh-token").text, r#"{"success":false,"error":"Invalid or expired token"}"#);
        // Each gateway clears the table soon after its start.
        let _second = database.serve();
        let begun = Instant::now();
        while database.texts("SELECT CAST(COUNT(*) AS TEXT) FROM client_tokens") != ["1"] {
            assert!(begun.elapsed() < Duration::from_secs(30), "it is still there");
            std::thread::sleep(Duration::from_millis(100));
        }
        assert_eq!(gateway.get(&fresh, LIST).status, 200);
    }

    fn a_token_is_renewed_in_each_documented_way_for_a_day(database) {
        let operators = database.program_with("acme", &[]);
        let pair = create(&database, "acme", &["--scope", "money"]);
        let gateway = database.serve();
        let mut current = token(&gateway, &pair);
        for (method, path) in [("GET", "/v1/authentication/refresh-token"), ("POST", "/v1/auth/refresh-token"), ("POST", "/api/v1/auth/refresh-token"), ("GET", "/api/authentication/refresh-token")] {
            let renew = |token: &str| {
                let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
                gateway.send(gateway.client().request(method, format!("{}{path}", gateway.host)).bearer_auth(token))
            };
            let answer = renew(&current);
            assert_eq!((answer.status, &answer.json()["scopes"]), (200, &json!(["read", "money"])), "{path}");
            let new = answer.json()["access_token"].as_str().expect("a token").to_owned();
            assert!(new != current && gateway.get(&new, LIST).status == 200 && gateway.get(&current, LIST).status == 200);
            current = new;
            for wrong in ["", "nonsense", &operators, &format!("{current}x")] {
                let answer = renew(wrong);
                assert_eq!((answer.status, answer.text.as_str()), (401, r#"{"success":false,"error":"Invalid or expired token"}"#), "{wrong}");
            }
        }
        // A stolen token cannot be renewed for ever.
        let day = chrono::Utc::now().timestamp_millis() - 24 * 60 * 60 * 1_000;
        database.execute(&format!("UPDATE client_tokens SET authenticated_at = {day}"));
        assert_eq!(gateway.get(&current, LIST).status, 200);
        assert_eq!(gateway.get(&current, "/v1/authentication/refresh-token").status, 401);
    }

    fn a_client_can_fetch_sixty_tokens_a_minute(database) {
        database.program_with("acme", &[]);
        let (busy, other) = (create(&database, "acme", &[]), create(&database, "acme", &[]));
        let gateway = database.serve();
        let statuses: Vec<u16> = (0..62).map(|_| post(&gateway, TOKEN, &busy.body()).status).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 60, "{statuses:?}");
        assert_eq!(statuses[61], 429);
        token(&gateway, &other);
        assert_eq!(busy.get(&gateway, LIST).status, 200);
    }

    fn a_clients_tokens_share_its_rate_limit(database) {
        database.program_with("acme", &[]);
        let pair = create(&database, "acme", &[]);
        let gateway = database.serve_with(&[("CARD_GATEWAY__LIMITS__RATE_BURST", "10"), ("CARD_GATEWAY__LIMITS__RATE_PER_SECOND", "1")]);
        let tokens = [token(&gateway, &pair), token(&gateway, &pair)];
        let limited = (0..16).filter(|number| gateway.get(&tokens[number % 2], LIST).status == 429).count();
        assert!(limited >= 2, "{limited}");
    }

    fn keys_secrets_and_tokens_are_nowhere_but_where_they_were_shown(database) {
        database.program_with("acme", &[]);
        let made = create(&database, "acme", &["--name", "made"]);
        let brought = Pair::new("brought_key_canary", "brought_secret_canary");
        database.succeed(&["client", "add", "--program", "acme", "--api-key", &brought.key], &brought.secret);
        let gateway = database.serve_with(&[("CARD_GATEWAY__LOG__LEVEL", "debug")]);
        let mut hidden = Vec::new();
        for pair in [&made, &brought] {
            let answer = post(&gateway, TOKEN, &pair.body());
            let token = answer.json()["access_token"].as_str().expect("a token").to_owned();
            assert_eq!((gateway.get(&token, LIST).status, pair.get(&gateway, LIST).status), (200, 200));
            let wrong = Pair { secret: format!("{}x", pair.secret), ..pair.clone() };
            for answer in [post(&gateway, TOKEN, &wrong.body()), wrong.get(&gateway, LIST), wrong.query(&gateway, "{ __typename }")] {
                assert_eq!(answer.status, 401);
                assert!(![&pair.key, &pair.secret].iter().any(|text| answer.text.contains(*text)), "{}", answer.text);
            }
            hidden.extend([pair.key.clone(), pair.secret.clone(), token]);
        }
        // Where something of our own is broken.
        database.execute("ALTER TABLE client_tokens RENAME TO elsewhere");
        let broken = post(&gateway, TOKEN, &brought.body());
        assert_eq!((broken.status, &broken.json()["error"]), (500, &json!("internal_error")), "{}", broken.text);
        database.execute("ALTER TABLE elsewhere RENAME TO client_tokens");
        let texts = [
            gateway.log_text(), gateway.get("", "/metrics").text, broken.text,
            database.succeed(&["config"], ""), database.succeed(&["client", "list"], ""), stored(&database),
        ];
        for text in &texts {
            for secret in &hidden {
                let middle = &secret[4..secret.len().min(20)];
                assert!(!text.contains(middle), "{secret} shows");
            }
        }
        assert!(texts[5].contains("argon2id"), "the tables were looked at");
    }
}

/// Everything that the database has stored of clients.
fn stored(database: &Database) -> String {
    if database.postgres.is_some() {
        let tables = ["api_clients", "client_tokens"];
        return tables
            .map(|table| database.as_superuser(&format!("SELECT * FROM {table}")))
            .concat();
    }
    let files = std::fs::read_dir(database.folder.path()).expect("a folder");
    let read =
        |file: std::io::Result<std::fs::DirEntry>| std::fs::read(file.expect("a file").path());
    let bytes: Vec<u8> =
        files.map(|file| read(file).unwrap_or_default()).collect::<Vec<_>>().concat();
    String::from_utf8_lossy(&bytes).into_owned()
}
