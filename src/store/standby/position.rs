//! Places in PostgreSQL's write-ahead log, and the questions for them.

use sea_orm::{DbBackend, DbErr, QueryResult, Statement};

/// A place in the write-ahead log: so many bytes lie before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position(pub(crate) i64);

/// At the primary: everything that was confirmed to a client as committed lies before this
/// place. Where commits do not wait for the disk, that is more than what is on the disk.
///
/// At the beginning of a page, the place for the next record is behind the page's head, which a
/// standby only counts with that record: 40 bytes in a new file, 24 otherwise.
const COMMITTED: &str = "SELECT CASE WHEN at % file = 40 THEN at - 40 \
    WHEN at % page = 24 THEN at - 24 ELSE at END \
    FROM (SELECT (CASE current_setting('synchronous_commit') \
    WHEN 'off' THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END \
    - '0/0'::pg_lsn)::bigint AS at, \
    pg_size_bytes(current_setting('wal_segment_size')) AS file, \
    current_setting('wal_block_size')::bigint AS page) AS place";

/// At the standby: everything before this place can be seen there. None if it has never
/// followed another server.
const REPLAYED: &str = "(pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint";

/// How far a standby is, and whether it still follows another server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Replay {
    pub(crate) position: Position,
    pub(crate) is_standby: bool,
}

/// A server as one of a cluster: a primary, and the standbys that were copied from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// The cluster.
    pub(crate) system: String,
    /// The line of history: each standby that becomes the primary begins a new one.
    pub(crate) timeline: i32,
}

/// Asks the primary up to where everything is committed.
pub(crate) fn committed() -> Statement {
    question(COMMITTED.to_owned())
}

/// Reads the answer to [`committed`].
pub(crate) fn committed_in(rows: &[QueryResult]) -> Result<Position, DbErr> {
    first(rows)?.try_get_by_index(0).map(Position)
}

/// Asks the standby how far it is.
pub(crate) fn replayed() -> Statement {
    question(format!("SELECT {REPLAYED}, pg_is_in_recovery()"))
}

/// Reads the answer to [`replayed`].
pub(crate) fn replayed_in(rows: &[QueryResult]) -> Result<Replay, DbErr> {
    let row = first(rows)?;
    let position: Option<i64> = row.try_get_by_index(0)?;
    let is_standby = row.try_get_by_index(1)?;
    Ok(Replay { position: Position(position.unwrap_or_default()), is_standby })
}

/// Asks the primary which one it is.
pub(crate) fn primary() -> Statement {
    // The first eight digits of a file's name are its timeline.
    let timeline = "('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer";
    question(format!("SELECT system_identifier::text, {timeline} FROM pg_control_system()"))
}

/// Asks the standby which one it is. A new timeline is in the one place or in the other,
/// whichever was written later.
pub(crate) fn standby() -> Statement {
    question(
        "SELECT s.system_identifier::text, \
         GREATEST(c.timeline_id, r.min_recovery_end_timeline)::integer \
         FROM pg_control_system() AS s, pg_control_checkpoint() AS c, pg_control_recovery() AS r"
            .to_owned(),
    )
}

/// Reads the answer to [`primary`] and to [`standby`].
pub(crate) fn member_in(rows: &[QueryResult]) -> Result<Member, DbErr> {
    let row = first(rows)?;
    Ok(Member { system: row.try_get_by_index(0)?, timeline: row.try_get_by_index(1)? })
}

fn question(text: String) -> Statement {
    Statement::from_string(DbBackend::Postgres, text)
}

fn first(rows: &[QueryResult]) -> Result<&QueryResult, DbErr> {
    rows.first().ok_or_else(|| DbErr::Custom("an answer without a row".to_owned()))
}
