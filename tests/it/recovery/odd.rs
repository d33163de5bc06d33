//! Answers that the sandbox does not give, by a server that answers as each test says.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::issuer::{balance, from_now};
use crate::support::scripted::{Request, Scripted, Step, answer};
use crate::support::{Database, Line, on_both};

const DELIVERIES: &str = "/api/v1/yativo-card/webhooks/deliveries/";

/// An issuer with one subscription and these failed deliveries, each with its answer.
fn issuer(
    subscription: &'static str,
    listed: &'static [&'static str],
    one: impl Fn(&str) -> Vec<Step> + Send + Sync + 'static,
) -> Scripted {
    Scripted::start(move |request: &Request| {
        let ok = |data: &str| answer(200, &[], &format!(r#"{{"success":true,"data":{data}}}"#));
        match request.path() {
            "/api/v1/auth/token" => ok(r#"{"access_token":"token","expires_in":3600}"#),
            "/api/v1/yativo-card/webhooks" => ok(subscription),
            path => path.strip_prefix(DELIVERIES).map_or_else(
                || {
                    let all = listed.iter().map(|id| format!(r#"{{"delivery_id":"{id}"}}"#));
                    ok(&format!("[{}]", all.collect::<Vec<_>>().join(",")))
                },
                &one,
            ),
        }
    })
}

fn recover(database: &Database, issuer: &Scripted) -> String {
    let mut command = database.program(&["events", "recover", "--program", "acme"]);
    command.env("CARD_GATEWAY__ISSUER__BASE_URL", issuer.url());
    command.env("CARD_GATEWAY__ISSUER__ACME__API_KEY", "key");
    command.env("CARD_GATEWAY__ISSUER__ACME__API_SECRET", "secret");
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    said.trim_end().split_once("Z: ").expect("a time").1.to_owned()
}

/// How often a delivery was asked for.
fn asked(issuer: &Scripted, id: &str) -> usize {
    let path = format!("{DELIVERIES}{id}");
    issuer.requests().iter().filter(|request| request.path() == path).count()
}

on_both! {
    fn a_delivery_that_cannot_be_read_does_not_stop_the_others(database) {
        database.program_with("acme", &[Line::new(1)]);
        let is_mended = Arc::new(AtomicBool::new(false));
        let mended = Arc::clone(&is_mended);
        let subscription = r#"[{"webhook_id":"w1","url":"https://a.example/webhooks/yativo/acme"}]"#;
        let ids = &["broken", "gone", "empty", "strange", "good"];
        let issuer = issuer(subscription, ids, move |id| {
            let good = |event: &str| {
                let body = balance(event, "usr_1", "1.00", "0.00", &from_now(0));
                answer(200, &[], &format!(r#"{{"success":true,"data":{{"delivery_id":"{id}","payload":{body}}}}}"#))
            };
            match id {
                "broken" if mended.load(Ordering::SeqCst) => good("evt_2"),
                "broken" => answer(200, &[], r#"{"success":true,"data":{"delivery_id":"#),
                "gone" => answer(404, &[], r#"{"success":false,"error":"NOT_FOUND"}"#),
                "empty" => answer(200, &[], r#"{"success":true,"data":{"delivery_id":"empty","payload":null}}"#),
                "strange" => answer(200, &[], r#"{"success":true,"data":{"delivery_id":"strange","payload":"not JSON"}}"#),
                _ => good("evt_1"),
            }
        });
        let said = recover(&database, &issuer);
        assert_eq!(said, "2 events recovered, 0 known before, 1 no longer at the issuer, 2 unreadable");
        let states = database.texts("SELECT state FROM inbox_events ORDER BY state");
        assert_eq!(states, ["applied", "failed"]);
        // By hand, what could not be read is tried again, and the rest is not.
        is_mended.store(true, Ordering::SeqCst);
        let said = recover(&database, &issuer);
        assert_eq!(said, "1 event recovered, 3 known before, 1 unreadable");
        assert_eq!([asked(&issuer, "gone"), asked(&issuer, "strange"), asked(&issuer, "good")], [1, 1, 1]);
        assert_eq!(database.texts("SELECT event_id FROM inbox_events WHERE state = 'applied' ORDER BY 1"), ["evt_1", "evt_2"]);
        assert_eq!(database.texts("SELECT delivery_id FROM inbox_events WHERE event_id = 'evt_1'"), ["good"]);
    }

    fn only_the_subscriptions_to_this_gateway_are_looked_at(database) {
        database.program_with("acme", &[Line::new(1)]);
        let subscriptions = r#"[{"webhook_id":"other","url":"https://b.example/","enabled":false},
            {"webhook_id":"w/1","url":"https://a.example/webhooks/yativo/acme"}]"#;
        let issuer = issuer(subscriptions, &[], |_| answer(500, &[], ""));
        assert_eq!(recover(&database, &issuer), "0 events recovered, 0 known before");
        let paths: Vec<String> = issuer.requests().iter().map(|request| request.path().to_owned()).collect();
        assert_eq!(paths.last().expect("a request"), "/api/v1/yativo-card/webhooks/w%2F1/deliveries");
        assert!(!paths.iter().any(|path| path.contains("other")), "{paths:?}");
    }
}
