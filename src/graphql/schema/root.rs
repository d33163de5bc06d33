//! The root of queries as the engine has it: the fields of `Query`, and those that only the
//! routers of a federated graph ask for.

use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::{ContainerType, resolve_container};
use async_graphql::{
    Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value,
};

use crate::graphql::schema::federation;
use crate::graphql::schema::query::Query;

/// The root of queries.
pub struct Root(pub(super) Query);

impl OutputType for Root {
    fn type_name() -> Cow<'static, str> {
        Query::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Query::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        resolve_container(ctx, self).await
    }
}

impl ContainerType for Root {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        if ctx.item.node.name.node.starts_with('_') {
            return Box::pin(federation::resolve(ctx)).await;
        }
        self.0.resolve_field(ctx).await
    }
}

impl ObjectType for Root {}
