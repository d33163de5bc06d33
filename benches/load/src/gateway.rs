//! The gateway: where its program is, and how it is run here.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::{Result, While as _};
use crate::http::Request;
use crate::keeper::{Keeper, Kept};
use crate::server::{Server, free_port};

/// The program whose customers are made, as in "card program".
pub(crate) const PROGRAM: &str = "load";

/// More than any machine can send: limits are not what is measured.
const UNLIMITED: &str = "1000000";

/// The given program, or the gateway of this repository, built for release.
pub(crate) fn find(given: Option<&Path>) -> Result<PathBuf> {
    if let Some(path) = given {
        return path.canonicalize().during(path.display());
    }
    // Beside this program: <target>/release/load.
    let beside = env::current_exe()?.with_file_name("card-gateway");
    let target =
        beside.parent().and_then(Path::parent).ok_or("this program has no target folder")?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--locked", "--bin", "card-gateway", "--target-dir"])
        .arg(target)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .status()
        .during("cargo")?;
    if !status.success() {
        return Err("the gateway cannot be built".into());
    }
    let lost = "the gateway that cargo has built is not there (name one with --gateway)";
    beside.canonicalize().during(lost)
}

/// What a program of the gateway says it is.
pub(crate) fn version(path: &Path) -> Result<String> {
    let output = Command::new(path).arg("--version").output().during("the gateway")?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// A gateway on a database.
pub(crate) struct Gateway<'a> {
    pub(crate) keeper: &'a Keeper,
    pub(crate) path: &'a Path,
    pub(crate) database_url: &'a str,
    /// Environment variables besides those that every gateway here has.
    pub(crate) settings: &'a [(&'a str, &'a str)],
}

impl<'a> Gateway<'a> {
    /// Nobody's settings but ours: neither a file's nor the environment's.
    fn command(&self) -> Command {
        let mut command = Command::new(self.path);
        for (name, _) in env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"CARD_GATEWAY") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(self.keeper.folder())
            .env("DATABASE_URL", self.database_url)
            .env("CARD_GATEWAY__LOG__LEVEL", "warn")
            .env("CARD_GATEWAY__SERVER__DRAIN_DELAY", "0s")
            .env("CARD_GATEWAY__LIMITS__RATE_BURST", UNLIMITED)
            .env("CARD_GATEWAY__LIMITS__RATE_PER_SECOND", UNLIMITED)
            .envs(self.settings.iter().copied());
        command
    }

    /// Runs one of its commands and returns what that printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = self.command().args(arguments).output().during("the gateway")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("card-gateway {}: {said}", arguments.join(" ")).into());
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Starts one of its commands.
    pub(crate) fn start(&self, arguments: &[&str]) -> Result<Kept<'a>> {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.keeper.start(&mut command)
    }

    /// Serves, and waits until `request` is answered.
    pub(crate) fn serve(&self, request: &Request) -> Result<Server<'a>> {
        let port = free_port()?;
        let mut command = self.command();
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
        Server::start(self.keeper, "gateway", &mut command, port, request)
    }

    /// The ceiling on the same database.
    pub(crate) fn ceiling(&self, request: &Request) -> Result<Server<'a>> {
        let port = free_port()?;
        let mut command = Command::new(env::current_exe()?);
        command.args(["ceiling", "--database-url", self.database_url, "--program", PROGRAM]);
        command.args(["--listen", &format!("127.0.0.1:{port}")]);
        Server::start(self.keeper, "ceiling", &mut command, port, request)
    }
}
