//! Which webhook subscriptions are a program's, and whether they are on.

use url::Url;

use crate::domain::subscription::SubscriptionState;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::issuer::Subscription;
use crate::store::{Program, Store};

/// The subscriptions that send events here: those whose address ends as the gateway's
/// route does. A proxy may have another route; if no address ends so, they are all taken:
/// an event that another receiver has missed is known here already, and changes nothing.
pub(super) fn ours(all: Vec<Subscription>, program: &str) -> Vec<Subscription> {
    let route = format!("/webhooks/yativo/{program}");
    let is_ours = |subscription: &Subscription| {
        let url = subscription.url.as_deref().and_then(|url| Url::parse(url).ok());
        url.is_some_and(|url| url.path().trim_end_matches('/').ends_with(&route))
    };
    if all.iter().any(is_ours) { all.into_iter().filter(is_ours).collect() } else { all }
}

/// Stores whether the issuer sends events. Only a change is logged.
pub(super) async fn note(
    store: &Store,
    program: &Program,
    ours: &[Subscription],
) -> Result<SubscriptionState> {
    let now = state(ours);
    let before = store.put_subscription_state(program.id, now, Timestamp::now()).await?;
    let name = &program.name;
    match now {
        _ if before == Some(now) => {}
        SubscriptionState::Disabled => tracing::warn!(
            program = name,
            "the issuer has switched the webhook subscription off: no events are sent until \
             it is switched on again"
        ),
        SubscriptionState::Missing => {
            tracing::info!(program = name, "the issuer has no webhook subscription");
        }
        SubscriptionState::Enabled => {
            tracing::info!(program = name, "the webhook subscription is switched on");
        }
    }
    Ok(now)
}

/// One that is off is enough: another one may be for other types of events.
fn state(ours: &[Subscription]) -> SubscriptionState {
    if ours.is_empty() {
        SubscriptionState::Missing
    } else if ours.iter().any(|subscription| subscription.enabled == Some(false)) {
        SubscriptionState::Disabled
    } else {
        SubscriptionState::Enabled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(id: &str, url: Option<&str>, enabled: Option<bool>) -> Subscription {
        let (webhook_id, url) = (id.to_owned(), url.map(str::to_owned));
        Subscription { webhook_id, url, events: Vec::new(), enabled, created_at: None }
    }

    fn names(all: Vec<Subscription>) -> Vec<String> {
        ours(all, "acme").into_iter().map(|subscription| subscription.webhook_id).collect()
    }

    #[test]
    fn ours_are_those_with_the_route_of_the_program() {
        let all = vec![
            subscription("1", Some("https://a.example/webhooks/yativo/acme"), None),
            subscription("2", Some("https://a.example/in/webhooks/yativo/acme/?a=b"), None),
            subscription("3", Some("https://a.example/webhooks/yativo/acme-2"), None),
            subscription("4", Some("https://a.example/webhooks/yativo/acme/x"), None),
            subscription("5", Some("https://a.example/x?/webhooks/yativo/acme"), None),
            subscription("6", Some("not an address"), None),
            subscription("7", None, None),
        ];
        assert_eq!(names(all.clone()), ["1", "2"]);
        assert_eq!(names(all[2..].to_vec()), ["3", "4", "5", "6", "7"], "none is recognised");
        assert_eq!(names(Vec::new()), [""; 0]);
    }

    #[test]
    fn one_that_is_off_is_enough() {
        let all = |states: &[Option<bool>]| {
            let each = states.iter().map(|enabled| subscription("1", None, *enabled));
            state(&each.collect::<Vec<_>>())
        };
        assert_eq!(all(&[]), SubscriptionState::Missing);
        assert_eq!(all(&[None, Some(true)]), SubscriptionState::Enabled);
        assert_eq!(all(&[Some(true), Some(false)]), SubscriptionState::Disabled);
    }
}
