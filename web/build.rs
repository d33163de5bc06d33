//! Makes the pages of the npm project in this folder, where there is npm. All of
//! it happens in cargo's own folder: the sources stay as they are.

use std::error::Error;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, io};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What the pages are made of.
const SOURCES: &[&str] = &[
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "vite.config.ts",
    "compressed.ts",
    "relative.ts",
    "index.html",
    "src",
    "customers",
];
/// With the value `no`, the pages are left out, and nothing is downloaded.
const SWITCH: &str = "CARD_GATEWAY_WEB";
/// The oldest Node.js that Vite runs on: major and minor.
const NODE: [u32; 2] = [20, 19];

fn main() -> Result<()> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={SWITCH}");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
    }
    let pages = out.join("pages");
    let files = match made(&here, &out, &pages) {
        Ok(()) => {
            let files = |page: &str| listed(&pages.join(page), "");
            let (graphiql, customers) = (files("graphiql")?, files("customers")?);
            format!("Ok(Pages {{ graphiql: &[{graphiql}], customers: &[{customers}] }})")
        }
        Err(why) => {
            let why = why.to_string();
            println!(
                "cargo::warning=there will be no GraphiQL and no page /customers in this build: {why}"
            );
            format!("Err({why:?})")
        }
    };
    fs::write(out.join("files.rs"), files)?;
    Ok(())
}

/// Makes the pages and puts their files into a folder; or says why not.
fn made(here: &Path, out: &Path, pages: &Path) -> Result<()> {
    if env::var_os(SWITCH).is_some_and(|value| value == "no") {
        return Err(format!("it was built with {SWITCH}=no").into());
    }
    node()?;
    // One for all profiles, and for clippy, which has an OUT_DIR of its own:
    // target/debug/build/<this crate>/out.
    let project = out.ancestors().nth(4).unwrap_or(out).join("graphiql");
    fs::create_dir_all(&project)?;
    let turn = File::create(project.join("turn"))?;
    turn.lock()?;
    let sources = Sources::read(here)?;
    let built = project.join("built");
    if fs::read(&built).ok() != Some(sources.key()) {
        forget(&built)?;
        install(&project, &sources)?;
        sources.write(&project)?;
        npm(&project, &["run", "build"])?;
        fs::write(&built, sources.key())?;
    }
    if pages.exists() {
        fs::remove_dir_all(pages)?;
    }
    copy(&project.join("dist"), pages)
}

/// Installs the packages of the lock file, unless that was the last thing done.
fn install(project: &Path, sources: &Sources) -> Result<()> {
    let installed = project.join("installed");
    let lock = sources.content("package-lock.json");
    if fs::read(&installed).ok().as_deref() == lock {
        return Ok(());
    }
    // First: what fails in the middle leaves something else behind.
    forget(&installed)?;
    sources.write(project)?;
    // Without a network it should fail soon.
    fs::write(
        project.join(".npmrc"),
        "include=dev\nignore-scripts=true\naudit=false\nfund=false\nprefer-offline=true\n\
        fetch-retries=1\nfetch-retry-mintimeout=1000\nfetch-timeout=60000\n",
    )?;
    npm(project, &["ci"])?;
    fs::write(&installed, lock.unwrap_or_default())?;
    Ok(())
}

/// The sources, each by its path.
struct Sources(Vec<(PathBuf, Vec<u8>)>);

impl Sources {
    fn read(here: &Path) -> Result<Self> {
        let mut all = Vec::new();
        for source in SOURCES {
            read(here, Path::new(source), &mut all)?;
        }
        all.sort();
        Ok(Self(all))
    }

    fn content(&self, name: &str) -> Option<&[u8]> {
        let (_, content) = self.0.iter().find(|(path, _)| path == Path::new(name))?;
        Some(content)
    }

    /// What is the same for the same sources, and for no others.
    fn key(&self) -> Vec<u8> {
        let mut key = Vec::new();
        for (path, content) in &self.0 {
            key.extend(format!("{} {}\n", path.display(), content.len()).into_bytes());
            key.extend(content);
        }
        key
    }

    fn write(&self, project: &Path) -> Result<()> {
        // What is not there any more must not be left over.
        for folder in ["src", "customers", "dist"] {
            let folder = project.join(folder);
            if folder.exists() {
                fs::remove_dir_all(folder)?;
            }
        }
        for (path, content) in &self.0 {
            let path = project.join(path);
            fs::create_dir_all(path.parent().unwrap_or(project))?;
            fs::write(path, content)?;
        }
        Ok(())
    }
}

fn read(here: &Path, path: &Path, all: &mut Vec<(PathBuf, Vec<u8>)>) -> Result<()> {
    let file = here.join(path);
    if !file.is_dir() {
        let content = fs::read(&file).map_err(|error| format!("{}: {error}", path.display()))?;
        all.push((path.to_owned(), content));
        return Ok(());
    }
    for entry in fs::read_dir(file)? {
        let name = entry?.file_name();
        // Editors keep such files while a file is edited.
        if !name.to_string_lossy().starts_with('.') {
            read(here, &path.join(name), all)?;
        }
    }
    Ok(())
}

fn forget(marker: &Path) -> io::Result<()> {
    match fs::remove_file(marker) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        fs::copy(from, to)?;
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Whether there is a Node.js that will do.
fn node() -> Result<()> {
    let output = run(Command::new("node").arg("--version"), "Node.js")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<u32> = text
        .trim()
        .trim_start_matches('v')
        .split('.')
        .map_while(|part| part.parse().ok())
        .collect();
    if numbers.get(..2).is_none_or(|version| version < &NODE[..]) {
        let [major, minor] = NODE;
        let what = format!("Node.js must be {major}.{minor} or newer, and was {}", text.trim());
        return Err(what.into());
    }
    Ok(())
}

fn npm(project: &Path, arguments: &[&str]) -> Result<()> {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = run(Command::new(program).args(arguments).current_dir(project), "npm")?;
    if output.status.success() {
        return Ok(());
    }
    // Only for the terminal: it may name parts of this machine.
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let errors = said.lines().filter(|line| line.to_lowercase().contains("error"));
    for line in errors.take(5) {
        println!("cargo::warning={}", line.trim());
    }
    Err(format!("`npm {}` failed when it was built", arguments.join(" ")).into())
}

fn run(command: &mut Command, name: &str) -> Result<Output> {
    // Cargo's own, and other people's, which mean something else to packages.
    command.env_remove("DEBUG").env_remove("NODE_ENV").stdin(Stdio::null());
    command.output().map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!("{name} was not found when it was built").into(),
        _ => format!("{name} could not be run when it was built: {error}").into(),
    })
}

/// The files below a folder, as Rust. Each lies there as it is and compressed.
fn listed(folder: &Path, path: &str) -> Result<String> {
    let mut list = String::new();
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<std::result::Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().into_string().map_err(|_| "a name that is not UTF-8")?;
        let file = entry.path();
        let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if file.is_dir() {
            list += &listed(&file, &format!("{path}{name}/"))?;
        } else if !matches!(ending, "gz" | "br") {
            let name = format!("{path}{name}");
            let plain = file.to_str().ok_or("a path that is not UTF-8")?;
            write!(
                list,
                "File {{ path: {name:?}, gzip: include_bytes!({:?}), brotli: include_bytes!({:?}) }},",
                format!("{plain}.gz"),
                format!("{plain}.br"),
            )?;
        }
    }
    Ok(list)
}
