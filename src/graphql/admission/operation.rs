//! The tree of an operation: fragments spread, fields merged by response key. It is built
//! once per operation of a document. Cost, page writer and response read it.

use std::collections::BTreeSet;

use apollo_compiler::ast::{OperationType as Kind, Type, Value as Literal};
use apollo_compiler::executable::{self, DirectiveList, FragmentMap, Selection, SelectionSet};
use async_graphql::parser::types as engine;
use async_graphql::parser::types::OperationType;
use async_graphql::{Name, Number, Pos, Positioned, Value, Variables};
use async_graphql_value::Value as Argument;

use super::positions::Positions;
use super::types::Types;

/// Selected if conditions exclude all fields of an object: the engine would answer null.
/// Never in a response.
pub(crate) const PLACEHOLDER: &str = "__nothing";

/// A field, in the order of the response.
#[derive(Clone)]
pub(crate) struct Field {
    /// The field without its selections.
    selected: Positioned<engine::Field>,
    /// Whether the field has selections.
    is_object: bool,
    /// Its selected fields. Where its type is an interface: those of each type in turn.
    pub(crate) below: Vec<Field>,
    /// The type of the objects to which the field belongs, if the one above it has several.
    pub(crate) on: Option<Name>,
    /// Where the document selects the field, and under which conditions.
    occurrences: Vec<Occurrence>,
}

#[derive(Clone)]
struct Occurrence {
    /// Its index among all selected fields.
    place: usize,
    /// All of these conditions must hold.
    when: Vec<Condition>,
}

/// A variable of `@skip` or `@include`, and the value that includes the field.
#[derive(Clone, PartialEq)]
struct Condition {
    variable: Name,
    value: bool,
}

impl Field {
    /// The key in the response.
    pub(crate) fn key(&self) -> &str {
        &self.selected.node.response_key().node
    }

    /// The name in the schema.
    pub(crate) fn name(&self) -> &str {
        &self.selected.node.name.node
    }

    /// An argument as written in the document.
    pub(crate) fn argument(&self, name: &str) -> Option<&Argument> {
        self.selected.node.get_argument(name).map(|value| &value.node)
    }

    /// The form that the engine runs.
    fn to_engine(&self) -> Positioned<engine::Selection> {
        let mut field = self.selected.clone();
        if self.is_object {
            field.node.selection_set.node = to_engine(&self.below, field.pos);
        }
        let pos = field.pos;
        Positioned::new(engine::Selection::Field(field), pos)
    }
}

fn to_engine(fields: &[Field], pos: Pos) -> engine::SelectionSet {
    let mut items: Vec<_> =
        fields.iter().filter(|field| field.on.is_none()).map(Field::to_engine).collect();
    for object in objects(fields) {
        let mine = fields.iter().filter(|field| field.on.as_ref() == Some(object));
        let set = engine::SelectionSet { items: mine.map(Field::to_engine).collect() };
        let on = engine::TypeCondition { on: Positioned::new(object.clone(), pos) };
        let part = engine::InlineFragment {
            type_condition: Some(Positioned::new(on, pos)),
            directives: Vec::new(),
            selection_set: Positioned::new(set, pos),
        };
        let part = engine::Selection::InlineFragment(Positioned::new(part, pos));
        items.push(Positioned::new(part, pos));
    }
    if items.is_empty() {
        let field = engine::Field {
            alias: Some(Positioned::new(Name::new(PLACEHOLDER), pos)),
            name: Positioned::new(Name::new("__typename"), pos),
            arguments: Vec::new(),
            directives: Vec::new(),
            selection_set: Positioned::default(),
        };
        items.push(Positioned::new(engine::Selection::Field(Positioned::new(field, pos)), pos));
    }
    engine::SelectionSet { items }
}

/// The types to which fields belong, where these are several.
pub(crate) fn objects(fields: &[Field]) -> Vec<&Name> {
    let mut objects = Vec::new();
    for object in fields.iter().filter_map(|field| field.on.as_ref()) {
        if !objects.contains(&object) {
            objects.push(object);
        }
    }
    objects
}

