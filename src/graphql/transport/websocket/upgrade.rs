//! Answers a GET: a query, or the beginning of a connection.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_graphql_axum::GraphQLProtocol;
use axum::Extension;
use axum::extract::rejection::ExtensionRejection;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response as HttpResponse;

use super::connection::{Client, Connection, PROTOCOL, Sockets};
use crate::domain::principal::Principal;
use crate::domain::request::RequestId;
use crate::error::{Error, Kind, Result};
use crate::graphql::transport::http::{self, error_response};
use crate::graphql::transport::replies::Subscriber;
use crate::http::authentication::credentials;
use crate::http::rate::{Budget, RateKey};
use crate::trace;

/// Bytes. Most messages are small, and there may be thousands of connections.
const BUFFER: usize = 2 * 1024;

/// Answers a GET: a query, or the beginning of a connection.
#[expect(clippy::too_many_arguments, reason = "each is what one part of the request says")]
pub async fn get(
    State(sockets): State<Sockets>,
    Extension(request): Extension<RequestId>,
    principal: Option<Extension<Arc<Principal>>>,
    budget: Option<Extension<Arc<Budget>>>,
    peer: Result<Extension<ConnectInfo<SocketAddr>>, ExtensionRejection>,
    uri: Uri,
    headers: HeaderMap,
    protocol: Result<GraphQLProtocol, StatusCode>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> HttpResponse {
    // A query has been authenticated; a connection is authenticated later.
    if let (Some(Extension(principal)), Some(Extension(budget))) = (principal, budget) {
        let endpoint = &sockets.endpoint;
        return http::get(endpoint, principal, &budget, request, &headers, &uri).await;
    }
    let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |Extension(ConnectInfo(peer))| peer.ip());
    connect(sockets, request, peer, &headers, protocol, upgrade).await
}

async fn connect(
    sockets: Sockets,
    request: RequestId,
    peer: IpAddr,
    headers: &HeaderMap,
    protocol: Result<GraphQLProtocol, StatusCode>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> HttpResponse {
    let Ok(upgrade) = upgrade else {
        return error_response(&Error::new(Kind::Invalid, "This is no WebSocket"), &request);
    };
    if protocol.is_err() {
        let message = "A WebSocket must offer the protocol graphql-transport-ws";
        return error_response(&Error::new(Kind::Invalid, message), &request);
    }
    let place = match sockets.endpoint.settings.streams.open() {
        Ok(place) => place,
        Err(error) => return error_response(&error, &request),
    };
    let client = match client(&sockets, headers, peer).await {
        Ok(client) => client,
        Err(error) => return error_response(&error, &request),
    };
    let largest = sockets.endpoint.settings.message;
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .max_message_size(largest)
        .max_frame_size(largest)
        .read_buffer_size(BUFFER)
        .write_buffer_size(0);
    let trace = trace::current();
    upgrade.on_upgrade(move |socket| {
        let connection = Connection::new(socket, sockets, peer, request, client);
        trace::within(trace, async move {
            connection.serve().await;
            drop(place);
        })
    })
}

/// Whose connection it is going to be. A client that has sent credentials need not send them
/// again; wrong ones are refused.
async fn client(sockets: &Sockets, headers: &HeaderMap, peer: IpAddr) -> Result<Client> {
    let streams = &sockets.endpoint.settings.streams;
    if let Some(credentials) = credentials(headers) {
        let admitted = sockets.authentication.admit(Some(&credentials), peer).await;
        let (principal, _) = admitted.map_err(|(error, _)| error)?;
        let place = streams.of_token(&principal.credential)?;
        return Ok(Client::Known(Subscriber::new(credentials), place));
    }
    let budget = Budget::open(&sockets.authentication.limits, RateKey::Address(peer)).await;
    if let Some(seconds) = budget.status().retry_after {
        return Err(Error::rate_limited(seconds));
    }
    streams.silent(peer).map(Client::Unknown)
}
