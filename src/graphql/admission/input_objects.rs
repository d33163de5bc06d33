//! Literals of input objects, of which apollo-compiler 1.33 lets two mistakes pass: a field
//! that is given twice, and a nullable variable for a non-null field (GraphQL September 2025,
//! sections 5.6.3 and 5.8.5). It can go when they are refused there.

use std::collections::HashSet;

use apollo_compiler::Node;
use apollo_compiler::Schema;
use apollo_compiler::ast::{Type, Value};
use apollo_compiler::executable::{ExecutableDocument, Operation, Selection, SelectionSet};
use apollo_compiler::parser::SourceSpan;

/// A mistake, and where it is.
pub(super) type Mistake = (String, Option<SourceSpan>);

/// The first mistake of a document.
pub(super) fn first_mistake(document: &ExecutableDocument, schema: &Schema) -> Option<Mistake> {
    document.operations.iter().find_map(|operation| {
        let mut check = Check { document, schema, operation, seen: HashSet::new() };
        check.selections(&operation.selection_set)
    })
}

struct Check<'a> {
    document: &'a ExecutableDocument,
    schema: &'a Schema,
    operation: &'a Operation,
    /// The fragments that were looked at.
    seen: HashSet<&'a str>,
}

impl<'a> Check<'a> {
    fn selections(&mut self, set: &'a SelectionSet) -> Option<Mistake> {
        set.selections.iter().find_map(|selection| match selection {
            Selection::Field(field) => {
                let mut arguments = field.arguments.iter();
                let mistake = arguments.find_map(|argument| {
                    let definition = field.definition.argument_by_name(&argument.name)?;
                    self.value(&argument.value, &definition.ty)
                });
                mistake.or_else(|| self.selections(&field.selection_set))
            }
            Selection::InlineFragment(inline) => self.selections(&inline.selection_set),
            Selection::FragmentSpread(spread) => {
                let fragment = self.document.fragments.get(&spread.fragment_name)?;
                let is_new = self.seen.insert(&spread.fragment_name);
                if is_new { self.selections(&fragment.selection_set) } else { None }
            }
        })
    }

    fn value(&self, value: &Node<Value>, of: &Type) -> Option<Mistake> {
        match &**value {
            Value::List(items) => items.iter().find_map(|item| self.value(item, of.item_type())),
            Value::Object(fields) => {
                let input = self.schema.get_input_object(of.inner_named_type())?;
                let mut names = HashSet::new();
                fields.iter().find_map(|(name, value)| {
                    if !names.insert(name) {
                        let text = format!("The input field \"{name}\" is given twice");
                        return Some((text, value.location()));
                    }
                    let field = input.fields.get(name)?;
                    let has_default = field.default_value.is_some();
                    self.variable(value, &field.ty, has_default)
                        .or_else(|| self.value(value, &field.ty))
                })
            }
            _ => None,
        }
    }

    /// A nullable variable where null cannot be.
    fn variable(&self, value: &Node<Value>, of: &Type, has_default: bool) -> Option<Mistake> {
        let Value::Variable(name) = &**value else { return None };
        let variable = self.operation.variables.iter().find(|one| one.name == *name)?;
        let default = variable.default_value.as_ref();
        let is_nullable = !variable.ty.is_non_null()
            && default.is_none_or(|default| matches!(**default, Value::Null));
        (of.is_non_null() && !has_default && is_nullable).then(|| {
            let text = format!(
                "Variable \"${name}\" of type \"{}\" is used where \"{of}\" is expected",
                variable.ty
            );
            (text, value.location())
        })
    }
}
