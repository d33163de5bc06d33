//! Subscriptions, signatures, retries, and switching off.

use std::collections::BTreeSet;
use std::time::Duration;

use card_gateway_sandbox::issuer::{IssuerOptions, Program, SenderOptions, sign};
use serde_json::json;

use crate::receiver::Receiver;
use crate::support::Tester;

const HOOKS: &str = "/v1/yativo-card/webhooks";
const SOON: Duration = Duration::from_secs(10);

fn quick(options: SenderOptions, customers: usize) -> Tester {
    Tester::start(IssuerOptions { sender: options, ..IssuerOptions::default() }, customers)
}

fn millis() -> SenderOptions {
    SenderOptions::every(Duration::from_millis(5))
}

fn create(tester: &Tester, receiver: &Receiver) -> (String, String) {
    let body = json!({ "url": receiver.url, "description": "a test" });
    let answer = tester.post("/v1/webhook/create-webhook", &body);
    assert_eq!(answer.body["status"], true);
    assert_eq!(answer.members(), ["webhook_id", "url", "events", "secret", "created_at"]);
    let text = |name: &str| answer.data()[name].as_str().expect("a text").to_owned();
    (text("webhook_id"), text("secret"))
}

#[track_caller]
fn wait(tester: &Tester) {
    assert!(tester.issuer.wait_for_deliveries(SOON), "deliveries are under way for ever");
}

/// Something that sends one event.
fn happens(program: &mut Program) {
    program.master_deposit("XDC", 1_000);
}

#[test]
fn an_event_is_signed_and_named_as_documented() {
    let (tester, receiver) = (quick(millis(), 1), Receiver::start());
    let (_, secret) = create(&tester, &receiver);
    assert!(secret.starts_with("whsec_"));
    tester.issuer.act(happens);
    wait(&tester);
    let events = receiver.received();
    assert_eq!(events.len(), 1);
    let event = &events[0];
    let timestamp = event.timestamp.parse().expect("Unix seconds");
    assert_eq!(event.signature, sign(&secret, timestamp, event.text.as_bytes()));
    assert_eq!(event.kind, "master_wallet.deposit");
    assert_eq!(event.body["type"], "master_wallet.deposit");
    assert!(event.body["id"].as_str().is_some_and(|id| id.starts_with("evt_")));
    assert_eq!(event.body["created_at"].as_str().map(str::len), Some(24));
    assert_ne!(event.delivery_id, event.body["id"].as_str().unwrap_or_default());
    assert_eq!(event.body["data"]["source_amount_minor"], 1_000);
}

#[test]
fn a_delivery_that_fails_is_tried_seven_times_and_can_be_sent_again() {
    let (tester, receiver) = (quick(millis(), 1), Receiver::start());
    let (webhook, _) = create(&tester, &receiver);
    receiver.answer(500);
    tester.issuer.act(happens);
    wait(&tester);
    let events = receiver.received();
    assert_eq!(events.len(), 7);
    assert_eq!(events.iter().map(|event| &event.delivery_id).collect::<BTreeSet<_>>().len(), 1);
    let list = tester.get(&format!("{HOOKS}/{webhook}/deliveries?status=failed"));
    let item = &list.data()["deliveries"][0];
    assert_eq!((&item["status"], &item["attempt_count"]), (&json!("failed"), &json!(7)));
    assert_eq!((&item["last_response_code"], &item["delivered_at"]), (&json!(500), &json!(null)));
    let id = item["delivery_id"].as_str().expect("a name");
    let one = tester.get(&format!("{HOOKS}/deliveries/{id}"));
    assert_eq!(one.data()["payload"], events[0].body);
    assert_eq!(one.data()["attempts"].as_array().map(Vec::len), Some(7));
    receiver.answer(204);
    assert_eq!(tester.post(&format!("{HOOKS}/deliveries/{id}/retry"), &json!({})).status, 200);
    wait(&tester);
    assert_eq!(receiver.received().len(), 8);
    let one = tester.get(&format!("{HOOKS}/deliveries/{id}"));
    assert_eq!(
        (&one.data()["status"], &one.data()["attempt_count"]),
        (&json!("success"), &json!(8))
    );
    assert!(one.data()["delivered_at"].is_string());
}

#[test]
fn a_receiver_that_recovers_gets_the_event_once_more() {
    let (tester, receiver) =
        (quick(SenderOptions::every(Duration::from_millis(100)), 1), Receiver::start());
    create(&tester, &receiver);
    receiver.answer(0);
    tester.issuer.act(happens);
    while receiver.received().is_empty() {
        std::thread::sleep(Duration::from_millis(2));
    }
    receiver.answer(200);
    wait(&tester);
    let events = receiver.received();
    assert!(events.len() >= 2, "{}", events.len());
    assert!(events.iter().all(|event| event.text == events[0].text));
    assert!(tester.issuer.act(|program| program.deliveries()[0].attempts[0].error.is_some()));
}

