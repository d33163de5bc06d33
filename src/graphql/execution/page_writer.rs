//! Writes the objects of a page in one pass.
//!
//! The engine resolves each field in a future of its own and collects the values
//! in a tree: for a page of customers with ten fields each, that costs more than
//! all else together. [`DirectObject`] and [`DirectObjects`] ask the same resolvers, but write what
//! they return as JSON, field by field. The fields of the first object are
//! awaited: they load what the whole page needs. Those of all others are ready
//! then, so that polling them once is enough; what is still not ready is awaited
//! at the end, for all objects at once.

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql::parser::types::{Field, Selection};
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::ContainerType;
use async_graphql::{
    ContextSelectionSet, OutputType, Positioned, QueryPathSegment, ServerError, ServerResult, Value,
};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};

use crate::graphql::admission::operation::PLACEHOLDER;
use crate::graphql::admission::types::Types;
use crate::graphql::engine_gaps::object_fields;
use crate::graphql::json;

/// An object that is written in one pass.
pub(crate) struct DirectObject<T>(pub(crate) T);

/// As [`DirectObject`], beside objects of other types: those before it have not loaded what it
/// needs.
pub(crate) struct LoneObject<T>(pub(crate) T);

/// A list of objects that is written in one pass.
pub(crate) struct DirectObjects<T>(pub(crate) Vec<T>);

impl<T: ContainerType> OutputType for DirectObject<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        // In a box: a subscription keeps room for all that it does between two messages.
        let alone = !is_behind_another(ctx);
        Box::pin(write(std::slice::from_ref(&self.0), ctx, false, alone)).await
    }
}

impl<T: ContainerType> OutputType for LoneObject<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        write(std::slice::from_ref(&self.0), ctx, false, true).await
    }
}

impl<T: ContainerType> OutputType for DirectObjects<T> {
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
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        write(&self.0, ctx, true, !is_behind_another(ctx)).await
    }
}

type Resolved = ServerResult<Option<Value>>;

/// Writes a list of objects, or one object. An object is null if a non-null field of it
/// failed; the error is with the others. `is_first`: nothing before has awaited the same fields.
async fn write<T: ContainerType>(
    objects: &[T],
    ctx: &ContextSelectionSet<'_>,
    is_list: bool,
    is_first: bool,
) -> ServerResult<Value> {
    let columns = columns(&ctx.item.node.items);
    let types = ctx.data::<Arc<Types>>();
    let types = types.map_err(|missing| missing.into_server_error(ctx.item.pos))?;
    let mut writer = Writer { ctx, types, object: T::type_name(), json: Vec::new(), failed: false };
    writer.json.reserve(objects.len() * columns.len() * 32 + 2);
    let of = |at: usize| if is_list { ctx.with_index(at) } else { ctx.clone() };
    // Otherwise the same fields of an object before have been awaited.
    let first = objects.first().filter(|_| is_first).into_iter();
    let first =
        first.flat_map(|first| columns.iter().map(|column| resolve(first, of(0), column.field)));
    let (first, waited) = resolve_first(first.collect()).await;
    let mut first = first.into_iter();
    // Gaps in the text, and the futures that fill them.
    let mut gaps: Vec<(usize, &Positioned<Field>)> = Vec::new();
    let mut late: Vec<BoxFuture<'_, Resolved>> = Vec::new();
    if is_list {
        writer.json.push(b'[');
    }
    for (at, object) in objects.iter().enumerate() {
        if at > 0 {
            writer.json.push(b',');
        }
        writer.json.push(b'{');
        let ctx = of(at);
        for (number, &Column { field, ref key, is_type_name, has_below }) in
            columns.iter().enumerate()
        {
            writer.json.extend_from_slice(key);
            let awaited = if at == 0 { first.next() } else { None };
            if is_type_name {
                json::plain_text(&writer.object, &mut writer.json);
                continue;
            }
            // A future that is not ready is stored: polled anew, it could report
            // an error twice. A field without fields of its own reports none before.
            let ready = match awaited {
                None if !has_below || waited.get(number) == Some(&false) => {
                    object.resolve_field(&ctx.with_field(field)).now_or_never()
                }
                awaited => awaited,
            };
            let ready = ready.or_else(|| {
                let mut resolving = resolve(object, ctx.clone(), field);
                let ready = (&mut resolving).now_or_never();
                late.extend(ready.is_none().then_some(resolving));
                ready
            });
            match ready {
                Some(value) => writer.field(field, value),
                None => gaps.push((writer.json.len(), field)),
            }
        }
        writer.json.push(b'}');
    }
    if is_list {
        writer.json.push(b']');
    }
    let late = join_all(late).await;
    writer.fill(gaps.into_iter().zip(late));
    Ok(if writer.failed { Value::Null } else { Value::Binary(writer.json.into()) })
}

