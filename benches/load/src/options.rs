//! The command line.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use crate::ceiling;
use crate::events;
use crate::failure::{Failure, Result, While as _};
use crate::fairness;
use crate::filters;
use crate::import;

pub(crate) const HELP: &str = "\
Loads the gateway, and beside it the least that could answer the same.

Usage: load [OPTIONS]
       load events [OPTIONS]
       load filters [OPTIONS]
       load fairness [OPTIONS]
       load import [OPTIONS]
       load scaling [OPTIONS]

Options:
      --customers <N>    How many customers to make [default: 1000000]
      --seconds <S>      How long each measured run lasts [default: 5]
      --rounds <R>       How often everything is measured [default: 3]
      --database <WHICH> postgres, sqlite or both [default: both]
      --gateway <PATH>   A gateway to use instead of building this one
      --output <FILE>    Where to write the tables as well
      --quick            20000 customers, 2 seconds, 1 round
  -h, --help             Print this

`load scaling` measures 1, 2 and 4 replicas on one PostgreSQL. It has --customers, --seconds,
--gateway and --output, as above.

`load events` measures how many webhook events are acknowledged. Its options:
      --customers <N>    How many customers they are about [default: 1000]
      --connections <C>  How many connections they come on [default: 64]
      --seconds <S>      How long each of its two loads lasts [default: 5]
      --database, --gateway and --output, as above

`load filters` measures how long filtered lists take. Its options:
      --customers <N>    How many customers to make [default: 1000000]
      --requests <R>     How many requests a median is of [default: 21]
      --database, --gateway and --output, as above

`load fairness` measures how soon one program's events are acknowledged while others do
much. Its options:
      --seconds <S>      How long each of its loads lasts [default: 8]
      --imported <N>     How many customers a neighbour imports [default: 200000]
      --waiting <N>      How many events a neighbour replays [default: 100000]
      --database, --gateway and --output, as above

`load import` measures how long an import takes. Its options:
      --customers <N>    How many customers it has [default: 1000000]
      --database, --gateway and --output, as above
";

/// What to do.
pub(crate) enum Command {
    Help,
    Ceiling(ceiling::Options),
    Events(events::Options),
    Filters(filters::Options),
    Fairness(fairness::Options),
    Import(import::Options),
    Load(Options),
    Scaling(Options),
}

/// How to measure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) customers: i64,
    pub(crate) seconds: u32,
    pub(crate) rounds: u32,
    pub(crate) databases: Vec<Kind>,
    pub(crate) gateway: Option<PathBuf>,
    pub(crate) output: Option<PathBuf>,
}

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Postgres,
    Sqlite,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
        })
    }
}

/// What is measured, with which gateway, and where the table goes: all measurements have these.
type Place<'a> = (&'a mut Vec<Kind>, &'a mut Option<PathBuf>, &'a mut Option<PathBuf>);

