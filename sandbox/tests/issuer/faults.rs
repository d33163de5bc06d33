//! Everything that can go wrong with a call.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use card_gateway_sandbox::issuer::{
    CardState, Dialect, Fault, FaultRule, IssuerOptions, PaymentKind, RateLimit, Stage,
};
use serde_json::{Value, json};

use crate::support::Tester;

const LIST: &str = "/v1/card-issuer/customers";
const ROUTE: &str = "GET /v1/card-issuer/customers";

fn header(answer: &crate::support::Answer, name: &str) -> Option<i64> {
    answer.headers.get(name)?.to_str().ok()?.parse().ok()
}

#[test]
fn a_fault_comes_when_the_script_says_so() {
    let tester = Tester::with(3);
    tester.issuer.add_fault(FaultRule::on(ROUTE, Fault::Status(500)).after(1).times(2));
    let statuses: Vec<u16> = (0..4).map(|_| tester.get(LIST).status).collect();
    assert_eq!(statuses, [200, 500, 500, 200]);
    // Another route is another matter, but for a star.
    tester.issuer.add_fault(FaultRule::on("GET /v1/card-issuer/*", Fault::Status(503)).once());
    assert_eq!(tester.get("/v1/card-issuer/status").status, 503);
    tester.issuer.add_fault(FaultRule::on("*", Fault::Status(502)));
    tester.issuer.add_fault(FaultRule::on("*", Fault::Status(502)).for_program("another"));
    assert_eq!(tester.get(LIST).status, 502);
    tester.issuer.clear_faults();
    assert_eq!(tester.get(LIST).status, 200);
}

#[test]
fn a_401_in_the_middle_ends_the_token() {
    let mut tester = Tester::with(3);
    tester.issuer.add_fault(FaultRule::on(ROUTE, Fault::Unauthorized).after(1).once());
    let statuses: Vec<u16> = (0..3).map(|_| tester.get(LIST).status).collect();
    assert_eq!(statuses, [200, 401, 401]);
    tester.token = tester.new_token();
    assert_eq!(tester.get(LIST).status, 200);
}

#[test]
fn a_429_says_when_to_come_back_and_calls_before_are_counted() {
    let tester = Tester::with(3);
    tester.issuer.add_fault(FaultRule::on(ROUTE, Fault::TooManyCalls(2)).once());
    let answer = tester.get(LIST);
    assert_eq!(answer.status, 429);
    assert_eq!(header(&answer, "retry-after"), Some(2));
    assert_eq!(answer.body["retry_after"], 2);
    assert_eq!(tester.issuer.calls().early, 0);
    tester.get(LIST);
    assert_eq!(tester.issuer.calls().early, 1);
    std::thread::sleep(Duration::from_millis(2_050));
    tester.get(LIST);
    assert_eq!(tester.issuer.calls().early, 1);
}

#[test]
fn bodies_can_be_anything() {
    let tester = Tester::with(30);
    let once = |fault| tester.issuer.add_fault(FaultRule::on(ROUTE, fault).once());
    once(Fault::Html(503));
    let answer = tester.get(LIST);
    assert_eq!(answer.status, 503);
    assert!(answer.text.starts_with("<!doctype html>"));
    once(Fault::CutJson);
    let answer = tester.get(LIST);
    assert_eq!((answer.status, &answer.body), (200, &Value::Null));
    assert!(answer.text.starts_with(r#"{"success":true"#));
    once(Fault::Huge);
    assert!(tester.get(LIST).text.len() > 2 << 20);
    once(Fault::Redirect("https://elsewhere.example/".to_owned()));
    let answer = tester.get(LIST);
    assert_eq!(answer.status, 302);
    assert_eq!(answer.headers["location"], "https://elsewhere.example/");
    once(Fault::Status(500));
    let answer = tester.get(LIST);
    assert_eq!(answer.code(), (500, "internal_error"));
    assert!(answer.body["request_id"].is_string());
}

#[test]
fn connections_can_break() {
    let tester = Tester::with(30);
    let once = |fault| tester.issuer.add_fault(FaultRule::on(ROUTE, fault).once());
    once(Fault::Reset);
    tester.try_get(LIST).expect_err("no answer");
    once(Fault::CutConnection);
    tester.try_get(LIST).expect_err("half an answer");
    tester.try_get(LIST).expect("an answer");
    let calls = tester.issuer.calls();
    assert_eq!((calls.with_status(0), calls.of(ROUTE)), (1, 3));
}

#[test]
fn answers_can_be_slow_and_calls_in_parallel_are_counted() {
    let tester = Tester::with(3);
    tester.issuer.add_fault(FaultRule::on(ROUTE, Fault::Slow(Duration::from_millis(500))));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| assert_eq!(tester.get(LIST).status, 200));
        }
    });
    assert!(begun.elapsed() >= Duration::from_millis(500));
    assert_eq!(tester.issuer.calls().max_parallel, 3);
}

