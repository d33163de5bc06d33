//! What the resolvers of one request need: who asks, the services, and the
//! look-ups. It is made anew for each request, so that nothing is ever shared
//! between programs.

use std::sync::{Arc, OnceLock};

use async_graphql::{ContextBase, Pos, ServerResult};

use super::look_ups::LookUps;
use crate::domain::principal::Principal;
use crate::error::Error;
use crate::graphql::admission::types::Types;
use crate::graphql::error::failure;
use crate::services::Services;

/// Who asks, and the services that answer.
pub(crate) struct Viewer {
    /// The caller.
    pub(crate) principal: Arc<Principal>,
    /// What answers.
    pub(crate) services: Arc<Services>,
}

/// The context of one request.
pub(crate) struct RequestContext {
    pub(crate) viewer: Arc<Viewer>,
    types: Arc<Types>,
    single_root_field: bool,
    look_ups: OnceLock<LookUps>,
}

impl RequestContext {
    /// For an operation; `single_root_field` if it has no more than one, so that
    /// a look-up need not wait for others.
    pub(crate) fn new(
        principal: Arc<Principal>,
        services: Arc<Services>,
        single_root_field: bool,
        types: Arc<Types>,
    ) -> Self {
        let viewer = Arc::new(Viewer { principal, services });
        Self { viewer, types, single_root_field, look_ups: OnceLock::new() }
    }

    /// The context of the request that a resolver works for.
    pub(crate) fn of<'a, T>(ctx: &ContextBase<'a, T>) -> async_graphql::Result<&'a Self> {
        ctx.data::<Self>().map_err(|missing| failure(Error::internal(missing.message)))
    }

    /// The types of the schema, for writing a part of the response.
    pub(crate) fn types<'a, T>(ctx: &ContextBase<'a, T>) -> ServerResult<&'a Types> {
        match Self::of(ctx) {
            Ok(context) => Ok(&context.types),
            Err(error) => Err(error.into_server_error(Pos::default())),
        }
    }

    /// The look-ups of customers.
    pub(crate) fn look_ups(&self) -> &LookUps {
        let new = || LookUps::new(Arc::clone(&self.viewer), self.single_root_field);
        self.look_ups.get_or_init(new)
    }
}
