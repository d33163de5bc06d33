//! The currencies of cards.

/// The currency of a customer's wallet and cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Currency {
    /// Dollars.
    Usd,
    /// Euros.
    Eur,
    /// Pounds.
    Gbp,
}

impl Currency {
    /// All of them, in the order of the pages that list them.
    pub const ALL: [Self; 3] = [Self::Usd, Self::Eur, Self::Gbp];

    /// The ISO 4217 code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Usd => "USD",
            Self::Eur => "EUR",
            Self::Gbp => "GBP",
        }
    }

    /// The token in the wallet.
    pub const fn token(self) -> &'static str {
        match self {
            Self::Usd => "USDCe",
            Self::Eur => "EURe",
            Self::Gbp => "GBPe",
        }
    }

    /// Reads any of the words that pages use: `USD`, `USDC`, `USDCe`, ….
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "USD" | "USDC" | "USDCe" => Some(Self::Usd),
            "EUR" | "EURe" => Some(Self::Eur),
            "GBP" | "GBPe" => Some(Self::Gbp),
            _ => None,
        }
    }

    /// How many of this currency a million dollars are. Fixed, so that results
    /// can be computed beforehand.
    const fn for_a_million_dollars(self) -> i64 {
        match self {
            Self::Usd => 1_000_000,
            Self::Eur => 920_000,
            Self::Gbp => 790_000,
        }
    }

    /// An amount of minor units in another currency, rounded down.
    pub fn exchange(self, minor: i64, to: Self) -> i64 {
        let amount = i128::from(minor) * i128::from(to.for_a_million_dollars());
        i64::try_from(amount / i128::from(self.for_a_million_dollars())).unwrap_or(i64::MAX)
    }
}
