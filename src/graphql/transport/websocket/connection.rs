//! One connection: authentication, its operations, and its end.

use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use axum::http::HeaderValue;
use futures_util::StreamExt as _;
use serde_json::value::RawValue;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::message::{Incoming, complete, message, token_in};
use crate::domain::request::RequestId;
use crate::domain::secret::Secret;
use crate::error::{Error, Kind};
use crate::graphql::admission::rejection::Rejection;
use crate::graphql::admission::request_body as request;
use crate::graphql::endpoint::Endpoint;
use crate::graphql::execution::response::Answer;
use crate::graphql::transport::replies::{Reply, Subscriber, replies};
use crate::http::authentication::Authentication;
use crate::http::streams::{OfToken, Silent};
use crate::services::auth::Credentials;
use crate::trace;

/// The subprotocol.
pub(crate) const PROTOCOL: &str = "graphql-transport-ws";
/// Time to authenticate.
const INIT: Duration = Duration::from_secs(5);
/// Interval of pings.
const PING: Duration = Duration::from_secs(20);
/// Time for a client to read a message.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Grace period after a close frame. Closing with unread input would reset the
/// connection and lose the frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// Operations of one connection at a time.
const OPERATIONS: usize = 100;
/// Messages that are queued for a client; the operations wait for room.
const WAITING: usize = 16;

