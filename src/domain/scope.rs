//! What a caller may do.

use std::fmt;
use std::str::FromStr;

use strum::{EnumMessage, EnumString, IntoStaticStr, VariantArray};

/// One thing that a caller may do. The variants' comments are also the help of commands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, EnumMessage, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Scope {
    /// Read customers, balances, cards and transactions; always included
    Read,
    /// Onboard customers; create and change cards
    Write,
    /// Fund customers, withdraw from cards, use the master wallet
    Money,
    /// Apply for the card program, style its hosted pages
    Program,
    /// Introspect the GraphQL schema, even if introspection is restricted
    Schema,
}

impl Scope {
    /// Its name: what commands take and documents show.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// What it allows, in one line.
    pub fn meaning(self) -> &'static str {
        self.get_documentation().unwrap_or_default()
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// What one caller may do: a set of scopes. Every set has [`Scope::Read`]. As a text, the names
/// are separated by commas: `read,money`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Reading alone.
    pub const READ: Self = Self(Scope::Read.bit());

    /// All scopes.
    pub fn all() -> Self {
        Scope::VARIANTS.iter().copied().collect()
    }

    /// Whether a scope is in the set.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// The scopes, in the order of their declaration.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::VARIANTS.iter().copied().filter(move |scope| self.contains(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<T: IntoIterator<Item = Scope>>(scopes: T) -> Self {
        scopes.into_iter().fold(Self::READ, |set, scope| Self(set.0 | scope.bit()))
    }
}

impl FromStr for Scopes {
    type Err = strum::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split(',').map(Scope::from_str).collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(Scope::name).collect();
        f.write_str(&names.join(","))
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_a_text_and_back_and_always_reads() {
        for (text, shown) in [
            ("read", "read"),
            ("write", "read,write"),
            ("schema,money,money", "read,money,schema"),
            ("read,write,money,program,schema", "read,write,money,program,schema"),
        ] {
            let scopes: Scopes = text.parse().expect("scopes");
            assert_eq!(scopes.to_string(), shown);
            assert_eq!(shown.parse(), Ok(scopes));
            assert_eq!(scopes.iter().collect::<Scopes>(), scopes);
        }
        for text in ["", "all", "read,", "read money", "READ"] {
            assert!(text.parse::<Scopes>().is_err(), "{text}");
        }
        let money: Scopes = "money".parse().expect("scopes");
        assert!(money.contains(Scope::Money) && money.contains(Scope::Read));
        assert!(!money.contains(Scope::Write));
        assert_eq!(Scopes::READ.to_string(), "read");
        assert_eq!(Scopes::all().iter().count(), Scope::VARIANTS.len());
    }

    #[test]
    fn every_scope_says_what_it_allows() {
        for scope in Scope::VARIANTS {
            assert!(scope.meaning().len() > 10, "{scope:?}");
        }
    }
}
