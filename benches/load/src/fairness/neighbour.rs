//! Those who do much beside the quiet program.

use std::path::Path;
use std::thread::{self, JoinHandle};

use tokio::runtime::Builder;

use super::{BUSY, CUSTOMERS, QUIET};
use crate::events::plan::Plan;
use crate::events::sender::Sender;
use crate::events::tally::Tally;
use crate::failure::Result;
use crate::gateway::Gateway;
use crate::keeper::Kept;

/// Seconds that a neighbour is busy before and after the measurement.
const MARGIN: u32 = 3;
/// Events a second of a flood, and its connections.
const FLOOD: u32 = 2_000;
const FLOODING: u32 = 64;
/// Connections of a crowd: each sends its next event when the last is answered.
const CROWD: u32 = 1_500;

#[derive(Clone, Copy)]
pub(super) enum Neighbour {
    Flood,
    Crowd,
    Import,
    Replay,
    /// Of the quiet program itself.
    OwnReplay,
}

/// A neighbour at work.
pub(super) enum Busy<'a> {
    Sending(JoinHandle<Result<Tally>>),
    Running(Kept<'a>),
}

impl Neighbour {
    pub(super) const ALL: [Self; 5] =
        [Self::Flood, Self::Crowd, Self::Import, Self::Replay, Self::OwnReplay];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Flood => "2,000 events a second",
            Self::Crowd => "1,500 connections",
            Self::Import => "an import",
            Self::Replay => "a replay of waiting events",
            Self::OwnReplay => "a replay of its own waiting events",
        }
    }

    pub(super) fn start<'a>(
        self,
        gateway: &Gateway<'a>,
        port: u16,
        file: &Path,
        number: i64,
        seconds: u32,
    ) -> Result<Busy<'a>> {
        let seconds = seconds + MARGIN;
        Ok(match self {
            Self::Flood => {
                let plan = Plan::new(BUSY, number, CUSTOMERS, FLOODING)?;
                sending(Sender { port, plan, seconds, pace: FLOOD }, true)
            }
            Self::Crowd => {
                let plan = Plan::new(BUSY, number, CUSTOMERS, CROWD)?;
                sending(Sender { port, plan, seconds, pace: FLOOD }, false)
            }
            Self::Import => {
                let file = file.display().to_string();
                Busy::Running(gateway.start(&["import", "--program", BUSY, &file])?)
            }
            Self::Replay => replay(gateway, BUSY)?,
            Self::OwnReplay => replay(gateway, QUIET)?,
        })
    }
}

fn sending<'a>(sender: Sender, at_a_pace: bool) -> Busy<'a> {
    Busy::Sending(thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let sent = runtime
            .block_on(async { if at_a_pace { sender.pace().await } else { sender.flood().await } });
        Ok(sent?.0)
    }))
}

fn replay<'a>(gateway: &Gateway<'a>, program: &str) -> Result<Busy<'a>> {
    Ok(Busy::Running(gateway.start(&["events", "replay", "--all", "--program", program])?))
}

impl Busy<'_> {
    /// Waits for it, or stops it; says what it has done.
    pub(super) fn end(self) -> Result<String> {
        Ok(match self {
            Self::Sending(sent) => {
                let tally = sent.join().map_err(|_| "a busy sender has panicked")??;
                let refused = tally.refused();
                format!("{} acknowledged, {refused} refused", tally.acknowledged())
            }
            Self::Running(mut process) => match process.child().try_wait()? {
                None => "still at work".to_owned(),
                Some(status) if status.success() => "done before the end".to_owned(),
                Some(status) => return Err(format!("a neighbour ended with {status}").into()),
            },
        })
    }
}
