//! What is wrong with the value of a variable, in a sentence that names the variable.

use super::suggestion::{similar_field, similar_value};
use super::types::Types;

/// The sentence about a variable, by what apollo-compiler says of its value. With `suggest`, it
/// may name similar values and fields of the schema.
pub(super) fn sentence(variable: &str, said: &str, types: &Types, suggest: bool) -> String {
    let (what, similar) = plain(said, types);
    match similar.filter(|_| suggest) {
        Some(name) => format!("Variable \"${variable}\": {what}. Did you mean \"{name}\"?"),
        None => format!("Variable \"${variable}\": {what}"),
    }
}

fn plain<'a>(said: &str, types: &'a Types) -> (String, Option<&'a str>) {
    if let Some((key, of)) = said
        .strip_prefix("Input object has key ")
        .and_then(|rest| rest.rsplit_once(" not in type "))
    {
        return (format!("{of} has no field \"{key}\""), similar_field(types, of, key));
    }
    if let Some((of, field)) = said
        .strip_prefix("Missing value for non-null input object field ")
        .and_then(|field| field.split_once('.'))
    {
        return (format!("the field \"{field}\" of {of} is missing"), None);
    }
    if let Some((place, of)) =
        said.strip_prefix("null value for ").and_then(|rest| rest.rsplit_once(" of non-null type "))
    {
        return (format!("{}null is no value of {of}", at(place)), None);
    }
    if let Some((value, of)) =
        said.strip_prefix("could not coerce ").and_then(|rest| rest.rsplit_once(" to type "))
        && let Some((place, value)) = value.split_once(": ")
    {
        let text = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let similar = text.and_then(|text| similar_value(types, of, text));
        return (format!("{}{value} is no value of {of}", at(place)), similar);
    }
    (said.to_owned(), None)
}

/// Where in the variable a value is; nothing if it is the whole of it.
fn at(place: &str) -> String {
    let field = place.strip_prefix("input field ");
    field.map(|field| format!("{field}: ")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::types::tests::published;

    #[test]
    fn each_kind_of_mistake_is_said_plainly() {
        let types = published();
        for (said, expected) in [
            (
                "could not coerce variable v: \"ACTVE\" to type CardCustomerStatus",
                "\"ACTVE\" is no value of CardCustomerStatus. Did you mean \"ACTIVE\"?",
            ),
            ("could not coerce variable v: 1.5 to type Int", "1.5 is no value of Int"),
            (
                "could not coerce input field FreezeCardInput.cardId: {\"a: b\":1} to type ID",
                "FreezeCardInput.cardId: {\"a: b\":1} is no value of ID",
            ),
            (
                "Input object has key idetifier not in type FreezeCardInput",
                "FreezeCardInput has no field \"idetifier\". Did you mean \"identifier\"?",
            ),
            (
                "Missing value for non-null input object field FreezeCardInput.cardId",
                "the field \"cardId\" of FreezeCardInput is missing",
            ),
            (
                "null value for input field FreezeCardInput.cardId of non-null type ID!",
                "FreezeCardInput.cardId: null is no value of ID!",
            ),
            ("something else", "something else"),
        ] {
            let sentence = |suggest| super::sentence("v", said, &types, suggest);
            assert_eq!(sentence(true), format!("Variable \"$v\": {expected}"));
            let without = expected.split(". Did").next().expect("a part");
            assert_eq!(sentence(false), format!("Variable \"$v\": {without}"));
        }
    }
}