/// A selected field, with what is the same for every object.
struct Column<'a> {
    field: &'a Positioned<Field>,
    /// The response key, as it stands before the value.
    key: Vec<u8>,
    is_type_name: bool,
    has_below: bool,
}

fn columns(selections: &[Positioned<Selection>]) -> Vec<Column<'_>> {
    let fields = selections.iter().filter_map(|selection| match &selection.node {
        Selection::Field(field) if field.node.response_key().node != PLACEHOLDER => Some(field),
        _ => None,
    });
    let column = |(number, field): (usize, _)| {
        let Positioned { node, .. }: &Positioned<Field> = field;
        let mut key = if number > 0 { vec![b','] } else { Vec::new() };
        json::key(&node.response_key().node, &mut key);
        let is_type_name = node.name.node == "__typename";
        Column { field, key, is_type_name, has_below: !node.selection_set.node.items.is_empty() }
    };
    fields.enumerate().map(column).collect()
}

/// Whether the objects are below one that is not the first of its list.
fn is_behind_another(ctx: &ContextSelectionSet<'_>) -> bool {
    let mut above = ctx.path_node.as_ref();
    while let Some(node) = above {
        if let QueryPathSegment::Index(at) = node.segment {
            return at > 0;
        }
        above = node.parent;
    }
    false
}

/// Asks the resolver of a field. Boxed: hundreds of them are moved around.
fn resolve<'a, T: ContainerType>(
    object: &'a T,
    ctx: ContextSelectionSet<'a>,
    field: &'a Positioned<Field>,
) -> BoxFuture<'a, Resolved> {
    async move { object.resolve_field(&ctx.with_field(field)).await }.boxed()
}

/// The fields of the first object, and which of them were not ready at once.
async fn resolve_first(mut fields: Vec<BoxFuture<'_, Resolved>>) -> (Vec<Resolved>, Vec<bool>) {
    let ready: Vec<Option<Resolved>> = fields.iter_mut().map(FutureExt::now_or_never).collect();
    let waited: Vec<bool> = ready.iter().map(Option::is_none).collect();
    let late = fields.into_iter().zip(&waited).filter(|(_, waited)| **waited);
    let mut late = join_all(late.map(|(field, _)| field)).await.into_iter();
    let values = ready.into_iter().filter_map(|ready| ready.or_else(|| late.next()));
    (values.collect(), waited)
}

struct Writer<'a, 'c> {
    ctx: &'a ContextSelectionSet<'c>,
    types: &'a Types,
    /// The objects' type.
    object: Cow<'static, str>,
    json: Vec<u8>,
    /// Whether a non-null field has failed.
    failed: bool,
}

impl Writer<'_, '_> {
    fn field(&mut self, field: &Positioned<Field>, value: Resolved) {
        if let Ok(Some(value)) = &value
            && !matches!(value, Value::Null | Value::List(_) | Value::Object(_))
        {
            json::value(value, &mut self.json);
            return;
        }
        let value = value.map(Option::unwrap_or_default).map_err(|error| self.report(field, error));
        let name = (&*self.object, field.node.name.node.as_str());
        let below = &field.node.selection_set.node;
        let value = value.as_ref().ok();
        if object_fields::write_field(self.types, name, value, below, &mut self.json).is_err() {
            self.failed = true;
        }
    }

    /// Of errors that make the whole page null, the first is enough.
    fn report(&self, field: &Positioned<Field>, error: ServerError) {
        let of = self.types.field(&self.object, &field.node.name.node);
        if !(self.failed && of.is_some_and(apollo_compiler::ast::Type::is_non_null)) {
            self.ctx.add_error(error);
        }
    }

