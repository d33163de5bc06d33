//! A shell, used as a reader of the guides would: a variable of one command is there
//! for the next one, and a gateway may be left running.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::conversations::{Block, conversation, fits};
use super::gateway::{client, rand_text};

/// Where the gateway of the guides listens.
const DOCUMENTED: &str = "127.0.0.1:8080";
/// How long a command may take.
const TIMEOUT: Duration = Duration::from_mins(1);

/// An open shell, in a folder of its own.
pub(crate) struct Terminal {
    shell: Child,
    stdin: ChildStdin,
    lines: mpsc::Receiver<String>,
    /// The shell's folder, with a link to the repository's `examples`.
    pub(crate) folder: Arc<TempDir>,
    /// Holds standard error, outside of the reader's folder.
    log: TempDir,
    /// Where the gateway listens, once it was started.
    address: String,
    /// Texts of the guides, and their replacements here.
    pub(crate) instead: Vec<(String, String)>,
}

/// How a command ended.
pub(crate) struct Said {
    pub(crate) printed: String,
    pub(crate) succeeded: bool,
}

impl Terminal {
    /// Opens a shell in a new folder; `path` goes before the PATH.
    pub(crate) fn open(path: Option<&Path>) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        symlink(root.join("examples"), folder.path().join("examples")).expect("a link");
        Self::open_in(Arc::new(folder), path)
    }

    /// A second shell in the same folder, for the same gateway. It has none of the
    /// variables of the first one.
    pub(crate) fn beside(&self) -> Self {
        let mut second = Self::open_in(Arc::clone(&self.folder), None);
        second.address.clone_from(&self.address);
        second.type_in(&format!("export CARD_GATEWAY__SERVER__LISTEN={}", self.address));
        second
    }

    fn open_in(folder: Arc<TempDir>, path: Option<&Path>) -> Self {
        let log = TempDir::new().expect("a temporary folder");
        let program = Path::new(env!("CARGO_BIN_EXE_card-gateway"));
        let before = [program.parent(), path].into_iter().flatten();
        let after = std::env::var_os("PATH").unwrap_or_default();
        let paths = before.map(Path::to_owned).chain(std::env::split_paths(&after));
        let mut shell = super::database::without_settings(Command::new("sh"));
        shell.env("PATH", std::env::join_paths(paths).expect("folders have no colons"));
        shell.current_dir(folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        shell.stderr(fs::File::create(log.path().join("stderr")).expect("a file"));
        // Nobody sends requests to a gateway of the guides but its reader.
        shell.env("CARD_GATEWAY__SERVER__DRAIN_DELAY", "0s");
        // A process group, so that its background processes end with it.
        let mut shell = shell.process_group(0).spawn().expect("a shell");
        let stdin = shell.stdin.take().expect("it is piped");
        let stdout = BufReader::new(shell.stdout.take().expect("it is piped"));
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let (address, instead) = (DOCUMENTED.to_owned(), Vec::new());
        Self { shell, stdin, lines, folder, log, address, instead }
    }

    /// Where the gateway is.
    pub(crate) fn host(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Runs a `sh` or `console` block.
    pub(crate) fn follow(&mut self, block: &Block) {
        if block.language == "sh" {
            // The shell ends with the first command that fails.
            self.say(&format!("set -e\n{}\nset +e", block.text));
            return;
        }
        for (command, expected) in conversation(&block.text) {
            self.check(&command, &expected);
        }
    }

    /// Types a command, which must print what is expected.
    pub(crate) fn check(&mut self, command: &str, expected: &str) {
        let Said { printed, succeeded } = self.say(command);
        // Some commands show a failure; they may have another status.
        let silent = expected.trim().is_empty();
        assert!(
            fits(expected, &printed) && (succeeded || !silent),
            "{command}\nshould print\n{expected}\nand prints\n{printed}\n{}",
            self.errors()
        );
    }

    /// What a variable of the shell holds.
    pub(crate) fn variable(&mut self, name: &str) -> String {
        self.say(&format!("echo \"${name}\"")).printed.trim().to_owned()
    }

    /// Types a command and waits for its end.
    pub(crate) fn say(&mut self, command: &str) -> Said {
        let serves = command.contains("card-gateway serve");
        let (mut command, received) = (command.to_owned(), self.errors().len());
        command = command.replace(DOCUMENTED, &self.address);
        for (from, to) in &self.instead {
            command = command.replace(from, to);
        }
        if serves {
            self.type_in("export CARD_GATEWAY__SERVER__LISTEN=127.0.0.1:0");
        }
        let said = self.type_in(&command);
        if serves {
            self.address = self.wait_for_address(received);
            let address = self.address.clone();
            self.type_in(&format!("export CARD_GATEWAY__SERVER__LISTEN={address}"));
        }
        said
    }

    fn type_in(&mut self, command: &str) -> Said {
        let mark = rand_text();
        // With `eval`, an unfinished command is an error and does not wait for more.
        let quoted = command.replace('\'', "'\\''");
        let script = format!("eval '{quoted}' </dev/null\nprintf '\\n%s %s\\n' {mark} \"$?\"\n");
        self.stdin.write_all(script.as_bytes()).expect("the shell reads");
        let mut printed = String::new();
        let until = Instant::now() + TIMEOUT;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("{command}\nfails, or has no end\n{printed}\n{}", self.errors());
            };
            if let Some(status) = line.strip_prefix(&mark) {
                let printed = printed.replace(&self.address, DOCUMENTED);
                return Said { printed, succeeded: status.trim() == "0" };
            }
            printed.push_str(&line);
            printed.push('\n');
        }
    }

    /// Everything that was written to standard error.
    fn errors(&self) -> String {
        let bytes = fs::read(self.log.path().join("stderr")).expect("a file");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The address that a gateway logs after this many bytes, once it answers there.
    fn wait_for_address(&self, after: usize) -> String {
        let until = Instant::now() + TIMEOUT;
        loop {
            let errors = self.errors();
            let new = errors.get(after..).unwrap_or_default();
            let address =
                new.split_once("\"address\":\"").and_then(|(_, rest)| rest.split_once('"'));
            // A gateway that has answered also handles signals.
            if let Some((address, _)) = address
                && client().get(format!("http://{address}/healthz")).send().is_ok()
            {
                return address.to_owned();
            }
            assert!(Instant::now() < until, "no gateway answers: {new}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let group = format!("-{}", self.shell.id());
        let _ = Command::new("kill").args(["-s", "KILL", "--", &group]).status();
        let _ = self.shell.wait();
    }
}
