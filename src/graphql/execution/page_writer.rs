//! Objects that are written in one pass.
//!
//! The engine resolves each field in a future of its own and collects what
//! they return in a tree: for a page of customers with ten fields each, that
//! costs more than all else together. Most fields of an object are there
//! before they are asked for, though, or after one question for the whole
//! list. So [`Row`] and [`Rows`] ask that question first, and then write the
//! objects as JSON, field by field, in the order of the selection. The engine
//! still knows the types, validates every document, resolves the fields above,
//! and those few whose answer has to be waited for.

use std::borrow::Cow;
use std::collections::HashMap;

use async_graphql::parser::types::{Field, FragmentDefinition, Selection, SelectionSet};
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::{ContainerType, resolve_list};
use async_graphql::{
    Context, ContextSelectionSet, Name, OutputType, Positioned, Result, ServerError, ServerResult,
    Value,
};
use futures_util::FutureExt as _;
use futures_util::future::join_all;

use crate::graphql::execution::json::{self, ToJson};
use crate::graphql::execution::request_context::RequestContext;

/// An object whose fields can be written.
pub(crate) trait Written: ContainerType + Sized {
    /// Finds out, for all objects of a list at once, what the planned fields
    /// are going to need. What fails here fails again when it is written.
    fn prepare<'a>(
        objects: &'a [Self],
        ctx: &'a ContextSelectionSet<'_>,
        plan: &'a Plan<'_>,
    ) -> impl Future<Output = ()> + Send + 'a {
        let _ = (objects, ctx, plan);
        async {}
    }

    /// Whether the answer to a field must be waited for: the engine resolves
    /// it, for all objects at once, before the first is written.
    fn later(field: &Planned<'_>) -> bool {
        let _ = field;
        false
    }

    /// Writes the value of a field.
    fn write(&self, field: &At<'_>, out: &mut Out) -> ServerResult<()>;
}

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// What is selected of an object: each response key once, in order. An object
/// below is selected in one place: see [`is_scattered`].
#[derive(Default)]
pub(crate) struct Plan<'a> {
    fields: Vec<Planned<'a>>,
}

/// A selected field.
pub(crate) struct Planned<'a> {
    key: &'a str,
    pub(crate) name: &'a str,
    selected: &'a Positioned<Field>,
    pub(crate) below: Plan<'a>,
}

impl<'a> Plan<'a> {
    fn of(ctx: &ContextSelectionSet<'a>) -> Self {
        let mut plan = Self::default();
        plan.add(&ctx.item.node, &ctx.query_env.fragments);
        plan
    }

    /// Adds what a selection has. Validation has seen to it that fragments are
    /// of this type (there are no abstract ones), and that fields of one key
    /// are the same field.
    fn add(&mut self, set: &'a SelectionSet, fragments: &'a Fragments) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let key = field.node.response_key().node.as_str();
                    let known = self.fields.iter().position(|planned| planned.key == key);
                    let at = known.unwrap_or_else(|| {
                        let name = field.node.name.node.as_str();
                        let below = Self::default();
                        self.fields.push(Planned { key, name, selected: field, below });
                        self.fields.len() - 1
                    });
                    self.fields[at].below.add(&field.node.selection_set.node, fragments);
                }
                Selection::InlineFragment(fragment) => {
                    self.add(&fragment.node.selection_set.node, fragments);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = fragments.get(&spread.node.fragment_name.node) {
                        self.add(&fragment.node.selection_set.node, fragments);
                    }
                }
            }
        }
    }

    /// Writes what the engine has resolved, its fields in the order of the selection.
    fn in_order(&self, value: &Value, json: &mut Vec<u8>) {
        match value {
            Value::List(items) => {
                json.push(b'[');
                json::separated(items, json, |item, json| self.in_order(item, json));
                json.push(b']');
            }
            Value::Object(fields) => {
                json.push(b'{');
                let planned = self.fields.iter();
                let found = planned.filter_map(|field| Some((field, fields.get(field.key)?)));
                json::separated(found, json, |(field, value), json| {
                    json::key(field.key, json);
                    field.below.in_order(value, json);
                });
                json.push(b'}');
            }
            value => json::value(value, json),
        }
    }

    /// Whether any of these fields is selected.
    pub(crate) fn any(&self, names: &[&str]) -> bool {
        self.fields.iter().any(|field| names.contains(&field.name))
    }

    /// What is selected below a field, under whatever keys.
    pub(crate) fn below<'p>(&'p self, name: &'p str) -> impl Iterator<Item = &'p Self> + 'p {
        self.fields.iter().filter(move |field| field.name == name).map(|field| &field.below)
    }

    /// Whether any field's answer must be waited for.
    pub(crate) fn waits<T: Written>(&self) -> bool {
        self.fields.iter().any(T::later)
    }
}

/// A field that is being written.
pub(crate) struct At<'a> {
    pub(crate) ctx: &'a Context<'a>,
    pub(crate) name: &'a str,
    below: &'a Plan<'a>,
}

/// The text so far.
pub(crate) struct Out(Vec<u8>);

impl At<'_> {
    fn failed(&self, error: async_graphql::Error) -> ServerError {
        self.ctx.set_error_path(error.into_server_error(self.ctx.item.pos))
    }

    /// There is no such field, or it is not ready though it should be: our own
    /// fault, which no document can bring about.
    pub(crate) fn lost(&self) -> ServerError {
        let error = crate::error::Error::internal(format!("{} cannot be written", self.name));
        self.failed(crate::graphql::error::failure(error))
    }
}

