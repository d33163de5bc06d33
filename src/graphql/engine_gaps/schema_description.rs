//! The engine answers `__schema { description }` with the description of the
//! type `__Schema`. Ours has none (GraphQL September 2025, section
//! 4.2.1). No issue is known; this can go when the engine has a setting for it.

use async_graphql::{Name, Value};

use crate::graphql::admission::operation::Field;

/// Puts null in place of the description.
pub(crate) fn remove(fields: &[Field], data: &mut Value) {
    let schemas = fields.iter().filter(|field| field.name() == "__schema");
    for schema in schemas {
        let Value::Object(data) = &mut *data else { return };
        let Some(Value::Object(schema_data)) = data.get_mut(schema.key()) else { continue };
        for field in schema.below.iter().filter(|field| field.name() == "description") {
            schema_data.insert(Name::new(field.key()), Value::Null);
        }
    }
}
