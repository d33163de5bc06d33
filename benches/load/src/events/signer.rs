//! The signature that webhooks carry.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::failure::{Result, While as _};

/// Signs with one secret and as of one moment.
pub(super) struct Signer {
    mac: Hmac<Sha256>,
    timestamp: String,
}

impl Signer {
    /// The moment is in Unix seconds.
    pub(super) fn new(secret: &str, moment: u64) -> Result<Self> {
        let mac = Hmac::new_from_slice(secret.as_bytes()).during("the secret")?;
        Ok(Self { mac, timestamp: moment.to_string() })
    }

    /// The header lines that go with a body.
    pub(super) fn lines(&self, body: &str) -> String {
        let mut mac = self.mac.clone();
        for part in [&self.timestamp, ".", body] {
            mac.update(part.as_bytes());
        }
        let mut lines =
            format!("X-Yativo-Timestamp: {}\r\nX-Yativo-Signature: sha256=", self.timestamp);
        for byte in mac.finalize().into_bytes() {
            // Writing to a string cannot fail.
            let _ = write!(lines, "{byte:02x}");
        }
        lines + "\r\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gateways_own_example_is_signed_alike() {
        let lines = Signer::new("k", 0).expect("a key").lines("");
        let expected = "X-Yativo-Timestamp: 0\r\nX-Yativo-Signature: sha256=\
                        6b4a4b8b3c40f1e8f53a3d36682e5f99f7ad2ac1df1c93dfe336f329167641e7\r\n";
        assert_eq!(lines, expected);
    }
}
