//! Those who watch: over a WebSocket, and over server-sent events.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest as _;
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Message, WebSocket};

use super::Gateway;

/// How long a test waits for a message that must come.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection that speaks `graphql-transport-ws`.
pub(crate) struct Socket(WebSocket<TcpStream>);

/// The next event of a connection.
#[derive(Debug, PartialEq)]
pub(crate) enum Received {
    Message(Value),
    Closed(u16),
    Nothing,
}

impl Socket {
    /// A connection on which nothing was said yet.
    pub(crate) fn open(gateway: &Gateway, protocol: &str, token: Option<&str>) -> Self {
        let address = gateway.host.trim_start_matches("http://");
        let mut request = format!("ws://{address}/graphql").into_client_request().expect("a URL");
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", protocol.parse().expect("a header"));
        if let Some(token) = token {
            headers.insert("authorization", format!("Bearer {token}").parse().expect("a header"));
        }
        let stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        let (socket, _) = tungstenite::client(request, stream).expect("an upgrade");
        Self(socket)
    }

    /// A connection that the gateway has acknowledged.
    pub(crate) fn connect(gateway: &Gateway, token: &str) -> Self {
        let mut socket = Self::open(gateway, "graphql-transport-ws", None);
        let payload = json!({ "Authorization": format!("Bearer {token}") });
        socket.say(&json!({ "type": "connection_init", "payload": payload }));
        assert_eq!(socket.receive(), Received::Message(json!({ "type": "connection_ack" })));
        socket
    }

    pub(crate) fn say(&mut self, message: &Value) {
        self.say_text(&message.to_string());
    }

    pub(crate) fn say_text(&mut self, text: &str) {
        self.try_say(text).expect("it is open");
    }

    /// Fails if the gateway does not read all of it.
    pub(crate) fn try_say(&mut self, text: &str) -> tungstenite::Result<()> {
        self.0.send(Message::text(text))
    }

    /// Sends a close frame; returns the answer.
    pub(crate) fn leave(mut self) -> Received {
        let frame = CloseFrame { code: CloseCode::Normal, reason: "".into() };
        self.0.close(Some(frame)).expect("it is open");
        self.receive()
    }

    pub(crate) fn say_bytes(&mut self, bytes: &[u8]) {
        self.0.send(Message::binary(bytes.to_vec())).expect("it is open");
    }

    /// Sends bytes that are perhaps no frame.
    pub(crate) fn say_raw(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).expect("it is open");
    }

    pub(crate) fn subscribe(&mut self, id: &str, query: &str) {
        self.say(&json!({ "type": "subscribe", "id": id, "payload": { "query": query } }));
    }

    /// The next event, within the usual time.
    pub(crate) fn receive(&mut self) -> Received {
        self.receive_within(PATIENCE)
    }

    pub(crate) fn receive_within(&mut self, time: Duration) -> Received {
        self.0.get_ref().set_read_timeout(Some(time)).expect("a time-out");
        loop {
            match self.0.read() {
                Ok(Message::Text(text)) => {
                    return Received::Message(serde_json::from_str(&text).expect("JSON"));
                }
                Ok(Message::Close(frame)) => {
                    return Received::Closed(frame.map_or(0, |frame| frame.code.into()));
                }
                Ok(_) => {}
                Err(tungstenite::Error::Io(error)) if is_late(&error) => return Received::Nothing,
                Err(_) => return Received::Closed(0),
            }
        }
    }

    /// The next message, which must be of a kind; its payload.
    pub(crate) fn expect(&mut self, id: &str, kind: &str) -> Value {
        match self.receive() {
            Received::Message(mut message) if message["type"] == kind && message["id"] == id => {
                message["payload"].take()
            }
            other => panic!("{other:?} is no {kind} of {id}"),
        }
    }

    /// `data` of the next answer to an operation, ignoring messages of others.
    pub(crate) fn expect_of(&mut self, id: &str) -> Value {
        loop {
            match self.receive() {
                Received::Message(mut message) if message["id"] == id => {
                    assert!(message["payload"].get("errors").is_none(), "{message}");
                    return message["payload"]["data"].take();
                }
                Received::Message(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// `data` of the next answer to an operation.
    pub(crate) fn next(&mut self, id: &str) -> Value {
        let mut payload = self.expect(id, "next");
        assert!(payload.get("errors").is_none(), "{payload}");
        payload["data"].take()
    }
}

fn is_late(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
}

/// A stream of server-sent events.
pub(crate) struct Events(mpsc::Receiver<Event>);

/// An event of a stream.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    pub(crate) data: Value,
}

impl Events {
    pub(crate) fn open(gateway: &Gateway, token: &str, query: &str) -> Self {
        Self::open_with(gateway, token, query, &[])
    }

    /// With more headers.
    pub(crate) fn open_with(
        gateway: &Gateway,
        token: &str,
        query: &str,
        headers: &[(&str, &str)],
    ) -> Self {
        let mut request = gateway.client().post(format!("{}/graphql", gateway.host));
        request = request.bearer_auth(token).header("accept", "text/event-stream");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.json(&json!({ "query": query })).send().expect("an answer");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
        let (sender, events) = mpsc::channel();
        std::thread::spawn(move || {
            let (mut name, mut id) = (String::new(), None);
            for line in BufReader::new(response).lines().map_while(Result::ok) {
                if let Some(of) = line.strip_prefix("event: ") {
                    of.clone_into(&mut name);
                } else if let Some(of) = line.strip_prefix("id: ") {
                    id = Some(of.to_owned());
                } else if let Some(data) = line.strip_prefix("data:") {
                    let data = serde_json::from_str(data).unwrap_or(Value::Null);
                    let event = Event { name: name.clone(), id: id.take(), data };
                    // The test may have seen enough.
                    if sender.send(event).is_err() {
                        break;
                    }
                }
            }
        });
        Self(events)
    }

    /// The next event and its data.
    pub(crate) fn receive(&self) -> Option<(String, Value)> {
        self.event_within(PATIENCE).map(|event| (event.name, event.data))
    }

    /// The next event with all that it has.
    pub(crate) fn event_within(&self, time: Duration) -> Option<Event> {
        self.0.recv_timeout(time).ok()
    }

    /// Whether nothing comes for a while.
    pub(crate) fn nothing(&self) -> bool {
        self.0.recv_timeout(Duration::from_millis(700)).is_err()
    }

    /// `data` of the next answer.
    pub(crate) fn next(&self) -> Value {
        let (name, mut payload) = self.receive().expect("an event");
        assert_eq!(name, "next");
        assert!(payload.get("errors").is_none(), "{payload}");
        payload["data"].take()
    }
}
