//! The customer whom a mutation has changed, for its payload.

use std::sync::Arc;

use async_graphql::{Context, ID, Result};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::customer_page::CustomerPage;
use super::request_context::RequestContext;
use super::viewer::Viewer;
use crate::domain::customer::{FoundCustomer, Include};
use crate::domain::identifier::Identifier;
use crate::domain::request::RequestId;
use crate::error::{Error, FieldError};
use crate::graphql::error::{failure, issuer_rejected};
use crate::services::customer_actions::{Action, Done};

type Loaded = Result<Option<Arc<CustomerPage>>, Arc<Error>>;

/// The customer as it is after a mutation. It is loaded when a field of the payload first
/// needs it, and never taken from what the request has loaded before.
pub(crate) struct ChangedCustomer {
    viewer: Arc<Viewer>,
    identifier: Identifier,
    page: OnceCell<Loaded>,
}

impl ChangedCustomer {
    /// The customer of this name.
    pub(crate) fn new(viewer: Arc<Viewer>, identifier: Identifier) -> Self {
        Self { viewer, identifier, page: OnceCell::new() }
    }

    /// The customer on a page of its own; none if it is gone.
    pub(crate) async fn page(&self) -> Result<Option<Arc<CustomerPage>>> {
        let load = || async {
            let Viewer { principal, services } = &*self.viewer;
            let wanted = std::slice::from_ref(&self.identifier);
            let found = services.customers.find(principal, wanted, Include::default()).await?;
            let page = |found: &FoundCustomer| {
                CustomerPage::of_one(Arc::clone(&self.viewer), found).anew()
            };
            Ok(found.get(&self.identifier).map(|found| Arc::new(page(found))))
        };
        let page = self.page.get_or_init(|| async { load().await.map_err(Arc::new) }).await;
        page.clone().map_err(failure)
    }
}

/// Has something done for the customer whom a mutation names; the customer, and what the
/// issuer says of it.
pub(crate) async fn act(
    ctx: &Context<'_>,
    identifier: &ID,
    action: Action,
) -> Result<(ChangedCustomer, Value)> {
    let identifier = named(identifier)?;
    let viewer = &RequestContext::of(ctx)?.viewer;
    let Viewer { principal, services } = &**viewer;
    let outcome = services.customer_actions.run(principal, &identifier, action, request(ctx)?);
    // Boxed, so that the futures of all the other fields stay small.
    let Done { customer, data } =
        Box::pin(outcome).await.map_err(failure)?.map_err(issuer_rejected)?;
    Ok((ChangedCustomer::new(Arc::clone(viewer), customer), data))
}

/// The customer's name in an input.
pub(crate) fn named(identifier: &ID) -> Result<Identifier> {
    let wrong = |what| failure(Error::invalid(vec![FieldError::new("identifier", what)]));
    Identifier::parse(identifier).map_err(wrong)
}

/// The identifier of the request.
pub(crate) fn request<'a>(ctx: &Context<'a>) -> Result<&'a RequestId> {
    ctx.data::<RequestId>().map_err(|missing| failure(Error::internal(missing.message)))
}
