//! The GraphiQL page: it is in the program, it comes compressed and is cached by
//! browsers, and a program can be built without it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;
use reqwest::header::ACCEPT_ENCODING;

use crate::support::chromium::chromium;
use crate::support::easy_issuer::EasyIssuer;
use crate::support::issuer::{ACME, balance, from_now};
use crate::support::{Database, Gateway, Line, missing, node};

/// Maximum size of all files, compressed.
const MOST: usize = 3_000_000;

struct Loaded {
    body: Vec<u8>,
    encoding: String,
    caching: String,
    policy: String,
}

fn load(gateway: &Gateway, path: &str, encodings: &str) -> Loaded {
    let request = gateway.client().get(format!("{}{path}", gateway.host));
    let answer = request.header(ACCEPT_ENCODING, encodings).send().expect("an answer");
    assert_eq!(answer.status().as_u16(), 200, "{path}");
    let header = |name: &str| {
        let value = answer.headers().get(name).map(|value| value.to_str().expect("text"));
        value.unwrap_or("").to_owned()
    };
    let (encoding, caching) = (header("content-encoding"), header("cache-control"));
    let policy = header("content-security-policy");
    assert_eq!(header("vary"), "accept-encoding", "{path}");
    Loaded { encoding, caching, policy, body: answer.bytes().expect("a body").to_vec() }
}

/// The names of files that a file speaks of.
fn named(text: &str) -> Vec<String> {
    let name = Regex::new(r"[A-Za-z0-9_.-]+-[A-Za-z0-9_-]{8}\.(?:js|css|ttf)\b").expect("one");
    name.find_iter(text).map(|found| format!("assets/{}", found.as_str())).collect()
}

#[test]
fn its_files_come_compressed_and_are_cached_by_their_hash() {
    let database = Database::sqlite();
    let gateway = database.serve();
    let page = gateway.send(gateway.client().get(format!("{}/graphiql", gateway.host)));
    if page.text.contains("GraphiQL is not part of this build") {
        return missing::skip("OF GRAPHIQL", "The program was built without GraphiQL (no npm?)");
    }
    let (mut known, mut wanted) = (BTreeMap::new(), vec![String::new()]);
    while let Some(name) = wanted.pop() {
        if known.contains_key(&name) {
            continue;
        }
        let path = format!("/graphiql/{name}");
        let path = path.trim_end_matches('/');
        let packed = load(&gateway, path, "gzip, deflate");
        assert_eq!(packed.encoding, "gzip", "{path}");
        let caching =
            if name.is_empty() { "no-cache" } else { "public, max-age=31536000, immutable" };
        assert_eq!(packed.caching, caching, "{path}");
        let policy = "default-src 'none'; script-src 'self'; ";
        assert!(packed.policy.starts_with(policy) && !packed.policy.contains("http"), "{path}");
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&*packed.body).read_to_end(&mut plain).expect("gzip");
        let unpacked = load(&gateway, path, "identity");
        assert!(unpacked.encoding.is_empty() && unpacked.body == plain, "{path}");
        let brotli = load(&gateway, path, "gzip;q=0.5, br");
        assert_eq!(brotli.encoding, "br", "{path}");
        wanted.extend(named(&String::from_utf8_lossy(&plain)));
        known.insert(name, packed.body.len());
    }
    let (files, transferred) = (known.len(), known.values().sum::<usize>());
    assert!(files > 3, "{known:?}");
    assert!((100_000..MOST).contains(&transferred), "{transferred} bytes: {known:?}");
    // Names are relative, so that a proxy may put it below a path of its own.
    assert!(
        page.text.contains("=\"graphiql/assets/") && !page.text.contains("=\"/"),
        "{}",
        page.text
    );
    let moved = load(&gateway, "/graphiql/", "identity");
    assert!(String::from_utf8_lossy(&moved.body) == page.text);
    let nowhere = format!("{}/graphiql/assets/nothing.js", gateway.host);
    assert_eq!(gateway.send(gateway.client().get(nowhere)).status, 404);
}

