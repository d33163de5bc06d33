//! Settings of the issuer's API.

use std::collections::BTreeMap;

use url::Url;

use super::parse::{optional_url, text};
use super::reader::Reader;
use super::secret::Secret;

/// Settings of the issuer's API.
#[derive(Debug)]
pub struct Issuer {
    /// Its address; none if it is not called.
    pub base_url: Option<Url>,
    /// The credentials of each program.
    pub credentials: BTreeMap<String, Credentials>,
}

/// A program's credentials at the issuer.
#[derive(Debug)]
pub struct Credentials {
    /// The public half.
    pub api_key: Secret,
    /// The private half.
    pub api_secret: Secret,
}

pub(super) fn issuer(read: &mut Reader) -> Issuer {
    let base_url = read.get("issuer.base_url", optional_url);
    let mut credentials = BTreeMap::new();
    for (key, program) in read.programs_of("issuer.", ".api_key") {
        let secret = format!("issuer.{program}.api_secret");
        if read.is_set(&secret) {
            let api_key = Secret::new(&read.get(&key, text));
            let api_secret = Secret::new(&read.get(&secret, text));
            credentials.insert(program, Credentials { api_key, api_secret });
        } else {
            read.error(&key, "needs the program's api_secret too");
        }
    }
    for (key, program) in read.programs_of("issuer.", ".api_secret") {
        if !read.is_set(&format!("issuer.{program}.api_key")) {
            read.error(&key, "needs the program's api_key too");
        }
    }
    Issuer { base_url, credentials }
}
