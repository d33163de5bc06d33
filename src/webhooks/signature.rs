//! The signature of a webhook: HMAC-SHA256 (RFC 2104) over the time of signing, a dot
//! and the exact bytes of the body. Pure: the time is an argument.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// The prefix of the digits.
const PREFIX: &str = "sha256=";
/// More digits than any plausible Unix time has.
const MAX_DIGITS: usize = 12;

/// A body with the headers that sign it.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The header of the signature.
    pub signature: &'a str,
    /// The header of the time: Unix seconds.
    pub timestamp: &'a str,
    /// The exact bytes of the body.
    pub body: &'a [u8],
}

impl Signed<'_> {
    /// Whether one of the secrets signed it within `tolerance` of `now` (Unix seconds).
    /// Compares with all secrets in constant time.
    pub fn is_by_any<S: AsRef<[u8]>>(&self, secrets: &[S], now: i64, tolerance: Duration) -> bool {
        let mut good = subtle::Choice::from(0);
        for secret in secrets {
            let expected = sign(secret.as_ref(), self.timestamp, self.body);
            good |= expected.as_bytes().ct_eq(self.signature.as_bytes());
        }
        bool::from(good) && self.is_timely(now, tolerance)
    }

    /// Whether it was signed within `tolerance` of `now` (Unix seconds).
    pub fn is_timely(&self, now: i64, tolerance: Duration) -> bool {
        let digits = self.timestamp.bytes().all(|b| b.is_ascii_digit());
        if !digits || self.timestamp.len() > MAX_DIGITS {
            return false;
        }
        let signed: Option<i64> = self.timestamp.parse().ok();
        signed.is_some_and(|signed| signed.abs_diff(now) <= tolerance.as_secs())
    }
}

/// The signature header of a body that is signed at a time in Unix seconds.
pub fn sign(secret: &[u8], timestamp: &str, body: &[u8]) -> String {
    let mut mac = match Hmac::<Sha256>::new_from_slice(secret) {
        Ok(mac) => mac,
        Err(error) => unreachable!("HMAC takes keys of any length: {error}"),
    };
    for part in [timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    format!("{PREFIX}{}", const_hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = br#"{"id":"evt_1747058400000_abc123","type":"customer.balance.updated","created_at":"2026-05-12T14:00:00.000Z","data":{}}"#;

    #[test]
    fn golden_vectors() {
        // Made with OpenSSL: printf '%s' "<timestamp>.<body>" | openssl dgst -sha256 -hmac "<secret>"
        for (secret, timestamp, body, expected) in [
            (SECRET, "1747058400", BODY, GOLDEN_1),
            (b"k".as_slice(), "0", b"".as_slice(), GOLDEN_2),
            (SECRET, "1747058400", "{\"name\":\"Zo\u{eb} \u{1f98a}\"}".as_bytes(), GOLDEN_3),
        ] {
            assert_eq!(sign(secret, timestamp, body), format!("sha256={expected}"));
        }
    }

    const GOLDEN_1: &str = "33d391abca9630b077e31e747bff264ef28379931cbb1d65fff21276e47a6b89";
    const GOLDEN_2: &str = "6b4a4b8b3c40f1e8f53a3d36682e5f99f7ad2ac1df1c93dfe336f329167641e7";
    const GOLDEN_3: &str = "3d551a59ba4ca865f319b33bdcde90c2ce29d982cf8c1cdfa27ee2e57bf2c110";

    /// Whether a body that was signed at 1747058400 is accepted at `now`.
    fn accepted(signature: &str, timestamp: &str, body: &[u8], now: i64) -> bool {
        let secrets = [b"new".as_slice(), SECRET];
        let signed = Signed { signature, timestamp, body };
        signed.is_by_any(&secrets, now, Duration::from_mins(5))
    }

    #[test]
    fn only_the_exact_signature_is_accepted() {
        let (timestamp, now) = ("1747058400", 1_747_058_400);
        let good = sign(SECRET, timestamp, BODY);
        assert!(accepted(&good, timestamp, BODY, now));
        assert!(accepted(&sign(b"new", timestamp, BODY), timestamp, BODY, now));
        for bad in [
            String::new(),
            good.to_uppercase(),
            good.replace("sha256=", ""),
            good.replace("sha256=", "SHA256="),
            good.replace("sha256=", "sha1="),
            good.replace("sha256=", "sha256= "),
            good.replace("sha256=", "v1="),
            good[..70].to_owned(),
            format!("{good}0"),
            format!("{good} "),
            format!("{good},{good}"),
            format!("sha256={}", good["sha256=".len()..].to_uppercase()),
            sign(b"someone else's", timestamp, BODY),
            sign(b"", timestamp, BODY),
            sign(SECRET, "1747058401", BODY),
        ] {
            assert!(!accepted(&bad, timestamp, BODY, now), "{bad}");
        }
        // The same JSON, written anew; a byte more at either end.
        let anew: serde_json::Value = serde_json::from_slice(BODY).expect("JSON");
        let anew = serde_json::to_vec_pretty(&anew).expect("JSON");
        for other in [anew, [b"\xef\xbb\xbf", BODY].concat(), [BODY, b"\n"].concat()] {
            assert!(!accepted(&good, timestamp, &other, now));
        }
    }

    #[test]
    fn signatures_outside_the_tolerance_are_rejected() {
        let good = |timestamp: &str| sign(SECRET, timestamp, BODY);
        for (age, expected) in [(0, true), (299, true), (300, true), (301, false), (100_000, false)]
        {
            for now in [1_747_058_400 + age, 1_747_058_400 - age] {
                let timestamp = "1747058400";
                assert_eq!(accepted(&good(timestamp), timestamp, BODY, now), expected, "{now}");
            }
        }
        for odd in [
            "",
            "+1747058400",
            "-1",
            " 1747058400",
            "1747058400.0",
            "0x1",
            "1747058400000",
            "99999999999999999999",
            "١٧",
        ] {
            assert!(!accepted(&good(odd), odd, BODY, 1_747_058_400), "{odd}");
        }
    }
}
