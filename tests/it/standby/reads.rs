//! What is read at the standby, and what is not.

use std::time::Duration;

use serde_json::Value;

use super::world::{LIST, SOON, World, balance_of, metric, reads};
use crate::support::issuer::{balance, from_now, transaction, within};
use crate::support::watcher::Socket;
use crate::support::{Answer, Line};

/// Queries that read customers and what belongs to them.
const QUERIES: [&str; 9] = [
    "{ cardCustomers(perPage: 5) { totalCount nodes { email availableBalance cardsCount cards { lastFour } transactions { totalCount nodes { amount } } fundings { totalCount } } } }",
    "{ cardCustomers(first: 3, orderBy: UPDATED_AT_DESC) { nodes { id updatedAt } pageInfo { hasNextPage } } }",
    "{ cardCustomers(filter: { hasCards: true, statuses: [ACTIVE] }) { totalCount nodes { id } } }",
    "{ cardCustomer(identifier: \"usr_1\") { id email ledgerBalance cards { cardId } } }",
    "{ a: cardCustomer(identifier: \"usr_2\") { id } b: cardCustomer(identifier: \"customer3@example.com\") { id } }",
    "{ cardTransactions { totalCount nodes { transactionId } } }",
    "{ cardTransactions(filter: { currencies: [\"EUR\"] }) { totalCount nodes { transactionId } } }",
    "{ cardCustomersSummary { totalCount byStatus { count } balances { currency available } } }",
    "{ cardCustomers(perPage: 1) { pageInfo { totalPages } } cardCustomer(identifier: \"usr_2\") { availableBalance } }",
];

/// Routes of the old API, and exports.
const PATHS: [&str; 11] = [
    LIST,
    "/api/v1/card-issuer/customers?status=active&include_balances=false",
    "/v1/card-issuer/customers/usr_1",
    "/v1/card-issuer/customers/usr_1/card-transactions",
    "/v1/card-issuer/customers/aggregate-balances",
    "/v1/card-issuer/lookup-customer?external_id=usr_2",
    "/v1/card-issuer/card-transactions",
    "/v1/yativo-card/customers/cards",
    "/v1/yativo-card/customers/yativo_card_customer_1/cards",
    "/export/card-customers.ndjson",
    "/export/card-customers.csv?statuses=active",
];

fn well(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(!answer.text.contains("\"errors\""), "{}", answer.text);
}

#[test]
fn lists_and_look_ups_are_read_at_the_standby_and_what_writes_is_not() {
    let Some((world, token)) = World::with_customers(20) else { return };
    let gateway = world.serve_well();
    gateway.take(&transaction("evt_1", "settled", "usr_1", "txn_1", "3.00", &from_now(0)));
    for query in QUERIES {
        world.is_read_at_standby(query, || well(&gateway.query(&token, query)));
    }
    for path in PATHS {
        world.is_read_at_standby(path, || well(&gateway.get(&token, path)));
    }
    let head = || {
        let request = gateway.client().head(format!("{}{LIST}", gateway.host));
        assert_eq!(gateway.send(request.bearer_auth(&token)).status, 200);
    };
    world.is_read_at_standby("HEAD", head);
    world.is_read_at_standby("a query over a WebSocket", || {
        let mut socket = Socket::connect(&gateway, &token);
        socket.subscribe("a", QUERIES[0]);
        assert_eq!(socket.next("a")["cardCustomers"]["totalCount"], 20);
    });
    // Subscriptions follow the primary's changes.
    world.is_read_at_primary("a subscription", || {
        let mut socket = Socket::connect(&gateway, &token);
        socket.subscribe(
            "a",
            "subscription { cardCustomerBalance(identifier: \"usr_1\") { availableBalance } }",
        );
        socket.next("a");
    });
    drop(world.standby.take());
    gateway.take(&balance("evt_2", "usr_1", "7.50", "0.00", &from_now(0)));
    world.database.import("acme", &[Line::new(21)]);
    assert_eq!(balance_of(&gateway, &token, "usr_1"), "7.50");
    let reading = ["SELECT", "WITH", "BEGIN", "ROLLBACK"];
    for sql in world.standby.take() {
        assert!(reading.iter().any(|word| sql.trim_start().starts_with(word)), "{sql}");
    }
    assert!(reads(&gateway, "standby") >= 20);
    assert_eq!(reads(&gateway, "repeated"), 0);
    assert!(metric(&gateway, "standby_used") > 0.0);
    assert!(metric(&gateway, "standby_connections{state=\"idle\"}") >= 1.0);
    assert_eq!(gateway.warnings(), Vec::<String>::new());
}

