//! The address of the client behind the proxies in front of the gateway.
//!
//! Each proxy appends the address that it got the request from. So the list is read from
//! its end: as long as an address is a trusted proxy's, the one before it is believed. What
//! comes before the first address that is no trusted proxy, the client can have invented.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;

use crate::config::ForwardedHeader;

/// The proxies that are believed.
#[derive(Clone, Debug)]
pub struct TrustedProxies {
    networks: Arc<[IpNet]>,
    header: ForwardedHeader,
}

impl TrustedProxies {
    /// The proxies in these networks, and the header in which they say it.
    pub fn new(networks: &[IpNet], header: ForwardedHeader) -> Self {
        Self { networks: networks.into(), header }
    }

    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty()
    }

    /// The client of a request that came from `peer`.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let mut said = match self.header {
            ForwardedHeader::XForwardedFor => x_forwarded_for(headers),
            ForwardedHeader::Forwarded => forwarded(headers),
        };
        while self.trusts(client) {
            match said.pop() {
                Some(Some(before)) => client = before,
                // A proxy that does not say it, or hides it.
                Some(None) | None => break,
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }
}

/// Makes the request's [`ConnectInfo`] that of the client: whatever limits by address comes
/// after this layer. Its port is 0: no header says which one it was.
pub async fn of_client(
    State(proxies): State<TrustedProxies>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    if let Some(peer) = peer {
        let client = proxies.client(peer.ip(), request.headers());
        if client != peer.ip() {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(client, 0)));
        }
    }
    next.run(request).await
}

/// The addresses of `X-Forwarded-For`, each as far as it is one.
fn x_forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    members(headers, "x-forwarded-for").map(address).collect()
}

/// The addresses in the `for` of each member of `Forwarded`.
fn forwarded(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let of_member = |member: &str| {
        let mut pairs = member.split(';').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
        address(value.trim().trim_matches('"'))
    };
    members(headers, "forwarded").map(of_member).collect()
}

/// The members of a list. A header that is no text is one member without an address.
fn members<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    headers.get_all(name).iter().flat_map(|value| value.to_str().unwrap_or("?").split(','))
}

/// An address, perhaps with a port: `192.0.2.7:80`, `[2001:db8::7]:80`, `2001:db8::7`. Words
/// like `unknown` are none.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    address.or_else(with_port).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn client(header: ForwardedHeader, peer: &str, lines: &[(&str, &str)]) -> String {
        let networks = ["10.0.0.0/8", "2001:db8::/32"].map(|one| one.parse().expect("a network"));
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name: HeaderName = name.parse().expect("a name");
            headers.append(name, HeaderValue::from_str(value).expect("a value"));
        }
        let proxies = TrustedProxies::new(&networks, header);
        proxies.client(peer.parse().expect("an address"), &headers).to_string()
    }

    #[test]
    fn the_last_address_that_is_no_trusted_proxy_is_the_client() {
        let of = |peer: &str, lines: &[&str]| {
            let lines: Vec<_> = lines.iter().map(|line| ("x-forwarded-for", *line)).collect();
            client(ForwardedHeader::XForwardedFor, peer, &lines)
        };
        for (peer, lines, expected) in [
            ("192.0.2.1", &["198.51.100.7"][..], "192.0.2.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["198.51.100.7, 10.0.0.2"], "198.51.100.7"),
            ("10.0.0.1", &["198.51.100.7", "10.0.0.2"], "198.51.100.7"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", &["198.51.100.7, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.7,"], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.7:4711"], "198.51.100.7"),
            ("::ffff:10.0.0.1", &["2001:0DB9::7"], "2001:db9::7"),
            ("2001:db8::1", &["[2001:db9::7]:4711"], "2001:db9::7"),
            ("10.0.0.1", &["::ffff:198.51.100.7"], "198.51.100.7"),
        ] {
            assert_eq!(of(peer, lines), expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn forwarded_is_read_as_its_standard_says_and_the_other_header_is_not() {
        let of = |line: &str| {
            let lines = [("forwarded", line), ("x-forwarded-for", "203.0.113.9")];
            client(ForwardedHeader::Forwarded, "10.0.0.1", &lines)
        };
        for (line, expected) in [
            ("for=198.51.100.7", "198.51.100.7"),
            ("For=198.51.100.7;proto=https;by=10.0.0.1", "198.51.100.7"),
            (r#"proto=http; for="[2001:db9::7]:4711""#, "2001:db9::7"),
            ("for=203.0.113.9, for=198.51.100.7", "198.51.100.7"),
            ("for=198.51.100.7, for=_hidden", "10.0.0.1"),
            ("for=198.51.100.7, by=10.0.0.2", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
        ] {
            assert_eq!(of(line), expected, "{line}");
        }
        let lines = [("forwarded", "for=203.0.113.9")];
        assert_eq!(client(ForwardedHeader::XForwardedFor, "10.0.0.1", &lines), "10.0.0.1");
    }
}
