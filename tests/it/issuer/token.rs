//! The exchange of a key pair for a token.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use card_gateway::issuer::Reason;

use super::{CUSTOMERS, KEY, PAGE, SECRET, TOKEN, at_once, client, granted, issuer, run, settings};
use crate::support::scripted::{Scripted, Step, answer};

#[test]
fn twenty_callers_share_one_exchange() {
    let server = Scripted::start(|request| {
        if request.path() == TOKEN {
            let mut slowly = vec![Step::Wait(Duration::from_millis(200))];
            slowly.extend(granted(1, r#""expires_in":3600"#));
            slowly
        } else {
            answer(200, &[], PAGE)
        }
    });
    let client = client(&settings(&server));
    let results = run(at_once(20, move || {
        let client = client.clone();
        async move { client.customers_page(1, 20).await }
    }));
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!((server.count(TOKEN), server.count(CUSTOMERS)), (1, 20));
    let requests = server.requests();
    let exchange = requests.iter().find(|request| request.path() == TOKEN).expect("one");
    let body: serde_json::Value = serde_json::from_str(&exchange.body).expect("JSON");
    assert_eq!(body, serde_json::json!({ "api_key": KEY, "api_secret": SECRET }));
    assert_eq!(exchange.method, "POST");
    assert_eq!(exchange.header("authorization"), None);
    for request in requests.iter().filter(|request| request.path() == CUSTOMERS) {
        assert_eq!(request.header("authorization"), Some("Bearer token_of_acme_1"));
        let agent = format!("card-gateway/{}", env!("CARGO_PKG_VERSION"));
        assert_eq!(request.header("user-agent"), Some(agent.as_str()));
        assert_eq!(request.header("accept-encoding"), None);
    }
}

#[test]
fn a_failed_exchange_is_shared_too() {
    let server = Scripted::start(|_| {
        let mut slowly = vec![Step::Wait(Duration::from_millis(300))];
        slowly.extend(answer(401, &[], r#"{"success":false,"error":"Invalid API key or secret"}"#));
        slowly
    });
    let client = client(&settings(&server));
    let again = client.clone();
    run(async move {
        let results = at_once(20, move || {
            let client = client.clone();
            async move { client.customers_page(1, 20).await }
        });
        for result in results.await {
            let error = result.expect_err("refused");
            assert_eq!((error.reason(), error.status()), (Reason::Unauthorized, Some(401)));
            assert_eq!(error.message(), Some("Invalid API key or secret"));
        }
        // The issuer might lock a key pair that is sent again and again.
        assert!(again.customers_page(1, 20).await.is_err());
    });
    assert_eq!((server.count(TOKEN), server.count(CUSTOMERS)), (1, 0));
}

#[test]
fn a_token_is_renewed_before_its_end() {
    let tokens = AtomicUsize::new(0);
    let server = Scripted::start(move |request| {
        if request.path() == TOKEN {
            // With 301 seconds left, five minutes before the end is in a second.
            granted(tokens.fetch_add(1, Ordering::SeqCst) + 1, r#""expires_in":301"#)
        } else {
            answer(200, &[], PAGE)
        }
    });
    let client = client(&settings(&server));
    run(async {
        client.customers_page(1, 20).await.expect("a page");
        client.customers_page(1, 20).await.expect("a page");
        assert_eq!(server.count(TOKEN), 1);
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        client.customers_page(1, 20).await.expect("a page");
    });
    let bearers: Vec<String> = server
        .requests()
        .iter()
        .filter_map(|request| request.header("authorization").map(str::to_owned))
        .collect();
    let expected = ["Bearer token_of_acme_1", "Bearer token_of_acme_1", "Bearer token_of_acme_2"];
    assert_eq!(bearers, expected);
    let left = client.snapshot().token_expires_at.expect("a token").millis()
        - card_gateway::domain::time::Timestamp::now().millis();
    assert!((295_000..=301_000).contains(&left), "{left}");
}

#[test]
fn a_token_that_is_not_accepted_is_renewed_once() {
    let server = issuer(|request, _| {
        if request.header("authorization") == Some("Bearer token_of_acme_1") {
            answer(401, &[], r#"{"error":"unauthorized","message":"Token expired"}"#)
        } else {
            answer(200, &[], PAGE)
        }
    });
    let client = client(&settings(&server));
    let results = run(at_once(20, move || {
        let client = client.clone();
        async move { client.customers_page(1, 20).await }
    }));
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(server.count(TOKEN), 2, "the first, and one renewal for all");
}

#[test]
fn two_tokens_that_are_not_accepted_are_an_error() {
    let server = issuer(|_, _| answer(401, &[], r#"{"error":"unauthorized","message":"No"}"#));
    let client = client(&settings(&server));
    let error = run(client.customers_page(1, 20)).expect_err("refused");
    assert_eq!(error.reason(), Reason::Unauthorized);
    assert_eq!(error.code(), Some("unauthorized"));
    assert_eq!((server.count(TOKEN), server.count(CUSTOMERS)), (2, 2), "and no loop");
    let said = client.snapshot().last_error.expect("a failure").sentence;
    assert!(said.contains("does not accept the program's credentials (401"), "{said}");
}

#[test]
fn an_exchange_is_tried_again_when_the_failure_passes() {
    let tokens = AtomicUsize::new(0);
    let server = Scripted::start(move |request| match request.path() {
        TOKEN if tokens.fetch_add(1, Ordering::SeqCst) < 2 => answer(503, &[], "<html>"),
        TOKEN => granted(1, r#""expires_at":"2999-01-01T00:00:00Z""#),
        _ => answer(200, &[], PAGE),
    });
    let client = client(&settings(&server));
    run(client.customers_page(1, 20)).expect("a page");
    assert_eq!((server.count(TOKEN), server.count(CUSTOMERS)), (3, 1));
}

#[test]
fn an_exchange_is_not_tried_for_ever() {
    let server = Scripted::start(|_| answer(503, &[], "<html>"));
    let error = run(client(&settings(&server)).customers_page(1, 20)).expect_err("it is down");
    assert_eq!((error.reason(), error.status()), (Reason::Unavailable, Some(503)));
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn an_exchange_without_a_token_is_an_error() {
    for body in [r#"{"success":true}"#, r#"{"success":true,"access_token":null}"#, "[]"] {
        let server = Scripted::start(move |_| answer(200, &[], body));
        let client = client(&settings(&server));
        let error = run(client.customers_page(1, 20)).expect_err("no token");
        assert_eq!(error.reason(), Reason::Unreadable, "{body}");
        assert_eq!(server.count(CUSTOMERS), 0);
    }
}
