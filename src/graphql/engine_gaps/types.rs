//! What the schema says of its own types, for what the engine overlooks.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, OperationType, Type, TypeKind, TypeSystemDefinition};

/// A field: its type and those of its arguments.
pub(crate) struct Field {
    pub(crate) of: Type,
    pub(crate) arguments: HashMap<String, Type>,
}

/// The object types with their fields, and the names of enums and scalars.
pub(crate) struct Types {
    objects: HashMap<String, HashMap<String, Field>>,
    enums: HashSet<String>,
    scalars: HashSet<String>,
}

/// The scalars that every schema has (GraphQL September 2025, section 3.5).
const BUILT_IN: [&str; 5] = ["Int", "Float", "String", "Boolean", "ID"];

impl Types {
    /// Those of our schema.
    pub(crate) fn ours() -> &'static Self {
        static TYPES: LazyLock<Types> = LazyLock::new(|| Types::of(&crate::graphql::schema::sdl()));
        &TYPES
    }

    fn of(sdl: &str) -> Self {
        let scalars = BUILT_IN.map(str::to_owned).into();
        let mut types = Self { objects: HashMap::new(), enums: HashSet::new(), scalars };
        // The engine has written it itself.
        let definitions = parse_schema(sdl).map(|document| document.definitions);
        for definition in definitions.unwrap_or_default() {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let name = definition.node.name.node.to_string();
            match definition.node.kind {
                TypeKind::Object(object) => {
                    let fields = object.fields.into_iter().map(|field| {
                        let field = field.node;
                        let arguments = field.arguments.into_iter();
                        let arguments = arguments
                            .map(|one| (one.node.name.node.to_string(), one.node.ty.node))
                            .collect();
                        (field.name.node.to_string(), Field { of: field.ty.node, arguments })
                    });
                    types.objects.insert(name, fields.collect());
                }
                TypeKind::Enum(_) => drop(types.enums.insert(name)),
                TypeKind::Scalar => drop(types.scalars.insert(name)),
                _ => {}
            }
        }
        types
    }

    /// A field of an object type.
    pub(crate) fn field(&self, object: &str, field: &str) -> Option<&Field> {
        self.objects.get(object)?.get(field)
    }

    /// Whether a variable can be of a type.
    pub(crate) fn is_input(&self, of: &Type) -> bool {
        self.is_enum(of) || self.scalars.contains(name_of(of))
    }

    /// Whether a type is an enum, perhaps in lists.
    pub(crate) fn is_enum(&self, of: &Type) -> bool {
        self.enums.contains(name_of(of))
    }
}

/// The type that an operation begins with.
pub(crate) const fn root_of(operation: OperationType) -> &'static str {
    match operation {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    }
}

/// The name of a type without its lists.
pub(crate) fn name_of(of: &Type) -> &str {
    match &of.base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => name_of(inner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_known() {
        let types = Types::ours();
        let field = types.field("Query", "cardCustomers").expect("a field");
        assert_eq!(field.of.to_string(), "CardCustomerConnection!");
        assert!(types.is_enum(&field.arguments["status"]));
        assert!(!types.is_enum(&field.arguments["page"]));
        let nodes = types.field("CardCustomerConnection", "nodes").expect("a field");
        assert_eq!(
            (nodes.of.to_string().as_str(), name_of(&nodes.of)),
            ("[CardCustomer!]!", "CardCustomer")
        );
        assert!(types.field("Subscription", "cardCustomerBalance").is_some());
    }
}
