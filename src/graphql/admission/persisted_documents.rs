//! Documents by their hash: Apollo's automatic persisted queries, and trusted
//! documents that were known before. A hash never goes around a limit: it only
//! stands for a text.

use std::sync::Arc;

use async_graphql::{Response, ServerError};
use moka::sync::Cache;

use crate::config::{Documents, Trusted, hash_of};
use crate::error::{Error, Kind, Result};
use crate::graphql::admission::request_body::{Body, PersistedQuery};

/// What is known of documents.
#[derive(Clone)]
pub(crate) struct Persisted {
    seen: Cache<String, Arc<str>>,
    trusted: Arc<Trusted>,
    only: bool,
}

/// Why there is no text.
pub(crate) enum Missing {
    /// The client must send the text along, or use another way.
    Tell(Box<Response>),
    /// The request cannot be.
    Refuse(Error),
}

impl Persisted {
    /// As the settings say. Where only trusted documents may be used, it learns
    /// nothing new.
    pub(crate) fn new(allowed: &Documents) -> Self {
        let weigh = |hash: &String, text: &Arc<str>| {
            u32::try_from(hash.len() + text.len()).unwrap_or(u32::MAX)
        };
        let seen = Cache::builder().max_capacity(allowed.persisted_cache).weigher(weigh).build();
        Self { seen, trusted: Arc::new(allowed.trusted.clone()), only: allowed.persisted_only }
    }

    /// The text of a request's document, and its hash if it is to be remembered
    /// once it has been found good.
    pub(crate) fn text(&self, body: &mut Body) -> Result<(Arc<str>, Option<String>), Missing> {
        let persisted = body.extensions.take().and_then(|all| all.persisted_query);
        let (text, hash) = match (body.query.take(), persisted) {
            (text, Some(PersistedQuery { version, sha256_hash })) => {
                if version != 1 {
                    return Err(tell(
                        "PersistedQueryNotSupported",
                        "PERSISTED_QUERY_NOT_SUPPORTED",
                    ));
                }
                (text, Some(sha256_hash.to_ascii_lowercase()))
            }
            (text, None) => (text, None),
        };
        match (text, hash) {
            // Most requests: nobody speaks of hashes.
            (Some(text), None) if !self.only => Ok((text.into(), None)),
            (Some(text), hash) => {
                let real = hash_of(&text);
                if hash.as_ref().is_some_and(|hash| *hash != real) {
                    let message = "The hash is not that of the query";
                    return Err(Missing::Refuse(Error::new(Kind::Invalid, message)));
                }
                if self.only && !self.trusted.contains_key(&real) {
                    return Err(Missing::Refuse(not_trusted()));
                }
                Ok((text.into(), hash.filter(|_| !self.only)))
            }
            (None, Some(hash)) => match self.trusted.get(&hash) {
                Some(text) => Ok((text.as_str().into(), None)),
                None => match self.seen.get(&hash) {
                    Some(text) => Ok((text, None)),
                    None => Err(tell("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")),
                },
            },
            (None, None) => {
                let message = "There is no query in the request";
                Err(Missing::Refuse(Error::new(Kind::Invalid, message)))
            }
        }
    }

    /// Remembers a text that was found good.
    pub(crate) fn remember(&self, hash: String, text: Arc<str>) {
        self.seen.insert(hash, text);
    }
}

fn not_trusted() -> Error {
    Error::new(Kind::Forbidden, "Only documents that were published before may be used here")
}

/// Clients know these by their message.
fn tell(message: &str, code: &str) -> Missing {
    let mut failure = ServerError::new(message, None);
    failure.extensions.get_or_insert_default().set("code", code);
    Missing::Tell(Box::new(Response::from_errors(vec![failure])))
}
