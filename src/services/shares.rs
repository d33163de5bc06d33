//! How many of a thing each owner has now, so that none takes all of them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What each owner has; an owner without any takes no memory. Clones share it.
#[derive(Debug)]
pub struct Shares<K>(Arc<Mutex<HashMap<K, usize>>>);

impl<K> Clone for Shares<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K> Default for Shares<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Clone + Eq + Hash> Shares<K> {
    /// One more for an owner, until it is dropped; none if the owner has `most` already.
    pub fn take(&self, owner: &K, most: usize) -> Option<Share<K>> {
        let mut all = self.all();
        let held = all.get(owner).copied().unwrap_or(0);
        if held >= most {
            return None;
        }
        all.insert(owner.clone(), held + 1);
        Some(Share { of: self.clone(), owner: owner.clone() })
    }

    fn all(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of what an owner has.
#[derive(Debug)]
pub struct Share<K: Clone + Eq + Hash> {
    of: Shares<K>,
    owner: K,
}

impl<K: Clone + Eq + Hash> Drop for Share<K> {
    fn drop(&mut self) {
        let mut all = self.of.all();
        match all.get_mut(&self.owner) {
            Some(held) if *held > 1 => *held -= 1,
            _ => drop(all.remove(&self.owner)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_has_no_more_than_its_share() {
        let shares = Shares::default();
        let first = [shares.take(&"one", 2), shares.take(&"one", 2)];
        assert!(first.iter().all(Option::is_some));
        assert!(shares.take(&"one", 2).is_none());
        assert!(shares.take(&"other", 2).is_some());
        drop(first);
        assert!(shares.take(&"one", 2).is_some());
        assert!(shares.all().is_empty(), "an owner without any is forgotten");
    }
}