fn ids(answer: &crate::support::Answer) -> Vec<String> {
    let items = answer.data()["customers"].as_array().expect("a list");
    items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn a_list_moves_between_two_pages() {
    let tester = Tester::with(60);
    let page = |number: usize| ids(&tester.get(&format!("{LIST}?page={number}")));
    let first = page(1);
    tester.issuer.add_fault(FaultRule::on(ROUTE, Fault::insert_at_front(3)).once());
    // Three slip from the first page onto the second.
    assert_eq!(page(2)[..3], first[17..]);
    let third = page(3);
    tester.issuer.add_fault(FaultRule::on(ROUTE, Fault::remove_from_middle(2)).once());
    assert_eq!(page(3)[..18], third[2..]);
    assert_eq!(tester.issuer.act(|program| program.gone().count()), 2);
    let before: BTreeSet<String> = (1..=4).flat_map(page).collect();
    tester.issuer.add_fault(FaultRule::on(ROUTE, Fault::reorder(5)).once());
    let after: Vec<String> = (1..=4).flat_map(page).collect();
    assert_eq!(after.iter().cloned().collect::<BTreeSet<_>>(), before);
    assert_eq!(after.len(), 61);
}

#[test]
fn a_page_can_repeat_the_one_before() {
    let tester = Tester::with(60);
    let first = tester.get(LIST);
    tester.issuer.add_fault(FaultRule::on(ROUTE, Fault::RepeatedPage).once());
    let second = tester.get(&format!("{LIST}?page=2"));
    assert_eq!(ids(&first), ids(&second));
    assert_eq!(second.data()["page"], 2);
    assert_ne!(ids(&first), ids(&tester.get(&format!("{LIST}?page=2"))));
}

#[test]
fn an_answer_is_lost_after_the_money_has_moved() {
    let tester = Tester::with(100);
    let who = tester.spender();
    let route = "POST /v1/card-issuer/fund-customer";
    let body = json!({ "yativo_card_id": who, "amount": 25.5, "source_chain": "SOL" });
    let send = || {
        let request = tester.request("POST", "/v1/card-issuer/fund-customer");
        let request = request.header("Idempotency-Key", "key-1").body(body.to_string());
        request.send().map(|response| response.status().as_u16())
    };
    tester.issuer.add_fault(FaultRule::on(route, Fault::lost_answer()).once());
    send().expect_err("no answer");
    let after = |fault| Fault::AfterDone(Box::new(fault));
    tester.issuer.add_fault(FaultRule::on(route, after(Fault::Status(500))).once());
    assert_eq!(send().expect("an answer"), 500);
    tester
        .issuer
        .add_fault(FaultRule::on(route, after(Fault::Slow(Duration::from_millis(50)))).once());
    assert_eq!(send().expect("an answer"), 200);
    tester.issuer.add_fault(FaultRule::on(route, Fault::Reset).once());
    send().expect_err("no answer, and nothing done");
    let payments = tester.issuer.act(|program| program.payments().to_vec());
    assert_eq!(payments.len(), 3);
    for payment in payments {
        assert_eq!((payment.kind, payment.amount), (PaymentKind::Fund, 2_550));
        assert_eq!(payment.idempotency_key.as_deref(), Some("key-1"));
        assert_eq!(payment.customer.as_deref(), Some(who.as_str()));
    }
}

#[test]
fn a_rate_limit_refuses_and_tells_when_to_come_back() {
    let limit = RateLimit { calls: 3, window: Duration::from_secs(2) };
    let tester =
        Tester::start(IssuerOptions { rate_limit: Some(limit), ..IssuerOptions::default() }, 3);
    let left: Vec<_> = (0..4)
        .map(|_| {
            let answer = tester.get(LIST);
            assert_eq!(header(&answer, "x-ratelimit-limit"), Some(3));
            assert!(header(&answer, "x-ratelimit-reset") > Some(1_700_000_000));
            (
                answer.status,
                header(&answer, "x-ratelimit-remaining"),
                header(&answer, "retry-after"),
            )
        })
        .collect();
    let good = |left| (200, Some(left), None);
    assert_eq!(left[..3], [good(2), good(1), good(0)]);
    assert_eq!((left[3].0, left[3].1), (429, Some(0)));
    // Never longer than the window, never less than is left of it.
    assert!(matches!(left[3].2, Some(1..=2)), "{left:?}");
    std::thread::sleep(Duration::from_millis(2_050));
    assert_eq!(tester.get(LIST).status, 200);
    let calls = tester.issuer.take_calls();
    assert_eq!((calls.with_status(429), calls.with_status(200)), (1, 5));
    assert_eq!(tester.issuer.calls().total(), 0);
}

#[test]
fn every_answer_has_the_headers_of_the_limit() {
    let tester = Tester::with(3);
    for path in [LIST, "/v1/card-issuer/customers/nobody", "/v1/nowhere", "/v1/card-issuer/apply"] {
        let answer = tester.get(path);
        for name in ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"] {
            assert!(header(&answer, name).is_some(), "{path} {name}");
        }
    }
}