/// Nullable variables whose default is null, with their operations.
pub(crate) type NullDefaults = Vec<(Option<apollo_compiler::Name>, apollo_compiler::Name)>;

/// An operation of a valid document, as a tree.
pub(crate) struct Operation {
    pub(crate) kind: OperationType,
    pub(crate) name: Option<String>,
    /// The operation without selections; it has the variables.
    pub(crate) definition: executable::Operation,
    fields: Vec<Field>,
    /// Variables of `@skip` and `@include`.
    conditions: BTreeSet<Name>,
    variables: Vec<Positioned<engine::VariableDefinition>>,
    /// Variables whose default is null: see [`super::validation`].
    null_defaults: Vec<Name>,
    pos: Pos,
}

impl Operation {
    /// The keyword of its kind.
    pub(crate) const fn keyword(&self) -> &'static str {
        match self.kind {
            OperationType::Query => "query",
            OperationType::Mutation => "mutation",
            OperationType::Subscription => "subscription",
        }
    }

    /// Builds the tree of an operation. The shape limits have refused fragments within
    /// themselves.
    pub(crate) fn of(
        operation: &executable::Operation,
        pos: Pos,
        fragments: &FragmentMap,
        positions: &Positions<'_>,
        types: &Types,
        null_defaults: &NullDefaults,
    ) -> Self {
        let conditions = BTreeSet::new();
        let mut builder = Builder { fragments, positions, types, conditions, place: 0 };
        let mut fields = Vec::new();
        builder.below(&operation.selection_set, &[], &mut fields);
        let conditions = builder.conditions;
        let definition = executable::Operation {
            operation_type: operation.operation_type,
            name: operation.name.clone(),
            variables: operation.variables.clone(),
            directives: DirectiveList::default(),
            selection_set: SelectionSet::new(operation.selection_set.ty.clone()),
        };
        let variables = operation.variables.iter().filter_map(|variable| {
            let pos = positions.of_span(variable.location());
            let definition = engine::VariableDefinition {
                name: Positioned::new(Name::new(variable.name.as_str()), pos),
                var_type: Positioned::new(engine::Type::new(&variable.ty.to_string())?, pos),
                directives: Vec::new(),
                default_value: None,
            };
            Some(Positioned::new(definition, pos))
        });
        let variables = variables.collect();
        let own = null_defaults.iter().filter(|(of, _)| *of == operation.name);
        let null_defaults = own.map(|(_, name)| Name::new(name.as_str())).collect();
        let kind = match operation.operation_type {
            Kind::Query => OperationType::Query,
            Kind::Mutation => OperationType::Mutation,
            Kind::Subscription => OperationType::Subscription,
        };
        let name = operation.name.as_ref().map(ToString::to_string);
        Self { kind, name, definition, fields, conditions, variables, null_defaults, pos }
    }

    /// The type of the root.
    pub(crate) fn root(&self) -> &str {
        &self.definition.selection_set.ty
    }

    /// Where a variable is defined.
    pub(crate) fn variable_pos(&self, name: &str) -> Option<Pos> {
        self.variables.iter().find(|one| one.node.name.node == name).map(|one| one.pos)
    }

    /// Gives variables that are absent their default, if that is null.
    pub(crate) fn fill_null_defaults(&self, variables: &mut Variables) {
        for name in &self.null_defaults {
            variables.entry(name.clone()).or_insert(Value::Null);
        }
    }

    /// The fields that run with these variables; none if the operation has no conditions,
    /// so that all fields run.
    pub(crate) fn included(&self, variables: &Variables) -> Option<Vec<Field>> {
        (!self.conditions.is_empty()).then(|| included(&self.fields, variables))
    }

    /// All fields, regardless of conditions.
    pub(crate) fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// A variable of `@skip` or `@include` that is null.
    pub(crate) fn null_condition(&self, variables: &Variables) -> Option<&str> {
        let null = |name: &&Name| matches!(variables.get(name.as_str()), Some(Value::Null));
        self.conditions.iter().find(null).map(Name::as_str)
    }

    /// The document that the engine runs: this operation alone, with these fields.
    pub(crate) fn to_engine(&self, fields: &[Field]) -> engine::ExecutableDocument {
        let operation = engine::OperationDefinition {
            ty: self.kind,
            variable_definitions: self.variables.clone(),
            directives: Vec::new(),
            selection_set: Positioned::new(to_engine(fields, self.pos), self.pos),
        };
        let operation = Positioned::new(operation, self.pos);
        engine::ExecutableDocument {
            operations: engine::DocumentOperations::Single(operation),
            fragments: std::collections::HashMap::new(),
        }
    }
}

