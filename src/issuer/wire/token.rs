//! The answer of the token exchange.

use std::time::Duration;

use super::members::Members;
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;
use crate::issuer::tokens::Grant;

/// How long a token lives that does not say so, by the pages.
const LIFETIME: Duration = Duration::from_hours(1);
/// No token is kept longer than this, whatever it says.
const LONGEST: Duration = Duration::from_hours(24);

/// Reads an exchange's data.
pub(crate) fn read(json: &str, now: Timestamp) -> Option<Grant> {
    let members = Members::read(json)?;
    // Texts are cut after some length; a token must not be.
    let token: String = serde_json::from_str(members.raw(&["access_token"])?).ok()?;
    let visible = |token: &str| token.bytes().all(|byte| byte.is_ascii_graphic());
    if token.is_empty() || !visible(&token) {
        return None;
    }
    let until = |at: Timestamp| {
        u64::try_from(at.millis() - now.millis()).map_or(Duration::ZERO, Duration::from_millis)
    };
    let seconds = members.whole::<u64>(&["expires_in"]).map(Duration::from_secs);
    let lifetime = seconds.or_else(|| members.time(&["expires_at"]).map(until));
    let lifetime = lifetime.unwrap_or(LIFETIME).min(LONGEST);
    let token = zeroize::Zeroizing::new(token);
    Some(Grant { token: Secret::new(&token), lifetime })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_read_from_either_member() {
        let now = Timestamp::parse("2026-05-12T14:00:00Z").expect("a time");
        for (members, seconds) in [
            (r#""expires_in":3600"#, 3_600),
            (r#""expires_in":"60","expires_at":"2026-05-12T15:00:00Z""#, 60),
            (r#""expires_at":"2026-05-12T14:30:00.000Z""#, 1_800),
            (r#""expires_in":null,"expires_at":1778594460"#, 60),
            (r#""expires_at":"2026-05-12T13:00:00Z""#, 0),
            (r#""expires_in":99999999999"#, 86_400),
            (r#""scopes":["read"]"#, 3_600),
        ] {
            let json = format!(r#"{{"access_token":"jwt","token_type":"Bearer",{members}}}"#);
            let grant = read(&json, now).expect(members);
            assert_eq!(grant.lifetime, Duration::from_secs(seconds), "{members}");
            assert_eq!(grant.token.expose(), "jwt");
        }
        let long = "x".repeat(4_000);
        let grant = read(&format!(r#"{{"access_token":"{long}"}}"#), now).expect("a token");
        assert_eq!(grant.token.expose(), long);
        for bad in
            ["{}", r#"{"access_token":""}"#, r#"{"access_token":5}"#, r#"{"access_token":"a\nb"}"#]
        {
            assert!(read(bad, now).is_none(), "{bad}");
        }
    }
}
