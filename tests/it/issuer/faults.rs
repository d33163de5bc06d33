//! What an issuer can do wrong, and what becomes of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use card_gateway::issuer::{BreakerState, IssuerError, MAX_ANSWER, Reason};

use super::{CUSTOMERS, PAGE, client, issuer, run, settings};
use crate::support::scripted::{Request, Step, answer};

/// Answers as a fault does, so many times, and well afterwards.
fn after(faults: usize, fault: Vec<Step>) -> impl Fn(&Request, usize) -> Vec<Step> {
    move |_, number| if number <= faults { fault.clone() } else { answer(200, &[], PAGE) }
}

fn raw(text: &str) -> Step {
    Step::Send(text.as_bytes().to_vec())
}

/// Faults that pass: what they are, and how they look.
fn passing() -> Vec<(&'static str, Vec<Step>, Reason)> {
    let cut = PAGE.get(..40).expect("it is longer");
    let length = PAGE.len();
    vec![
        ("500", answer(500, &[], r#"{"error":"internal","request_id":"r"}"#), Reason::Unavailable),
        ("HTML 503", answer(503, &[], "<html>Bad gateway</html>"), Reason::Unavailable),
        ("HTML 200", answer(200, &[], "<html>Sign in</html>"), Reason::Unreadable),
        ("cut JSON", answer(200, &[], cut), Reason::Unreadable),
        ("empty", answer(200, &[], ""), Reason::Unreadable),
        (
            "a body that is cut off",
            vec![
                raw(&format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{cut}")),
                Step::Close,
            ],
            Reason::Unreachable,
        ),
        (
            "a cut chunk",
            vec![
                raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{\"a\":"),
                Step::Close,
            ],
            Reason::Unreachable,
        ),
        ("a reset", vec![Step::Reset], Reason::Unreachable),
        ("no answer", vec![Step::Close], Reason::Unreachable),
        ("no HTTP", vec![raw("220 smtp.example ESMTP\r\n\r\n"), Step::Close], Reason::Unreachable),
    ]
}

/// Tries each of them, all at once: the pauses are long.
fn each(test: impl Fn(&'static str, Vec<Step>, Reason) + Sync) {
    std::thread::scope(|scope| {
        for (name, fault, reason) in passing() {
            let test = &test;
            scope.spawn(move || test(name, fault, reason));
        }
    });
}

#[test]
fn reads_are_tried_again_when_a_fault_passes() {
    each(|name, fault, _| {
        let server = issuer(after(2, fault));
        let client = client(&settings(&server));
        let page =
            run(client.customers_page(1, 20)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((page.customers.len(), server.count(CUSTOMERS)), (1, 3), "{name}");
        assert!(client.snapshot().last_error.is_some() && client.snapshot().last_success.is_some());
    });
}

#[test]
fn reads_are_not_tried_for_ever() {
    each(|name, fault, reason| {
        let server = issuer(after(usize::MAX, fault));
        let client = client(&settings(&server));
        let error = run(client.customers_page(1, 20)).expect_err(name);
        assert_eq!(error.reason(), reason, "{name}");
        assert_eq!(server.count(CUSTOMERS), 4, "{name}");
        let said = client.snapshot().last_error.expect("a failure").sentence;
        assert!(said.starts_with("the issuer"), "{said}");
    });
}

#[test]
fn a_slow_answer_is_given_up_and_tried_again() {
    let mut slow = vec![raw("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{")];
    slow.push(Step::Wait(Duration::from_secs(30)));
    let server = issuer(after(1, slow));
    let mut settings = settings(&server);
    settings.timeout = Duration::from_millis(300);
    let start = Instant::now();
    run(client(&settings).customers_page(1, 20)).expect("the second is quick");
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(server.count(CUSTOMERS), 2);
    let silent = issuer(after(usize::MAX, vec![Step::Wait(Duration::from_secs(30))]));
    settings.base_url = silent.url().parse().expect("a URL");
    let error = run(client(&settings).customers_page(1, 20)).expect_err("silence");
    assert_eq!(error.reason(), Reason::Timeout);
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_refusal_is_not_tried_again() {
    for (status, body, code, message) in [
        (403, r#"{"success":false,"error":"NOT_APPROVED"}"#, Some("NOT_APPROVED"), None),
        (
            400,
            r#"{"success":false,"error_code":"MISSING_IDENTIFIER","message":"Which?"}"#,
            Some("MISSING_IDENTIFIER"),
            Some("Which?"),
        ),
        (
            422,
            r#"{"error":"card_not_active","message":"No","details":{}}"#,
            Some("card_not_active"),
            Some("No"),
        ),
        (400, r#"{"success":false,"error":"A sentence."}"#, None, Some("A sentence.")),
        (400, r#"{"status":false,"message":"No"}"#, None, Some("No")),
        (
            400,
            r#"{"status":"error","message":"No","error_code":"FEATURE_NOT_AVAILABLE_IN_SANDBOX"}"#,
            Some("FEATURE_NOT_AVAILABLE_IN_SANDBOX"),
            Some("No"),
        ),
        (400, r#"{"error":{"code":"BAD","message":"No","fields":{}}}"#, Some("BAD"), Some("No")),
        (418, "<html>", None, None),
        // An error under a good status is one, too.
        (200, r#"{"success":false,"error":"NOT_APPROVED"}"#, Some("NOT_APPROVED"), None),
    ] {
        let server = issuer(move |_, _| answer(status, &[], body));
        let client = client(&settings(&server));
        let error = run(client.customers_page(1, 20)).expect_err(body);
        assert_eq!((error.reason(), error.status()), (Reason::Rejected, Some(status)), "{body}");
        assert_eq!((error.code(), error.message()), (code, message), "{body}");
        assert_eq!(server.count(CUSTOMERS), 1, "{body}");
        assert_eq!(client.snapshot().breaker, BreakerState::Closed);
        let said = error.to_string();
        assert!(message.is_none_or(|message| !said.contains(message)), "{said}");
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = issuer(|_, _| answer(200, &[], PAGE));
    let target = format!("{}/v1/card-issuer/customers", elsewhere.url());
    for status in [301, 302, 303, 307, 308] {
        let target = target.clone();
        let server = issuer(move |_, _| answer(status, &[("location", &target)], ""));
        let error = run(client(&settings(&server)).customers_page(1, 20)).expect_err("a redirect");
        assert_eq!((error.reason(), error.status()), (Reason::Redirected, Some(status)));
        assert!(error.to_string().contains("redirect"), "{error}");
        assert_eq!(server.count(CUSTOMERS), 1);
    }
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn an_answer_that_is_too_long_is_cut_off() {
    let three = 3 << 20;
    for (name, head) in [
        ("it says so", format!("HTTP/1.1 200 OK\r\ncontent-length: {three}\r\n\r\n")),
        ("it ends with the connection", "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_owned()),
    ] {
        let fault = vec![raw(&head), Step::Flood(three), Step::Close];
        let server = issuer(after(usize::MAX, fault));
        let error = run(client(&settings(&server)).customers_page(1, 20)).expect_err(name);
        assert_eq!(error.reason(), Reason::TooLarge, "{name}");
        assert_eq!(server.count(CUSTOMERS), 1, "{name}");
    }
    let padded = [PAGE, &" ".repeat(MAX_ANSWER - PAGE.len())].concat();
    let server = issuer(move |_, _| answer(200, &[], &padded));
    run(client(&settings(&server)).customers_page(1, 20)).expect("just short enough");
}

#[test]
fn a_compressed_answer_is_not_unpacked() {
    let packed = b"\x1f\x8b\x08\x00\x00\x00\x00\x00".to_vec();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        packed.len()
    );
    let server = issuer(after(usize::MAX, vec![raw(&head), Step::Send(packed)]));
    let error = run(client(&settings(&server)).customers_page(1, 20)).expect_err("not asked for");
    assert_eq!(error.reason(), Reason::Unreadable);
}

#[test]
fn an_issuer_that_fails_again_and_again_is_left_alone() {
    let well = Arc::new(AtomicBool::new(false));
    let mended = Arc::clone(&well);
    let server = issuer(move |_, _| {
        if well.load(Ordering::SeqCst) {
            answer(200, &[], PAGE)
        } else {
            answer(503, &[], "<html>")
        }
    });
    let client = client(&settings(&server));
    run(async {
        let mut last: Option<IssuerError> = None;
        for _ in 0..3 {
            last = client.customers_page(1, 20).await.err();
        }
        let error = last.expect("it fails");
        assert_eq!(error.reason(), Reason::CircuitOpen);
        let wait = error.retry_after().expect("it says when");
        assert!(wait <= Duration::from_secs(5), "{wait:?}");
        assert!(error.to_string().contains("try again in"), "{error}");
        assert!(matches!(client.snapshot().breaker, BreakerState::Open(_)));
        let said = client.snapshot().last_error.expect("a failure").sentence;
        assert!(said.contains("503"), "what happened, not that nothing is sent: {said}");
        let calls = server.count(CUSTOMERS);
        assert_eq!(calls, 5);
        let start = Instant::now();
        for _ in 0..50 {
            let error = client.background().customers_page(1, 20).await.expect_err("open");
            assert_eq!(error.reason(), Reason::CircuitOpen);
        }
        assert!(start.elapsed() < Duration::from_secs(1), "at once");
        assert_eq!(server.count(CUSTOMERS), calls, "nothing was sent");
        mended.store(true, Ordering::SeqCst);
        tokio::time::sleep(wait).await;
        client.customers_page(1, 20).await.expect("it is back");
        assert_eq!(client.snapshot().breaker, BreakerState::Closed);
    });
}

#[test]
fn an_issuer_that_is_away_is_an_error_that_names_no_address() {
    let settings = {
        let server = issuer(|_, _| answer(200, &[], PAGE));
        settings(&server)
    };
    let error =
        run(client(&settings).look_up(card_gateway::issuer::LookUp::Email("m@example.com")));
    let error = error.expect_err("nobody listens");
    assert_eq!(error.reason(), Reason::Unreachable);
    let said = format!("{error} {error:?}");
    assert!(said.contains("refused"), "the cause is for the operator: {said}");
    assert!(!said.contains("m@example.com") && !said.contains("auth/token"), "{said}");
}