fn included(fields: &[Field], variables: &Variables) -> Vec<Field> {
    let holds = |condition: &Condition| {
        variables.get(&condition.variable) == Some(&Value::Boolean(condition.value))
    };
    let mut placed: Vec<(usize, Field)> = fields
        .iter()
        .filter_map(|field| {
            let mut occurrences = field.occurrences.iter();
            let first = occurrences.find(|occurrence| occurrence.when.iter().all(holds))?;
            let below = included(&field.below, variables);
            let Field { selected, is_object, on, .. } = field;
            let (selected, on, occurrences) = (selected.clone(), on.clone(), Vec::new());
            Some((first.place, Field { selected, is_object: *is_object, below, on, occurrences }))
        })
        .collect();
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, field)| field).collect()
}

struct Builder<'a> {
    fragments: &'a FragmentMap,
    positions: &'a Positions<'a>,
    types: &'a Types,
    conditions: BTreeSet<Name>,
    /// Number of fields so far.
    place: usize,
}

impl Builder<'_> {
    /// Adds the fields of the selection set of a field: those of each type that its objects
    /// can have.
    fn below(&mut self, set: &SelectionSet, when: &[Condition], fields: &mut Vec<Field>) {
        let types = self.types;
        let Some(possible) = types.possible(&set.ty) else {
            self.add(set, (&set.ty, None), when, fields);
            return;
        };
        for object in possible {
            self.add(set, (object, Some(&Name::new(object))), when, fields);
        }
    }

    /// Adds the fields of a selection set that is included `when` conditions hold, for objects
    /// of one type. `on` is that type, if it can also be another one.
    fn add(
        &mut self,
        set: &SelectionSet,
        (object, on): (&str, Option<&Name>),
        when: &[Condition],
        fields: &mut Vec<Field>,
    ) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    let Some(when) = self.when(when, &field.directives) else { continue };
                    let key = field.response_key().as_str();
                    let is_known = |known: &Field| known.key() == key && known.on.as_ref() == on;
                    let at = fields.iter().position(is_known).unwrap_or_else(|| {
                        fields.push(self.field(field, on));
                        fields.len() - 1
                    });
                    let merged = &mut fields[at];
                    // After an occurrence without conditions, further ones do not matter.
                    if merged.occurrences.iter().all(|known| !known.when.is_empty()) {
                        merged
                            .occurrences
                            .push(Occurrence { place: self.place, when: when.clone() });
                    }
                    self.place += 1;
                    self.below(&field.selection_set, &when, &mut merged.below);
                }
                Selection::InlineFragment(part) => {
                    let Some(when) = self.when(when, &part.directives) else { continue };
                    if self.types.includes(&part.selection_set.ty, object) {
                        self.add(&part.selection_set, (object, on), &when, fields);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let Some(when) = self.when(when, &spread.directives) else { continue };
                    if let Some(fragment) = self.fragments.get(&spread.fragment_name)
                        && self.types.includes(&fragment.selection_set.ty, object)
                    {
                        self.add(&fragment.selection_set, (object, on), &when, fields);
                    }
                }
            }
        }
    }

    /// The conditions of a selection and of those around it; none if it is never included.
    fn when(&mut self, around: &[Condition], own: &DirectiveList) -> Option<Vec<Condition>> {
        let mut when = around.to_vec();
        for directive in own {
            let value = match directive.name.as_str() {
                "include" => true,
                "skip" => false,
                _ => continue,
            };
            match directive.specified_argument_by_name("if").map(|argument| &**argument) {
                Some(Literal::Boolean(given)) if *given != value => return None,
                Some(Literal::Variable(name)) => {
                    let variable = Name::new(name.as_str());
                    self.conditions.insert(variable.clone());
                    let condition = Condition { variable, value };
                    if !when.contains(&condition) {
                        when.push(condition);
                    }
                }
                _ => {}
            }
        }
        Some(when)
    }

    fn field(&self, field: &apollo_compiler::Node<executable::Field>, on: Option<&Name>) -> Field {
        let pos = self.positions.of_span(field.location());
        let named = |name: &str| Positioned::new(Name::new(name), pos);
        let arguments = field.arguments.iter().map(|argument| {
            let definition = field.definition.argument_by_name(&argument.name);
            let of = definition.map(|definition| &*definition.ty);
            let pos = self.positions.of_span(argument.value.location());
            let name = Positioned::new(Name::new(argument.name.as_str()), pos);
            (name, Positioned::new(value(&argument.value, of, self.types), pos))
        });
        let selected = engine::Field {
            alias: field.alias.as_ref().map(|alias| named(alias)),
            name: named(&field.name),
            arguments: arguments.collect(),
            directives: Vec::new(),
            selection_set: Positioned::new(engine::SelectionSet::default(), pos),
        };
        Field {
            selected: Positioned::new(selected, pos),
            is_object: !field.selection_set.selections.is_empty(),
            below: Vec::new(),
            on: on.cloned(),
            occurrences: Vec::new(),
        }
    }
}

