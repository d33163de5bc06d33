//! Documents by their hash: Apollo's automatic persisted queries, and trusted
//! documents from the settings. A hash never avoids a limit: it only
//! stands for a text. Clients know these errors by their messages.

use std::sync::Arc;

use moka::sync::Cache;

use super::rejection::{Rejection, request_error};
use super::request_body::{Body, PersistedQuery};
use crate::config::{Documents, Trusted, hash_of};
use crate::error::{Error, Kind};
use crate::shared::Shared;

/// The documents that requests may name by their hash.
#[derive(Clone)]
pub(crate) struct PersistedDocuments {
    seen: Cache<String, Arc<str>>,
    trusted: Arc<Trusted>,
    only: bool,
    /// Where other replicas find what this one has seen.
    shared: Option<Shared>,
}

impl PersistedDocuments {
    /// As the settings say. Where only trusted documents may be used, no others
    /// are remembered.
    pub(crate) fn new(allowed: &Documents, shared: Option<Shared>) -> Self {
        let weigh = |hash: &String, text: &Arc<str>| {
            u32::try_from(hash.len() + text.len()).unwrap_or(u32::MAX)
        };
        let seen = Cache::builder().max_capacity(allowed.persisted_cache).weigher(weigh).build();
        let only = allowed.persisted_only;
        Self { seen, trusted: Arc::new(allowed.trusted.clone()), only, shared }
    }

    /// The text of a request's document, and its hash if it is to be stored after
    /// validation.
    pub(crate) async fn text(
        &self,
        body: &mut Body,
    ) -> Result<(Arc<str>, Option<String>), Rejection> {
        let persisted = body.extensions.take().and_then(|all| all.persisted_query);
        let (text, hash) = match (body.query.take(), persisted) {
            (text, Some(PersistedQuery { version, sha256_hash })) => {
                if version != 1 {
                    let code = "PERSISTED_QUERY_NOT_SUPPORTED";
                    return Err(request_error("PersistedQueryNotSupported", None, code));
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
                    return Err(Error::new(Kind::Invalid, message).into());
                }
                if self.only && !self.trusted.contains_key(&real) {
                    let message = "Only documents that were published before may be used here";
                    return Err(Error::new(Kind::Forbidden, message).into());
                }
                Ok((text.into(), hash.filter(|_| !self.only)))
            }
            (None, Some(hash)) => {
                let trusted = self.trusted.get(&hash).map(|text| text.as_str().into());
                let text = match trusted.or_else(|| self.seen.get(&hash)) {
                    Some(text) => Some(text),
                    None => self.of_others(&hash).await,
                };
                let code = "PERSISTED_QUERY_NOT_FOUND";
                let missing = || request_error("PersistedQueryNotFound", None, code);
                Ok((text.ok_or_else(missing)?, None))
            }
            (None, None) => {
                let message = "There is no query in the request";
                Err(Error::new(Kind::Invalid, message).into())
            }
        }
    }

    /// The text that another replica has seen under a hash. It passes the limits and is
    /// validated as any text.
    async fn of_others(&self, hash: &str) -> Option<Arc<str>> {
        let shared = self.shared.as_ref().filter(|_| !self.only)?;
        let text = shared.document(hash).await.filter(|text| hash_of(text) == hash)?;
        let text: Arc<str> = text.into();
        self.seen.insert(hash.to_owned(), Arc::clone(&text));
        Some(text)
    }

    /// Remembers a valid text, for all replicas if they share a server.
    pub(crate) async fn remember(&self, hash: String, text: Arc<str>) {
        if let Some(shared) = &self.shared
            && !self.seen.contains_key(&hash)
        {
            shared.put_document(&hash, &text).await;
        }
        self.seen.insert(hash, text);
    }
}
