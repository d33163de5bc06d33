//! Scalars: exact where JSON numbers are not.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

use crate::domain::money::{Currency, Minor, decimals};
use crate::domain::text::Text;
use crate::domain::time::Timestamp;

/// An exact decimal number.
pub(crate) enum Decimal {
    /// An amount of money, with all decimals of its currency.
    Amount(Text),
    /// Another number, as it stands.
    Number(String),
}

impl Decimal {
    /// An amount of a wallet.
    pub(crate) fn of_wallet(amount: Minor) -> Self {
        Self::Amount(amount.decimal(Currency::DECIMALS))
    }

    /// The number's digits.
    pub(crate) fn as_text(&self) -> &str {
        match self {
            Self::Amount(text) => text.as_str(),
            Self::Number(text) => text,
        }
    }

    /// An amount of the currency with this ISO 4217 code.
    pub(crate) fn of(amount: Minor, currency: &str) -> Self {
        Self::Amount(amount.decimal(decimals(currency)))
    }
}

/// An exact decimal number as a string. An amount of money is in major units and has all decimals of its currency: "38.50" euros, "500" yen.
#[Scalar(name = "Decimal", specified_by_url = "https://www.w3.org/TR/xmlschema11-2/#decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            // A number would have gone through a float before it came here.
            return Err(InputValueError::expected_type(value));
        };
        let amount = Minor::parse(text, Currency::DECIMALS)
            .ok_or("must be a decimal with at most two decimals")?;
        Ok(Self::of_wallet(amount))
    }

    fn to_value(&self) -> Value {
        Value::String(match self {
            Self::Amount(text) => text.as_str().to_owned(),
            Self::Number(text) => text.clone(),
        })
    }
}

/// A UTC time in RFC 3339 format, with milliseconds: "2026-04-20T08:00:00.000Z".
pub(crate) struct DateTime(pub(crate) Timestamp);

/// A UTC time in RFC 3339 format, with milliseconds: "2026-04-20T08:00:00.000Z".
#[Scalar(name = "DateTime", specified_by_url = "https://datatracker.ietf.org/doc/html/rfc3339")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        Ok(Self(Timestamp::parse(text).ok_or("must be an RFC 3339 time")?))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}
