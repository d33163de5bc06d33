//! Disks that become full.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{Database, Gateway, missing};

/// A file system in memory that holds so much and no more.
pub(crate) struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// A disk of so many mebibytes, if this machine allows to mount one.
    pub(crate) fn mount(mebibytes: u32) -> Option<Self> {
        let folder = TempDir::new().expect("a temporary folder");
        let size = format!("size={mebibytes}m");
        let mounted = quietly(
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path()),
        );
        if mounted {
            return Some(Self { folder });
        }
        // Not a failure on build machines: they may forbid mounting, and a
        // file that may not grow is tried everywhere.
        let why = "A small file system cannot be mounted here (that takes root)";
        missing::say(
            why,
            "THE TESTS WITH A FULL DISK ARE SKIPPED, NOT PASSED; A FILE THAT MAY NOT GROW IS TRIED",
        );
        None
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Fills the disk.
    pub(crate) fn fill(&self) {
        let mut ballast = File::create(self.path().join("ballast")).expect("an empty file");
        for size in [64 * 1024, 512] {
            while ballast.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Gives it back.
    pub(crate) fn free(&self) {
        fs::remove_file(self.path().join("ballast")).expect("it was full");
    }

    /// Makes a folder that belongs to another user.
    pub(crate) fn folder_of(&self, (user, group): (u32, u32)) -> PathBuf {
        let folder = self.path().join("tables");
        fs::create_dir(&folder).expect("there is room");
        chown(&folder, Some(user), Some(group)).expect("we are root");
        folder
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Open files stay valid after a lazy unmount.
        quietly(Command::new("umount").arg("-l").arg(self.folder.path()));
    }
}

/// A fresh SQLite database on a disk.
pub(crate) fn sqlite_on(disk: &SmallDisk) -> Database {
    let mut database = Database::sqlite();
    database.url = format!("sqlite://{}?mode=rwc", disk.path().join("test.db").display());
    database
}

/// Lets no file of a gateway grow beyond so many bytes, or any again.
pub(crate) fn limit_files(gateway: &Gateway, bytes: Option<u64>) {
    let limit = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
    let limit = format!("--fsize={limit}:");
    let pid = gateway.pid().to_string();
    assert!(quietly(Command::new("prlimit").args(["--pid", &pid, &limit])), "prlimit");
}

/// Runs a command; returns whether it succeeded.
pub(crate) fn quietly(command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
