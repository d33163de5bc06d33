//! What surrounds data and errors. The pages show two envelopes of success and
//! seven of errors.

use std::time::Duration;

use super::members::{Members, text};
use crate::issuer::error::{IssuerError, Reason};
use crate::issuer::rate_headers::seconds;

/// The longest code and message that are kept, in characters.
const LONGEST_CODE: usize = 64;
const LONGEST_MESSAGE: usize = 300;

/// What a body says.
pub(crate) enum Body<'a> {
    /// The data of a success, as JSON.
    Data(&'a str),
    /// An error, whatever the HTTP status says.
    Refusal(Refusal),
    /// Neither.
    Unreadable,
}

/// An error in the issuer's words.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) retry_after: Option<Duration>,
}

impl Refusal {
    /// Whether it says anything at all.
    pub(crate) fn is_one(&self) -> bool {
        self.code.is_some() || self.message.is_some()
    }
}

/// Reads the body of a 2xx: `{"success":true,"data":…}`, `{"status":"success",…}`,
/// `{"status":true,…}`, or the data alone.
pub(crate) fn success(body: &[u8]) -> Body<'_> {
    let Some(json) = json(body) else { return Body::Unreadable };
    let Some(members) = Members::read(json) else {
        return if json.starts_with('[') { Body::Data(json) } else { Body::Unreadable };
    };
    let status = members.text(&["status"]).unwrap_or_default().to_ascii_lowercase();
    let failed = members.boolean(&["success"]) == Some(false)
        || members.raw(&["status"]) == Some("false")
        || matches!(status.as_str(), "error" | "fail" | "failed")
            && members.raw(&["data"]).is_none();
    if failed {
        return Body::Refusal(refusal_of(&members));
    }
    Body::Data(members.raw(&["data"]).unwrap_or(json))
}

/// Reads the body of another status; none if it is no JSON object.
pub(crate) fn refusal(body: &[u8]) -> Option<Refusal> {
    Members::read(json(body)?).map(|members| refusal_of(&members))
}

/// The failure that a refusal with this HTTP status is.
pub(crate) fn failure(status: u16, refusal: Refusal) -> IssuerError {
    let reason = match status {
        401 => Reason::Unauthorized,
        429 => Reason::RateLimited,
        500.. => Reason::Unavailable,
        _ => Reason::Rejected,
    };
    IssuerError::new(reason)
        .with_status(status)
        .with_words(refusal.code, refusal.message)
        .with_retry_after(refusal.retry_after)
}

fn json(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    // Some senders begin a text with a byte order mark.
    Some(text.strip_prefix('\u{feff}').unwrap_or(text).trim())
}

fn refusal_of(members: &Members<'_>) -> Refusal {
    let inner = members.object(&["error"]);
    let inner = inner.as_ref();
    // A word under `error` is a code, anything else a sentence.
    let error = members.text(&["error"]);
    let (word, sentence) = match error {
        Some(error) if is_code(&error) => (Some(error), None),
        error => (None, error),
    };
    let named = members.text(&["error_code", "code"]);
    let nested = inner.and_then(|error| error.text(&["code", "error_code"]));
    let code = named.or(word).or(nested).filter(|code| is_code(code));
    let message = members.text(&["message", "msg", "error_message"]);
    let message = message.or_else(|| inner.and_then(|error| error.text(&["message"])));
    let message = message.or(sentence).map(|text| {
        let shown = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        shown.take(LONGEST_MESSAGE).collect()
    });
    let wait =
        |members: &Members<'_>| seconds(&text(members.raw(&["retry_after", "retryAfter"])?)?);
    let retry_after = wait(members).or_else(|| inner.and_then(wait));
    Refusal { code, message, retry_after }
}

