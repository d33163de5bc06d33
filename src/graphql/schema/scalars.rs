//! Scalars: exact where JSON numbers are not.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

use crate::domain::money::Minor;
use crate::domain::time::Timestamp;

/// An exact amount of money in major units: a string with exactly two decimals, like "38.50".
pub(crate) struct Decimal(pub(crate) Minor);

/// An exact amount of money in major units: a string with exactly two decimals, like "38.50".
#[Scalar(name = "Decimal", specified_by_url = "https://www.w3.org/TR/xmlschema11-2/#decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            // A number would have gone through a float before it came here.
            return Err(InputValueError::expected_type(value));
        };
        let amount = Minor::parse(text).ok_or("must be a decimal with at most two decimals")?;
        Ok(Self(amount))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
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