impl Out {
    /// What a resolver returns that has nothing to wait for. If it fails, the
    /// object fails: nullable fields see to their failures themselves.
    pub(crate) fn put<T: ToJson>(
        &mut self,
        at: &At<'_>,
        resolver: impl Future<Output = Result<T>>,
    ) -> ServerResult<()> {
        let value = resolver.now_or_never().ok_or_else(|| at.lost())?;
        value.map_err(|error| at.failed(error))?.to_json(&mut self.0);
        Ok(())
    }

    /// A list of objects that a resolver returns.
    pub(crate) fn put_all<T: Written>(
        &mut self,
        at: &At<'_>,
        resolver: impl Future<Output = Result<Vec<T>>>,
    ) -> ServerResult<()> {
        let objects = resolver.now_or_never().ok_or_else(|| at.lost())?;
        let objects = objects.map_err(|error| at.failed(error))?;
        let ctx = at.ctx.with_selection_set(&at.ctx.item.node.selection_set);
        self.list(&objects, &ctx, at.below, &mut Vec::new().into_iter())
    }

    /// An object that is there already.
    pub(crate) fn put_object<T: Written>(&mut self, at: &At<'_>, object: &T) -> ServerResult<()> {
        let ctx = at.ctx.with_selection_set(&at.ctx.item.node.selection_set);
        self.object(object, &ctx, at.below, &mut Vec::new().into_iter())
    }

    fn list<T: Written>(
        &mut self,
        objects: &[T],
        ctx: &ContextSelectionSet<'_>,
        plan: &Plan<'_>,
        resolved: &mut std::vec::IntoIter<ServerResult<Value>>,
    ) -> ServerResult<()> {
        self.0.push(b'[');
        for (index, object) in objects.iter().enumerate() {
            if index > 0 {
                self.0.push(b',');
            }
            self.object(object, &ctx.with_index(index), plan, resolved)?;
        }
        self.0.push(b']');
        Ok(())
    }

    fn object<T: Written>(
        &mut self,
        object: &T,
        ctx: &ContextSelectionSet<'_>,
        plan: &Plan<'_>,
        resolved: &mut std::vec::IntoIter<ServerResult<Value>>,
    ) -> ServerResult<()> {
        self.0.push(b'{');
        for (index, field) in plan.fields.iter().enumerate() {
            if index > 0 {
                self.0.push(b',');
            }
            json::key(field.key, &mut self.0);
            if field.name == "__typename" {
                json::plain_text(&T::type_name(), &mut self.0);
                continue;
            }
            let ctx = ctx.with_field(field.selected);
            let at = At { ctx: &ctx, name: field.name, below: &field.below };
            if T::later(field) {
                let value = resolved.next().ok_or_else(|| at.lost())??;
                field.below.in_order(&value, &mut self.0);
            } else {
                object.write(&at, self)?;
            }
        }
        self.0.push(b'}');
        Ok(())
    }
}

/// An object that is written in one pass.
pub(crate) struct Row<T>(pub(crate) T);

/// A list of objects that is written in one pass.
pub(crate) struct Rows<T>(pub(crate) Vec<T>);

impl<T: Written> OutputType for Row<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        if is_scattered(ctx) {
            return self.0.resolve(ctx, field).await;
        }
        let plan = Plan::of(ctx);
        let objects = std::slice::from_ref(&self.0);
        T::prepare(objects, ctx, &plan).await;
        let resolved = later(&plan, objects.iter().map(|object| (object, ctx.clone()))).await;
        write(|out| out.object(&self.0, ctx, &plan, &mut resolved.into_iter()))
    }
}

impl<T: Written> OutputType for Rows<T> {
    fn type_name() -> Cow<'static, str> {
        Vec::<T>::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<T>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<T>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        if is_scattered(ctx) {
            return resolve_list(ctx, field, &self.0, Some(self.0.len())).await;
        }
        let plan = Plan::of(ctx);
        T::prepare(&self.0, ctx, &plan).await;
        let indexed = self.0.iter().enumerate();
        let resolved = later(&plan, indexed.map(|(at, object)| (object, ctx.with_index(at)))).await;
        write(|out| out.list(&self.0, ctx, &plan, &mut resolved.into_iter()))
    }
}

/// Whether the document selects the fields of an object in several places: the
/// engine alone can bring those together, so that it has to have them apart.
fn is_scattered(ctx: &ContextSelectionSet<'_>) -> bool {
    RequestContext::of(ctx).is_ok_and(|context| context.scattered)
}

fn write(write: impl FnOnce(&mut Out) -> ServerResult<()>) -> ServerResult<Value> {
    let mut out = Out(Vec::with_capacity(8 * 1024));
    write(&mut out).map(|()| Value::Binary(out.0.into()))
}

/// What the engine answers to the fields that must be waited for: object by
/// object, field by field. All are asked at once, and none is given up for
/// another's failure.
async fn later<'a, T: Written + 'a>(
    plan: &Plan<'_>,
    objects: impl Iterator<Item = (&'a T, ContextSelectionSet<'a>)>,
) -> Vec<ServerResult<Value>> {
    if !plan.waits::<T>() {
        return Vec::new();
    }
    let waited = || plan.fields.iter().filter(|field| T::later(field));
    let fields = objects.flat_map(|(object, ctx)| {
        waited().map(move |field| {
            let ctx = ctx.clone();
            // Boxed: hundreds of them are moved around otherwise.
            async move {
                let value = object.resolve_field(&ctx.with_field(field.selected)).await;
                value.map(Option::unwrap_or_default)
            }
            .boxed()
        })
    });
    join_all(fields).await
}