#[test]
fn words_that_no_page_names_are_written_as_they_are() {
    let tester = Tester::with(3);
    let who = tester.issuer.act(|program| {
        let who = program.add_customer();
        let stage = Stage::unknown("biometric_review", 4, "Wait for the review");
        program.set_stage(&who, stage).expect("the customer");
        program.set_kyc(&who, "escalated").expect("the customer");
        who
    });
    let answer = tester.get(&format!("{LIST}/{who}"));
    let data = answer.data();
    assert_eq!((&data["flow_status"], &data["step"]), (&json!("biometric_review"), &json!(4)));
    assert_eq!(data["kyc_status"], "escalated");
    let tester = Tester::with(100);
    let who = tester.spender();
    tester.issuer.act(|program| {
        let card = program.customer(&who).expect("the customer").cards[0].id.to_string();
        program.set_card_state(&who, &card, CardState::Other("under_review")).expect("the card");
    });
    let card = tester.get(&format!("{LIST}/{who}")).data()["cards"][0].clone();
    assert_eq!((&card["status"], &card["is_blocked"]), (&json!("under_review"), &json!(false)));
}

#[test]
fn the_same_answer_can_be_written_as_other_pages_do() {
    let tester = Tester::with(100);
    let who = tester.spender();
    tester.issuer.set_dialect(Dialect {
        fewer_identifiers: true,
        currency_as_token: true,
        booleans_as_text: true,
        times_without_millis: true,
        absent_for_null: true,
        unknown_members: true,
    });
    let answer = tester.get(&format!("{LIST}/{who}"));
    assert_eq!(answer.body["success"], true);
    let data = answer.data();
    assert!(["EURe", "GBPe", "USDCe"].contains(&data["currency"].as_str().expect("a text")));
    assert_eq!(data["safe_deployed"], "true");
    assert_eq!(data["created_at"].as_str().map(str::len), Some("2026-04-20T08:00:00Z".len()));
    assert!(data.get("id").is_none() && data.get("x_risk_band").is_some());
    assert!(data.as_object().expect("an object").values().all(|value| !value.is_null()));
    let list = tester.get(LIST);
    assert!(list.data()["customers"][0].get("id").is_none());
    assert!(list.data()["customers"][0].get("customer_id").is_some());
}
