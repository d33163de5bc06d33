//! The address of a server.

/// The parts of a server's URL as they stand in it.
#[derive(Debug)]
pub(super) struct Address {
    /// User and password up to and with the `@`, or nothing.
    pub(super) user: String,
    pub(super) host: String,
    pub(super) port: u16,
    /// Parameters from the `?` on, or nothing.
    pub(super) query: String,
}

impl Address {
    /// Parses a URL; returns the name of its database as well.
    pub(super) fn parse(url: &str) -> Option<(Self, String)> {
        let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"))?;
        let (rest, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        let (authority, database) = rest.split_once('/')?;
        let (user, place) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
        // A colon within brackets belongs to an IPv6 address.
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (place, 5432),
        };
        if host.is_empty() || database.is_empty() {
            return None;
        }
        let address =
            Self { user: user.to_owned(), host: host.to_owned(), port, query: query.to_owned() };
        Some((address, database.to_owned()))
    }
}
