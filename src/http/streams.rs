//! How many WebSockets and event streams may be open: in all, without a token, of one token.

use std::net::{IpAddr, Ipv6Addr};

use crate::domain::principal::Credential;
use crate::error::{Error, Kind, Result};
use crate::services::shares::{Share, Shares};

/// WebSockets of one address that have not been authenticated yet. Browsers behind one address
/// may all connect at once, each for a moment.
const SILENT_OF_ADDRESS: usize = 100;

/// The open streams. Clones share them.
#[derive(Clone)]
pub struct Streams {
    most: usize,
    most_of_token: usize,
    all: Shares<()>,
    silent: Shares<()>,
    silent_of_address: Shares<IpAddr>,
    of_token: Shares<Credential>,
}

/// An open stream.
pub struct Stream(#[expect(dead_code, reason = "it counts until it is dropped")] Share<()>);

/// A WebSocket that has not been authenticated yet.
pub struct Silent(
    #[expect(dead_code, reason = "they count until they are dropped")] (Share<()>, Share<IpAddr>),
);

/// A WebSocket of a token.
pub struct OfToken(
    #[expect(dead_code, reason = "it counts until it is dropped")] Share<Credential>,
);

impl Streams {
    /// At most so many in all, and WebSockets of one token.
    pub fn new(most: usize, most_of_token: usize) -> Self {
        Self {
            most,
            most_of_token,
            all: Shares::default(),
            silent: Shares::default(),
            silent_of_address: Shares::default(),
            of_token: Shares::default(),
        }
    }

    /// One more stream.
    ///
    /// # Errors
    /// [`Kind::Overloaded`] if there are too many.
    pub fn open(&self) -> Result<Stream> {
        let share = self.all.take(&(), self.most).ok_or_else(Error::overloaded)?;
        Ok(Stream(share))
    }

    /// One more WebSocket without a token.
    ///
    /// # Errors
    /// [`Kind::RateLimited`] if its address, or all together, have too many.
    pub fn silent(&self, address: IpAddr) -> Result<Silent> {
        let address = network(address);
        let of_address = self.silent_of_address.take(&address, SILENT_OF_ADDRESS);
        let of_address = of_address.ok_or_else(|| Error::rate_limited(1))?;
        // The others belong to clients with a token.
        let of_all = self.silent.take(&(), (self.most / 4).max(1));
        let of_all = of_all.ok_or_else(|| Error::rate_limited(1))?;
        Ok(Silent((of_all, of_address)))
    }

    /// One more WebSocket of a token.
    ///
    /// # Errors
    /// [`Kind::RateLimited`] if it has too many.
    pub fn of_token(&self, credential: &Credential) -> Result<OfToken> {
        let share = self.of_token.take(credential, self.most_of_token);
        share.map(OfToken).ok_or_else(|| {
            Error::new(Kind::RateLimited, "This token has too many WebSockets open").retry_after(60)
        })
    }
}

/// A client with one IPv6 address has all of its /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_cannot_lock_others_out() {
        let streams = Streams::new(1_000, 10);
        let [one, other]: [IpAddr; 2] =
            ["2001:db8::1", "2001:db8:0:1::1"].map(|text| text.parse().expect("an address"));
        let neighbour = "2001:db8::ffff:1".parse().expect("an address");
        let held: Vec<_> = std::iter::from_fn(|| streams.silent(one).ok()).collect();
        assert_eq!(held.len(), SILENT_OF_ADDRESS);
        assert!(streams.silent(neighbour).is_err());
        assert!(streams.silent(other).is_ok());
        drop(held);
        assert!(streams.silent(neighbour).is_ok());
    }
}