    /// Puts values where gaps were left.
    fn fill<'f>(&mut self, gaps: impl Iterator<Item = ((usize, &'f Positioned<Field>), Resolved)>) {
        let mut gaps = gaps.peekable();
        if gaps.peek().is_none() {
            return;
        }
        let text = std::mem::take(&mut self.json);
        let mut from = 0;
        for ((at, field), value) in gaps {
            self.json.extend_from_slice(&text[from..at]);
            from = at;
            self.field(field, value);
        }
        self.json.extend_from_slice(&text[from..]);
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use async_graphql::{EmptyMutation, EmptySubscription, Object, Request, Result, Schema};

    use super::*;

    struct Query;
    struct Item(usize);
    struct Inner(usize);

    #[Object]
    impl Query {
        async fn items(&self) -> DirectObjects<Item> {
            DirectObjects((0..3).map(Item).collect())
        }
    }

    #[Object]
    impl Item {
        async fn at(&self) -> usize {
            self.0
        }

        async fn slow(&self) -> usize {
            for _ in 0..=self.0 {
                tokio::task::yield_now().await;
            }
            self.0
        }

        async fn inner(&self) -> Inner {
            tokio::task::yield_now().await;
            Inner(self.0)
        }

        async fn maybe(&self) -> Result<Option<usize>> {
            match ready(self.0).await {
                1 => Err("maybe".into()),
                at => Ok(Some(at)),
            }
        }

        async fn must(&self) -> Result<usize> {
            match ready(self.0).await {
                1 => Err("must".into()),
                at => Ok(at),
            }
        }

        async fn twin(&self) -> DirectObject<Item> {
            DirectObject(Item(self.0))
        }
    }

    #[Object]
    impl Inner {
        async fn slow(&self) -> usize {
            tokio::task::yield_now().await;
            self.0
        }

        async fn maybe(&self) -> Result<Option<usize>> {
            tokio::task::yield_now().await;
            Err("inner".into())
        }
    }

    async fn answer(query: &str) -> (String, usize) {
        let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
        let types = Arc::new(Types::of(&schema.sdl()));
        let response = schema.execute(Request::new(query).data(Arc::clone(&types))).await;
        let document = async_graphql::parser::parse_query(query).expect("a document");
        let (_, operation) = document.operations.iter().next().expect("one");
        let set = &operation.node.selection_set.node;
        let mut json = Vec::new();
        let written = object_fields::write(&types, "Query", &response.data, set, &mut json);
        let json = if written.is_ok() { json } else { b"null".to_vec() };
        (String::from_utf8(json).expect("UTF-8"), response.errors.len())
    }

    #[tokio::test]
    async fn fields_come_in_order_however_late_they_are() {
        for (query, expected, errors) in [
            (
                "{ items { slow at inner { slow } } }",
                r#"{"items":[{"slow":0,"at":0,"inner":{"slow":0}},{"slow":1,"at":1,"inner":{"slow":1}},{"slow":2,"at":2,"inner":{"slow":2}}]}"#,
                0,
            ),
            (
                "{ items { at maybe } }",
                r#"{"items":[{"at":0,"maybe":0},{"at":1,"maybe":null},{"at":2,"maybe":2}]}"#,
                1,
            ),
            (
                "{ items { inner { maybe slow } } }",
                r#"{"items":[{"inner":{"maybe":null,"slow":0}},{"inner":{"maybe":null,"slow":1}},{"inner":{"maybe":null,"slow":2}}]}"#,
                3,
            ),
            ("{ items { at must slow } }", "null", 1),
            (
                "{ items { __typename twin { x: at at } } }",
                r#"{"items":[{"__typename":"Item","twin":{"x":0,"at":0}},{"__typename":"Item","twin":{"x":1,"at":1}},{"__typename":"Item","twin":{"x":2,"at":2}}]}"#,
                0,
            ),
            ("{ items { twin { must } } }", "null", 1),
        ] {
            assert_eq!(answer(query).await, (expected.to_owned(), errors), "{query}");
        }
    }
}
