//! The issuer's limits, and our own budget.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use card_gateway::issuer::Reason;

use super::{CUSTOMERS, PAGE, TOKEN, at_once, client, granted, issuer, run, settings};
use crate::support::issuer::seconds;
use crate::support::scripted::{Scripted, Step, answer};

/// When the requests for customers arrived, from the first on, in milliseconds.
fn times(server: &Scripted) -> Vec<u128> {
    let requests = server.requests();
    let of = requests.iter().filter(|request| request.path() == CUSTOMERS);
    let at: Vec<Instant> = of.map(|request| request.at).collect();
    at.iter().map(|time| time.duration_since(at[0]).as_millis()).collect()
}

/// A refusal for two seconds, said in one of the ways that there are.
fn refusal(way: &str) -> Vec<Step> {
    let date = |seconds: u64| {
        httpdate::fmt_http_date(std::time::SystemTime::now() + Duration::from_secs(seconds))
    };
    let body = r#"{"error":"rate_limit_exceeded","message":"Slow down"}"#;
    match way {
        "seconds" => answer(429, &[("retry-after", "2")], body),
        // The issuer's clock is an hour ahead.
        "date" => answer(429, &[("date", &date(3_600)), ("retry-after", &date(3_602))], body),
        // A Unix time has whole seconds: the third of them begins after two.
        "window" => {
            let reset = (seconds() + 3).to_string();
            answer(429, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &reset)], body)
        }
        "both" => answer(
            429,
            &[("retry-after", "1"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "2")],
            body,
        ),
        "body" => answer(429, &[], r#"{"error":"rate_limit_exceeded","retry_after":2}"#),
        "unavailable" => answer(503, &[("retry-after", "2")], "<html>"),
        other => panic!("{other}"),
    }
}

#[test]
fn nothing_leaves_before_a_refusal_ends() {
    std::thread::scope(|scope| {
        for way in ["seconds", "date", "window", "both", "body", "unavailable"] {
            scope.spawn(move || {
                let server =
                    issuer(
                        move |_, number| {
                            if number == 1 { refusal(way) } else { answer(200, &[], PAGE) }
                        },
                    );
                let client = client(&settings(&server));
                let results = run(at_once(10, move || {
                    let client = client.clone();
                    async move { client.customers_page(1, 20).await }
                }));
                assert!(results.iter().all(Result::is_ok), "{way}: {results:?}");
                let times = times(&server);
                assert_eq!(times.len(), 11, "{way}: one refusal, for all of them");
                assert!(times[1] >= 1_990, "{way}: {times:?}");
            });
        }
    });
}

#[test]
fn a_long_refusal_is_an_error_at_once_and_nothing_is_sent_meanwhile() {
    let server = issuer(|_, _| answer(429, &[("retry-after", "3600")], r#"{"error":"slow"}"#));
    let client = client(&settings(&server));
    let start = Instant::now();
    run(async {
        for _ in 0..5 {
            let error = client.customers_page(1, 20).await.expect_err("refused");
            assert_eq!(error.reason(), Reason::RateLimited);
            let wait = error.retry_after().expect("it is known").as_secs();
            assert!((3_590..=3_600).contains(&wait), "{wait}");
            assert!(error.to_string().contains("try again in 3"), "{error}");
        }
        let error = client.background().customers_page(1, 20).await.expect_err("refused");
        assert_eq!(error.reason(), Reason::RateLimited);
    });
    assert!(start.elapsed() < Duration::from_secs(4));
    assert_eq!(server.count(CUSTOMERS), 1);
    let paused = client.snapshot().paused_until.expect("it is shown").millis();
    let expected = card_gateway::domain::time::Timestamp::now().millis() + 3_600_000;
    assert!((expected - paused).abs() < 10_000);
}

/// An issuer with a window of two seconds and so many calls in it.
fn windows(limit: usize) -> Scripted {
    let window = Mutex::new((Instant::now(), 0_usize));
    let tokens = AtomicUsize::new(0);
    Scripted::start(move |request| {
        let mut window = window.lock().expect("not poisoned");
        if window.0.elapsed() >= Duration::from_secs(2) {
            *window = (Instant::now(), 0);
        }
        window.1 += 1;
        let left = limit.saturating_sub(window.1).to_string();
        let reset = Duration::from_secs(2).saturating_sub(window.0.elapsed()).as_secs() + 1;
        let reset = reset.to_string();
        let headers = [("x-ratelimit-remaining", left.as_str()), ("x-ratelimit-reset", &reset)];
        if window.1 > limit {
            return answer(429, &headers, r#"{"error":"rate_limit_exceeded"}"#);
        }
        if request.path() == TOKEN {
            tokens.fetch_add(1, Ordering::SeqCst);
            granted(1, r#""expires_in":3600"#)
        } else {
            answer(200, &headers, PAGE)
        }
    })
}

#[test]
fn many_callers_meet_no_more_than_one_refusal_in_a_window() {
    let server = windows(10);
    let mut settings = settings(&server);
    settings.timeout = Duration::from_secs(20);
    let client = client(&settings);
    let results = run(at_once(25, move || {
        let client = client.clone();
        async move { client.customers_page(1, 20).await }
    }));
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(server.count(CUSTOMERS), 25, "every call was allowed");
}

#[test]
fn a_window_without_calls_left_is_waited_for() {
    let server = issuer(|_, number| {
        let left = if number == 1 { "0" } else { "50" };
        answer(200, &[("x-ratelimit-remaining", left), ("x-ratelimit-reset", "2")], PAGE)
    });
    let client = client(&settings(&server));
    run(async {
        client.customers_page(1, 20).await.expect("a page");
        assert_eq!(client.snapshot().issuer_calls_left, Some(0));
        assert!(client.snapshot().issuer_window_ends.is_some());
        client.customers_page(2, 20).await.expect("a page");
        assert_eq!(client.snapshot().issuer_calls_left, Some(50));
    });
    assert!(times(&server)[1] >= 1_990, "{:?}", times(&server));
}

#[test]
fn the_budget_is_shared_by_all_clones_and_counts_the_exchange() {
    let server = issuer(|_, _| answer(200, &[], PAGE));
    let mut settings = settings(&server);
    settings.calls_per_minute = 10;
    settings.timeout = Duration::from_millis(500);
    let client = client(&settings);
    assert_eq!(client.snapshot().budget_calls_left, Some(10));
    let of_all = client.clone();
    let results = run(at_once(20, move || {
        let client = of_all.clone();
        async move { client.customers_page(1, 20).await }
    }));
    let refused: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    assert_eq!(server.requests().len(), 10);
    assert_eq!(refused.len(), 11);
    for error in refused {
        assert_eq!((error.reason(), error.status()), (Reason::RateLimited, None));
    }
    assert_eq!(client.snapshot().budget_calls_left, Some(0));
}
