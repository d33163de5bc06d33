//! Names for new things, in the formats that the pages show.

use fastrand::Rng;
use uuid::{Builder, Uuid};

use crate::issuer::time::Time;

/// Twice as many hex digits as bytes.
fn hex<const BYTES: usize>(rng: &mut Rng) -> String {
    let mut bytes = [0; BYTES];
    rng.fill(&mut bytes);
    const_hex::encode(bytes)
}

/// 24 hex digits of which the first eight are the time, as databases make them.
pub(crate) fn object_id(rng: &mut Rng, at: Time) -> String {
    format!("{:08x}{}", at.seconds().clamp(0, i64::from(u32::MAX)), hex::<8>(rng))
}

/// `yativo_card_customer_4c1de2_1769031332068`.
pub(crate) fn yativo_card_id(rng: &mut Rng, at: Time) -> String {
    format!("yativo_card_customer_{}_{}", hex::<3>(rng), at.0)
}

/// A UUID of version 4.
pub(crate) fn uuid(rng: &mut Rng) -> Uuid {
    Builder::from_random_bytes(rng.u128(..).to_be_bytes()).into_uuid()
}

/// A network token: most are digits, some have the long form.
pub(crate) fn card_token(rng: &mut Rng) -> String {
    if rng.u8(0..8) == 0 {
        return format!("card_token_{}", hex::<5>(rng));
    }
    rng.u64(100_000_000..9_999_999_999).to_string()
}

/// An address on the chain.
pub(crate) fn address(rng: &mut Rng) -> String {
    format!("0x{}", hex::<20>(rng))
}

/// The hash of a payment on the chain.
pub(crate) fn tx_hash(rng: &mut Rng) -> String {
    format!("0x{}", hex::<32>(rng))
}

/// A prefix, an underscore and random digits: `txn_9f…`.
pub(crate) fn prefixed(rng: &mut Rng, prefix: &str) -> String {
    format!("{prefix}_{}", hex::<10>(rng))
}

/// `evt_1747058400000_abc123`.
pub(crate) fn event(rng: &mut Rng, at: Time) -> String {
    format!("evt_{}_{}", at.0, hex::<5>(rng))
}