#[test]
fn it_can_come_from_a_cdn_by_version_and_hash() {
    let database = Database::sqlite();
    let gateway = database.serve_with(&[("CARD_GATEWAY__SERVER__GRAPHIQL", "cdn")]);
    let get = |path: &str| gateway.send(gateway.client().get(format!("{}{path}", gateway.host)));
    let page = get("/graphiql");
    let elsewhere = Regex::new(r"(?s)<(?:script|link)[^>]*https://[^>]*>").expect("one");
    let tags: Vec<&str> = elsewhere.find_iter(&page.text).map(|found| found.as_str()).collect();
    let pinned = Regex::new(r#"(?s)"https://unpkg\.com/[a-z-]+@\d+\.\d+\.\d+/.*integrity="sha384-[A-Za-z0-9+/]{64}" crossorigin"#).expect("one");
    assert_eq!(tags.len(), 4, "{tags:?}");
    assert!(tags.iter().all(|tag| pinned.is_match(tag)), "{tags:?}");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("script-src 'self' https://unpkg.com;"), "{policy}");
    for path in ["/graphiql/app.js", "/graphiql/app.css"] {
        assert_eq!(get(path).status, 200, "{path}");
    }
}

#[test]
fn its_source_is_pinned() {
    if let Some(project) = node::project("web") {
        for part in [".", "customers"] {
            let mut compiler = Command::new(project.folder.join("node_modules/.bin/tsc"));
            compiler.args(["--noEmit", "--project", part]).current_dir(&project.folder);
            node::converse(&mut compiler, |_| None);
        }
    }
}

/// What people do with it, in a real browser that reaches nothing but this
/// machine. Screenshots are in `target/screenshots`.
#[test]
fn people_can_use_it_in_a_browser() {
    let Some(browser) = chromium() else { return };
    let Some(project) = node::project("tests/browser") else { return };
    let screenshots = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
    fs::create_dir_all(&screenshots).expect("a folder");
    let database = Database::sqlite();
    let lines = [Line::new(1).balance(10_000, 0), Line::new(2).balance(5, 0), Line::new(3)];
    database.program_with("acme", &lines);
    let token = database.succeed(
        &["token", "create", "--program", "acme", "--scope", "write", "--scope", "money"],
        "",
    );
    let issuer = EasyIssuer::start();
    let settings = issuer.settings();
    let settings = settings.iter().map(|(name, value)| (*name, value.as_str()));
    let settings: Vec<_> = settings.chain([ACME]).collect();
    let gateway = database.serve_with(&settings);
    let mut script = project.node("page.mjs");
    script.arg(&gateway.host).env("TOKEN", &token);
    script.env("CHROMIUM", browser).env("SCREENSHOTS", screenshots);
    let mut events = 0;
    let output = node::converse(&mut script, |line| {
        if let Some(amount) = line.strip_prefix("balance ") {
            events += 1;
            let event =
                balance(&format!("evt_{events}"), "usr_1", amount, "0.00", &from_now(events));
            gateway.take(&event);
        }
        None
    });
    assert!(output.contains("transfer ") && events >= 2, "{output}");
    assert!(gateway.warnings().is_empty(), "{:#?}", gateway.warnings());
}

/// Every file below a folder, with its content; what npm installs apart.
fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("node_modules") {
            all.extend(content(&path));
        } else if path.is_file() {
            let text = fs::read(&path).expect("a file");
            all.insert(path, text);
        }
    }
    all
}

/// A folder with the programs that a build needs, and no npm.
fn tools_but_npm() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let path = std::env::var_os("PATH").expect("a path");
    for tool in ["cc", "gcc", "clang", "ld", "ld.lld", "lld", "as", "ar"] {
        let found =
            std::env::split_paths(&path).map(|of| of.join(tool)).find(|file| file.is_file());
        if let Some(found) = found {
            std::os::unix::fs::symlink(found, folder.path().join(tool)).expect("a link");
        }
    }
    folder
}

#[test]
fn a_build_without_npm_works_and_changes_nothing() {
    if missing::left_out("OF ANOTHER BUILD") {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lock = || fs::read(root.join("Cargo.lock")).expect("a file");
    let before = (content(&root.join("web")), lock());
    let tools = tools_but_npm();
    let target = tempfile::tempdir().expect("a folder");
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().expect("rustc");
    let sysroot = PathBuf::from(String::from_utf8(sysroot.stdout).expect("UTF-8").trim());
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--package", "card-gateway-web"]).current_dir(root);
    cargo.env("PATH", tools.path()).env("RUSTC", sysroot.join("bin/rustc"));
    cargo.env("CARGO_TARGET_DIR", target.path()).env_remove("RUSTC_WRAPPER");
    let output = cargo.output().expect("cargo");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let warning = "there will be no GraphiQL and no page /customers in this build: Node.js was not found when it was built";
    assert!(said.contains(warning), "{said}");
    assert!(before == (content(&root.join("web")), lock()), "the build has changed its sources");
}
