//! No data of customers or clients is logged or becomes a metric: a marker in every
//! input appears in no output.

use serde_json::json;

use crate::support::issuer::{ACME, event, from_now};
use crate::support::watcher::Socket;
use crate::support::{Line, on_both, transaction};

const CANARY: &str = "canary7bird";

on_both! {
    fn no_personal_data_in_logs_or_metrics(database) {
        let id = format!("{:024x}", 1);
        let line = Line::new(1).balance(100, 0).cards(&["active"])
            .with("email", format!("{CANARY}@example.com")).with("external_customer_id", CANARY)
            .with("yativo_card_id", format!("yativo_card_customer_{CANARY}"));
        let token = database.program_with("acme", &[line]);
        let mut bought = transaction(&id, 1, 100);
        bought.merchant = Some(CANARY.to_owned());
        database.put_transactions("acme", vec![bought]);
        let gateway = database.serve_with(&[ACME, ("CARD_GATEWAY__LOG__LEVEL", "debug")]);
        let post = |token: &str, body: String| {
            let request = gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(token);
            let request = request.header("content-type", "application/json").header("user-agent", CANARY).header("origin", format!("https://{CANARY}.example")).header("x-request-id", format!("{CANARY}\u{e9}"));
            gateway.send(request.body(body))
        };
        let seen = post(&token, json!({ "query": "query Look($id: ID!) { cardCustomer(identifier: $id) { email externalCustomerId transactions { nodes { merchant } } } }", "variables": { "id": CANARY } }).to_string());
        assert!(seen.text.contains(&format!("{CANARY}@example.com")), "it is there: {}", seen.text);
        for query in [
            format!("{{ cardCustomer(identifier: \"{CANARY}\") {{ {CANARY}: email }} }}"),
            format!("{{ {CANARY} }}"), format!("{{ {CANARY}"), format!("{{ cardCustomers(after: \"{CANARY}\") {{ totalCount }} }}"),
            format!("{{ cardCustomers(status: {CANARY}) {{ totalCount }} }}"), format!("# {CANARY}\n{{ __typename }}"),
        ] {
            post(&token, json!({ "query": query, "variables": { CANARY: CANARY }, "extensions": { CANARY: CANARY } }).to_string());
        }
        for body in [CANARY.to_owned(), format!("{{\"query\":\"{CANARY}"), json!({ "query": 1, CANARY: CANARY }).to_string()] {
            post(&token, body);
        }
        for stranger in [CANARY.to_owned(), format!("cgw_{CANARY}"), format!("{token}{CANARY}")] {
            post(&stranger, json!({ "query": "{ __typename }" }).to_string());
        }
        for path in ["/v1/card-issuer/customers/{}", "/v1/card-issuer/customers/{}/card-transactions", "/v1/card-issuer/customers?status={}", "/v1/card-issuer/{}", "/{}", "/graphql?query={}", "/webhooks/yativo/{}"] {
            gateway.get(&token, &path.replace("{}", CANARY));
            gateway.get(CANARY, &path.replace("{}", CANARY));
        }
        let data = json!({ "email": format!("{CANARY}@example.com"), "merchant": CANARY, "transaction_id": CANARY, "amount": "1.00", "currency": "EUR", CANARY: CANARY });
        assert_eq!(gateway.take(&event("evt_1", "transaction.authorized", &from_now(0), &data)), "applied");
        gateway.take(&event(CANARY, CANARY, CANARY, &data));
        gateway.take(&event("evt_2", "customer.funded", &from_now(0), &json!({ "email": CANARY, "amount": CANARY })));
        gateway.take(&event("evt_3", "customer.funded", &from_now(0), &json!({ "email": format!("{CANARY}@nowhere.example"), "amount": 1 })));
        gateway.take(CANARY);
        let request = gateway.client().post(format!("{}/webhooks/yativo/acme", gateway.host));
        gateway.send(request.header("x-yativo-signature", CANARY).header("x-yativo-timestamp", CANARY).body(CANARY));
        let mut socket = Socket::connect(&gateway, &token);
        socket.subscribe(CANARY, &format!("subscription {{ cardCustomerBalance(identifier: \"{CANARY}\") {{ {CANARY}: email }} }}"));
        socket.next(CANARY);
        socket.say_text(CANARY);
        socket.receive();
        // And where something of our own is broken.
        crate::failures::break_balances(&database);
        post(&token, json!({ "query": format!("{{ cardCustomer(identifier: \"{CANARY}\") {{ ledgerBalance }} }}") }).to_string());
        gateway.get(&token, &format!("/v1/card-issuer/customers/{CANARY}"));
        let (log, metrics) = (gateway.log_text(), gateway.get("", "/metrics").text);
        let lines: Vec<&str> = log.lines().filter(|line| line.contains(CANARY)).collect();
        assert!(lines.is_empty(), "{lines:#?}");
        assert!(!metrics.contains(CANARY), "{metrics}");
        assert!(!log.contains(&token) && !metrics.contains(&token));
        // What is known of a request is the operation's name, and a hash.
        gateway.wait_for_log(|line| {
            let named = line.get("operation")?.as_str()? == "Look" && line.get("document")?.as_str()?.len() == 64;
            named.then_some(())
        });
    }
}
