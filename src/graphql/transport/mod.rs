//! The ways in: HTTP, server-sent events, WebSocket.

pub(crate) mod media_type;
pub(crate) mod schema_file;
pub(crate) mod sse;
pub(crate) mod websocket;
