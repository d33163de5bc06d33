//! What has changed, for clients that read it page by page, or go on after a pause. `feed` goes
//! on from a place for as long as changes come; `retention` removes the oldest ones.

pub mod feed;
pub mod retention;

use crate::domain::change::{Change, Missed};
use crate::domain::cursor::{ListId, Position};
use crate::domain::page::{Slice, Window};
use crate::domain::principal::{Principal, ProgramId};
use crate::error::Result;
use crate::store::Store;

/// The changes of the caller's program.
#[derive(Clone, Debug)]
pub struct Changes {
    store: Store,
}

/// A part of the changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSlice {
    /// The changes, oldest first.
    pub slice: Slice<Change>,
    /// Where the next part begins, also if there is no change in this one.
    pub end: Position,
}

impl Changes {
    /// Over a store.
    pub const fn new(store: Store) -> Self {
        Self { store }
    }

    /// The list of a program's changes as cursors name it.
    pub fn list_id(principal: &Principal) -> ListId {
        ListId::of(&["changes", &principal.program.0.to_string()]).by_number()
    }

    /// A part of the changes, from the oldest one that is kept, or from a position on.
    ///
    /// # Errors
    /// If the store fails. [`Missed`] if changes after the position were removed, or if the
    /// position is one of another database, such as one that a backup has replaced.
    pub async fn page(
        &self,
        principal: &Principal,
        window: &Window,
    ) -> Result<Result<ChangeSlice, Missed>> {
        let after = window.after().and_then(Position::number);
        let found = self.after(principal.program, None, after, window.reads()).await?;
        Ok(found.map(|(start, changes)| {
            let slice = Slice::of(window, changes);
            let end = slice.items.last().map_or(start, |last| last.seq);
            ChangeSlice { slice, end: Position::numbered(end) }
        }))
    }

    /// How many changes are kept.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn count(&self, principal: &Principal) -> Result<i64> {
        self.store.count_changes(principal.program).await
    }

    /// The number of the program's last change.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn last(&self, principal: &Principal) -> Result<i64> {
        let last = self.store.last_changes(vec![principal.program]).await?;
        Ok(last.first().map_or(0, |(_, seq)| *seq))
    }

    /// The changes after a number, at most `limit`, and the number after which they begin.
    async fn after(
        &self,
        program: ProgramId,
        customer: Option<&str>,
        after: Option<i64>,
        limit: i64,
    ) -> Result<Result<(i64, Vec<Change>), Missed>> {
        let found = self.store.changes_of(program, customer, after.unwrap_or(0), limit).await?;
        let start = after.unwrap_or(found.removed_to);
        if start < found.removed_to || start > found.last {
            return Ok(Err(Missed));
        }
        Ok(Ok((start, found.changes)))
    }
}
