//! Goes on from a place in the changes: first those that are stored already, then each as it
//! happens. Where changes come faster than they are taken, those that are stored are read again,
//! so that none is left out.

use super::Changes;
use crate::domain::change::{Change, Missed};
use crate::domain::principal::{Principal, ProgramId};
use crate::error::Result;
use crate::services::live::{Changed, Live, Watcher};

/// Stored changes that are read at once.
const READ_AT_ONCE: i64 = 100;

/// The next changes.
#[derive(Clone, Debug)]
pub enum Next {
    /// Some that were stored before, in their order.
    Stored(Vec<Change>),
    /// One that has just happened.
    Live(Changed),
}

/// Goes on from a place in the changes of a program, or of one of its customers.
pub struct Feed {
    changes: Changes,
    program: ProgramId,
    customer: Option<String>,
    watcher: Watcher,
    /// The number of the last change that was given out, or of one before it.
    position: i64,
    /// Whether what the watcher gets follows on that.
    is_live: bool,
}

impl Feed {
    /// Begins after a number; without one, now.
    ///
    /// # Errors
    /// If too many watch already, or the store fails.
    pub async fn begin(
        changes: &Changes,
        live: &Live,
        principal: &Principal,
        customer: Option<&str>,
        after: Option<i64>,
    ) -> Result<Self> {
        let position = match after {
            Some(after) => after,
            None => changes.last(principal).await?,
        };
        // Before the stored changes are read: whatever they do not have, the watcher gets.
        let watcher = match customer {
            Some(customer) => live.watch_one(principal, customer).await?,
            None => live.watch_all(principal).await?,
        };
        Ok(Self {
            changes: changes.clone(),
            program: principal.program,
            customer: customer.map(str::to_owned),
            watcher,
            position,
            is_live: false,
        })
    }

    /// The next changes; none when the process stops.
    ///
    /// # Errors
    /// If the store fails. [`Missed`] if changes after the place were removed.
    pub async fn next(&mut self) -> Option<Result<Result<Next, Missed>>> {
        loop {
            if !self.is_live {
                // In a box: a subscriber waits for long, and mostly not for this.
                match Box::pin(self.stored()).await {
                    Ok(Ok(changes)) if changes.is_empty() => continue,
                    Ok(changes) => return Some(Ok(changes.map(Next::Stored))),
                    Err(error) => return Some(Err(error)),
                }
            }
            match self.watcher.next().await? {
                Ok(changed) => {
                    self.position = changed.change.seq;
                    return Some(Ok(Ok(Next::Live(changed))));
                }
                Err(Missed) => self.is_live = false,
            }
        }
    }

    async fn stored(&mut self) -> Result<Result<Vec<Change>, Missed>> {
        let (program, customer) = (self.program, self.customer.as_deref());
        let found = self.changes.after(program, customer, Some(self.position), READ_AT_ONCE);
        let Ok((_, changes)) = found.await? else { return Ok(Err(Missed)) };
        if let Some(last) = changes.last() {
            self.position = last.seq;
        }
        let read = i64::try_from(changes.len()).unwrap_or(i64::MAX);
        self.is_live = read < READ_AT_ONCE;
        self.watcher.skip(self.position);
        Ok(Ok(changes))
    }
}
