//! The blockchain: whether each endpoint answers for the right chain.

use super::Finding;
use crate::chain::{Fitness, Reader};

const SETTING: &str = "CARD_GATEWAY__CHAIN__RPC_URLS";

/// A line for each endpoint of the settings. Waits until each has answered, or had its time.
pub async fn endpoints(reader: Option<&Reader>, chain_id: u64) -> Vec<Finding> {
    let Some(reader) = reader else {
        let found = format!("off: no endpoint is set in {SETTING}");
        return vec![Finding::ok("chain", found)];
    };
    reader.probe().await;
    let states = reader.endpoints();
    let any_works = states.iter().any(|state| state.fitness == Fitness::Fit);
    let finding = |(at, state): (usize, &crate::chain::EndpointState)| {
        let name = format!("endpoint {}", at + 1);
        let why = || state.failure.clone().unwrap_or_else(|| "it has not answered".to_owned());
        match &state.fitness {
            Fitness::Fit => Finding::ok("chain", format!("{name} answers for chain {chain_id}")),
            Fitness::Unfit(what) => {
                let advice = format!("correct {SETTING}, or the chain's settings");
                Finding::fail("chain", format!("{name} is not used: {what}"), advice)
            }
            Fitness::Unknown if any_works => {
                let advice = format!("another endpoint is used meanwhile; see {SETTING}");
                Finding::warn("chain", format!("{name} cannot be used: {}", why()), advice)
            }
            Fitness::Unknown => {
                let advice = format!("correct {SETTING}, or see what the endpoint's operator says");
                Finding::fail("chain", format!("{name} cannot be used: {}", why()), advice)
            }
        }
    };
    states.iter().enumerate().map(finding).collect()
}
