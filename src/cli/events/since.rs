//! A time that is given as how long ago it was.

use std::time::Duration;

use crate::domain::time::Timestamp;

/// So long ago.
pub(super) fn before(time: Duration) -> Timestamp {
    let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    Timestamp::now().plus_millis(millis.saturating_neg())
}