/// Why a connection is closed, by the protocol's codes.
type Close = (u16, &'static str);

const BAD_MESSAGE: Close = (4400, "Invalid message");
const UNAUTHORIZED: Close = (4401, "Unauthorized");
const FORBIDDEN: Close = (4403, "Forbidden");
const BAD_PROTOCOL: Close = (4406, "Subprotocol not acceptable");
const INIT_TIMEOUT: Close = (4408, "Connection initialisation timeout");
const TOO_MANY_INITS: Close = (4429, "Too many initialisation requests");
/// Those of RFC 6455, section 7.4.1.
const NO_WEBSOCKET: Close = (1002, "This is not the WebSocket protocol");
const NOT_UTF8: Close = (1007, "The text is not UTF-8");
const TOO_LARGE: Close = (1009, "The message is too large");
const GOING_AWAY: Close = (1001, "The gateway is stopping");
const TRY_AGAIN: Close = (1013, "Try again later");

/// A message of an operation.
struct Outgoing {
    operation: u64,
    id: String,
    text: String,
    last: bool,
}

/// What all connections share.
#[derive(Clone)]
pub struct Sockets {
    /// Runs operations.
    pub endpoint: Arc<Endpoint>,
    /// Authenticates clients and limits their rate.
    pub authentication: Arc<Authentication>,
}

/// Who a connection belongs to.
pub(crate) enum Client {
    /// Its credentials have not come yet.
    Unknown(#[expect(dead_code, reason = "it counts until it is dropped")] Silent),
    /// They came with the upgrade request; `connection_init` has not come yet.
    Known(Subscriber, OfToken),
    /// The connection is initialised.
    Ready(Subscriber, #[expect(dead_code, reason = "it counts until it is dropped")] OfToken),
    /// It is about to be closed.
    Refused,
}

/// One connection.
pub(crate) struct Connection {
    socket: WebSocket,
    sockets: Sockets,
    peer: IpAddr,
    request: RequestId,
    client: Client,
    operations: HashMap<String, (u64, AbortHandle)>,
    counted: u64,
    /// In boxes: the channel has room for many from the beginning.
    sender: mpsc::Sender<Box<Outgoing>>,
    outgoing: mpsc::Receiver<Box<Outgoing>>,
}

impl Connection {
    pub(crate) fn new(
        socket: WebSocket,
        sockets: Sockets,
        peer: IpAddr,
        request: RequestId,
        client: Client,
    ) -> Self {
        let (sender, outgoing) = mpsc::channel(WAITING);
        Self {
            socket,
            sockets,
            peer,
            request,
            client,
            operations: HashMap::new(),
            counted: 0,
            sender,
            outgoing,
        }
    }

    /// Serves it to its end.
    pub(crate) async fn serve(mut self) {
        metrics::gauge!("graphql_sockets").increment(1);
        if let Some((code, reason)) = self.run().await {
            let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
            self.close(frame).await;
            // There can be more of what could not be read.
            if [NO_WEBSOCKET.0, NOT_UTF8.0, TOO_LARGE.0].contains(&code) {
                tokio::time::sleep(CLOSE_TIMEOUT).await;
            }
        }
        metrics::gauge!("graphql_sockets").decrement(1);
    }

    /// The client, once the connection is initialised.
    const fn subscriber(&self) -> Option<&Subscriber> {
        match &self.client {
            Client::Ready(subscriber, _) => Some(subscriber),
            _ => None,
        }
    }

    async fn close(&mut self, frame: CloseFrame) {
        // A client that does not read does not get the frame either.
        let _ = timeout(WRITE_TIMEOUT, self.socket.send(Message::Close(Some(frame)))).await;
    }

    /// Serves the client until there is a reason to close, or the client has gone.
    async fn run(&mut self) -> Option<Close> {
        if self.socket.protocol().map(HeaderValue::as_bytes) != Some(PROTOCOL.as_bytes()) {
            return Some(BAD_PROTOCOL);
        }
        let mut stopping = self.sockets.endpoint.settings.stopping.clone();
        let authenticate_by = Instant::now() + INIT;
        let mut ping = interval(PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ping.reset();
        let mut silent = false;
        loop {
            let waiting_for_init = self.subscriber().is_none();
            tokio::select! {
                message = self.socket.recv() => {
                    silent = false;
                    match self.receive(message?).await {
                        ControlFlow::Continue(()) => {}
                        ControlFlow::Break(why) => return why,
                    }
                }
                Some(outgoing) = self.outgoing.recv() => {
                    if !self.forward(*outgoing).await {
                        return None;
                    }
                }
                () = tokio::time::sleep_until(authenticate_by), if waiting_for_init => {
                    return Some(INIT_TIMEOUT);
                }
                _ = ping.tick() => {
                    // The last ping was not answered.
                    if silent || !self.send(Message::Ping(Vec::new().into())).await {
                        return None;
                    }
                    silent = true;
                    if let Some(subscriber) = self.subscriber() {
                        let valid = subscriber.is_still_valid(&self.sockets.endpoint).await;
                        if valid.is_err_and(|error| error.kind() == Kind::Unauthenticated) {
                            return Some(FORBIDDEN);
                        }
                    }
                }
                () = stopped(&mut stopping) => return Some(GOING_AWAY),
            }
        }
    }

    async fn send(&mut self, message: Message) -> bool {
        matches!(timeout(WRITE_TIMEOUT, self.socket.send(message)).await, Ok(Ok(())))
    }

    async fn send_text(&mut self, text: String) -> bool {
        self.send(Message::Text(text.into())).await
    }

    /// Sends a message of an operation, unless the operation has ended meanwhile.
    async fn forward(&mut self, outgoing: Outgoing) -> bool {
        let Outgoing { operation, id, text, last } = outgoing;
        if self.operations.get(&id).is_none_or(|(current, _)| *current != operation) {
            return true;
        }
        if last {
            self.operations.remove(&id);
        }
        self.send_text(text).await
    }

    async fn receive(
        &mut self,
        message: Result<Message, axum::Error>,
    ) -> ControlFlow<Option<Close>> {
        let text = match message {
            Ok(Message::Text(text)) => text,
            Ok(Message::Ping(_) | Message::Pong(_)) => return ControlFlow::Continue(()),
            Ok(Message::Binary(_)) => return ControlFlow::Break(Some(BAD_MESSAGE)),
            Ok(Message::Close(_)) => {
                // Reading on sends the answer to it (RFC 6455, section 5.5.1).
                let _ = timeout(CLOSE_TIMEOUT, self.socket.recv()).await;
                return ControlFlow::Break(None);
            }
            Err(error) => return ControlFlow::Break(unreadable(error)),
        };
        let Ok(incoming) = serde_json::from_str::<Incoming<'_>>(&text) else {
            return ControlFlow::Break(Some(BAD_MESSAGE));
        };
        let object = incoming.payload.is_none_or(|raw| matches!(raw.get().as_bytes(), [b'{', ..]));
        if !object {
            return ControlFlow::Break(Some(BAD_MESSAGE));
        }
        match (incoming.kind.as_str(), incoming.id) {
            // In boxes: a connection that waits must not keep room for what these two need.
            ("connection_init", _) => Box::pin(self.authenticate(incoming.payload)).await,
            ("ping", _) => {
                let payload = incoming
                    .payload
                    .map_or_else(String::new, |raw| format!(",\"payload\":{}", raw.get()));
                gone_unless(self.send_text(format!("{{\"type\":\"pong\"{payload}}}")).await)
            }
            ("pong", _) => ControlFlow::Continue(()),
            ("subscribe", Some(id)) => Box::pin(self.subscribe(id, incoming.payload)).await,
            ("complete", Some(id)) => {
                if let Some((_, operation)) = self.operations.remove(&id) {
                    operation.abort();
                }
                ControlFlow::Continue(())
            }
            _ => ControlFlow::Break(Some(BAD_MESSAGE)),
        }
    }

    /// The client sends its token.
    async fn authenticate(&mut self, payload: Option<&RawValue>) -> ControlFlow<Option<Close>> {
        if self.subscriber().is_some() {
            return ControlFlow::Break(Some(TOO_MANY_INITS));
        }
        if let Some(token) = payload.and_then(|raw| token_in(raw.get())) {
            let token = Credentials::Token(Secret::new(&token));
            let admitted = self.sockets.authentication.admit(Some(&token), self.peer).await;
            let place = admitted.map_err(|(error, _)| error).and_then(|(principal, _)| {
                self.sockets.endpoint.settings.streams.of_token(&principal.credential)
            });
            match place {
                Ok(place) => self.client = Client::Ready(Subscriber::new(token), place),
                Err(error) if error.is_ours() || error.kind() == Kind::RateLimited => {
                    tracing::warn!(
                        cause = error.private_source(),
                        reason = error.message(),
                        "a WebSocket was not authenticated"
                    );
                    return ControlFlow::Break(Some(TRY_AGAIN));
                }
                Err(_) => return ControlFlow::Break(Some(FORBIDDEN)),
            }
        } else {
            match std::mem::replace(&mut self.client, Client::Refused) {
                Client::Known(subscriber, place) => self.client = Client::Ready(subscriber, place),
                _ => return ControlFlow::Break(Some(FORBIDDEN)),
            }
        }
        gone_unless(self.send_text("{\"type\":\"connection_ack\"}".to_owned()).await)
    }

    /// The client starts an operation.
    async fn subscribe(
        &mut self,
        id: String,
        payload: Option<&RawValue>,
    ) -> ControlFlow<Option<Close>> {
        let Some(subscriber) = self.subscriber().cloned() else {
            return ControlFlow::Break(Some(UNAUTHORIZED));
        };
        let body = payload.map(|raw| request::read(raw.get()));
        let Some(Ok(body)) = body else { return ControlFlow::Break(Some(BAD_MESSAGE)) };
        if id.is_empty() {
            return ControlFlow::Break(Some(BAD_MESSAGE));
        }
        if self.operations.contains_key(&id) {
            let reason = format!("Subscriber for {id} already exists");
            // A reason has room for 123 bytes.
            let reason =
                if reason.len() <= 123 { reason } else { "Subscriber already exists".to_owned() };
            self.close(CloseFrame { code: 4409, reason: reason.into() }).await;
            return ControlFlow::Break(None);
        }
        let credentials = Some(&*subscriber.credentials);
        let allowed = self.sockets.authentication.admit(credentials, self.peer).await;
        let endpoint = &self.sockets.endpoint;
        let prepared = match allowed {
            Err((error, _)) => Err(Rejection::Error(error)),
            Ok(_) if self.operations.len() >= OPERATIONS => {
                Err(Rejection::Error(Error::rate_limited(1)))
            }
            Ok((principal, budget)) => endpoint.prepare(Arc::new(principal), &budget, body).await,
        };
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(rejection) => {
                let response = rejection.response(&self.request);
                let errors = Answer::refused(response.errors).errors();
                return gone_unless(self.send_text(message(&id, "error", &errors)).await);
            }
        };
        prepared.logged().log(&self.request);
        self.counted += 1;
        let operation = self.counted;
        let replies = replies(endpoint, subscriber, self.request.clone(), prepared);
        let sender = self.sender.clone();
        let name = id.clone();
        let running = tokio::spawn(trace::inherited(async move {
            let mut replies = replies;
            let mut refused = false;
            while let Some(reply) = replies.next().await {
                let (text, last) = match reply {
                    Reply::Next(response, _) => (message(&name, "next", &response), false),
                    Reply::Refused(errors) => (message(&name, "error", &errors), true),
                };
                refused = last;
                let outgoing = Outgoing { operation, id: name.clone(), text, last };
                if sender.send(Box::new(outgoing)).await.is_err() {
                    return;
                }
            }
            if !refused {
                let text = complete(&name);
                let outgoing = Outgoing { operation, id: name, text, last: true };
                // It fails only if the connection has ended.
                let _ = sender.send(Box::new(outgoing)).await;
            }
        }));
        self.operations.insert(id, (operation, running.abort_handle()));
        ControlFlow::Continue(())
    }
}

/// Why a message could not be read; none if the client has gone.
fn unreadable(error: axum::Error) -> Option<Close> {
    use tungstenite::Error as Broken;
    use tungstenite::error::ProtocolError::ResetWithoutClosingHandshake;
    match *error.into_inner().downcast::<Broken>().ok()? {
        Broken::Capacity(_) => Some(TOO_LARGE),
        Broken::Utf8(_) => Some(NOT_UTF8),
        Broken::Protocol(ResetWithoutClosingHandshake) => None,
        Broken::Protocol(_) => Some(NO_WEBSOCKET),
        _ => None,
    }
}

/// Operations end with their connection.
impl Drop for Connection {
    fn drop(&mut self) {
        for (_, operation) in self.operations.values() {
            operation.abort();
        }
    }
}

/// Ends when the process is about to stop.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    drop(stopping.wait_for(|stopping| *stopping).await);
}

fn gone_unless(sent: bool) -> ControlFlow<Option<Close>> {
    if sent { ControlFlow::Continue(()) } else { ControlFlow::Break(None) }
}
