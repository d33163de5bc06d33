//! The ways in: HTTP, server-sent events, WebSocket, and the schema as a file.

pub(crate) mod http;
pub(crate) mod media_type;
mod replies;
pub(crate) mod schema_file;
mod sse;
pub(crate) mod websocket;
