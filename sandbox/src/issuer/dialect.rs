//! What differs between the pages for the same answer.

use super::json::Json;
use super::state::Currency;
use super::time::Time;

/// How answers are written. The default is the newest form of each page; the
/// others are documented as well, or were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a difference of its own")]
pub struct Dialect {
    /// Leaves out the identifiers that the pages' examples do not have: `id` of
    /// the list's items; `id`, `customer_id` and `external_customer_id` of one
    /// customer.
    pub fewer_identifiers: bool,
    /// Writes `currency` as the wallet's token: `EURe`.
    pub currency_as_token: bool,
    /// Writes booleans as texts: `"true"`.
    pub booleans_as_text: bool,
    /// Writes times without milliseconds.
    pub times_without_millis: bool,
    /// Leaves out members without a value.
    pub absent_for_null: bool,
    /// Adds members to each object that no page names.
    pub unknown_members: bool,
}

impl Dialect {
    /// A documented answer as this dialect writes it.
    pub(crate) fn write(self, json: Json) -> Json {
        if self == Self::default() { json } else { self.value(json) }
    }

    fn value(self, json: Json) -> Json {
        match json {
            Json::Bool(value) if self.booleans_as_text => Json::Text(value.to_string()),
            Json::Time(Time(millis)) if self.times_without_millis => {
                Json::Text(Time(millis).text_of_seconds())
            }
            Json::List(items) => {
                Json::List(items.into_iter().map(|item| self.value(item)).collect())
            }
            Json::Object(members) => Json::Object(self.members(members)),
            other => other,
        }
    }

    fn members(self, members: Vec<(&'static str, Json)>) -> Vec<(&'static str, Json)> {
        let mut written: Vec<(&'static str, Json)> = members
            .into_iter()
            .filter(|(_, value)| !(self.absent_for_null && matches!(value, Json::Null)))
            .map(|(name, value)| match (name, value) {
                // The envelope stays as it is.
                ("success", value) => (name, value),
                ("currency", Json::Text(code)) if self.currency_as_token => {
                    let token =
                        Currency::parse(&code).map_or(code, |known| known.token().to_owned());
                    (name, Json::Text(token))
                }
                (name, value) => (name, self.value(value)),
            })
            .collect();
        if self.unknown_members {
            written.push(("x_risk_band", Json::List(vec![Json::Integer(7), Json::Null])));
        }
        written
    }
}
