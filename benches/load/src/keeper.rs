//! Whatever was started ends with the benchmark, however that ends.
//!
//! A process that is killed runs no code of its own any more. So it is a small
//! shell that cleans up: it reads a pipe which only this process holds. When
//! the pipe ends, for whatever reason, it stops the processes that are still
//! there and removes the folder.

use std::env;
use std::fs::DirBuilder;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::failure::{Failure, Result, While as _};

/// `$1` is the folder. A number cannot be another process's: it is free again
/// only after we have waited for its process, and before that we say so here.
const CLEAN_UP: &str = r#"
trap '' HUP INT PIPE QUIT TERM
folder=$1
running=' '
while read -r what number; do
    case $what in
        started) running="$running$number " ;;
        ended) running="${running%% "$number" *} ${running#* "$number" }" ;;
    esac
done
for number in $running; do kill -KILL "$number"; done
rm -rf "$folder"
"#;

/// A temporary folder and the processes that go with it.
pub(crate) struct Keeper {
    folder: PathBuf,
    shell: Child,
}

impl Keeper {
    pub(crate) fn new() -> Result<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
        let folder = env::temp_dir().join(format!("card-gateway-load-{}-{now:x}", process::id()));
        DirBuilder::new().mode(0o700).create(&folder).during("a temporary folder")?;
        let shell = Command::new("sh")
            .args(["-c", CLEAN_UP, "keeper"])
            .arg(&folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in a terminal is for the whole group, but not for the one
            // who has to tidy up.
            .process_group(0)
            .spawn()
            .during("the shell that cleans up")?;
        Ok(Self { folder, shell })
    }

    /// A folder that goes with the benchmark.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts a process that is to end with the benchmark.
    pub(crate) fn start(&self, command: &mut Command) -> Result<Kept<'_>> {
        let name = command.get_program().display().to_string();
        let child = command.spawn().during(name)?;
        self.tell("started", child.id());
        Ok(Kept { keeper: self, child })
    }

    fn tell(&self, what: &str, number: u32) {
        if let Some(mut pipe) = self.shell.stdin.as_ref() {
            // Should the shell be gone, we still end our own processes ourselves.
            pipe.write_all(format!("{what} {number}\n").as_bytes()).ok();
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        self.shell.wait().ok();
    }
}

/// A process that ends when this value does, at the latest.
pub(crate) struct Kept<'a> {
    keeper: &'a Keeper,
    child: Child,
}

impl Kept<'_> {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The process itself, for its streams. It must be waited for here only.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// An error if the process has ended already.
    pub(crate) fn still_runs(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(Failure::from(format!("it ended ({status})"))),
        }
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        // Told first: once waited for, the number may become somebody else's.
        self.keeper.tell("ended", self.child.id());
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
