//! What is checked here, what is handed through, and whose key is whose.

use card_gateway_sandbox::issuer::{Fault, FaultRule};
use serde_json::{Value, json};

use super::world::{FUND, FUND_ROUTE, SWAP, WITHDRAW, World, fund_body, learn, post};
use crate::support::{Line, on_both};

on_both! {
    fn a_key_is_answered_again_and_belongs_to_one_request_of_one_client(database) {
        let world = World::new(database);
        let (gateway, who) = (world.serve(), world.customer());
        let first = world.fund(&gateway, Some("k"), &who, 2_550);
        assert_eq!(first.status, 200, "{first:?}");
        let data = first.json()["data"].take();
        assert_eq!((&data["pricing_mode"], &data["source"]["chain"]), (&json!("send_x"), &json!("SOL")));
        // The same request, written in another way, under each prefix.
        let same = json!({ "amount": 25.5, "pricing_mode": "send_x", "source_chain": "SOL", "email": null, "yativo_card_id": who, "more": [1] });
        for prefix in ["", "/api"] {
            let again = post(&gateway, &world.token, &format!("{prefix}{FUND}"), Some("k"), &same);
            assert_eq!((again.status, &again.text), (200, &first.text));
        }
        let other = world.fund(&gateway, Some("k"), &who, 2_551);
        assert_eq!((other.status, other.json()["error"].as_str()), (409, Some("conflict")), "{other:?}");
        assert_eq!(other.header("retry-after"), "", "it does not help to wait");
        // Another client of the program has keys of its own; so has another program.
        let colleague = world.token_of("acme", "money");
        let answer = post(&gateway, &colleague, FUND, Some("k"), &fund_body(&who, 2_600));
        assert_eq!(answer.status, 200, "{answer:?}");
        let theirs = world.issuer.act_on("other", |program| {
            let found = program.customers().find(|of| of.wallet.is_some() && of.currency.is_some());
            found.expect("somebody").yativo_card_id.clone()
        }).expect("the program");
        let stranger = world.token_of("other", "money");
        let answer = post(&gateway, &stranger, FUND, Some("k"), &fund_body(&theirs, 2_550));
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_ne!(answer.text, first.text);
        assert_eq!(post(&gateway, &stranger, FUND, Some("k2"), &fund_body(&who, 2_550)).json()["error"], "CUSTOMER_NOT_FOUND");
        assert_eq!((world.payments(2_550).len(), world.payments(2_551).len(), world.payments(2_600).len()), (1, 0, 1));
        // Without a key, each request is a payment.
        for _ in 0..2 {
            assert_eq!(world.fund(&gateway, None, &who, 2_700).status, 200);
        }
        assert_eq!(world.payments(2_700).len(), 2);
    }

    fn what_the_issuer_would_refuse_is_refused_here_with_its_codes(database) {
        let world = World::new(database);
        world.database.import("acme", &[
            Line::new(1).with("safe_deployed", false),
            Line::new(2).with("email", "twin@example.com").cards(&["active"]),
            Line::new(3).with("email", "twin@example.com").cards(&["active"]),
            Line::new(4).with("email", "many@example.com").cards(&["active", "frozen"]),
            Line::new(5).with("email", "none@example.com"),
        ]);
        let (gateway, who) = (world.serve(), world.customer());
        let currency = world.issuer.act(|program| program.customer(&who).and_then(|of| of.currency).expect("one").code());
        let wrong = if currency == "EUR" { "GBP" } else { "EUR" };
        let fund = |with: Value| {
            let mut body = fund_body(&who, 1_000);
            for (name, value) in with.as_object().expect("an object") {
                body[name] = value.clone();
            }
            body
        };
        let cases = [
            (FUND, fund(json!({ "yativo_card_id": null })), 400, "MISSING_IDENTIFIER"),
            (FUND, fund(json!({ "email": "a@example.com" })), 400, "MISSING_IDENTIFIER"),
            (FUND, fund(json!({ "yativo_card_id": "nobody" })), 404, "CUSTOMER_NOT_FOUND"),
            (FUND, fund(json!({ "yativo_card_id": "yativo_card_customer_1" })), 400, "SAFE_NOT_DEPLOYED"),
            (FUND, fund(json!({ "destination_token": wrong })), 400, "TOKEN_MISMATCH"),
            (FUND, fund(json!({ "amount": 4.99 })), 400, "validation_error"),
            (FUND, fund(json!({ "amount": 10.001 })), 400, "validation_error"),
            (FUND, fund(json!({ "amount": "10" })), 400, "validation_error"),
            (FUND, fund(json!({ "source_chain": "ETH" })), 400, "validation_error"),
            (FUND, fund(json!({ "source_chain": null })), 400, "validation_error"),
            (FUND, fund(json!({ "pricing_mode": "exact" })), 400, "validation_error"),
            (FUND, fund(json!({ "destination_token": "CHF" })), 400, "validation_error"),
            (WITHDRAW, json!({ "id": "nobody", "amount": 1 }), 404, "CUSTOMER_NOT_FOUND"),
            (WITHDRAW, json!({ "id": "twin@example.com", "amount": 1 }), 422, "AMBIGUOUS_CUSTOMER"),
            (WITHDRAW, json!({ "id": "many@example.com", "amount": 1 }), 422, "MULTIPLE_CARDS"),
            (WITHDRAW, json!({ "id": "none@example.com", "amount": 1 }), 404, "CARD_NOT_FOUND"),
            (WITHDRAW, json!({ "id": who, "amount": 0 }), 400, "validation_error"),
            (WITHDRAW, json!({ "amount": 1 }), 400, "validation_error"),
            (SWAP, json!({ "from_token": "USD", "to_token": "USDC", "amount": 1 }), 400, "validation_error"),
            (SWAP, json!({ "from_token": "USD", "to_token": "CHF", "amount": 1 }), 400, "validation_error"),
        ];
        world.issuer.take_calls();
        for (path, body, status, code) in cases {
            let answer = post(&gateway, &world.token, path, Some("k"), &body);
            let said = answer.json();
            assert_eq!((answer.status, said["error"].as_str()), (status, Some(code)), "{body}: {answer:?}");
            assert_eq!(said["success"], false, "{said}");
            assert!(said["message"].is_string(), "{said}");
            if code == "TOKEN_MISMATCH" {
                assert_eq!((&said["required_token"], &said["requested_token"]), (&json!(currency), &json!(wrong)));
            }
        }
        for route in ["fund-customer", "withdraw-from-card", "master-wallets/swap"] {
            assert_eq!(world.issuer.calls().of(&format!("POST /v1/card-issuer/{route}")), 0);
        }
        assert!(world.list(&[]).is_empty(), "nothing was ordered: {:?}", world.list(&[]));
    }

    fn the_issuers_own_refusals_come_back_and_are_kept(database) {
        let world = World::new(database);
        let (gateway, who) = (world.serve(), world.customer());
        let much = world.fund(&gateway, Some("k"), &who, 6_000_000);
        assert_eq!((much.status, much.json()["error"].as_str()), (400, Some("DAILY_LIMIT_EXCEEDED")), "{much:?}");
        let calls = world.issuer.calls().of(FUND_ROUTE);
        assert_eq!(world.fund(&gateway, Some("k"), &who, 6_000_000).text, much.text);
        assert_eq!(world.issuer.calls().of(FUND_ROUTE), calls, "it is not asked again");
        let body = json!({ "id": who, "amount": 9_999_999 });
        let poor = post(&gateway, &world.token, WITHDRAW, Some("w"), &body);
        assert_eq!((poor.status, poor.json()["error"].as_str()), (400, Some("INSUFFICIENT_BALANCE")), "{poor:?}");
        let listed = world.list(&[]);
        let codes: Vec<_> = listed.iter().map(|one| (one["state"].as_str(), one["issuer_code"].as_str())).collect();
        assert_eq!(codes, [(Some("refused"), Some("DAILY_LIMIT_EXCEEDED")), (Some("refused"), Some("INSUFFICIENT_BALANCE"))]);
    }

    fn who_may_not_or_cannot_pay_is_told_so(database) {
        let world = World::new(database);
        let (gateway, who) = (world.serve(), world.customer());
        for path in [FUND, WITHDRAW, SWAP] {
            for scope in ["read", "write"] {
                let token = world.token_of("acme", scope);
                let answer = post(&gateway, &token, path, None, &json!({}));
                assert_eq!((answer.status, answer.text.contains("`money`")), (403, true), "{answer:?}");
            }
        }
        let url = format!("{}{FUND}", gateway.host);
        let raw = |kind: &str, body: &str| gateway.send(gateway.client().post(&url).bearer_auth(&world.token).header("content-type", kind).body(body.to_owned()));
        assert_eq!(raw("text/plain", "{}").status, 415);
        for body in ["", "[]", "{\"amount\":1", "{\"amount\":1,\"amount\":2}"] {
            assert_eq!(raw("application/json", body).json()["error"], "validation_error", "{body}");
        }
        assert_eq!(raw("application/json; charset=utf-8", &fund_body(&who, 1_000).to_string()).status, 200);
        for key in ["", "a b", &"x".repeat(256)] {
            let answer = post(&gateway, &world.token, FUND, Some(key), &fund_body(&who, 1_000));
            assert_eq!((answer.status, answer.json()["details"]["Idempotency-Key"].is_string()), (400, true), "{answer:?}");
        }
        // Without a connection to the issuer.
        let alone = world.database.serve();
        let answer = post(&alone, &world.token, FUND, Some("k9"), &fund_body(&who, 1_000));
        assert_eq!((answer.status, answer.json()["error"].as_str()), (503, Some("unavailable")), "{answer:?}");
        assert_eq!(world.payments(1_000).len(), 1);
    }

    fn no_key_body_or_token_is_logged(database) {
        let world = World::new(database);
        let gateway = world.serve_with(&[("CARD_GATEWAY__LOG__LEVEL", "debug")]);
        let who = world.customer();
        let body = json!({ "yativo_card_id": who, "amount": 98_765.43, "source_chain": "SOL", "note": "canary7bird" });
        post(&gateway, &world.token, FUND, Some("canary8key"), &body);
        let body = json!({ "yativo_card_id": who, "amount": 87.65, "source_chain": "SOL", "note": "canary7bird" });
        let fault = Fault::lost_answer();
        world.issuer.add_fault(FaultRule::on(FUND_ROUTE, fault).once());
        assert_eq!(post(&gateway, &world.token, FUND, Some("canary8key2"), &body).status, 504);
        learn(&gateway, &world.token, FUND, "canary8key2", &body);
        let (log, metrics) = (gateway.log_text(), gateway.get("", "/metrics").text);
        for secret in ["canary7bird", "canary8key", "98765.43", world.token.as_str(), who.as_str()] {
            let lines: Vec<&str> = log.lines().filter(|line| line.contains(secret)).collect();
            assert!(lines.is_empty() && !metrics.contains(secret), "{secret}: {lines:#?}");
        }
    }
}
