//! Where a field has failed there is null, and where there can be none, in what
//! is around it (GraphQL September 2025, section 6.4.4). The engine leaves such
//! fields out.

use async_graphql::parser::types::{
    BaseType, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet, Type,
};
use async_graphql::{Name, PathSegment, Response, Value};

use crate::graphql::engine_gaps::types::{Types, name_of, root_of};

/// The parent cannot be without what is missing.
struct Missing;

/// Puts nulls where the errors of a response say that something has failed.
pub(crate) fn put(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    response: &mut Response,
) {
    let root = root_of(operation.ty);
    let walk = Walk { document, types: Types::ours() };
    let Response { data, errors, .. } = response;
    for error in errors.iter().filter(|error| !error.path.is_empty()) {
        let set = [&operation.selection_set.node];
        if walk.object(data, root, &set, &error.path).is_err() {
            *data = Value::Null;
        }
    }
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    types: &'static Types,
}

impl<'a> Walk<'a> {
    fn object(
        &self,
        value: &mut Value,
        object: &str,
        sets: &[&'a SelectionSet],
        path: &[PathSegment],
    ) -> Result<(), Missing> {
        // What is written already has its nulls.
        let (Value::Object(fields), [PathSegment::Field(key), rest @ ..]) = (value, path) else {
            return Ok(());
        };
        let mut selected = Vec::new();
        for set in sets {
            self.find(set, key, &mut selected);
        }
        let Some(first) = selected.first() else { return Ok(()) };
        let Some(field) = self.types.field(object, first.name.node.as_str()) else { return Ok(()) };
        let failed = match fields.get_mut(key.as_str()) {
            // The engine has left it out, or has given up somewhere below.
            None | Some(Value::Null) => true,
            Some(child) => {
                let below: Vec<&SelectionSet> =
                    selected.iter().map(|field| &field.selection_set.node).collect();
                self.value(child, &field.of, &below, rest).is_err()
            }
        };
        if !failed {
            return Ok(());
        }
        if !field.of.nullable {
            return Err(Missing);
        }
        fields.insert(Name::new(key), Value::Null);
        Ok(())
    }

    fn value(
        &self,
        value: &mut Value,
        of: &Type,
        sets: &[&'a SelectionSet],
        path: &[PathSegment],
    ) -> Result<(), Missing> {
        let BaseType::List(inner) = &of.base else {
            return self.object(value, name_of(of), sets, path);
        };
        let (Value::List(items), [PathSegment::Index(at), rest @ ..]) = (value, path) else {
            return Ok(());
        };
        let Some(item) = items.get_mut(*at) else { return Ok(()) };
        match self.value(item, inner, sets, rest) {
            Err(Missing) if inner.nullable => {
                *item = Value::Null;
                Ok(())
            }
            outcome => outcome,
        }
    }

    /// The fields that are answered under a key.
    fn find(&self, set: &'a SelectionSet, key: &str, found: &mut Vec<&'a Field>) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) if field.node.response_key().node == key => {
                    found.push(&field.node);
                }
                Selection::Field(_) => {}
                Selection::InlineFragment(part) => {
                    self.find(&part.node.selection_set.node, key, found);
                }
                Selection::FragmentSpread(spread) => {
                    let fragments = &self.document.fragments;
                    if let Some(fragment) = fragments.get(&spread.node.fragment_name.node) {
                        self.find(&fragment.node.selection_set.node, key, found);
                    }
                }
            }
        }
    }
}
