//! Settings of the issuer's webhooks.

use std::collections::BTreeMap;
use std::time::Duration;

use super::parse::{list, nonzero_duration};
use super::reader::Reader;
use crate::domain::secret::Secret;

/// Settings of the issuer's webhooks.
#[derive(Debug)]
pub struct Webhooks {
    /// One or two secrets of each program.
    pub secrets: BTreeMap<String, Vec<Secret>>,
    /// Maximum difference between a webhook's timestamp and the clock, in both directions.
    pub tolerance: Duration,
    /// How long the body of an applied event is kept.
    pub keep: Duration,
}

pub(super) fn webhooks(read: &mut Reader) -> Webhooks {
    let tolerance = read.get("webhooks.tolerance", nonzero_duration);
    let keep = read.get("webhooks.keep", nonzero_duration);
    let mut secrets = BTreeMap::new();
    for (key, program) in read.programs_of("webhooks.secrets.", "") {
        match list(read.value(&key)) {
            Ok(texts) if (1..=2).contains(&texts.len()) => {
                secrets.insert(program, texts.iter().map(|text| Secret::new(text)).collect());
            }
            _ => read.error(&key, "must be one or two secrets, separated by a comma"),
        }
    }
    Webhooks { secrets, tolerance, keep }
}
