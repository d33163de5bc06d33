//! A terminal that a program writes to, to see what people see.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// A program that writes to a terminal.
pub(crate) struct OnTerminal {
    pub(crate) child: Child,
    shown: JoinHandle<String>,
}

impl OnTerminal {
    /// Starts a command whose standard output and standard error are a terminal.
    pub(crate) fn start(mut command: Command) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&ours).expect("it is ours");
        unlockpt(&ours).expect("it can be opened");
        let name = ptsname(&ours, Vec::new()).expect("it has a name");
        let path = std::ffi::OsStr::from_bytes(name.as_bytes());
        let theirs = OpenOptions::new().read(true).write(true).open(path).expect("its other end");
        let output = theirs.try_clone().expect("a handle");
        let child = command
            .env("TERM", "xterm")
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(theirs)
            .spawn()
            .expect("it starts");
        // The command holds handles of the other end: without it, reading has an end.
        drop(command);
        let mut ours = File::from(ours);
        let shown = std::thread::spawn(move || {
            let (mut text, mut part) = (Vec::new(), [0; 4096]);
            // Linux says with an error that nobody has the other end any more.
            while let Ok(read @ 1..) = ours.read(&mut part) {
                text.extend_from_slice(&part[..read]);
            }
            String::from_utf8_lossy(&text).replace("\r\n", "\n")
        });
        Self { child, shown }
    }

    /// Waits for the program's end. Returns its status and all that was shown.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().expect("it ends");
        (status, self.shown.join().expect("text"))
    }
}

/// What a command shows on a terminal; it must succeed.
pub(crate) fn shown(command: Command) -> String {
    let (status, text) = OnTerminal::start(command).end();
    assert!(status.success(), "{text}");
    text
}