#[test]
fn a_hundred_failed_deliveries_in_a_row_switch_the_subscription_off() {
    let options = SenderOptions { delays: Vec::new(), ..millis() };
    let (tester, receiver) = (quick(options, 1), Receiver::start());
    let (webhook, _) = create(&tester, &receiver);
    let enabled = || tester.get(&format!("{HOOKS}/{webhook}")).data()["enabled"] == true;
    receiver.answer(500);
    let many = |count: usize| {
        tester.issuer.act(|program| (0..count).for_each(|_| happens(program)));
        wait(&tester);
    };
    many(99);
    // One that arrives begins the count anew.
    receiver.answer(200);
    many(1);
    receiver.answer(500);
    many(99);
    assert!(enabled());
    many(1);
    assert!(!enabled());
    many(5);
    assert_eq!(receiver.received().len(), 200);
    receiver.answer(200);
    let answer = tester.send("PUT", &format!("{HOOKS}/{webhook}"), &json!({ "enabled": true }));
    assert_eq!(answer.data()["enabled"], true);
    many(1);
    assert_eq!(receiver.received().len(), 201);
}

#[test]
fn subscriptions_are_managed_as_documented() {
    let (tester, receiver) = (quick(millis(), 1), Receiver::start());
    let (webhook, secret) = create(&tester, &receiver);
    let path = format!("{HOOKS}/{webhook}");
    assert_eq!(tester.get(&path).data()["secret"], secret.as_str());
    let list = tester.get(HOOKS);
    assert_eq!(list.data()["webhooks"][0]["webhook_id"], webhook.as_str());
    assert!(list.data()["webhooks"][0].get("secret").is_none());
    // Only what is wanted is sent.
    let body = json!({ "events": ["customer.funded"] });
    assert_eq!(tester.send("PUT", &path, &body).data()["events"], json!(["customer.funded"]));
    tester.issuer.act(happens);
    wait(&tester);
    assert!(receiver.received().is_empty());
    // The old secret ends at once.
    let rotated = tester.post(&format!("{path}/rotate-secret"), &json!({}));
    assert_ne!(rotated.data()["secret"], secret.as_str());
    assert_eq!(tester.send("DELETE", &path, &json!(null)).status, 200);
    assert_eq!(tester.get(&path).code(), (404, "NOT_FOUND"));
    for url in ["http://example.com/hook", "ftp://127.0.0.1/", "nonsense"] {
        let answer = tester.post("/v1/webhook/create-webhook", &json!({ "url": url }));
        assert_eq!(answer.code(), (400, "VALIDATION_ERROR"), "{url}");
    }
}

#[test]
fn nothing_is_posted_to_other_machines() {
    let tester = quick(SenderOptions { delays: Vec::new(), ..millis() }, 1);
    tester.issuer.act(|program| {
        program.subscribe("https://192.0.2.1/hook", &["*"]);
        happens(program);
    });
    wait(&tester);
    let error = tester.issuer.act(|program| program.deliveries()[0].attempts[0].error.clone());
    assert_eq!(error.as_deref(), Some("the sandbox posts over http to this machine alone"));
}

#[test]
fn deliveries_are_listed_newest_first_by_offset() {
    let options = SenderOptions { concurrency: 1, ..millis() };
    let (tester, receiver) = (quick(options, 1), Receiver::start());
    create(&tester, &receiver);
    tester.issuer.act(|program| {
        for _ in 0..30 {
            happens(program);
        }
        program.master_deposit("SOL", 5_000);
    });
    wait(&tester);
    // With one at a time, they come in their order.
    let sent: Vec<String> =
        receiver.received().into_iter().map(|event| event.delivery_id).collect();
    let page = |query: &str| {
        let answer = tester.get(&format!("{HOOKS}/deliveries/all?{query}"));
        let items = answer.data()["deliveries"].as_array().expect("a list").clone();
        items
            .iter()
            .map(|item| item["delivery_id"].as_str().expect("a name").to_owned())
            .collect::<Vec<_>>()
    };
    let mut listed = page("limit=20");
    listed.extend(page("limit=20&offset=20"));
    listed.reverse();
    assert_eq!(listed, sent);
    assert_eq!(page("eventType=master_wallet.deposit&limit=100").len(), 32);
    assert!(page("eventType=customer.funded").is_empty());
    assert!(page("status=failed").is_empty());
}

#[test]
fn some_events_come_twice_if_that_is_wanted() {
    let (tester, receiver) =
        (quick(SenderOptions { twice_every: Some(2), ..millis() }, 1), Receiver::start());
    create(&tester, &receiver);
    tester.issuer.act(|program| (0..4).for_each(|_| happens(program)));
    wait(&tester);
    let events = receiver.received();
    assert_eq!(events.len(), 6);
    assert_eq!(
        events.iter().map(|event| event.body["id"].to_string()).collect::<BTreeSet<_>>().len(),
        4
    );
}
