//! Successful answers that are used again for a moment: many clients ask for the program's
//! state, and each call counts against the program's limit at the issuer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;

use crate::domain::principal::ProgramId;
use crate::issuer::{Answer, IssuerError};

/// The most that all kept bodies take, in bytes.
const MAX_TOTAL: u64 = 16 << 20;

/// Program, path and query of a call.
pub(super) type Key = (ProgramId, String, String);

/// Answers that are kept. Clones share them.
#[derive(Clone)]
pub(super) struct Answers(Cache<Key, Kept>);

/// Without what is kept.
impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answers").finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct Kept {
    answer: Arc<Answer>,
    time: Duration,
}

/// What is not kept.
#[derive(Clone)]
enum Passing {
    Answer(Arc<Answer>),
    Failure(IssuerError),
}

struct OwnTime;

impl Expiry<Key, Kept> for OwnTime {
    fn expire_after_create(&self, _: &Key, kept: &Kept, _: Instant) -> Option<Duration> {
        Some(kept.time)
    }
}

impl Answers {
    pub(super) fn new() -> Self {
        let weight = |key: &Key, kept: &Kept| {
            let bytes = key.1.len() + key.2.len() + kept.answer.body.len() + 1_024;
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let cache = Cache::builder().max_capacity(MAX_TOTAL).weigher(weight);
        Self(cache.expire_after(OwnTime).build())
    }

    /// The answer that is kept, or a new one, which is kept so long if it is a success. All
    /// who ask at the same time wait for the same call.
    pub(super) async fn get(
        &self,
        key: Key,
        time: Duration,
        fetch: impl Future<Output = Result<Answer, IssuerError>>,
    ) -> Result<Arc<Answer>, IssuerError> {
        let fetch = async {
            match fetch.await.map(Arc::new) {
                Ok(answer) if answer.status.is_success() => Ok(Kept { answer, time }),
                Ok(answer) => Err(Passing::Answer(answer)),
                Err(error) => Err(Passing::Failure(error)),
            }
        };
        match self.0.try_get_with(key, fetch).await {
            Ok(kept) => Ok(kept.answer),
            Err(passing) => match Passing::clone(&passing) {
                Passing::Answer(answer) => Ok(answer),
                Passing::Failure(error) => Err(error),
            },
        }
    }
}
