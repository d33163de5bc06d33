//! The root of all mutations, by what they are about. Each has one argument `input`, and a
//! payload with what it has changed.
//!
//! - `cards`, `onboarding`: the mutations. `money`: those that move money, with their inputs.
//! - `card_inputs`, `onboarding_inputs`: their inputs.
//! - `payloads`: what they return.

mod card_inputs;
mod cards;
mod money;
mod onboarding;
mod onboarding_inputs;
mod payloads;

use async_graphql::MergedObject;

use self::cards::CardMutations;
use self::money::MoneyMutations;
use self::onboarding::OnboardingMutations;

/// All mutations. They run one after the other, never over GET, and each calls the card issuer. A mutation that fails is null and has an error; the others still run. What the issuer refuses has the code `ISSUER_REJECTED`, with the issuer's own code in `extensions.issuerCode`.
#[derive(MergedObject, Default)]
pub struct Mutation(CardMutations, MoneyMutations, OnboardingMutations);
