//! Levels that do not exist, and colours.

use super::errors;
use crate::support::Database;
use crate::support::database::program;
use crate::support::gateway::client;
use crate::support::issuer::within;
use crate::support::pseudo_terminal::OnTerminal;

#[test]
fn a_level_or_crate_that_does_not_exist_is_a_mistake_wherever_it_comes_from() {
    let folder = tempfile::tempdir().expect("a folder");
    let levels = "off, error, warn, info, debug or trace, or filters like info,sqlx=debug";
    let refused = |arguments: &[&str], level: Option<&str>| {
        let mut command = program();
        command.args(arguments).current_dir(folder.path());
        command.envs(level.map(|level| ("CARD_GATEWAY__LOG__LEVEL", level)));
        let output = command.output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {level:?}");
        errors(&output)
    };
    for command in ["serve", "config", "demo"] {
        assert_eq!(
            refused(&[command], Some("inof")),
            format!(
                "card-gateway: log.level (CARD_GATEWAY__LOG__LEVEL) must be {levels}; `inof` is no level: did you mean info?\n"
            )
        );
    }
    let said = refused(&["serve", "--log-level", "verbose"], None);
    assert_eq!(
        said,
        format!("card-gateway: log.level (--log-level) must be {levels}; `verbose` is no level\n")
    );
    let said = refused(&["serve"], Some("info,card-gateway=debug"));
    assert!(
        said.contains("card-gateway, which is no crate of the program: did you mean card_gateway?"),
        "{said}"
    );
    // All mistakes at once.
    std::fs::write(
        folder.path().join("card-gateway.toml"),
        "[log]\nlevel = 'warning'\n[server]\nlisten = 'here'\nlistn = 1\n",
    )
    .expect("written");
    let said = refused(&["config"], None);
    assert_eq!(said.lines().count(), 3, "{said}");
    assert!(
        said.contains("log.level (card-gateway.toml) must be")
            && said.contains("did you mean warn?"),
        "{said}"
    );
    assert!(
        said.contains(
            "server.listn (card-gateway.toml) is not a setting: did you mean server.listen?"
        ),
        "{said}"
    );
}

#[test]
fn the_flag_for_the_level_comes_before_the_environment() {
    let mut config = program();
    config
        .args(["config", "--log-level", "warn,sqlx=debug"])
        .env("CARD_GATEWAY__LOG__LEVEL", "error");
    let text = String::from_utf8(config.output().expect("it runs").stdout).expect("UTF-8");
    assert!(text.contains("level = \"warn,sqlx=debug\" # --log-level"), "{text}");
}

/// What a gateway logs on a terminal until it listens.
fn logged(environment: &[(&str, &str)]) -> String {
    let database = Database::sqlite();
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = port.local_addr().expect("an address").to_string();
    drop(port);
    let mut serve = database.program(&["serve", "--listen", &address]);
    serve.env_remove("NO_COLOR").envs(environment.iter().copied());
    serve.env("CARD_GATEWAY__SERVER__DRAIN_DELAY", "0s");
    let serve = OnTerminal::start(serve);
    let answers = || client().get(format!("http://{address}/healthz")).send().is_ok();
    assert!(within(std::time::Duration::from_secs(10), answers), "it does not listen");
    super::signal(&serve.child, "INT");
    let (status, text) = serve.end();
    assert!(status.success() && text.contains("listening on"), "{text}");
    text
}

#[test]
fn no_color_is_obeyed() {
    let escape = '\u{1b}';
    assert!(logged(&[]).contains(escape));
    assert!(logged(&[("NO_COLOR", "")]).contains(escape), "an empty value does not count");
    assert!(!logged(&[("NO_COLOR", "1")]).contains(escape));
    let mut help = program();
    help.arg("--help").env("NO_COLOR", "1");
    assert!(!crate::support::pseudo_terminal::shown(help).contains(escape));
}
