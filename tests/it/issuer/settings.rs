//! How the client is set up.

use card_gateway::issuer::Issuer;

use super::{PAGE, TOKEN, issuer, run, settings};
use crate::support::database::program;
use crate::support::scripted::answer;

/// What `config` says with these variables, and whether it is content.
fn config(variables: &[(&str, &str)]) -> (bool, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program();
    command.arg("config").current_dir(folder.path()).envs(variables.iter().copied());
    let output = command.output().expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).expect("UTF-8"))
}

#[test]
fn without_settings_nothing_is_set_up() {
    let (content, shown) = config(&[]);
    assert!(content, "{shown}");
    for line in [
        "[issuer]",
        "base_url = \"https://crypto-api.yativo.com/api\" # default",
        "calls_per_minute = 60 # default",
        "sync_interval = \"5m\" # default",
        "timeout = \"30s\" # default",
    ] {
        assert!(shown.contains(line), "{line} is not in\n{shown}");
    }
}

#[test]
fn key_pairs_are_hidden() {
    let (content, shown) = config(&[
        ("CARD_GATEWAY__ISSUER__BASE_URL", "http://127.0.0.1:9/api"),
        ("CARD_GATEWAY__ISSUER__CALLS_PER_MINUTE", "0"),
        ("CARD_GATEWAY__ISSUER__SYNC_INTERVAL", "0"),
        ("CARD_GATEWAY__ISSUER__MY_PROGRAM__API_KEY", "key_of_mine"),
        ("CARD_GATEWAY__ISSUER__MY_PROGRAM__API_SECRET", "secret_of_mine"),
    ]);
    assert!(content, "{shown}");
    assert!(shown.contains("[issuer.my-program]\napi_key = \"[hidden]\""), "{shown}");
    assert!(!shown.contains("_of_mine"), "{shown}");
}

#[test]
fn mistakes_are_reported_together_and_without_values() {
    let (content, shown) = config(&[
        ("CARD_GATEWAY__ISSUER__BASE_URL", "http://issuer.example/hunter2"),
        ("CARD_GATEWAY__ISSUER__CALLS_PER_MINUTE", "-1"),
        ("CARD_GATEWAY__ISSUER__SYNC_INTERVAL", "often"),
        ("CARD_GATEWAY__ISSUER__TIMEOUT", "0s"),
        ("CARD_GATEWAY__ISSUER__ONE__API_KEY", "hunter2"),
        ("CARD_GATEWAY__ISSUER__TWO__API_SECRET", "hunter2"),
        ("CARD_GATEWAY__ISSUER__THREE__API_KEY", " "),
        ("CARD_GATEWAY__ISSUER__THREE__API_SECRET", ""),
        ("CARD_GATEWAY__SERVER__LISTEN", "here"),
    ]);
    assert!(!content);
    for part in [
        "issuer.base_url (CARD_GATEWAY__ISSUER__BASE_URL) must be an https:// address",
        "issuer.calls_per_minute (CARD_GATEWAY__ISSUER__CALLS_PER_MINUTE) must be a whole number",
        "issuer.sync_interval (CARD_GATEWAY__ISSUER__SYNC_INTERVAL) must be a duration",
        "issuer.timeout (CARD_GATEWAY__ISSUER__TIMEOUT) must not be 0",
        "issuer.one.api_key (CARD_GATEWAY__ISSUER__ONE__API_KEY) needs the program's api_secret too",
        "issuer.two.api_secret (CARD_GATEWAY__ISSUER__TWO__API_SECRET) needs the program's api_key",
        "issuer.three.api_key (CARD_GATEWAY__ISSUER__THREE__API_KEY) must not be empty",
        "issuer.three.api_secret (CARD_GATEWAY__ISSUER__THREE__API_SECRET) must not be empty",
        "server.listen (CARD_GATEWAY__SERVER__LISTEN) must be an address",
    ] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn an_address_is_taken_with_a_slash_and_with_the_version() {
    for end in ["", "/", "/v1", "/v1/"] {
        let server = issuer(|_, _| answer(200, &[], PAGE));
        let mut settings = settings(&server);
        settings.base_url = format!("{}{end}", server.url()).parse().expect("a URL");
        let issuer = Issuer::new(&settings).expect("a client");
        run(issuer.program("acme").expect("a pair").customers_page(1, 20)).expect("a page");
        assert_eq!(server.count(TOKEN), 1, "{end}");
    }
}

#[test]
fn a_program_without_a_key_pair_has_no_client() {
    let server = issuer(|_, _| answer(200, &[], PAGE));
    let issuer = Issuer::new(&settings(&server)).expect("a client");
    assert!(issuer.program("other").is_none());
    assert_eq!(issuer.programs().map(|(name, _)| name).collect::<Vec<_>>(), ["acme"]);
    assert!(server.requests().is_empty(), "nothing is called unasked");
}
