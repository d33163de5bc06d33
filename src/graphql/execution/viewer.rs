//! The caller, for resolvers.

use std::sync::Arc;

use crate::domain::principal::Principal;
use crate::services::Services;

/// The caller, and the services that answer.
pub(crate) struct Viewer {
    /// The caller.
    pub(crate) principal: Arc<Principal>,
    /// The services.
    pub(crate) services: Arc<Services>,
}
