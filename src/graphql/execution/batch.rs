//! A loader of one kind of thing, over the library's: what it must not do is
//! said here once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use dataloader::BatchFn;
use dataloader::cached::Loader;
use futures_util::future::BoxFuture;

use crate::error::Error;
use crate::usage;

/// No question is ever cut in two: the services cut where a source needs it.
const BATCH: usize = usize::MAX;
/// How often other root fields get their turn to ask before a question is put.
const YIELDS: usize = 10;

type Found<V> = Result<Option<V>, Arc<Error>>;
type Question<K, V> =
    Box<dyn Fn(Vec<K>) -> BoxFuture<'static, Result<HashMap<K, V>, Error>> + Send + Sync>;

/// One question about many keys.
pub(crate) struct Batch<K, V> {
    question: Question<K, V>,
    alone: bool,
}

impl<K, V> BatchFn<K, Found<V>> for Batch<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + 'static,
{
    async fn load(&mut self, keys: &[K]) -> HashMap<K, Found<V>> {
        let asking = (self.question)(keys.to_vec());
        let asked = if self.alone {
            asking.await
        } else {
            // In a task of its own: a root field that is dropped half-way must
            // not take the answers of all the others with it.
            tokio::spawn(usage::inherited(asking))
                .await
                .unwrap_or_else(|panic| Err(Error::internal(panic)))
        };
        let asked = asked.map_err(Arc::new);
        match asked {
            Ok(mut found) => keys.iter().map(|key| (key.clone(), Ok(found.remove(key)))).collect(),
            Err(error) => keys.iter().map(|key| (key.clone(), Err(Arc::clone(&error)))).collect(),
        }
    }
}

/// A loader of one kind of thing.
pub(crate) struct Load<K, V>(Loader<K, Found<V>, Batch<K, V>>)
where
    K: Clone + Eq + Hash + Send + Sync + std::fmt::Debug + 'static,
    V: Clone + Send + 'static;

impl<K, V> Load<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + std::fmt::Debug + 'static,
    V: Clone + Send + 'static,
{
    /// `alone` if no other field can ask besides the one that does.
    pub(crate) fn new<F>(
        alone: bool,
        question: impl Fn(Vec<K>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<HashMap<K, V>, Error>> + Send + 'static,
    {
        let question: Question<K, V> = Box::new(move |keys| Box::pin(question(keys)));
        let batch = Batch { question, alone };
        let yields = if alone { 0 } else { YIELDS };
        Self(Loader::new(batch).with_max_batch_size(BATCH).with_yield_count(yields))
    }

    /// What there is under each key; where there is nothing, it is left out.
    pub(crate) async fn many(&self, keys: Vec<K>) -> Result<HashMap<K, V>, Arc<Error>> {
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let found = self.0.try_load_many(keys).await;
        let found = found.map_err(|lost| Arc::new(Error::internal(lost)))?;
        let some = |(key, found): (K, Found<V>)| Some((key, found.transpose()?));
        found.into_iter().filter_map(some).map(|(key, found)| Ok((key, found?))).collect()
    }

    /// What there is under a key, if anything.
    pub(crate) async fn one(&self, key: K) -> Result<Option<V>, Arc<Error>> {
        let found = self.0.try_load(key).await;
        found.map_err(|lost| Arc::new(Error::internal(lost)))?
    }
}