/// A literal in the form of the engine.
fn value(literal: &Literal, of: Option<&Type>, types: &Types) -> Argument {
    let is_id = of.is_some_and(|of| of.inner_named_type() == "ID");
    match literal {
        Literal::Null => Argument::Null,
        Literal::Variable(name) => Argument::Variable(Name::new(name.as_str())),
        Literal::Enum(name) => Argument::Enum(Name::new(name.as_str())),
        Literal::String(text) => Argument::String(text.clone()),
        Literal::Boolean(value) => Argument::Boolean(*value),
        // An ID may have more digits than a number (section 3.5.5).
        Literal::Int(digits) if is_id => Argument::String(digits.as_str().to_owned()),
        Literal::Int(digits) => match digits.as_str().parse::<i64>() {
            Ok(whole) => Argument::Number(whole.into()),
            Err(_) => float(digits.as_str()),
        },
        Literal::Float(digits) => float(digits.as_str()),
        Literal::List(items) => {
            let of = of.map(Type::item_type);
            Argument::List(items.iter().map(|item| value(item, of, types)).collect())
        }
        Literal::Object(members) => Argument::Object(
            members
                .iter()
                .map(|(name, member)| {
                    let of = of.and_then(|of| types.input_field(of.inner_named_type(), name));
                    (Name::new(name.as_str()), value(member, of, types))
                })
                .collect(),
        ),
    }
}

