//! The body of a webhook.

use card_gateway::domain::identifier;
use card_gateway::services::inbox::received;

/// # Panics
/// If the body could not be kept in the inbox.
pub fn check(body: &[u8]) {
    let filed = received(body);
    assert_eq!(identifier::check(&filed.event_id), Ok(()), "no key: {filed:?}");
    for text in [&filed.event_type, &filed.body] {
        assert!(!text.contains('\0'), "PostgreSQL does not take it: {filed:?}");
    }
    // When it is sent again, or read again out of the inbox, it is the same event.
    for again in [received(body), received(filed.body.as_bytes())] {
        assert_eq!(again.event_id, filed.event_id);
        assert_eq!(again.event_type, filed.event_type);
    }
}
