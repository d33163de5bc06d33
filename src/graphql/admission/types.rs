//! The schema as the validator reads it, and the types of its fields.

use apollo_compiler::Schema;
use apollo_compiler::ast::Type;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;

/// Definitions of the engine's schema that the validator does not have.
const MISSING: &str = "extend type __Type { isOneOf: Boolean }";

/// The types of the schema.
pub(crate) struct Types(Valid<Schema>);

impl Types {
    /// The types of a schema, given as text.
    pub(crate) fn of(sdl: &str) -> Self {
        let schema = Schema::parse_and_validate(format!("{sdl}\n{MISSING}"), "schema.graphql");
        // The text comes from the engine; a test parses it.
        debug_assert!(schema.is_ok(), "{:?}", schema.err());
        Self(schema.unwrap_or_else(|wrong| Valid::assume_valid(wrong.partial)))
    }

    /// The validator's schema.
    pub(crate) const fn schema(&self) -> &Valid<Schema> {
        &self.0
    }

    /// The type of a field.
    pub(crate) fn field(&self, object: &str, field: &str) -> Option<&Type> {
        Some(&self.0.type_field(object, field).ok()?.ty)
    }

    /// The object types of an interface or union; none if the type is another one.
    pub(crate) fn possible(&self, name: &str) -> Option<Vec<&str>> {
        let types = &self.0.types;
        if !matches!(types.get(name), Some(ExtendedType::Interface(_) | ExtendedType::Union(_))) {
            return None;
        }
        let objects = types.iter().filter(|(_, of)| matches!(of, ExtendedType::Object(_)));
        let objects = objects.map(|(object, _)| object.as_str());
        Some(objects.filter(|object| self.0.is_subtype(name, object)).collect())
    }

    /// Whether objects of a type are among those of another one, or the two are the same.
    pub(crate) fn includes(&self, name: &str, object: &str) -> bool {
        name == object || self.0.is_subtype(name, object)
    }

    /// The type of a field of an input object.
    pub(crate) fn input_field(&self, object: &str, field: &str) -> Option<&Type> {
        Some(&*self.0.get_input_object(object)?.fields.get(field)?.ty)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The published schema, which is the program's.
    pub(crate) fn published() -> Types {
        Types::of(include_str!("../../../schema.graphql"))
    }

    #[test]
    fn fields_have_their_types() {
        let types = published();
        let field = |object, field| types.field(object, field).map(ToString::to_string);
        assert_eq!(field("Query", "cardCustomers").as_deref(), Some("CardCustomerConnection!"));
        assert_eq!(field("CardCustomerConnection", "nodes").as_deref(), Some("[CardCustomer!]!"));
        assert_eq!(field("CardCustomer", "currency").as_deref(), Some("Currency"));
        assert_eq!(field("Query", "__schema").as_deref(), Some("__Schema!"));
        assert_eq!(field("__Type", "isOneOf").as_deref(), Some("Boolean"));
        assert_eq!(field("CardCustomer", "nothing"), None);
        let nodes = ["Card", "CardCustomer", "CardFunding", "CardTransaction"];
        assert_eq!(types.possible("Node"), Some(nodes.to_vec()));
        assert_eq!(types.possible("CardCustomer"), None);
    }
}
