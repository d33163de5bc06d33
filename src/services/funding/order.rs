//! What callers order, and the keys that tell a repetition from a second order.

use sha2::{Digest as _, Sha256};

use crate::domain::customer_names::Name;
use crate::domain::identifier::Identifier;
use crate::domain::money::{Currency, Minor};
use crate::domain::payment::{PricingMode, SourceChain};

/// The longest idempotency key, in bytes.
const LONGEST_KEY: usize = 255;

/// Which customer is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// The one with this name of a stated kind.
    Named(Name),
    /// The one whom this identifier means by the rule that all look-ups share.
    Any(Identifier),
}

/// Money from the master wallet to a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundRequest {
    /// To whom.
    pub who: Who,
    /// How much, in cents of US dollars; at least [`super::LEAST_FUNDING`].
    pub amount: Minor,
    /// Over which chain.
    pub source_chain: SourceChain,
    /// Which amount is exact.
    pub pricing_mode: PricingMode,
    /// The currency that the caller expects the customer's wallet to have.
    pub destination_token: Option<Currency>,
}

/// Money from a customer's card back to the master wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawRequest {
    /// From whom. By e-mail address only a customer with exactly one card.
    pub who: Identifier,
    /// How much, in minor units of the wallet's currency; more than 0.
    pub amount: Minor,
}

/// Money from one currency of the master wallet to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwapRequest {
    /// What is given.
    pub from: SwapToken,
    /// What is wanted; another currency.
    pub to: SwapToken,
    /// How much is given, in minor units; more than 0.
    pub amount: Minor,
}

/// A currency of the master wallet, in the caller's word, which the issuer repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwapToken {
    /// The currency.
    pub currency: Currency,
    /// `USD`, `USDC`, `EUR`, `EURe`, `GBP` or `GBPe`.
    pub word: String,
}

/// A caller's key for one order. Only its hash is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    hash: String,
}

impl IdempotencyKey {
    /// Reads a key: 1 to 255 visible ASCII characters.
    ///
    /// # Errors
    /// The rest of a sentence that begins with the field's name.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() || text.len() > LONGEST_KEY {
            return Err("must have 1 to 255 characters");
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("must consist of visible ASCII characters");
        }
        Ok(Self { hash: hash(text) })
    }

    pub(super) fn hash(&self) -> &str {
        &self.hash
    }
}

impl std::fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hidden]")
    }
}

impl FundRequest {
    /// The same for each way of writing the same request.
    pub(super) fn hash(&self) -> String {
        let (kind, name) = match &self.who {
            Who::Named(name) => (name.kind.into(), &name.text),
            Who::Any(identifier) => ("any", identifier),
        };
        let chain: &str = self.source_chain.into();
        let mode: &str = self.pricing_mode.into();
        let token = self.destination_token.map_or("", Into::into);
        let amount = self.amount.get().to_string();
        hash_of(&["funding", kind, name.as_str(), &amount, chain, mode, token])
    }
}

impl WithdrawRequest {
    pub(super) fn hash(&self) -> String {
        hash_of(&["withdrawal", self.who.as_str(), &self.amount.get().to_string()])
    }
}

impl SwapRequest {
    pub(super) fn hash(&self) -> String {
        let amount = self.amount.get().to_string();
        hash_of(&["swap", self.from.currency.into(), self.to.currency.into(), &amount])
    }
}

/// A hash of words that cannot run into each other.
fn hash_of(words: &[&str]) -> String {
    hash(&serde_json::Value::from(words).to_string())
}

fn hash(text: &str) -> String {
    const_hex::encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_checked_and_hidden() {
        for bad in [String::new(), "a b".into(), "é".into(), "a\n".into(), "x".repeat(256)] {
            assert!(IdempotencyKey::parse(&bad).is_err(), "{bad:?}");
        }
        let key = IdempotencyKey::parse("order-17").expect("a key");
        assert_eq!(format!("{key:?}"), "[hidden]");
        assert_eq!(key.hash().len(), 64);
        assert!(IdempotencyKey::parse(&"x".repeat(255)).is_ok());
    }

    #[test]
    fn each_part_of_a_request_counts() {
        let fund = |who: &str, cents: i64, chain, mode, token| FundRequest {
            who: Who::Any(Identifier::parse(who).expect("a name")),
            amount: Minor::new(cents).expect("an amount"),
            source_chain: chain,
            pricing_mode: mode,
            destination_token: token,
        };
        let (sol, send) = (SourceChain::Sol, PricingMode::SendX);
        let all = [
            fund("a", 500, sol, send, None),
            fund("b", 500, sol, send, None),
            fund("a", 501, sol, send, None),
            fund("a", 500, SourceChain::Xdc, send, None),
            fund("a", 500, sol, PricingMode::ReceiveX, None),
            fund("a", 500, sol, send, Some(Currency::Eur)),
        ];
        for (at, one) in all.iter().enumerate() {
            for (other, two) in all.iter().enumerate() {
                assert_eq!(one.hash() == two.hash(), at == other, "{one:?} {two:?}");
            }
        }
    }
}
