//! The signature of a webhook: HMAC-SHA256 (RFC 2104) over the time of signing,
//! a dot and the body as it came. Pure: the clock is passed in.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::domain::text::hex;

/// What goes before the digits.
const PREFIX: &str = "sha256=";
/// A time of more digits is not of this age.
const MOST_DIGITS: usize = 12;

/// A body with what its sender says of it.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The header of the signature.
    pub signature: &'a str,
    /// The header of the time: Unix seconds.
    pub timestamp: &'a str,
    /// The body, byte by byte as it came.
    pub body: &'a [u8],
}

impl Signed<'_> {
    /// Whether one of the secrets has signed it, no longer than `tolerance` before
    /// or after `now` (Unix seconds). Takes as long whichever of them it was.
    pub fn is_by_any<S: AsRef<[u8]>>(&self, secrets: &[S], now: i64, tolerance: Duration) -> bool {
        let mut good = subtle::Choice::from(0);
        for secret in secrets {
            let expected = sign(secret.as_ref(), self.timestamp, self.body);
            good |= expected.as_bytes().ct_eq(self.signature.as_bytes());
        }
        bool::from(good) && self.is_timely(now, tolerance)
    }

    /// Whether it was signed no longer than `tolerance` before or after `now`.
    pub fn is_timely(&self, now: i64, tolerance: Duration) -> bool {
        let digits = self.timestamp.bytes().all(|b| b.is_ascii_digit());
        if !digits || self.timestamp.len() > MOST_DIGITS {
            return false;
        }
        let signed: Option<i64> = self.timestamp.parse().ok();
        signed.is_some_and(|signed| signed.abs_diff(now) <= tolerance.as_secs())
    }
}

/// The signature of a body at a time, in Unix seconds, as the header has it.
pub fn sign(secret: &[u8], timestamp: &str, body: &[u8]) -> String {
    let mut mac = match Hmac::<Sha256>::new_from_slice(secret) {
        Ok(mac) => mac,
        Err(error) => unreachable!("HMAC takes keys of any length: {error}"),
    };
    for part in [timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    format!("{PREFIX}{}", hex(&mac.finalize().into_bytes()))
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

    /// Whether a body that was signed at 1747058400 is believed at `now`.
    fn believed(signature: &str, timestamp: &str, body: &[u8], now: i64) -> bool {
        let secrets = [b"new".as_slice(), SECRET];
        let signed = Signed { signature, timestamp, body };
        signed.is_by_any(&secrets, now, Duration::from_mins(5))
    }

    #[test]
    fn only_the_very_signature_is_believed() {
        let (timestamp, now) = ("1747058400", 1_747_058_400);
        let good = sign(SECRET, timestamp, BODY);
        assert!(believed(&good, timestamp, BODY, now));
        assert!(believed(&sign(b"new", timestamp, BODY), timestamp, BODY, now));
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
            assert!(!believed(&bad, timestamp, BODY, now), "{bad}");
        }
        // The same JSON, written anew; a byte more at either end.
        let anew: serde_json::Value = serde_json::from_slice(BODY).expect("JSON");
        let anew = serde_json::to_vec_pretty(&anew).expect("JSON");
        for other in [anew, [b"\xef\xbb\xbf", BODY].concat(), [BODY, b"\n"].concat()] {
            assert!(!believed(&good, timestamp, &other, now));
        }
    }

    #[test]
    fn old_and_early_signatures_are_not_believed() {
        let good = |timestamp: &str| sign(SECRET, timestamp, BODY);
        for (age, expected) in [(0, true), (299, true), (300, true), (301, false), (100_000, false)]
        {
            for now in [1_747_058_400 + age, 1_747_058_400 - age] {
                let timestamp = "1747058400";
                assert_eq!(believed(&good(timestamp), timestamp, BODY, now), expected, "{now}");
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
            assert!(!believed(&good(odd), odd, BODY, 1_747_058_400), "{odd}");
        }
    }
}
