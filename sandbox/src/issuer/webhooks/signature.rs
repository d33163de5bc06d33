//! The signature of a webhook.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The header `X-Yativo-Signature` of a body that is signed at a time in Unix
/// seconds: HMAC-SHA256 over `<timestamp>.<body>`, in hex behind `sha256=`.
pub fn sign(secret: &str, timestamp: i64, body: &[u8]) -> String {
    let mut mac = match Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
        Ok(mac) => mac,
        Err(error) => unreachable!("HMAC takes keys of any length: {error}"),
    };
    mac.update(timestamp.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    format!("sha256={}", const_hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `printf '%s' '1747058400.{"id":"evt_1"}' | openssl dgst -sha256
    /// -hmac whsec_test`.
    #[test]
    fn the_signature_is_what_another_program_makes() {
        let made = sign("whsec_test", 1_747_058_400, br#"{"id":"evt_1"}"#);
        assert_eq!(made, "sha256=f71c024aee1e0ec2e6c272d4c0fd15c1790c4d51a57656f27738c9ca9ef5d076");
    }
}
