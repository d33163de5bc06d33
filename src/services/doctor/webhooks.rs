//! The issuer's webhooks: whether each program can receive them, and does.

use std::collections::BTreeSet;

use super::{Finding, variable};
use crate::domain::nearest::nearest;
use crate::domain::subscription::SubscriptionState;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::services::connection::{Connections, duration};
use crate::store::{Program, Store};

/// After so long without an event it is worth a look.
const QUIET_SECONDS: u64 = 24 * 60 * 60;

/// A line for each program, and for each secret without one.
pub async fn programs(
    store: &Store,
    connections: &Connections,
    programs: &[Program],
    secrets: &BTreeSet<String>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for program in programs {
        let finding = if secrets.contains(&program.name) {
            events(store, connections, program).await
        } else {
            Ok(no_secret(&program.name))
        };
        findings.push(finding.unwrap_or_else(|error| Finding::failed("webhooks", &error)));
    }
    let names = || programs.iter().map(|program| program.name.as_str());
    for name in secrets.iter().filter(|name| !names().any(|known| known == *name)) {
        let found = format!("{name} has a secret, but there is no such program");
        let advice = match nearest(name, names()) {
            Some(near) => format!("did you mean {}?", variable("WEBHOOKS__SECRETS", near, "")),
            None => format!("card-gateway program create --name {name}, or remove the setting"),
        };
        findings.push(Finding::warn("webhooks", found, advice));
    }
    findings
}

fn no_secret(name: &str) -> Finding {
    let found = format!("{name} has no secret, so all its events are refused");
    let advice = format!("set {}", variable("WEBHOOKS__SECRETS", name, ""));
    Finding::warn("webhooks", found, advice)
}

async fn events(store: &Store, connections: &Connections, program: &Program) -> Result<Finding> {
    let name = &program.name;
    let report = connections.report(program).await?.webhooks;
    if report.subscription == Some(SubscriptionState::Disabled.into()) {
        let found = format!("{name}: the issuer has switched the webhook off");
        return Ok(Finding::fail("webhooks", found, "switch it on again at the issuer"));
    }
    let send = format!("try it: card-gateway events send --program {name} --customer ID");
    let Some(last) = store.last_event_at(program.id).await? else {
        let found = format!("{name} has a secret, but no event has come yet");
        return Ok(Finding::warn("webhooks", found, send));
    };
    let age = u64::try_from((Timestamp::now().millis() - last.millis()) / 1_000).unwrap_or(0);
    let found = format!("{name} has a secret; the last event came {} ago ({last})", duration(age));
    Ok(if age > QUIET_SECONDS {
        Finding::warn("webhooks", found, "see whether the issuer's webhook is switched on")
    } else {
        Finding::ok("webhooks", found)
    })
}
