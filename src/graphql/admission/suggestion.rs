//! "Did you mean …?" for names that the schema does not have.

use apollo_compiler::Name;
use apollo_compiler::schema::ExtendedType;

use super::types::Types;

/// Names that are longer, in bytes, are no typing mistakes, and would take long to compare.
const LONGEST: usize = 64;

/// The message of an error, with a similar name where the schema has one.
pub(super) fn with_suggestion(types: &Types, message: String) -> String {
    match similar(types, &message) {
        Some(name) => format!("{message}. Did you mean \"{name}\"?"),
        None => message,
    }
}

/// The name that is meant by a message of the validator about an unknown one.
fn similar<'a>(types: &'a Types, message: &str) -> Option<&'a str> {
    let quoted: Vec<&str> = message.split('"').skip(1).step_by(2).collect();
    let about = |text: &str| message.contains(text);
    match quoted[..] {
        [object, name] if about(" does not have a field ") => {
            let fields = types.schema().get_object(object)?.fields.keys();
            nearest(fields.map(Name::as_str), name)
        }
        // The name of an argument may go before.
        [.., value, of] if about(" does not exist on ") => {
            let schema = types.schema();
            if let Some(of) = schema.get_enum(of) {
                return nearest(of.values.keys().map(Name::as_str), value);
            }
            similar_field(types, of, value)
        }
        [argument, field] if about(" is not supported by ") => {
            // `Object.field`, or a directive, which is written with `@`.
            let (object, field) = field.split_once('.')?;
            let field = types.schema().type_field(object, field).ok()?;
            nearest(field.arguments.iter().map(|one| one.name.as_str()), argument)
        }
        [name, ..] if about("annot find type ") || about(" is not a type defined in ") => {
            let all = types.schema().types.iter();
            let all = all.filter(|(_, of)| !of.is_built_in() && !is_root(of));
            nearest(all.map(|(name, _)| name.as_str()), name)
        }
        [directive] if about("annot find directive ") => {
            let all = types.schema().directive_definitions.keys();
            nearest(all.map(Name::as_str), directive.trim_start_matches('@'))
        }
        _ => None,
    }
}

/// A document never names the root types.
fn is_root(of: &ExtendedType) -> bool {
    matches!(of.name().as_str(), "Query" | "Mutation" | "Subscription")
}

/// The value of an enum that is most like another.
pub(super) fn similar_value<'a>(types: &'a Types, of: &str, value: &str) -> Option<&'a str> {
    nearest(types.schema().get_enum(of)?.values.keys().map(Name::as_str), value)
}

/// The field of an input object whose name is most like another.
pub(super) fn similar_field<'a>(types: &'a Types, of: &str, name: &str) -> Option<&'a str> {
    let fields = types.schema().get_input_object(of)?.fields.keys();
    nearest(fields.map(Name::as_str), name)
}

/// The name that is most like another one, if any is.
fn nearest<'a>(names: impl Iterator<Item = &'a str>, wanted: &str) -> Option<&'a str> {
    if wanted.len() > LONGEST {
        return None;
    }
    let lower = wanted.to_lowercase();
    // Enums are in capitals, and are not always written so.
    let distance = |name: &str| strsim::levenshtein(&name.to_lowercase(), &lower);
    let (distance, name) = names.map(|name| (distance(name), name)).min()?;
    (distance <= wanted.len() / 2).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::super::types::tests::published;
    use super::*;

    #[test]
    fn what_is_unknown_leads_to_what_there_is() {
        let types = published();
        for (message, expected) in [
            ("Type \"CardCustomer\" does not have a field \"emial\"", Some("email")),
            ("Type \"CardCustomer\" does not have a field \"x\"", None),
            ("Value \"ACTVE\" does not exist on \"CardCustomerStatus\"", Some("ACTIVE")),
            (
                "Argument \"status\": Value \"active\" does not exist on \"CardCustomerStatus\"",
                Some("ACTIVE"),
            ),
            ("Field \"idetifier\" does not exist on \"FreezeCardInput\"", Some("identifier")),
            (
                "The argument \"perpage\" is not supported by \"Query.cardCustomers\"",
                Some("perPage"),
            ),
            ("Cannot find type \"CardCustomers\" in this document", Some("CardCustomer")),
            (
                "Type condition \"Cart\" of inline fragment is not a type defined in the schema",
                Some("Card"),
            ),
            ("Cannot find directive \"@skp\" in this document", Some("skip")),
            ("Variable \"$x\" is not defined", None),
            ("", None),
        ] {
            assert_eq!(similar(&types, message), expected, "{message}");
        }
        assert_eq!(similar_value(&types, "CardCustomerStatus", "activ"), Some("ACTIVE"));
    }
}