fn float(digits: &str) -> Argument {
    let number = digits.parse().ok().and_then(Number::from_f64);
    number.map_or(Argument::Null, Argument::Number)
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;

    const SCHEMA: &str = "type Query { a(id: ID, n: Int, o: O): Query b: Query c: Int d: Int }
        input O { id: ID ids: [ID!] o: O n: Int }
        interface I { id: ID } type A implements I { id: ID a: Int i: I } type B implements I { id: ID b: Int }
        extend type Query { i: I }";

    fn operation(text: &str) -> Operation {
        let types = Types::of(SCHEMA);
        let document = executable::ExecutableDocument::parse_and_validate(types.schema(), text, "");
        let document = document.expect("a valid document");
        let positions = Positions::of(text);
        let operation = document.operations.iter().next().expect("one");
        let fragments = &document.fragments;
        Operation::of(operation, Pos::default(), fragments, &positions, &types, &Vec::new())
    }

    fn keys(fields: &[Field]) -> String {
        let key = |field: &Field| match &field.below[..] {
            [] => field.key().to_owned(),
            below => format!("{}{{{}}}", field.key(), keys(below)),
        };
        fields.iter().map(key).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn fields_come_once_in_the_order_of_their_first_selection() {
        for (text, expected) in [
            ("{ d c }", "d c"),
            ("{ a { d } c a { c d } }", "a{d c} c"),
            (
                "{ x: b { c } ...F } fragment F on Query { d x: b { ... on Query { d } c } }",
                "x{c d} d",
            ),
            ("{ c @skip(if: true) d c }", "d c"),
            ("{ c @include(if: false) d }", "d"),
            ("{ a { c @include(if: false) } }", "a"),
        ] {
            assert_eq!(keys(operation(text).fields()), expected, "{text}");
        }
    }

    #[test]
    fn conditions_are_those_of_each_selection() {
        let text = "query($t: Boolean!, $u: Boolean!) {
            c @skip(if: $t) a @include(if: $t) { c } a @include(if: $u) { d } c
            ... @include(if: $t) { b { d @skip(if: $u) } }
        }";
        let operation = operation(text);
        for (t, u, expected) in [
            (true, true, "a{c d} c b"),
            (true, false, "a{c} c b{d}"),
            (false, true, "c a{d}"),
            (false, false, "c"),
        ] {
            let variables = Variables::from_value(value!({ "t": t, "u": u }));
            let fields = operation.included(&variables).expect("it has conditions");
            assert_eq!(keys(&fields), expected, "{t} {u}");
        }
        assert_eq!(
            operation.null_condition(&Variables::from_value(value!({ "u": null }))),
            Some("u")
        );
    }

    /// The keys below the first field that belong to each type.
    fn by_type(text: &str) -> String {
        let operation = operation(text);
        let below = &operation.fields()[0].below;
        let keys = |object: &&Name| {
            let mine = below.iter().filter(|field| field.on.as_ref() == Some(*object)).cloned();
            format!("{object}: {}", keys(&mine.collect::<Vec<_>>()))
        };
        objects(below).iter().map(keys).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn below_an_interface_each_type_has_its_fields() {
        for (text, expected) in [
            ("{ i { id } }", "A: id; B: id"),
            ("{ i { ... on A { a } id ... on B { b } } }", "A: a id; B: id b"),
            ("{ i { ... on I { ... on A { a } ... on B { b id } } } }", "A: a; B: b id"),
            ("{ i { ... on A { a } } }", "A: a"),
            ("{ i { ...F id } } fragment F on B { b }", "A: id; B: b id"),
            ("{ i { ... on A { i { id } i { ... on B { b } } } } }", "A: i{id id b}"),
            ("{ i { ... on A { ... on I { ... on B { b } id } } } }", "A: id"),
        ] {
            assert_eq!(by_type(text), expected, "{text}");
        }
        let operation = operation("{ i { id ... on B { b } } }");
        let engine = format!("{:?}", operation.to_engine(operation.fields()));
        assert_eq!(engine.matches("InlineFragment").count(), 4, "one of each type: {engine}");
    }

    #[test]
    fn literals_are_what_their_arguments_take() {
        let operation = operation("{ a(id: 12345678901234567890123, n: -0) { c } }");
        let [field] = operation.fields() else { panic!("one") };
        let id = Argument::String("12345678901234567890123".to_owned());
        assert_eq!(field.argument("id"), Some(&id));
        assert_eq!(field.argument("n"), Some(&Argument::Number(0.into())));
    }

    #[test]
    fn literals_in_input_objects_are_what_their_fields_take() {
        let text = "{ a(o: { id: 7, ids: [8], o: { id: 12345678901234567890123, n: 9 } }) { c } }";
        let operation = operation(text);
        let [field] = operation.fields() else { panic!("one") };
        let text = |text: &str| Argument::String(text.to_owned());
        let object = |members: Vec<(&str, Argument)>| {
            let members = members.into_iter().map(|(name, of)| (Name::new(name), of));
            Argument::Object(members.collect())
        };
        let inner = object(vec![
            ("id", text("12345678901234567890123")),
            ("n", Argument::Number(9.into())),
        ]);
        let ids = Argument::List(vec![text("8")]);
        let expected = object(vec![("id", text("7")), ("ids", ids), ("o", inner)]);
        assert_eq!(field.argument("o"), Some(&expected));
    }
}
