//! Lists: with headings on a terminal, one line each in a pipe, or JSON.

use std::process::Stdio;

use serde_json::Value;

use super::errors;
use crate::support::issuer::{ACME, balance, from_now};
use crate::support::pseudo_terminal::shown;
use crate::support::{Database, Line, on_both};

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect()
}

/// The members of an object, in their order.
fn members(object: &Value) -> Vec<String> {
    object.as_object().expect("an object").keys().cloned().collect()
}

on_both! {
    fn every_list_is_printed_as_json_with_stable_names(database) {
        let token = database.program_with("acme", &[Line::new(1)]);
        assert!(token.starts_with("cgw_"));
        database.succeed(&["client", "create", "--program", "acme", "--name", "legacy", "--scope", "money"], "");
        let gateway = database.serve_with(&[ACME]);
        gateway.take(&balance("evt_1", "usr_1", "2.00", "0.00", &from_now(0)));
        gateway.take(&balance("evt_2", "usr_9", "2.00", "0.00", &from_now(0)));
        for (list, first, names) in [
            ("program", "acme", &["created_at", "name"][..]),
            ("token", "read", &["created_at", "expires_at", "id", "label", "program", "revoked_at", "scopes", "state"][..]),
            ("client", "money", &["created_at", "id", "label", "program", "revoked_at", "scopes", "state"][..]),
            ("events", "evt_1", &["customer_id", "delivery_id", "happened_at", "id", "program", "reason", "received_at", "state", "type"][..]),
        ] {
            let text = database.succeed(&[list, "list", "--json"], "");
            let all = objects(&text);
            let mut found = members(&all[0]);
            found.sort();
            assert_eq!(found, names, "{list}");
            assert!(all[0].to_string().contains(first), "{list}: {text}");
        }
        let events = objects(&database.succeed(&["events", "list", "--json"], ""));
        assert_eq!((events.len(), &events[0]["state"], &events[1]["state"]), (2, &"applied".into(), &"waiting".into()));
        let token = &objects(&database.succeed(&["token", "list", "--json"], ""))[0];
        assert_eq!((&token["state"], &token["scopes"][0]), (&"valid".into(), &"read".into()));
        assert_eq!(database.succeed(&["fundings", "list", "--json"], ""), "");
    }

    fn a_list_has_headings_on_a_terminal_and_none_in_a_pipe(database) {
        database.succeed(&["program", "create", "--name", "acme"], "");
        database.succeed(&["token", "create", "--program", "acme", "--name", "web"], "");
        database.succeed(&["token", "create", "--program", "acme", "--expires-in", "90d", "--name", "mobile"], "");
        let piped = database.succeed(&["token", "list"], "");
        assert_eq!(piped.lines().count(), 2, "{piped}");
        assert!(!piped.contains("LABEL"), "{piped}");
        let text = shown(database.program(&["token", "list"]));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(lines[0].starts_with("ID ") && lines[0].ends_with("LABEL"), "{text}");
        let column = lines[0].find("LABEL").expect("a heading");
        assert_eq!((&lines[1][column..], &lines[2][column..]), ("web", "mobile"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
        // JSON is the same everywhere.
        assert_eq!(shown(database.program(&["token", "list", "--json"])).lines().count(), 2);
    }

    fn an_empty_list_says_so_on_a_terminal_only(database) {
        database.succeed(&["migrate"], "");
        for (command, said) in [
            (&["program", "list"][..], "no programs\n"),
            (&["token", "list"][..], "no tokens\n"),
            (&["client", "list"][..], "no clients\n"),
            (&["events", "list"][..], "no events\n"),
            (&["fundings", "list"][..], "no payments\n"),
        ] {
            assert_eq!(shown(database.program(command)), said, "{command:?}");
            let output = database.run(command, "");
            assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{command:?}: {output:?}");
        }
    }

    fn commands_say_what_they_did_beside_their_result(database) {
        let said = |command: &[&str], result: &str| {
            let output = database.run(command, "secret_of_mine\n");
            assert!(output.status.success(), "{command:?}: {}", errors(&output));
            let printed = String::from_utf8(output.stdout.clone()).expect("UTF-8");
            assert!(printed.starts_with(result), "{command:?}: {printed}");
            errors(&output)
        };
        let program = said(&["program", "create", "--name", "acme"], "acme\n");
        assert!(program.starts_with("created the program acme in "), "{program}");
        let token = said(&["token", "create", "--program", "acme", "--scope", "write", "--expires-in", "90d"], "cgw_");
        assert_eq!(token, "created a token of acme with the scopes read,write, valid for 90 days; it cannot be shown again\n");
        let token = said(&["token", "create", "--program", "acme"], "cgw_");
        assert_eq!(token, "created a token of acme with the scopes read, valid without an end; it cannot be shown again\n");
        let client = said(&["client", "create", "--program", "acme"], "API_KEY=");
        assert_eq!(client, "created a client of acme with the scopes read; its secret cannot be shown again\n");
        let client = said(&["client", "add", "--program", "acme", "--api-key", "key_of_mine"], "");
        assert_eq!(client, "registered a client of acme with the scopes read\n");
        for list in ["token", "client"] {
            let missing = database.run(&[list, "revoke", "x"], "");
            assert_eq!(missing.status.code(), Some(1));
            let told = errors(&missing);
            assert!(told.contains(&format!("there is no {list} x to revoke in ")), "{told}");
        }
    }
}

#[test]
fn a_list_ends_when_its_reader_has_gone() {
    let Some(database) = Database::postgres() else { return };
    database.succeed(&["program", "create", "--name", "acme"], "");
    database.execute(
        "INSERT INTO inbox_events (program_id, event_id, event_type, body, received_at, state, moment) \
         SELECT (SELECT id FROM programs), 'evt_' || i, 'card.created', '{}', i, 'kept', i \
         FROM generate_series(1, 20000) AS n(i)",
    );
    let wire = database.wire.as_ref().expect("PostgreSQL is behind one");
    let reads = || wire.take().iter().filter(|sql| sql.contains("inbox_events")).count();
    reads();
    assert_eq!(database.succeed(&["events", "list"], "").lines().count(), 20_000);
    assert!(reads() >= 40, "a page each");
    let mut list = database.program(&["events", "list"]);
    let mut list = list.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    drop(list.stdout.take());
    let output = list.wait_with_output().expect("it ends");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    assert_eq!(reads(), 1);
}
