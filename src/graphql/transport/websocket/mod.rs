//! Operations over a WebSocket, by the protocol `graphql-transport-ws`. The
//! library's own glue closes with other codes than the protocol says.

mod connection;
mod message;
mod upgrade;

pub use connection::Sockets;
pub use upgrade::get;
