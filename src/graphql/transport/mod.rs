//! The ways in: HTTP, server-sent events, WebSocket, and the schema as a file.

pub(crate) mod http;
mod media_type;
pub(crate) mod schema_file;
pub(crate) mod sse;
pub(crate) mod websocket;
