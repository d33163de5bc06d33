//! Makes the GraphiQL page of the npm project in this folder, where there is
//! npm. All of it happens in cargo's own folder: the sources stay as they are.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What is here besides what the page is made of.
const OTHERS: &[&str] = &["Cargo.toml", "README.md", "build.rs", "lib.rs", "dist", "node_modules"];

fn main() -> Result<()> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build.rs");
    let sources = sources(&here)?;
    for source in &sources {
        println!("cargo::rerun-if-changed={source}");
    }
    let project = out.join("page");
    let files = match page(&here, &sources, &project) {
        Ok(()) => format!("Ok(&[{}])", listed(&project.join("dist"), "")?),
        Err(why) => {
            println!("cargo::warning=there will be no GraphiQL in this build: {why}");
            format!("Err({why:?})")
        }
    };
    fs::write(out.join("files.rs"), files)?;
    Ok(())
}

/// The names of what the page is made of.
fn sources(here: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(here)? {
        let name = entry?.file_name().into_string().map_err(|_| "a name that is not UTF-8")?;
        if !OTHERS.contains(&name.as_str()) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Makes the page, or says why not.
fn page(here: &Path, sources: &[String], project: &Path) -> std::result::Result<(), String> {
    let copied = fresh_copy(here, sources, project);
    copied.map_err(|error| format!("the page's sources cannot be copied: {error}"))?;
    let quiet = ["--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=60000"];
    let lock = fs::read(project.join("package-lock.json")).unwrap_or_default();
    let installed = project.join("installed");
    if fs::read(&installed).ok().as_ref() != Some(&lock) {
        npm(project, [&["ci", "--ignore-scripts", "--include=dev"], &quiet[..]].concat())?;
        fs::write(&installed, lock).map_err(|error| error.to_string())?;
    }
    npm(project, vec!["run", "build"])
}

/// A copy of the sources that has nothing else in it but installed packages.
fn fresh_copy(here: &Path, sources: &[String], project: &Path) -> Result<()> {
    fs::create_dir_all(project)?;
    for old in fs::read_dir(project)? {
        let old = old?;
        let installed = old.file_name() == "node_modules" || old.file_name() == "installed";
        match old.path().is_dir() {
            _ if installed => {}
            true => fs::remove_dir_all(old.path())?,
            false => fs::remove_file(old.path())?,
        }
    }
    sources.iter().try_for_each(|name| copy(&here.join(name), &project.join(name)))
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

fn npm(project: &Path, arguments: Vec<&str>) -> std::result::Result<(), String> {
    let what = format!("npm {}", arguments[..arguments.len().min(2)].join(" "));
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let mut npm = Command::new(program);
    npm.args(arguments).current_dir(project).stdin(Stdio::null());
    // Cargo's own, which means something else to packages of Node.js.
    npm.env_remove("DEBUG");
    let output = npm.output().map_err(|_| "npm was not found when it was built".to_owned())?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let errors: Vec<&str> = lines.filter(|line| line.to_lowercase().contains("error")).collect();
    let first = errors.first().copied().unwrap_or("it did not say why");
    Err(format!("`{what}` failed when it was built: {first}"))
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
