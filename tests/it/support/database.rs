//! A fresh database for one test, and the program's commands upon it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use tempfile::TempDir;

use super::builders::Line;
use super::gateway::Gateway;
use super::postgres;
use super::wire::Wire;

/// A fresh database.
pub(crate) struct Database {
    /// The address for the gateway; for PostgreSQL, that of the recording proxy.
    pub(crate) url: String,
    /// Counts what PostgreSQL is asked.
    pub(crate) wire: Option<Wire>,
    /// The working directory of the program; it has no settings file.
    pub(crate) folder: TempDir,
    /// PostgreSQL's own name and address for it.
    pub(crate) postgres: Option<String>,
    /// A command that runs the gateway, as its last arguments; none as a rule.
    pub(crate) wrapper: Vec<String>,
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("test.db").display());
        Self { url, wire: None, folder, postgres: None, wrapper: Vec::new() }
    }

    pub(crate) fn postgres() -> Option<Self> {
        let server = postgres::server()?;
        let name = server.create_database();
        let (host, port) = server.host_port();
        let wire = Wire::start(&host, port);
        Some(Self {
            url: server.url_at(&name, wire.port()),
            wire: Some(wire),
            folder: TempDir::new().expect("a temporary folder"),
            postgres: Some(name),
            wrapper: Vec::new(),
        })
    }

    /// A database of which the gateway is the owner, and not the superuser.
    pub(crate) fn postgres_owned() -> Option<Self> {
        let mut database = Self::postgres()?;
        let server = postgres::server()?;
        let name = database.postgres.as_deref().expect("it has a name");
        let owner = server.make_owner(name);
        let port = database.wire.as_ref().expect("PostgreSQL is behind one").port();
        database.url = format!("postgres://{owner}@127.0.0.1:{port}/{name}");
        Some(database)
    }

    /// Runs a statement, without the program in between.
    pub(crate) fn execute(&self, sql: &str) {
        self.with_connection(async |connection| {
            connection.execute_unprepared(sql).await.expect("a statement");
        });
    }

    /// The texts in the first column of what a query returns.
    pub(crate) fn texts(&self, sql: &str) -> Vec<String> {
        self.with_connection(async |connection| {
            let query = Statement::from_string(connection.get_database_backend(), sql);
            let rows = connection.query_all_raw(query).await.expect("a query");
            rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect()
        })
    }

    /// Runs something with a connection of its own.
    pub(crate) fn with_connection<T>(&self, with: impl AsyncFnOnce(&DatabaseConnection) -> T) -> T {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let connection = sea_orm::Database::connect(&self.url).await.expect("it answers");
            let result = with(&connection).await;
            connection.close().await.expect("it closes");
            result
        })
    }

    /// Runs SQL as the superuser, past the wire.
    pub(crate) fn as_superuser(&self, sql: &str) -> String {
        let name = self.postgres.as_deref().expect("it is on PostgreSQL");
        postgres::server().expect("it runs").sql(name, sql)
    }

    /// The program, about to run a command against this database.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command.args(arguments).env("DATABASE_URL", &self.url).current_dir(self.folder.path());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self
            .program(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("it is piped");
        let input = input.to_owned();
        let feeding = std::thread::spawn(move || {
            // A program that has refused its arguments does not read.
            let _ = stdin.write_all(input.as_bytes());
        });
        let output = child.wait_with_output().expect("the program ends");
        feeding.join().expect("the input is fed");
        output
    }

    /// Runs a command that must succeed; returns its standard output.
    pub(crate) fn succeed(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(output.stdout).expect("UTF-8").trim_end().to_owned()
    }

    /// Makes a program with these customers; returns a token of it.
    pub(crate) fn program_with(&self, name: &str, lines: &[Line]) -> String {
        self.succeed(&["program", "create", "--name", name], "");
        self.import(name, lines);
        self.token(name)
    }

    pub(crate) fn token(&self, program: &str) -> String {
        self.succeed(&["token", "create", "--program", program], "")
    }

    pub(crate) fn import(&self, program: &str, lines: &[Line]) {
        let text: Vec<String> = lines.iter().map(|line| line.0.to_string()).collect();
        self.succeed(&["import", "--program", program, "-"], &text.join("\n"));
    }

    /// A gateway over this database, as operators start it.
    pub(crate) fn serve(&self) -> Gateway {
        self.serve_with(&[])
    }

    pub(crate) fn serve_with(&self, environment: &[(&str, &str)]) -> Gateway {
        let mut command = self.program(&["serve", "--listen", "127.0.0.1:0"]);
        if let [wrapper, arguments @ ..] = self.wrapper.as_slice() {
            let mut wrapped = without_settings(Command::new(wrapper));
            wrapped.args(arguments).arg(command.get_program()).args(command.get_args());
            wrapped.env("DATABASE_URL", &self.url).current_dir(self.folder.path());
            command = wrapped;
        }
        command.envs(environment.iter().copied());
        Gateway::start(command)
    }

    /// The statements since the last call, without look-ups of tokens and of what the issuer
    /// says of a program, which are cached for some seconds.
    pub(crate) fn statements(&self, gateway: &Gateway) -> Vec<String> {
        let all = match &self.wire {
            Some(wire) => wire.take(),
            None => gateway.sqlite_statements(),
        };
        // Settings of a new connection do not belong to a query, nor what is cleared away two
        // seconds after the start.
        let cleared = "\"client_tokens\".\"expires_at\" <=";
        let left_out = ["api_tokens", "program_status", "PRAGMA", cleared];
        let counts = |sql: &String| !left_out.iter().any(|other| sql.contains(other));
        all.into_iter().filter(counts).collect()
    }
}

/// The program with only the settings that a test gives it.
pub(crate) fn program() -> Command {
    without_settings(Command::new(PathBuf::from(env!("CARGO_BIN_EXE_card-gateway"))))
}

/// A command without the settings of the surrounding environment.
pub(crate) fn without_settings(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name == "DATABASE_URL" || name.starts_with("CARD_GATEWAY__") {
            command.env_remove(&*name);
        }
    }
    command
}
