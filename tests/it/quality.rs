//! The published schema as a linter sees it, and as clients do who know the one
//! before: nothing that they use may go, but for what is meant to.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::missing::say;
use crate::support::node::{self, Project};

const PUBLISHED: &str = "schema.graphql";

#[test]
fn the_schema_has_no_lint_errors() {
    if let Some(project) = project() {
        let (clean, said) = lint(&project, &schema());
        assert!(clean && said == "0 faults\n", "{said}");
    }
}

#[test]
fn the_linter_finds_planted_errors() {
    let Some(project) = project() else { return };
    let nameless = "type Coin {\n  \"\"\"\n  Its side.\n  \"\"\"\n  side: String\n}\n\n\"\"\"\nA card.\n\"\"\"\ntype Card implements Node {";
    let described = "\"\"\"\nWhether a card is virtual or physical.\n\"\"\"\n";
    for (from, to, rule) in [
        (described, "", "require-description"),
        ("    \"\"\"\n    The page's number, from 1.\n    \"\"\"\n", "", "require-description"),
        ("  VIRTUAL\n", "  virtual\n", "naming-convention"),
        ("  lastFour:", "  last_four:", "naming-convention"),
        ("type Card implements Node {", nameless, "strict-id-in-types"),
        ("scalar Decimal", "scalar Coin\n\nscalar Decimal", "no-unreachable-types"),
        ("lastFour: String!", "lastFour: String! @deprecated", "require-deprecation-reason"),
        ("    first: Int,", "    first: String,", "relay-arguments"),
        ("type Card implements Node {", "type Card", "syntax"),
    ] {
        let (clean, said) = lint(&project, &planted(from, to));
        assert!(!clean && said.contains(rule), "{rule}: {said}");
    }
}

#[test]
fn an_unintended_breaking_change_is_found() {
    let Some(project) = project() else { return };
    let last_four =
        "  \"\"\"\n  The last four digits of the card's number.\n  \"\"\"\n  lastFour: String!\n";
    let removed = planted(last_four, "");
    let required = planted("    identifier: ID!", "    identifier: ID!\n    region: String!");
    let narrower = planted("    first: Int,", "    first: Int!,");
    let wider = planted(
        "  lastFour: String!",
        "  lastFour: String!\n  \"\"\"\n  New.\n  \"\"\"\n  network: String",
    );
    let message = "Field 'lastFour' was removed from object type 'Card'";
    let meant = format!("# Why.\n\n{message} # No client has used it for a year.\n");
    let another = format!("{message} too # And this.\n");
    let silent = format!("{message}\n");
    for (after, accepted, passes, says) in [
        (&schema(), "", true, "0 changes, 0 of them break clients"),
        (&removed, "", false, &*format!("breaking: {message}")),
        (&required, "", false, "breaking: "),
        (&narrower, "", false, "breaking: "),
        (&wider, "", true, "safe: Field 'network' was added to object type 'Card'"),
        (&removed, &meant, true, "because: No client has used it for a year."),
        (&removed, &another, false, "breaking: "),
        (&required, &meant, false, "breaking: "),
        (&removed, &silent, false, "needs \" # \" and a reason"),
    ] {
        let (passed, said) = compare(&project, &schema(), after, Some(accepted));
        assert!(passed == passes && said.contains(says), "{says}: {said}");
    }
}

#[test]
fn the_schema_has_no_breaking_change() {
    let Some(project) = project() else { return };
    match committed() {
        Ok(all) => {
            for before in all {
                let (passed, said) = compare(&project, &before, &schema(), None);
                assert!(passed, "{said}");
            }
        }
        Err(missing) => {
            let what = "THE SCHEMA WAS COMPARED WITH NOTHING; WHAT BREAKS CLIENTS IS NOT SEEN";
            say(&missing, what);
        }
    }
}

fn project() -> Option<Project> {
    node::project("tests/quality")
}

fn schema() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PUBLISHED);
    fs::read_to_string(path).expect("it is published")
}

/// The schema with something else in place of a part of it.
fn planted(from: &str, to: &str) -> String {
    let schema = schema();
    assert!(schema.contains(from), "{from} is not in the schema any more");
    schema.replacen(from, to, 1)
}

/// Whether the linter finds no errors, and its output.
fn lint(project: &Project, schema: &str) -> (bool, String) {
    put(project, PUBLISHED, schema);
    verdict(project.node("lint.mjs").arg(PUBLISHED).output())
}

/// Whether a schema may come after another, and what it changes.
fn compare(project: &Project, before: &str, after: &str, accepted: Option<&str>) -> (bool, String) {
    put(project, "before.graphql", before);
    put(project, "after.graphql", after);
    let mut command = project.node("changes.mjs");
    command.args(["before.graphql", "after.graphql"]);
    if let Some(accepted) = accepted {
        put(project, "planted.txt", accepted);
        command.arg("planted.txt");
    }
    verdict(command.output())
}

fn put(project: &Project, name: &str, text: &str) {
    fs::write(project.folder.join(name), text).expect("it can be written");
}

fn verdict(output: io::Result<Output>) -> (bool, String) {
    let output = output.expect("Node.js was found before");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// The committed schemas before the current one, or why there is none.
fn committed() -> Result<Vec<String>, String> {
    let present = schema();
    let mut all = Vec::new();
    for commit in git(&["log", "--format=%H", "--", PUBLISHED])?.lines() {
        let schema = git(&["show", &format!("{commit}:./{PUBLISHED}")])?;
        if schema != present && !all.contains(&schema) {
            all.push(schema);
        }
    }
    if all.is_empty() {
        return Err(format!("git knows of no earlier {PUBLISHED}; a shallow clone has no history"));
    }
    Ok(all)
}

fn git(arguments: &[&str]) -> Result<String, String> {
    let mut git = Command::new("git");
    git.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = git.output().map_err(|error| format!("git cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!("git has no history of {PUBLISHED}: {}", errors.trim()))
}
