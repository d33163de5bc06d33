//! The list of changes: its pages, what they cost, and whose changes they show.

use serde_json::{Value, json};

use super::{open, spendable};
use crate::support::changes::{Follower, page, shown};
use crate::support::issuer::ACME;
use crate::support::{Database, Gateway, Line, on_both};

fn cost(database: &Database, gateway: &Gateway, token: &str, selection: &str) -> Vec<String> {
    // The token is known from now on.
    gateway.query(token, "{ __typename }").data();
    database.statements(gateway);
    let query = format!("{{ cardCustomerChanges(first: 100) {{ {selection} }} }}");
    gateway.query(token, &query).data();
    database.statements(gateway)
}

on_both! {
    fn pages_of_any_size_show_each_change_once_and_in_order(database) {
        let (gateway, token) = open(&database, 12);
        for id in 1..=25 {
            spendable(&gateway, id, id % 5 + 1, id);
        }
        let whole = Follower::new(&gateway, &token).rest();
        let expected = (1..=12).map(|number| format!("CREATED usr_{number}"));
        let expected = expected.chain((1..=25).map(|id| format!("BALANCE usr_{}", id % 5 + 1)));
        assert_eq!(whole.iter().map(shown).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        for size in [1, 2, 7, 36, 37, 38] {
            assert_eq!(Follower::new(&gateway, &token).rest_by(size), whole, "{size}");
        }
        // From each cursor on, what comes behind it.
        for (at, change) in whole.iter().enumerate() {
            let mut follower = Follower::new(&gateway, &token);
            follower.cursor = change["cursor"].as_str().map(str::to_owned);
            assert_eq!(follower.rest_by(9), whole[at + 1..], "after {at}");
        }
        // By default there are twenty; edges and nodes are the same.
        let query = "{ cardCustomerChanges { edges { node { cursor } } nodes { cursor } pageInfo { perPage page totalPages } } }";
        let list = gateway.query(&token, query).data()["cardCustomerChanges"].take();
        let cursors = |of: &[Value]| of.iter().map(|of| of["cursor"].clone()).collect::<Vec<_>>();
        let edges = list["edges"].as_array().expect("a list").iter().map(|edge| edge["node"].clone());
        assert_eq!(cursors(&edges.collect::<Vec<_>>()), cursors(&whole[..20]));
        assert_eq!(cursors(list["nodes"].as_array().expect("a list")), cursors(&whole[..20]));
        assert_eq!(list["pageInfo"], json!({ "perPage": 20, "page": null, "totalPages": 2 }));
    }

    fn an_empty_page_says_where_to_go_on(database) {
        let (gateway, token) = open(&database, 0);
        let mut follower = Follower::new(&gateway, &token);
        assert_eq!(follower.rest(), [] as [Value; 0]);
        let begin = follower.cursor.clone();
        assert_eq!(follower.rest(), [] as [Value; 0]);
        assert_eq!(follower.cursor, begin, "nothing has happened");
        database.import("acme", &[Line::new(1)]);
        assert_eq!(follower.seen(), ["CREATED usr_1"]);
        for id in 1..=3 {
            let before = follower.cursor.clone();
            assert_eq!(follower.rest(), [] as [Value; 0]);
            assert_eq!(follower.cursor, before);
            spendable(&gateway, id, 1, id);
            assert_eq!(follower.seen(), ["BALANCE usr_1"]);
        }
        // A page of no size says whether there is more.
        let info = page(&gateway, &token, begin.as_deref(), 0).data()["cardCustomerChanges"]["pageInfo"].take();
        assert_eq!(info, json!({ "hasNextPage": true, "hasPreviousPage": true, "startCursor": null, "endCursor": begin }));
        let info = page(&gateway, &token, follower.cursor.as_deref(), 0).data()["cardCustomerChanges"]["pageInfo"].take();
        assert_eq!((&info["hasNextPage"], &info["endCursor"]), (&json!(false), &json!(follower.cursor)));
    }

    fn customers_are_loaded_once_for_a_page_if_they_are_selected(database) {
        let lines: Vec<Line> = (1..=30).map(|number| Line::new(number).balance(i64::from(number), 0).cards(&["active"])).collect();
        let token = database.program_with("acme", &lines);
        let gateway = database.serve_with(&[ACME]);
        for id in 1..=40 {
            spendable(&gateway, id, id % 7 + 1, id);
        }
        // The first change, which others wait for, has no customer.
        database.execute("UPDATE changes SET kind = 'gone' WHERE seq = (SELECT MIN(seq) FROM changes)");
        for (selection, statements) in [
            ("pageInfo { endCursor hasNextPage }", 1),
            ("edges { cursor node { at kind customerId } } pageInfo { endCursor }", 1),
            ("nodes { customer { id email flowStatus } }", 2),
            ("edges { node { kind customer { id } } } nodes { customer { email } }", 2),
            ("nodes { customer { id @skip(if: true) } kind }", 1),
            ("nodes { customer { email ledgerBalance availableBalance } }", 3),
            ("nodes { customer { email ledgerBalance cards { lastFour } cardsCount } }", 4),
            ("pageInfo { totalPages }", 2),
        ] {
            let asked = cost(&database, &gateway, &token, selection);
            let expected = if selection.contains("@skip") { 1..=2 } else { statements..=statements };
            assert!(expected.contains(&asked.len()), "{selection}\n{asked:#?}");
        }
        // Lists of customers read nothing of it.
        database.statements(&gateway);
        gateway.query(&token, "{ cardCustomers { nodes { id email ledgerBalance } } }").data();
        let asked = database.statements(&gateway);
        assert!(asked.len() == 2 && !asked.iter().any(|sql| sql.contains("changes")), "{asked:#?}");
    }

    fn programs_do_not_see_each_others_changes(database) {
        let ours = database.program_with("acme", &[Line::new(1).with("email", "ours@example.com")]);
        let theirs = database.program_with("globex", &[Line::new(1).with("email", "theirs@example.com")]);
        let gateway = database.serve_with(&[ACME]);
        spendable(&gateway, 1, 1, 7);
        database.import("globex", &[Line::new(1), Line::new(2)]);
        let query = "{ cardCustomerChanges(first: 100) { nodes { kind customer { email } } } }";
        let shown = |token: &str| gateway.query(token, query).data()["cardCustomerChanges"]["nodes"].take();
        let of = |kind: &str, email: &str| json!({ "kind": kind, "customer": { "email": email } });
        assert_eq!(shown(&ours), json!([of("CREATED", "ours@example.com"), of("BALANCE", "ours@example.com")]));
        let expected = [of("CREATED", "customer1@example.com"), of("UPDATED", "customer1@example.com"), of("CREATED", "customer2@example.com")];
        assert_eq!(shown(&theirs), json!(expected));
    }

    fn a_token_needs_the_scope_read_alone(database) {
        database.program_with("acme", &[Line::new(1)]);
        let token = database.succeed(&["token", "create", "--program", "acme", "--scope", "read"], "");
        let gateway = database.serve();
        assert_eq!(Follower::new(&gateway, &token).seen(), ["CREATED usr_1"]);
        assert_eq!(page(&gateway, "nonsense", None, 1).code(), "UNAUTHENTICATED");
    }
}