#[test]
fn the_answers_are_the_same_as_without_a_standby() {
    let Some((world, token)) = World::with_customers(12) else { return };
    let (with, without) = (world.serve_well(), world.database.serve());
    for query in QUERIES {
        let expected = without.query(&token, query).data();
        world.is_read_at_standby(query, || assert_eq!(with.query(&token, query).data(), expected));
    }
    for path in PATHS {
        // The only member that is the moment of the answer.
        let text = |answer: Answer| match serde_json::from_str::<Value>(&answer.text) {
            Ok(mut json) if json["data"]["fetched_at"].is_string() => {
                json["data"]["fetched_at"].take();
                json.to_string()
            }
            _ => answer.text,
        };
        let expected = text(without.get(&token, path));
        world.is_read_at_standby(path, || assert_eq!(text(with.get(&token, path)), expected));
    }
}

#[test]
fn many_requests_at_once_share_the_questions_for_the_position() {
    let Some((world, token)) = World::with_customers(5) else { return };
    let gateway = world.serve_well();
    world.is_read_at_standby("a list", || well(&gateway.get(&token, LIST)));
    let primary = world.database.wire.as_ref().expect("it is behind one");
    drop((primary.take(), world.standby.take()));
    // All of them wait for the frozen primary; then one question is enough.
    primary.freeze();
    std::thread::scope(|scope| {
        for _ in 0..30 {
            scope.spawn(|| well(&gateway.get(&token, LIST)));
        }
        std::thread::sleep(Duration::from_millis(300));
        primary.mend();
    });
    let questions = primary.take();
    let asked = questions.iter().filter(|sql| sql.contains("pg_current_wal_flush_lsn")).count();
    assert!((1..=15).contains(&asked), "{asked}: {questions:#?}");
}

#[test]
fn a_revoked_token_is_refused_at_once() {
    let Some((world, token)) = World::with_customers(1) else { return };
    let gateway = world.serve_with(&[("CARD_GATEWAY__AUTH__TOKEN_CACHE_TTL", "0s")]);
    super::world::wait_until(&gateway, "ok");
    world.is_read_at_standby("a list", || well(&gateway.get(&token, LIST)));
    world.pause();
    let tokens = world.database.succeed(&["token", "list", "--json"], "");
    let id = tokens.lines().find_map(|line| {
        let one: Value = serde_json::from_str(line).ok()?;
        one["id"]
            .as_str()
            .map(str::to_owned)
            .or_else(|| one["id"].as_i64().map(|id| id.to_string()))
    });
    world.database.succeed(&["token", "revoke", &id.expect("there is one")], "");
    // The standby still has it.
    assert_eq!(world.at_standby("SELECT count(*) FROM api_tokens WHERE revoked_at IS NULL"), "1");
    assert_eq!(gateway.get(&token, LIST).status, 401);
    assert_eq!(gateway.query(&token, QUERIES[0]).code(), "UNAUTHENTICATED");
    world.resume();
}

#[test]
fn an_export_shows_one_moment_of_the_standby() {
    let Some(world) = World::start() else { return };
    let many: Vec<Line> = (1..=2_000).map(Line::new).collect();
    let token = world.database.program_with("acme", &many);
    let gateway = world.serve_well();
    world.is_read_at_standby("an export", || {
        let text = gateway.get(&token, "/export/card-customers.ndjson").text;
        assert_eq!(text.lines().count(), 2_000);
    });
    // Its connection is given back.
    let is_over = || metric(&gateway, "exports_running") < 1.0;
    assert!(within(SOON, is_over));
}
