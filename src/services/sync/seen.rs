//! Whom the pages of a pass have shown so far.

use std::collections::HashMap;

use crate::domain::identifier::is_customer_id;

/// The digits of a customer's identifier.
const DIGITS: usize = 24;

/// The customers of a pass, each with the last sweep that has shown them. An entry is
/// small: a pass over a million customers must fit into memory.
#[derive(Debug, Default)]
pub(super) struct Seen {
    sweeps: HashMap<[u8; DIGITS / 2], u8>,
    /// The present sweep, and how many different customers it has shown.
    sweep: u8,
    in_sweep: u64,
}

impl Seen {
    /// Whom these pages have shown: the sweep of each, and its customers as
    /// [`Seen::text`] writes them.
    pub(super) fn of(pages: &[(u64, String)], sweep: u64) -> Self {
        let mut seen = Self::default();
        for (sweep, ids) in pages {
            seen.begin(*sweep);
            for id in ids.as_bytes().chunks_exact(DIGITS).filter_map(|id| str::from_utf8(id).ok()) {
                seen.add(id);
            }
        }
        seen.begin(sweep);
        seen
    }

    /// Begins or goes on with a sweep.
    pub(super) fn begin(&mut self, sweep: u64) {
        let sweep = u8::try_from(sweep).unwrap_or(u8::MAX);
        if sweep != self.sweep {
            self.sweep = sweep;
            self.in_sweep = 0;
        }
    }

    /// A page of the present sweep has shown a customer.
    pub(super) fn add(&mut self, id: &str) {
        let Some(key) = key(id) else { return };
        if self.sweeps.insert(key, self.sweep) != Some(self.sweep) {
            self.in_sweep += 1;
        }
    }

    /// Whether any sweep has shown a customer.
    pub(super) fn contains(&self, id: &str) -> bool {
        key(id).is_some_and(|key| self.sweeps.contains_key(&key))
    }

    /// How many different customers the present sweep has shown.
    pub(super) const fn in_sweep(&self) -> u64 {
        self.in_sweep
    }

    /// How many different customers the whole pass has shown.
    pub(super) fn count(&self) -> u64 {
        self.sweeps.len() as u64
    }

    /// The customers of a page as one text.
    pub(super) fn text<'a>(ids: impl IntoIterator<Item = &'a String>) -> String {
        ids.into_iter().filter(|id| is_customer_id(id)).map(String::as_str).collect()
    }
}

fn key(id: &str) -> Option<[u8; DIGITS / 2]> {
    let mut key = [0; DIGITS / 2];
    const_hex::decode_to_slice(id, &mut key).ok().map(|()| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sweep_counts_anew_and_nothing_is_forgotten() {
        let ids: Vec<String> = (0..5).map(|number| format!("{number:024x}")).collect();
        let mut seen = Seen::default();
        seen.begin(1);
        for id in [&ids[0], &ids[1], &ids[1]] {
            seen.add(id);
        }
        assert_eq!((seen.in_sweep(), seen.count()), (2, 2));
        seen.begin(2);
        seen.add(&ids[1]);
        seen.add(&ids[2]);
        assert_eq!((seen.in_sweep(), seen.count()), (2, 3));
        let pages = [(1, Seen::text(&ids[0..2])), (2, Seen::text(&ids[1..3]))];
        let again = Seen::of(&pages, 2);
        assert_eq!((again.in_sweep(), again.count()), (2, 3));
        assert_eq!((again.contains(&ids[0]), again.contains(&ids[3])), (true, false));
        assert_eq!(Seen::of(&pages, 3).in_sweep(), 0);
    }
}
