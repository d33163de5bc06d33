//! The chain that is read: its contracts and its tokens.

use alloy_primitives::{Address, U256};

use super::block::Block;
use super::wallet::Wallet;
use crate::domain::balance::ChainBalance;
use crate::domain::money::{Currency, Minor};
use crate::domain::time::Timestamp;

/// The chain that is read.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The chain id that `eth_chainId` must return.
    pub id: u64,
    /// The address of the Multicall3 contract.
    pub multicall: Address,
    /// The token of each currency.
    pub tokens: [(Currency, Token); 3],
}

/// An ERC-20 token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// The address of its contract.
    pub address: Address,
    /// How many of its digits are decimals.
    pub decimals: u8,
}

impl Chain {
    /// The token of a currency.
    pub fn token(&self, currency: Currency) -> Token {
        let known = self.tokens.iter().find(|(of, _)| *of == currency);
        // There is one for each.
        known.map_or(self.tokens[0].1, |(_, token)| *token)
    }

    /// A wallet's amount of its token as a balance; none if it is not a possible amount.
    pub(super) fn balance(
        &self,
        wallet: &Wallet,
        amount: U256,
        block: &Block,
    ) -> Option<ChainBalance> {
        let at = Timestamp::from_millis(block.seconds.checked_mul(1_000)?)?;
        let ledger = self.token(wallet.currency).to_minor(amount)?;
        Some(ChainBalance { ledger, block: block.number, at })
    }
}

impl Token {
    /// An amount of the token in minor units, rounded down; none if it exceeds the
    /// largest possible balance.
    fn to_minor(self, amount: U256) -> Option<Minor> {
        const MINOR_DECIMALS: u8 = 2;
        let ten = U256::from(10);
        let minor = if let Some(finer) = self.decimals.checked_sub(MINOR_DECIMALS) {
            // Beyond 10^77 a unit is worth less than any minor one.
            ten.checked_pow(U256::from(finer)).map_or(U256::ZERO, |unit| amount / unit)
        } else {
            amount.checked_mul(ten.checked_pow(U256::from(MINOR_DECIMALS - self.decimals))?)?
        };
        Minor::new(i64::try_from(minor).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_rounded_down_and_never_wrap() {
        let token = |decimals| Token { address: Address::ZERO, decimals };
        let amount = |text: &str| text.parse::<U256>().expect("a number");
        for (decimals, units, minor) in [
            (18, "0", Some(0)),
            (18, "9999999999999999", Some(0)),
            (18, "10000000000000000", Some(1)),
            (18, "120400000000000000000", Some(12_040)),
            (18, "120409999999999999999", Some(12_040)),
            (6, "38509999", Some(3_850)),
            (2, "5", Some(5)),
            (0, "7", Some(700)),
            (80, "1", Some(0)),
            (18, "90071992547409910000000000000000", Some(Minor::MAX)),
            (18, "90071992547409920000000000000000", None),
            (0, "90071992547410", None),
        ] {
            let found = token(decimals).to_minor(amount(units)).map(Minor::get);
            assert_eq!(found, minor, "{units} of {decimals} decimals");
        }
        for decimals in [0, 1, 2, 6, 18] {
            assert_eq!(token(decimals).to_minor(U256::MAX), None, "{decimals}");
        }
    }
}
