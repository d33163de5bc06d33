//! What the resolvers of one request need. It is created for each request, so
//! that nothing is shared between programs.

use std::sync::{Arc, OnceLock};

use async_graphql::Context;

use super::look_ups::LookUps;
use super::nodes::Nodes;
use super::viewer::Viewer;
use crate::domain::principal::Principal;
use crate::error::Error;
use crate::graphql::error::failure;
use crate::services::Services;

/// The context of one request.
pub(crate) struct RequestContext {
    pub(crate) viewer: Arc<Viewer>,
    single_root_field: bool,
    look_ups: OnceLock<LookUps>,
    nodes: OnceLock<Nodes>,
}

impl RequestContext {
    /// For an operation; `single_root_field` if it has no more than one, so that
    /// a look-up need not wait for others.
    pub(crate) fn new(
        principal: Arc<Principal>,
        services: Arc<Services>,
        single_root_field: bool,
    ) -> Self {
        let viewer = Arc::new(Viewer { principal, services });
        Self { viewer, single_root_field, look_ups: OnceLock::new(), nodes: OnceLock::new() }
    }

    /// The context of the request that a resolver works for.
    pub(crate) fn of<'a>(ctx: &Context<'a>) -> async_graphql::Result<&'a Self> {
        ctx.data::<Self>().map_err(|missing| failure(Error::internal(missing.message)))
    }

    /// The look-ups of customers.
    pub(crate) fn look_ups(&self) -> &LookUps {
        let new = || LookUps::new(Arc::clone(&self.viewer), self.single_root_field);
        self.look_ups.get_or_init(new)
    }

    /// Objects by their global identifiers.
    pub(crate) fn nodes(&self) -> &Nodes {
        let new = || Nodes::new(Arc::clone(&self.viewer), self.single_root_field);
        self.nodes.get_or_init(new)
    }
}
