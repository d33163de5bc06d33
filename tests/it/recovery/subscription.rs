//! Operators see that the issuer has switched a subscription off.

use std::time::Duration;

use card_gateway_sandbox::issuer::IssuerOptions;
use serde_json::{Value, json};

use super::world::{LIST, World};
use crate::support::issuer::within;
use crate::support::{Gateway, on_both};

/// The words of the log about a subscription.
fn logged(gateway: &Gateway) -> Vec<String> {
    let lines = gateway.log_text();
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let about = lines.filter_map(|line| Some(line["message"].as_str()?.to_owned()));
    about.filter(|text| text.contains("subscription") && !text.starts_with("recovered")).collect()
}

fn is_shown(gateway: &Gateway, state: &str, metric: &str) -> bool {
    let ready = gateway.get("", "/readyz");
    let metrics = gateway.get("", "/metrics").text;
    ready.status == 200
        && ready.json()["issuer"]["acme"]["webhooks"]["subscription"] == state
        && metrics.contains(&format!("issuer_webhook_enabled{{program=\"acme\"}} {metric}"))
}

on_both! {
    fn one_that_is_switched_off_is_in_readyz_metrics_log_and_status(database) {
        let mut options = IssuerOptions::default();
        options.sender.failures_allowed = 3;
        let world = World::with(database, options);
        world.purchases(5);
        let gateway = world.serve();
        assert!(within(Duration::from_secs(30), || is_shown(&gateway, "disabled", "0")), "{}", gateway.get("", "/readyz").text);
        let front = gateway.get("", "/").text;
        assert!(front.contains("the issuer has switched a webhook subscription off"), "{front}");
        // It is logged once, not each time.
        let rounds = world.issuer.calls().of(LIST);
        assert!(within(Duration::from_secs(30), || world.issuer.calls().of(LIST) >= rounds + 3));
        let off = "the issuer has switched the webhook subscription off: no events are sent until it is switched on again";
        assert_eq!(logged(&gateway), [off]);
        assert_eq!(gateway.warnings().len(), 1);
        let status = world.run(&["status", "--json"]);
        let status: Value = serde_json::from_slice(&status.stdout).expect("JSON");
        assert_eq!(status["acme"]["webhooks"]["subscription"], "disabled");
        assert!(world.recover("1h").ends_with("; the issuer has switched the webhook subscription off"));
        // It is switched on again at the issuer.
        let keys = world.issuer.credentials("acme").expect("the program is there");
        let id = world.issuer.act(|program| program.subscriptions()[0].id.clone());
        let url = format!("{}/v1/yativo-card/webhooks/{id}", world.issuer.url());
        let on = gateway.client().put(url).header("X-API-Key", keys.api_key).header("X-API-Secret", keys.api_secret);
        assert_eq!(gateway.send(on.json(&json!({ "enabled": true }))).status, 200);
        assert!(within(Duration::from_secs(30), || is_shown(&gateway, "enabled", "1")), "{}", gateway.get("", "/readyz").text);
        assert_eq!(logged(&gateway), [off, "the webhook subscription is switched on"]);
    }
}
