//! The scope that a field needs.

use async_graphql::{Context, Guard, Result};

use crate::domain::scope::Scope;
use crate::graphql::error::failure;
use crate::graphql::execution::request_context::RequestContext;

/// The guard of a field that needs a scope: `#[graphql(guard = "RequiresScope(Scope::Money)")]`.
/// Callers without it get `FORBIDDEN`. Every root field has one, and its description ends with
/// "Needs the scope `money`."; other fields have one if they need more than their root field.
pub(super) struct RequiresScope(pub(super) Scope);

impl Guard for RequiresScope {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        RequestContext::of(ctx)?.viewer.principal.require(self.0).map_err(failure)
    }
}
