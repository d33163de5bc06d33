//! What all connections share.

use std::sync::Arc;

use crate::graphql::endpoint::Endpoint;
use crate::http::gate::Gate;

/// The subprotocol.
pub(crate) const PROTOCOL: &str = "graphql-transport-ws";

/// What all connections share.
#[derive(Clone)]
pub struct Sockets {
    /// Runs operations.
    pub endpoint: Endpoint,
    /// Authenticates tokens and limits their rate.
    pub gate: Arc<Gate>,
}
