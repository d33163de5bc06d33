//! Cleans up when this process has ended, for any reason.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

/// The watchdog of a private cluster; `$1` is the cluster's folder, and the rest
/// is the command that makes the cluster, whose exit status it reports.
///
/// It runs that command itself, because one that is interrupted leaves shared
/// memory behind: should we be gone by then, it is first finished and then undone.
/// The server is in the watchdog's process group, so a signal to the group reaches
/// it even before there is a lock file, and cannot reach another process. QUIT means
/// "stop at once" to a server, which removes its lock file last.
pub(super) const STOP_CLUSTER: &str = r#"
trap '' HUP INT PIPE QUIT TERM
folder=$1
shift
"$@" </dev/null >"$folder/log" 2>&1
echo "$?"
exec >/dev/null
while read -r _; do :; done

kill -QUIT 0
tries=0
while [ -e "$folder/data/postmaster.pid" ] && [ "$tries" -lt 200 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
tries=0
until rm -rf "$folder" && [ ! -e "$folder" ] || [ "$tries" -ge 200 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
"#;

/// The watchdog of databases on a server that the tests did not start; `$1` is `psql`, `$2` the
/// URL. The names arrive on the pipe, one to a line.
pub(super) const DROP_DATABASES: &str = r#"
trap '' HUP INT QUIT TERM
psql=$1
url=$2
set --
while read -r name; do
    set -- "$@" -c "DROP DATABASE IF EXISTS $name WITH (FORCE)"
done
[ "$#" -eq 0 ] || "$psql" -X -q -w -d "$url" "$@"
"#;

/// A watchdog: in a process group of its own, so that Ctrl-C in a terminal ends
/// only the tests, and with no stream of ours besides the pipe it waits on. Who
/// reads the output of the tests waits for all who could still write to it.
pub(super) fn watchdog(script: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", script, "watchdog"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    command
}
