//! The schema as a subgraph of a federated graph (Apollo Federation 2): its entities are the
//! objects that other subgraphs refer to by their key.
//!
//! The engine has federation too. It resolves `_entities` one object after the other, and none
//! of them knows its place in the list: an error below would have a path without it, and an
//! object that is not there would fail the whole field, where federation allows null. Also its
//! keys cannot depend on a setting. So `_service` and `_entities` are ours.
//!
//! Specification: Apollo Federation, "subgraph specification".

use std::sync::Arc;

use async_graphql::{
    Any, Context, Guard as _, OutputType, Result, ServerResult, SimpleObject, Value,
};

use crate::domain::node_id::NodeId;
use crate::domain::scope::Scope;
use crate::error::{Error, FieldError};
use crate::graphql::error::failure;
use crate::graphql::schema::node::{self, DirectNode};
use crate::graphql::schema::requires_scope::RequiresScope;

/// The entities: each kind of `Node`.
const ENTITIES: [&str; 4] = NodeId::TYPES;
/// The key of every entity.
const KEY: &str = "id";
/// Types of which other subgraphs may have the same fields.
const SHAREABLE: [&str; 1] = ["PageInfo"];
/// Maximum number of objects that are looked up at once. They are one statement a kind.
pub(crate) const MAX_ENTITIES: usize = 1_000;
/// The version of the federation specification, and what is used of it.
const LINK: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.5\", \
    import: [\"@key\", \"@shareable\"])";
/// What a router can ask for besides.
const FOR_ROUTERS: &str = "scalar _Any
type _Service { sdl: String! }
extend type Query {
  _service: _Service!
  _entities(representations: [_Any!]!): [_Entity]!
}";

/// The text of a schema as a federated graph is composed from it: with keys, without
/// `_service` and `_entities`.
pub(super) fn subgraph(sdl: &str) -> String {
    let lines = sdl.lines().map(|line| {
        let named = |name: &&str| {
            line.strip_prefix("type ").and_then(|line| line.split(' ').next()) == Some(*name)
        };
        let directive = if ENTITIES.iter().any(&named) {
            format!(" @key(fields: \"{KEY}\") {{")
        } else if SHAREABLE.iter().any(named) {
            " @shareable {".to_owned()
        } else {
            return line.to_owned();
        };
        line.replace(" {", &directive)
    });
    let lines: Vec<String> = lines.collect();
    format!("{LINK}\n\n{}\n", lines.join("\n"))
}

/// The text of a schema with all that a router can ask for: documents are validated against it.
pub(super) fn routed(sdl: &str) -> String {
    format!("{sdl}\nunion _Entity = {}\n{FOR_ROUTERS}\n", ENTITIES.join(" | "))
}

/// The data of requests to a subgraph: what `_service` answers.
#[derive(Clone)]
pub(crate) struct SubgraphSdl(pub(crate) Arc<str>);

/// `_Service`.
#[derive(SimpleObject)]
#[graphql(name = "_Service")]
struct Service<'a> {
    sdl: &'a str,
}

/// The value of a root field that only routers ask for; none if it is another field. Admission
/// lets them through only if the schema is a subgraph.
pub(super) async fn resolve(ctx: &Context<'_>) -> ServerResult<Option<Value>> {
    match ctx.item.node.name.node.as_str() {
        "_service" => service(ctx).await.map(Some),
        "_entities" => entities(ctx).await.map(Some),
        _ => Ok(None),
    }
}

/// Resolves `_service: _Service!`. Who may introspect may see it.
async fn service(ctx: &Context<'_>) -> ServerResult<Value> {
    let SubgraphSdl(sdl) = ctx.data::<SubgraphSdl>().map_err(|missing| {
        let error = failure(Error::internal(missing.message));
        ctx.set_error_path(error.into_server_error(ctx.item.pos))
    })?;
    let selected = ctx.with_selection_set(&ctx.item.node.selection_set);
    OutputType::resolve(&Service { sdl }, &selected, ctx.item).await
}

/// Resolves `_entities(representations: [_Any!]!): [_Entity]!`. Null in the place of an
/// object that the caller's program does not have.
async fn entities(ctx: &Context<'_>) -> ServerResult<Value> {
    let in_response =
        |error: async_graphql::Error| ctx.set_error_path(error.into_server_error(ctx.item.pos));
    RequiresScope(Scope::Read).check(ctx).await.map_err(in_response)?;
    let (_, representations) = ctx.param_value::<Vec<Any>>("representations", None)?;
    let found = represented(ctx, &representations).await.map_err(in_response)?;
    let selected = ctx.with_selection_set(&ctx.item.node.selection_set);
    OutputType::resolve(&found, &selected, ctx.item).await
}

async fn represented(
    ctx: &Context<'_>,
    representations: &[Any],
) -> Result<Vec<Option<DirectNode>>> {
    let invalid = |what: &'static str| {
        failure(Error::invalid(vec![FieldError::new("representations", what)]))
    };
    if representations.len() > MAX_ENTITIES {
        return Err(invalid("must not have more than 1000 items"));
    }
    let ids = representations.iter().map(|Any(one)| identify(one)).collect::<Result<Vec<_>, _>>();
    let ids = ids.map_err(invalid)?;
    node::load(ctx, &ids).await
}

/// Which object a representation means: `{ __typename, id }`. None if no object of that
/// type can have this key.
fn identify(representation: &Value) -> Result<Option<NodeId>, &'static str> {
    let Value::Object(members) = representation else {
        return Err("must be objects with __typename and id");
    };
    let (Some(Value::String(kind)), Some(id)) = (members.get("__typename"), members.get(KEY))
    else {
        return Err("must have __typename and id");
    };
    let id = match id {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => return Err("must have an id that is a string"),
    };
    if !ENTITIES.contains(&kind.as_str()) {
        return Err("must have a __typename that is an entity");
    }
    let parsed = NodeId::parse(&id).map_err(|_| "must have an id of 1 to 255 characters")?;
    Ok(parsed.filter(|parsed| parsed.type_name() == kind))
}