fn is_code(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    text.len() <= LONGEST_CODE && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_envelope_of_success_is_opened() {
        for (body, data) in [
            (r#"{"success":true,"message":"ok","data":{"a":1}}"#, r#"{"a":1}"#),
            (r#"{"success":"true","data":{"a":1}}"#, r#"{"a":1}"#),
            (r#"{"status":"success","data":{"a":1}}"#, r#"{"a":1}"#),
            (r#"{"status":true,"message":"m","data":{"a":1}}"#, r#"{"a":1}"#),
            (r#"{"data":[1,2]}"#, "[1,2]"),
            (
                r#"{"enrolled":true,"status":"approved"}"#,
                r#"{"enrolled":true,"status":"approved"}"#,
            ),
            ("\u{feff} [1] ", "[1]"),
        ] {
            match success(body.as_bytes()) {
                Body::Data(found) => assert_eq!(found, data, "{body}"),
                _ => panic!("{body}"),
            }
        }
        for body in [
            r#"{"success":false,"error":"NOT_APPROVED"}"#,
            r#"{"status":"error","error_code":"NOT_APPROVED"}"#,
            r#"{"status":false,"code":"NOT_APPROVED"}"#,
        ] {
            match success(body.as_bytes()) {
                Body::Refusal(found) => assert_eq!(found.code.as_deref(), Some("NOT_APPROVED")),
                _ => panic!("{body}"),
            }
        }
        for body in ["", "<html>", "{\"success\":true,\"da", "null", "17", "\"text\""] {
            assert!(matches!(success(body.as_bytes()), Body::Unreadable), "{body}");
        }
        assert!(matches!(success(b"{\"a\":\"\xff\"}"), Body::Unreadable));
    }

    #[test]
    fn every_shape_of_error_is_read() {
        let sentence = "Invalid API key or secret";
        for (shape, body, code, message) in [
            (
                "a",
                r#"{"error":"insufficient_balance","message":"Too little","details":{}}"#,
                Some("insufficient_balance"),
                Some("Too little"),
            ),
            (
                "b",
                r#"{"success":false,"error":"CUSTOMER_NOT_FOUND"}"#,
                Some("CUSTOMER_NOT_FOUND"),
                None,
            ),
            (
                "b",
                r#"{"success":false,"error":"TOKEN_MISMATCH","message":"Wrong","required_token":"EUR"}"#,
                Some("TOKEN_MISMATCH"),
                Some("Wrong"),
            ),
            (
                "c",
                r#"{"success":false,"error_code":"OTP_EXPIRED","message":"Late","data":{"attempts_remaining":2}}"#,
                Some("OTP_EXPIRED"),
                Some("Late"),
            ),
            ("d", r#"{"success":false,"error":"Invalid API key or secret"}"#, None, Some(sentence)),
            ("e", r#"{"status":false,"message":"No"}"#, None, Some("No")),
            (
                "f",
                r#"{"status":"error","message":"No","error_code":"FEATURE_NOT_AVAILABLE_IN_SANDBOX"}"#,
                Some("FEATURE_NOT_AVAILABLE_IN_SANDBOX"),
                Some("No"),
            ),
            (
                "g",
                r#"{"error":{"code":"VALIDATION","message":"Bad","fields":{"a":"b"}}}"#,
                Some("VALIDATION"),
                Some("Bad"),
            ),
            ("odd", r#"{"error":["a"],"message":{"b":1}}"#, None, None),
            ("empty", "{}", None, None),
        ] {
            let found = refusal(body.as_bytes()).expect(shape);
            assert_eq!(
                (found.code.as_deref(), found.message.as_deref()),
                (code, message),
                "{shape}"
            );
        }
        for body in ["<html>Bad gateway</html>", "", "[]", "{\"error\":\"cut"] {
            assert_eq!(refusal(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn how_long_to_wait_stands_in_the_body_too() {
        for (body, wait) in [
            (r#"{"error":"rate_limit_exceeded","message":"m","retry_after":30}"#, Some(30)),
            (r#"{"error":"rate_limit_exceeded","retry_after":"30"}"#, Some(30)),
            (r#"{"error":{"code":"x","retry_after":30}}"#, Some(30)),
            (r#"{"error":"rate_limit_exceeded","retry_after":-1}"#, None),
        ] {
            let found = refusal(body.as_bytes()).expect("an object").retry_after;
            assert_eq!(found, wait.map(Duration::from_secs), "{body}");
        }
    }

    #[test]
    fn words_of_the_issuer_are_kept_short_and_on_one_line() {
        let long =
            format!(r#"{{"error":"A\nB{}","code":"{}"}}"#, "x".repeat(1_000), "C".repeat(100));
        let found = refusal(long.as_bytes()).expect("an object");
        assert_eq!(found.code, None);
        let message = found.message.expect("a sentence");
        assert!(message.starts_with("A B") && message.chars().count() == 300);
    }
}
