//! What the calls ask, and what they make of the answers.

use card_gateway::domain::money::{Currency, Minor};
use card_gateway::issuer::{DeliveryFilter, LookUp, Reason};

use super::{client, issuer, run, settings};
use crate::support::scripted::{Scripted, answer};

fn asked(server: &Scripted) -> Vec<String> {
    let requests = server.requests();
    let all = requests.iter().filter(|request| request.method == "GET");
    all.map(|request| request.target.trim_start_matches("/api").to_owned()).collect()
}

#[test]
fn every_call_goes_where_the_pages_say() {
    let server = issuer(|request, _| {
        let data = match request.path().trim_start_matches("/api/v1/") {
            "card-issuer/customers" => r#"{"customers":[],"total":0}"#,
            "card-issuer/status" => r#"{"enrolled":true,"status":"approved"}"#,
            "yativo-card/webhooks" => r#"[{"webhook_id":"w1","enabled":true}]"#,
            "yativo-card/webhooks/w1/deliveries" => r#"{"deliveries":[{"delivery_id":"d1"}]}"#,
            "yativo-card/webhooks/deliveries/d%2F1" => {
                r#"{"delivery_id":"d/1","payload":{"id":"evt_1"}}"#
            }
            _ => r#"{"yativo_card_id":"ycc_1"}"#,
        };
        answer(200, &[], &format!(r#"{{"success":true,"data":{data}}}"#))
    });
    let client = client(&settings(&server));
    run(async {
        assert_eq!(client.customers_page(3, 100).await.expect("a page").total, Some(0));
        assert!(client.customer("mira+1@example.com/x").await.expect("an answer").is_some());
        for by in [
            LookUp::Id("a"),
            LookUp::YativoCardId("b"),
            LookUp::CustomerId("c"),
            LookUp::CardId("d"),
            LookUp::ExternalId("e&f=g"),
            LookUp::Email("m+1@example.com"),
        ] {
            assert!(client.look_up(by).await.expect("an answer").is_some(), "{by:?}");
        }
        assert_eq!(client.status().await.expect("it").status.as_deref(), Some("approved"));
        assert_eq!(client.webhook_subscriptions().await.expect("a list")[0].enabled, Some(true));
        let filter = DeliveryFilter { status: Some("failed"), event_type: Some("card.created") };
        let page = client.deliveries("w1", 100, 50, filter).await.expect("a page");
        assert_eq!(page.deliveries[0].delivery_id, "d1");
        client.deliveries("w1", 50, 0, DeliveryFilter::default()).await.expect("a page");
        let delivery = client.delivery("d/1").await.expect("an answer").expect("it is there");
        assert_eq!(delivery.payload.as_deref(), Some(r#"{"id":"evt_1"}"#));
    });
    assert_eq!(
        asked(&server),
        [
            "/v1/card-issuer/customers?page=3&limit=100",
            "/v1/card-issuer/customers/mira%2B1%40example.com%2Fx",
            "/v1/card-issuer/lookup-customer?id=a",
            "/v1/card-issuer/lookup-customer?yativo_card_id=b",
            "/v1/card-issuer/lookup-customer?customer_id=c",
            "/v1/card-issuer/lookup-customer?card_id=d",
            "/v1/card-issuer/lookup-customer?external_id=e%26f%3Dg",
            "/v1/card-issuer/lookup-customer?email=m%2B1%40example.com",
            "/v1/card-issuer/status",
            "/v1/yativo-card/webhooks",
            "/v1/yativo-card/webhooks/w1/deliveries?limit=100&offset=50&status=failed&eventType=card.created",
            "/v1/yativo-card/webhooks/w1/deliveries?limit=50&offset=0",
            "/v1/yativo-card/webhooks/deliveries/d%2F1",
        ]
    );
}

#[test]
fn a_customer_is_missing_only_if_the_issuer_says_so() {
    for (body, missing) in [
        (r#"{"success":false,"error":"CUSTOMER_NOT_FOUND"}"#, true),
        (r#"{"success":false,"error_code":"NOT_FOUND","message":"No"}"#, true),
        (r#"{"error":{"code":"not_found","message":"No"}}"#, true),
        (r#"{"status":false,"message":"Customer not found"}"#, true),
        ("<html>404 Not Found</html>", false),
        ("", false),
        ("{}", false),
    ] {
        let server = issuer(move |_, _| answer(404, &[], body));
        let client = client(&settings(&server));
        for found in
            [run(client.customer("ycc_1")), run(client.look_up(LookUp::Email("m@example.com")))]
        {
            match found {
                Ok(found) => assert!(missing && found.is_none(), "{body}"),
                Err(error) => {
                    assert!(!missing, "{body}: {error}");
                    assert_eq!((error.reason(), error.status()), (Reason::Rejected, Some(404)));
                }
            }
        }
    }
    // A list that is missing is no empty list.
    let server = issuer(|_, _| answer(404, &[], r#"{"success":false,"error":"NOT_FOUND"}"#));
    assert!(run(client(&settings(&server)).customers_page(1, 20)).is_err());
}

#[test]
fn an_answer_without_what_was_asked_for_is_an_error() {
    for body in [
        r#"{"success":true,"data":null}"#,
        r#"{"success":true,"data":{}}"#,
        r#"{"success":true,"data":{"customers":null}}"#,
        r#"{"success":true,"data":[]}"#,
        "[]",
    ] {
        let server = issuer(move |_, _| answer(200, &[], body));
        let client = client(&settings(&server));
        let page = run(client.customers_page(1, 20)).expect_err(body);
        assert_eq!(page.reason(), Reason::Unreadable, "{body}");
        assert_eq!(run(client.customer("ycc_1")).expect_err(body).reason(), Reason::Unreadable);
    }
}

#[test]
fn identifiers_that_cannot_be_one_are_refused_before_anything_is_sent() {
    let server = issuer(|_, _| answer(200, &[], "{}"));
    let client = client(&settings(&server));
    for id in ["", ".", "..", "a\nb", "a\0b"] {
        let error = run(client.customer(id)).expect_err(id);
        assert_eq!(error.reason(), Reason::Invalid, "{id:?}");
        assert!(run(client.delivery(id)).is_err());
    }
    for name in ["", "a\nb"] {
        let error = run(client.look_up(LookUp::ExternalId(name))).expect_err(name);
        assert_eq!(error.reason(), Reason::Invalid, "{name:?}");
    }
    assert!(server.requests().is_empty());
    assert_eq!(client.snapshot().last_error, None);
}

#[test]
fn the_two_pages_of_a_customer_are_read_into_one_type() {
    let list = r#"{"status":"success","data":{"customers":[{"customer_id":"69F0BDF29A84752DB9CC8FF9",
        "yativo_card_id":"ycc_1","external_customer_id":1207,"flow_status":"terms_accepted","step":"4",
        "safe_deployed":"true","currency":"EURe","ledger_balance":"120.40","created_at":"2026-04-20T08:00:00Z"}],
        "total":"1","page":1,"limit":100,"balances_included":true,"new":{}}}"#;
    let own = r#"{"status":true,"data":{"yativo_card_id":"ycc_1","external_id":"1207",
        "kyc_status":"approved","currency":"EUR","ledger_balance":120.4,"ledger_balance_minor":12040,
        "pin_set":true,"cards":[{"card_id":"AF","status":"brand_new","is_frozen":"false"}]}}"#;
    let server = issuer(move |request, _| {
        answer(200, &[], if request.path().ends_with("/ycc_1") { own } else { list })
    });
    let client = client(&settings(&server));
    let page = run(client.customers_page(1, 100)).expect("a page");
    let (listed, own) = (&page.customers[0], run(client.customer("ycc_1")).expect("an answer"));
    let own = own.expect("it is there");
    assert_eq!(listed.canonical_id().as_deref(), Some("69f0bdf29a84752db9cc8ff9"));
    assert_eq!(own.canonical_id(), None);
    for customer in [listed, &own] {
        assert_eq!(customer.yativo_card_id.as_deref(), Some("ycc_1"));
        assert_eq!(customer.external_customer_id.as_deref(), Some("1207"));
        assert_eq!(customer.currency, Some(Currency::Eur));
        assert_eq!(customer.balance.ledger, Minor::new(12_040));
    }
    assert_eq!(listed.flow_status.as_deref(), Some("terms_accepted"));
    let cards = own.cards.expect("they are there");
    assert_eq!((cards[0].card_id.as_str(), cards[0].status.as_deref()), ("af", Some("brand_new")));
    assert_eq!((cards[0].is_frozen, own.pin_set), (Some(false), Some(true)));
}

#[test]
fn calls_one_after_another_share_connections() {
    let server = issuer(|_, _| answer(200, &[], super::PAGE));
    let client = client(&settings(&server));
    run(async {
        for page in 1..=9 {
            client.customers_page(page, 20).await.expect("a page");
            // A connection comes back a moment after its answer.
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    });
    let requests = server.requests();
    let connections = requests.iter().map(|request| request.connection).max();
    assert!(requests.len() == 10 && connections <= Some(5), "{connections:?}");
}