/// Reads the arguments behind the program's name.
pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Command> {
    let mut arguments = arguments.peekable();
    if arguments.next_if(|first| first == "ceiling").is_some() {
        return Ok(Command::Ceiling(ceiling_options(arguments)?));
    }
    if arguments.next_if(|first| first == "events").is_some() {
        return Ok(events_options(arguments)?.map_or(Command::Help, Command::Events));
    }
    if arguments.next_if(|first| first == "filters").is_some() {
        return Ok(filters_options(arguments)?.map_or(Command::Help, Command::Filters));
    }
    if arguments.next_if(|first| first == "fairness").is_some() {
        return Ok(fairness_options(arguments)?.map_or(Command::Help, Command::Fairness));
    }
    if arguments.next_if(|first| first == "import").is_some() {
        return Ok(import_options(arguments)?.map_or(Command::Help, Command::Import));
    }
    let is_scaling = arguments.next_if(|first| first == "scaling").is_some();
    let mut options = Options {
        customers: 1_000_000,
        seconds: 5,
        rounds: 3,
        databases: vec![Kind::Postgres, Kind::Sqlite],
        gateway: None,
        output: None,
    };
    let place = (&mut options.databases, &mut options.gateway, &mut options.output);
    let is_help = read(arguments, place, |name, value| {
        match name {
            "--quick" => {
                (options.customers, options.seconds, options.rounds) = (20_000, 2, 1);
            }
            "--customers" => options.customers = number(name, &value()?, 1_000..=10_000_000)?,
            "--seconds" => options.seconds = number(name, &value()?, 1..=60)?,
            "--rounds" => options.rounds = number(name, &value()?, 1..=9)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    if is_help {
        return Ok(Command::Help);
    }
    Ok(if is_scaling { Command::Scaling(options) } else { Command::Load(options) })
}

fn ceiling_options(mut arguments: impl Iterator<Item = String>) -> Result<ceiling::Options> {
    let (mut database_url, mut program, mut listen) = (None, None, None);
    while let Some(name) = arguments.next() {
        let value = value(&name, arguments.next())?;
        match name.as_str() {
            "--database-url" => database_url = Some(value),
            "--program" => program = Some(value),
            "--listen" => listen = Some(value.parse().during("--listen")?),
            _ => return Err(unknown(&name)),
        }
    }
    Ok(ceiling::Options {
        database_url: database_url.ok_or("ceiling needs --database-url")?,
        program: program.ok_or("ceiling needs --program")?,
        listen: listen.ok_or("ceiling needs --listen")?,
    })
}

/// None if help is asked for.
fn events_options(arguments: impl Iterator<Item = String>) -> Result<Option<events::Options>> {
    let mut options = events::Options {
        customers: 1_000,
        connections: 64,
        seconds: 5,
        databases: vec![Kind::Sqlite, Kind::Postgres],
        gateway: None,
        output: None,
    };
    let place = (&mut options.databases, &mut options.gateway, &mut options.output);
    let is_help = read(arguments, place, |name, value| {
        match name {
            // Each connection has customers of its own.
            "--customers" => options.customers = number(name, &value()?, 1_000..=1_000_000)?,
            "--connections" => options.connections = number(name, &value()?, 1..=512)?,
            "--seconds" => options.seconds = number(name, &value()?, 1..=60)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    if is_help {
        return Ok(None);
    }
    Ok(Some(options))
}

/// None if help is asked for.
fn filters_options(arguments: impl Iterator<Item = String>) -> Result<Option<filters::Options>> {
    let mut options = filters::Options {
        customers: 1_000_000,
        requests: 21,
        databases: vec![Kind::Postgres, Kind::Sqlite],
        gateway: None,
        output: None,
    };
    let place = (&mut options.databases, &mut options.gateway, &mut options.output);
    let is_help = read(arguments, place, |name, value| {
        match name {
            "--customers" => options.customers = number(name, &value()?, 1_000..=10_000_000)?,
            "--requests" => options.requests = number(name, &value()?, 1..=1_000)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    if is_help {
        return Ok(None);
    }
    Ok(Some(options))
}

/// None if help is asked for.
fn fairness_options(arguments: impl Iterator<Item = String>) -> Result<Option<fairness::Options>> {
    let mut options = fairness::Options {
        seconds: 8,
        imported: 200_000,
        waiting: 100_000,
        databases: vec![Kind::Sqlite, Kind::Postgres],
        gateway: None,
        output: None,
    };
    let place = (&mut options.databases, &mut options.gateway, &mut options.output);
    let is_help = read(arguments, place, |name, value| {
        match name {
            "--seconds" => options.seconds = number(name, &value()?, 1..=60)?,
            "--imported" => options.imported = number(name, &value()?, 1_000..=10_000_000)?,
            "--waiting" => options.waiting = number(name, &value()?, 1_000..=1_000_000)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    if is_help {
        return Ok(None);
    }
    Ok(Some(options))
}

/// None if help is asked for.
fn import_options(arguments: impl Iterator<Item = String>) -> Result<Option<import::Options>> {
    let mut options = import::Options {
        customers: 1_000_000,
        databases: vec![Kind::Sqlite, Kind::Postgres],
        gateway: None,
        output: None,
    };
    let place = (&mut options.databases, &mut options.gateway, &mut options.output);
    let is_help = read(arguments, place, |name, value| {
        match name {
            "--customers" => options.customers = number(name, &value()?, 1_000..=10_000_000)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    if is_help {
        return Ok(None);
    }
    Ok(Some(options))
}

/// Reads the options of a measurement: those that all have, and those that `own` knows. Returns
/// whether help is asked for.
fn read(
    mut arguments: impl Iterator<Item = String>,
    (of_databases, gateway, output): Place<'_>,
    mut own: impl FnMut(&str, &mut dyn FnMut() -> Result<String>) -> Result<bool>,
) -> Result<bool> {
    while let Some(name) = arguments.next() {
        let mut value = || value(&name, arguments.next());
        match name.as_str() {
            "-h" | "--help" => return Ok(true),
            "--database" => *of_databases = databases(&value()?)?,
            "--gateway" => *gateway = Some(value()?.into()),
            "--output" => *output = Some(value()?.into()),
            name if own(name, &mut value)? => {}
            name => return Err(unknown(name)),
        }
    }
    Ok(false)
}

fn unknown(name: &str) -> Failure {
    format!("unknown argument {name}; see --help").into()
}

fn value(name: &str, value: Option<String>) -> Result<String> {
    value.ok_or_else(|| format!("{name} needs a value").into())
}

fn number<T>(name: &str, text: &str, range: RangeInclusive<T>) -> Result<T>
where
    T: FromStr + PartialOrd + fmt::Display,
{
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        let (min, max) = range.into_inner();
        format!("{name} must be a number from {min} to {max}").into()
    })
}

fn databases(text: &str) -> Result<Vec<Kind>> {
    match text {
        "postgres" => Ok(vec![Kind::Postgres]),
        "sqlite" => Ok(vec![Kind::Sqlite]),
        "both" => Ok(vec![Kind::Postgres, Kind::Sqlite]),
        _ => Err("--database must be postgres, sqlite or both".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options> {
        match parse(line.split_whitespace().map(str::to_owned))? {
            Command::Load(options) => Ok(options),
            _ => Err("another command".into()),
        }
    }

    #[test]
    fn later_options_go_before_earlier_ones() {
        let options = parsed("--quick --rounds 2 --database sqlite").expect("fine");
        assert_eq!((options.customers, options.seconds, options.rounds), (20_000, 2, 2));
        assert_eq!(options.databases, [Kind::Sqlite]);
    }

    #[test]
    fn events_have_options_of_their_own() {
        let line = "events --connections 8 --seconds 2 --database sqlite";
        let Ok(Command::Events(options)) = parse(line.split(' ').map(str::to_owned)) else {
            panic!("another command")
        };
        assert_eq!((options.connections, options.seconds, options.customers), (8, 2, 1_000));
        assert_eq!(options.databases, [Kind::Sqlite]);
        for line in ["events --rounds 2", "events --connections 0", "events events"] {
            assert!(parse(line.split(' ').map(str::to_owned)).is_err(), "{line}");
        }
    }

    #[test]
    fn fairness_and_imports_have_options_of_their_own() {
        let parsed = |line: &str| parse(line.split(' ').map(str::to_owned));
        let Ok(Command::Fairness(options)) = parsed("fairness --seconds 3 --waiting 5000") else {
            panic!("another command")
        };
        assert_eq!((options.seconds, options.waiting, options.imported), (3, 5_000, 200_000));
        let Ok(Command::Import(options)) = parsed("import --customers 20000 --database postgres")
        else {
            panic!("another command")
        };
        assert_eq!((options.customers, &*options.databases), (20_000, &[Kind::Postgres][..]));
        assert!(parsed("import --seconds 3").is_err());
    }

    #[test]
    fn scaling_has_the_options_of_a_load() {
        let line = "scaling --customers 5000 --seconds 2";
        let Ok(Command::Scaling(options)) = parse(line.split(' ').map(str::to_owned)) else {
            panic!("another command")
        };
        assert_eq!((options.customers, options.seconds), (5_000, 2));
    }

    #[test]
    fn what_would_never_end_is_refused() {
        for line in ["--customers 0", "--seconds 3600", "--rounds many", "--rounds", "--fast"] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
