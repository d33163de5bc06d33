//! File descriptors: how many connections this process may have open.

use crate::config::Config;
use crate::http::connections::REFUSED_AT_ONCE;

/// What everything else may need: files, the log, calls to the issuer and the chain.
const OTHERS: usize = 100;
/// Files of one connection to SQLite: the database, its log, the index of the log.
const PER_DATABASE_CONNECTION: usize = 3;
/// With fewer connections nothing works.
const LEAST: usize = 16;

/// How many connections and streams are open at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) connections: usize,
    pub(super) streams: usize,
}

/// Raises the process's limit of open files as far as it may, and lowers what the settings say
/// if even that is too little.
pub(super) fn room(config: &Config) -> Room {
    let wanted =
        Room { connections: config.server.max_connections, streams: config.server.max_streams };
    // A database has some connections besides those of its pool, and perhaps a standby.
    let servers = 1 + usize::from(config.database.read_url.is_some());
    let pools = (config.database.max_connections as usize + 4) * servers;
    let database = pools * PER_DATABASE_CONNECTION;
    let reserve = OTHERS + REFUSED_AT_ONCE + database;
    let limit = match rlimit::increase_nofile_limit(rlimit::INFINITY) {
        Ok(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
        Err(error) => {
            tracing::warn!(%error, "the limit of open files is not known");
            return wanted;
        }
    };
    let room = within(wanted, limit, reserve);
    if room != wanted {
        let Room { connections, streams } = room;
        tracing::warn!(
            limit,
            connections,
            streams,
            "the system allows too few open files for server.max_connections and \
             server.max_streams; both are lowered: raise the limit (ulimit -n, LimitNOFILE)"
        );
    }
    room
}

/// As much of what is wanted as there are descriptors for, in the same proportion.
fn within(wanted: Room, limit: usize, reserve: usize) -> Room {
    let all = wanted.connections.saturating_add(wanted.streams);
    let left = limit.saturating_sub(reserve).max(2 * LEAST);
    if all <= left {
        return wanted;
    }
    let part = |of: usize| (of.saturating_mul(left) / all).clamp(LEAST.min(of), of);
    Room { connections: part(wanted.connections), streams: part(wanted.streams) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_fit_into_the_limit_of_open_files() {
        let wanted = Room { connections: 4_000, streams: 16_000 };
        for (limit, connections, streams) in [
            (usize::MAX, 4_000, 16_000),
            (20_200, 4_000, 16_000),
            (10_200, 2_000, 8_000),
            (1_200, 200, 800),
            // Nothing is left, and nothing less would work.
            (100, 16, 25),
        ] {
            let room = within(wanted, limit, 200);
            assert_eq!(room, Room { connections, streams }, "{limit}");
        }
        let few = Room { connections: 5, streams: 1 };
        assert_eq!(within(few, 100, 200), few);
    }
}
