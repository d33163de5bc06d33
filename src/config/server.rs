//! Settings of the HTTP server.

use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;

use super::parse::{
    boolean, duration, header_names, integer, maybe_address, networks, nonzero_duration, one_of,
    origins, places, positive, text_as,
};
use super::reader::Reader;

/// Settings of the HTTP server.
#[derive(Clone, Debug)]
pub struct Server {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Maximum duration of a request.
    pub request_timeout: Duration,
    /// Maximum duration of an export.
    pub export_timeout: Duration,
    /// Maximum size of a request body, in bytes.
    pub body_limit: usize,
    /// Where `/healthz`, `/readyz` and `/metrics` are answered besides, by a thread of its own.
    pub health_listen: Option<SocketAddr>,
    /// How many requests are worked on at once; webhooks are counted for each program.
    pub max_requests: usize,
    /// How many connections may be open, besides those with a stream.
    pub max_connections: usize,
    /// How many WebSockets and event streams may be open.
    pub max_streams: usize,
    /// How long a connection may be idle between two requests.
    pub idle_timeout: Duration,
    /// How long requests are still taken after SIGTERM, while `/readyz` says no.
    pub drain_delay: Duration,
    /// How long open requests may take to finish after that, or another signal to stop.
    pub shutdown_grace: Duration,
    /// The origins whose pages may call the gateway from a browser.
    pub cors_origins: Vec<String>,
    /// The headers that such a page may send, in lower case.
    pub cors_headers: Vec<String>,
    /// Whether answers are compressed for clients that accept it.
    pub compression: bool,
    /// The proxies whose word about a client's address is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The header in which they say it.
    pub forwarded_header: ForwardedHeader,
    /// Where GraphiQL comes from.
    pub graphiql: Graphiql,
    /// Whether there is the page of customers.
    pub customers_page: bool,
}

/// The header in which a proxy says where a request comes from. Only one is read: a proxy
/// that writes one may pass on the other as the client has sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`: a list of addresses.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Where GraphiQL comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Graphiql {
    /// The program contains it.
    Bundled,
    /// A content delivery network, pinned by version and hash.
    Cdn,
    /// There is no GraphiQL.
    Off,
}

/// How many subscriptions there may be at once.
#[derive(Clone, Copy, Debug)]
pub struct Subscriptions {
    /// In this process.
    pub all: usize,
    /// Of one program.
    pub of_program: usize,
    /// Of one token, or of one client with a key pair.
    pub of_token: usize,
}

/// How many exports there may be at once.
#[derive(Clone, Copy, Debug)]
pub struct Exports {
    /// In this process.
    pub all: usize,
    /// Of one program.
    pub of_program: usize,
}

/// The rate limit of a token.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Points that can be used at once.
    pub burst: u32,
    /// Points that come back each second.
    pub per_second: u32,
}

pub(super) fn server(read: &mut Reader) -> Server {
    let graphiql = [("bundled", Graphiql::Bundled), ("cdn", Graphiql::Cdn), ("off", Graphiql::Off)];
    let forwarded = [
        ("x-forwarded-for", ForwardedHeader::XForwardedFor),
        ("forwarded", ForwardedHeader::Forwarded),
    ];
    Server {
        listen: read.get("server.listen", text_as("an address like 127.0.0.1:8080")),
        request_timeout: read.get("server.request_timeout", duration),
        export_timeout: read.get("server.export_timeout", nonzero_duration),
        body_limit: read.get("server.body_limit", integer),
        health_listen: read.get("server.health_listen", maybe_address),
        max_requests: read.get("server.max_requests", places),
        max_connections: read.get("server.max_connections", places),
        max_streams: read.get("server.max_streams", places),
        idle_timeout: read.get("server.idle_timeout", nonzero_duration),
        drain_delay: read.get("server.drain_delay", duration),
        shutdown_grace: read.get("server.shutdown_grace", duration),
        cors_origins: read.get("server.cors_origins", origins),
        cors_headers: read.get("server.cors_headers", header_names),
        compression: read.get("server.compression", boolean),
        trusted_proxies: read.get("server.trusted_proxies", networks),
        forwarded_header: read.get("server.forwarded_header", |value| one_of(value, &forwarded)),
        graphiql: read.get("server.graphiql", |value| one_of(value, &graphiql)),
        customers_page: read.get("server.customers_page", boolean),
    }
}

pub(super) fn rate(read: &mut Reader) -> Rate {
    Rate {
        burst: read.get("limits.rate_burst", positive),
        per_second: read.get("limits.rate_per_second", positive),
    }
}

pub(super) fn subscriptions(read: &mut Reader) -> Subscriptions {
    Subscriptions {
        all: read.get("limits.subscriptions", places),
        of_program: read.get("limits.subscriptions_per_program", places),
        of_token: read.get("limits.subscriptions_per_token", places),
    }
}

pub(super) fn exports(read: &mut Reader) -> Exports {
    Exports {
        all: read.get("limits.exports", places),
        of_program: read.get("limits.exports_per_program", places),
    }
}
