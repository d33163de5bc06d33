//! Documents by their hash: Apollo's automatic persisted queries, and trusted
//! documents from the settings. A hash never avoids a limit: it only
//! stands for a text.

use std::sync::Arc;

use async_graphql::{Response, ServerError};
use moka::sync::Cache;

use super::request_body::{Body, PersistedQuery};
use crate::config::{Documents, Trusted, hash_of};
use crate::error::{Error, Kind, Result};

/// The documents that requests may name by their hash.
#[derive(Clone)]
pub(crate) struct PersistedDocuments {
    seen: Cache<String, Arc<str>>,
    trusted: Arc<Trusted>,
    only: bool,
}

/// Why there is no text.
pub(crate) enum PersistedError {
    /// The client must send the text as well, or use another way.
    Response(Box<Response>),
    /// The request contradicts itself, or is not permitted.
    Refused(Error),
}

impl PersistedDocuments {
    /// As the settings say. Where only trusted documents may be used, no others
    /// are remembered.
    pub(crate) fn new(allowed: &Documents) -> Self {
        let weigh = |hash: &String, text: &Arc<str>| {
            u32::try_from(hash.len() + text.len()).unwrap_or(u32::MAX)
        };
        let seen = Cache::builder().max_capacity(allowed.persisted_cache).weigher(weigh).build();
        Self { seen, trusted: Arc::new(allowed.trusted.clone()), only: allowed.persisted_only }
    }

    /// The text of a request's document, and its hash if it is to be remembered
    /// once it is known to be valid.
    pub(crate) fn text(
        &self,
        body: &mut Body,
    ) -> Result<(Arc<str>, Option<String>), PersistedError> {
        let persisted = body.extensions.take().and_then(|all| all.persisted_query);
        let (text, hash) = match (body.query.take(), persisted) {
            (text, Some(PersistedQuery { version, sha256_hash })) => {
                if version != 1 {
                    return Err(known(
                        "PersistedQueryNotSupported",
                        "PERSISTED_QUERY_NOT_SUPPORTED",
                    ));
                }
                (text, Some(sha256_hash.to_ascii_lowercase()))
            }
            (text, None) => (text, None),
        };
        match (text, hash) {
            // Most requests name no hash.
            (Some(text), None) if !self.only => Ok((text.into(), None)),
            (Some(text), hash) => {
                let real = hash_of(&text);
                if hash.as_ref().is_some_and(|hash| *hash != real) {
                    let message = "The hash is not that of the query";
                    return Err(PersistedError::Refused(Error::new(Kind::Invalid, message)));
                }
                if self.only && !self.trusted.contains_key(&real) {
                    return Err(PersistedError::Refused(not_trusted()));
                }
                Ok((text.into(), hash.filter(|_| !self.only)))
            }
            (None, Some(hash)) => match self.trusted.get(&hash) {
                Some(text) => Ok((text.as_str().into(), None)),
                None => match self.seen.get(&hash) {
                    Some(text) => Ok((text, None)),
                    None => Err(known("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")),
                },
            },
            (None, None) => {
                let message = "There is no query in the request";
                Err(PersistedError::Refused(Error::new(Kind::Invalid, message)))
            }
        }
    }

    /// Remembers a valid text.
    pub(crate) fn remember(&self, hash: String, text: Arc<str>) {
        self.seen.insert(hash, text);
    }
}

fn not_trusted() -> Error {
    Error::new(Kind::Forbidden, "Only documents that were published before may be used here")
}

/// Clients know these by their message.
fn known(message: &str, code: &str) -> PersistedError {
    let mut failure = ServerError::new(message, None);
    failure.extensions.get_or_insert_default().set("code", code);
    PersistedError::Response(Box::new(Response::from_errors(vec![failure])))
}
