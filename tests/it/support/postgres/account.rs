//! The user that runs a private server.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::cluster::SUPERUSER;
use super::unique;

/// The user that runs the server: `PostgreSQL` refuses to be run by root.
pub(super) struct Account {
    /// The prefix of a command to become that user; empty if it is the current user.
    prefix: Vec<OsString>,
    /// The user and group that own the folder, if they are not ours.
    owner: Option<(u32, u32)>,
}

impl Account {
    pub(super) fn find(programs: &Path) -> Result<Self, String> {
        if id("-u", None) != Some(0) {
            return Ok(Self { prefix: Vec::new(), owner: None });
        }
        for user in [SUPERUSER, "nobody"] {
            let (Some(uid), Some(gid)) = (id("-u", Some(user)), id("-g", Some(user))) else {
                continue;
            };
            let setpriv = [
                "setpriv",
                &format!("--reuid={uid}"),
                &format!("--regid={gid}"),
                "--clear-groups",
                "--",
            ];
            let runuser = ["runuser", "-u", user, "--"];
            // The shell is named, for that of a system account mostly refuses. `-c` is
            // the shell's: su's own would put the server out of the watchdog's reach.
            let command = r#"exec "$0" "$@""#;
            let su = ["su", "-s", "/bin/sh", "--", user, "-c", command];
            for prefix in [&setpriv[..], &runuser, &su] {
                let account = Self {
                    prefix: prefix.iter().map(OsString::from).collect(),
                    owner: Some((uid, gid)),
                };
                if account.can(programs.join("postgres").as_ref(), &["--version".as_ref()]) {
                    return Ok(account);
                }
            }
        }
        Err(format!(
            "it refuses to be run by root, and none of setpriv, runuser and su can run {} as \
             {SUPERUSER} or nobody",
            programs.join("postgres").display()
        ))
    }

    /// Makes a folder only this user can enter.
    pub(super) fn make_folder(&self) -> Result<PathBuf, String> {
        // Root's own temporary folder may be out of reach for any other user.
        let places = [env::temp_dir(), "/tmp".into(), "/var/tmp".into()];
        let mut reason = String::new();
        for place in places {
            let folder = place.join(format!("postgres-test-{}", unique()));
            let made = DirBuilder::new().mode(0o700).create(&folder);
            let made = made.and_then(|()| match self.owner {
                Some((user, group)) => chown(&folder, Some(user), Some(group)),
                None => Ok(()),
            });
            match made {
                Ok(()) if self.can("test".as_ref(), &["-w".as_ref(), folder.as_ref()]) => {
                    return Ok(folder);
                }
                Ok(()) => reason = format!("its user cannot write to {}", folder.display()),
                Err(error) => reason = format!("{}: {error}", folder.display()),
            }
            fs::remove_dir(&folder).ok();
        }
        Err(reason)
    }

    /// Whether this user can run a command with success.
    fn can(&self, program: &OsStr, arguments: &[&OsStr]) -> bool {
        self.command(program)
            .args(arguments)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    pub(super) fn command(&self, program: &OsStr) -> Command {
        match self.prefix.split_first() {
            None => Command::new(program),
            Some((first, others)) => {
                let mut command = Command::new(first);
                command.args(others).arg(program);
                command
            }
        }
    }
}

/// The output of `id` for a user, or for the current one.
fn id(what: &str, user: Option<&str>) -> Option<u32> {
    let output = Command::new("id").arg(what).args(user).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
