//! What many ask at once is asked once.
//!
//! Reads come in epochs: all of an epoch are of one block, and an epoch ends
//! when its block has been remembered long enough. So whatever an answer is
//! made of (remembered, under way already, or asked for now), it is of one
//! block, and no wallet is under way twice.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::providers::Providers;
use super::{Block, Fitness, Settings, Wallet, balance};
use crate::domain::balance::{ChainBalance, ChainOutcome};
use crate::error::Result;
use crate::usage;

/// A question is put again at most so often, when its parts turned out to be
/// of different blocks.
const ROUNDS: usize = 3;

/// So many calls are made of what is gathered, and then another gathering
/// begins: a large request must not make others wait, or fail with it.
const CALLS_GATHERED: usize = 4;
/// A request for more wallets than this gets its own call.
const MOST_WALLETS: usize = 2_000;

/// A balance that was read just now.
pub type Reading = (Wallet, ChainBalance);

/// Reads balances from the chain.
#[derive(Clone)]
pub struct Reader(Arc<Inner>);

struct Inner {
    providers: Providers,
    state: Mutex<State>,
    /// Who keeps what was read.
    readings: mpsc::Sender<Vec<Reading>>,
}

#[derive(Default)]
struct State {
    epoch: Epoch,
    /// Epochs are numbered from 1.
    last_epoch: u64,
    /// Wallets that are going to be asked about in a moment. The last of them
    /// is added to, until it has enough.
    gatherings: Vec<Gathering>,
    last_gathering: u64,
    /// Wallets that are gathered or under way.
    flights: HashMap<Wallet, Flight>,
}

/// What was read of one block.
#[derive(Default)]
struct Epoch {
    number: u64,
    block: Option<(Block, Instant)>,
    values: HashMap<Wallet, ChainBalance>,
}

struct Gathering {
    number: u64,
    wallets: Vec<Wallet>,
    flight: Flight,
}

/// Where the outcome of a call will be; each has its own.
type Flight = watch::Receiver<Option<Arc<Landed>>>;

/// The outcome of a call: the epoch that it is of, and what it found.
struct Landed {
    epoch: u64,
    outcomes: HashMap<Wallet, ChainOutcome>,
}

impl Reader {
    /// Reads as the settings say; `readings` gets everything that was read.
    ///
    /// # Errors
    /// If this machine cannot call endpoints at all.
    pub fn new(settings: Settings, readings: mpsc::Sender<Vec<Reading>>) -> Result<Self> {
        let providers = Providers::new(settings)?;
        Ok(Self(Arc::new(Inner { providers, state: Mutex::default(), readings })))
    }

    /// Looks at the endpoints now and then; never ends.
    pub async fn watch(self) {
        self.0.providers.watch().await;
    }

    /// What is known of each endpoint, in the order of the settings, and whether
    /// it is left alone at the moment.
    pub fn fitness(&self) -> Vec<(Fitness, bool)> {
        self.0.providers.fitness()
    }

    /// How many wallets one call takes.
    pub fn batch(&self) -> usize {
        self.0.providers.settings.batch
    }

    /// What each wallet holds, in the order of `wallets`, all in one block. It
    /// takes no longer than the settings allow; what could not be read by then
    /// is [`ChainOutcome::Unavailable`], never zero.
    pub async fn read(&self, wallets: &[Wallet]) -> Vec<ChainOutcome> {
        let deadline = Instant::now() + self.0.providers.settings.timeout;
        let asked = &wallets[..wallets.len().min(MOST_WALLETS)];
        let mut failed: HashSet<Wallet> = HashSet::new();
        // What was found, by the epoch that it is of.
        let mut found: HashMap<u64, HashMap<Wallet, ChainOutcome>> = HashMap::new();
        for round in 0..ROUNDS {
            found.clear();
            let (epoch, known, flights) = self.look(asked, &failed, round > 0);
            if !known.is_empty() {
                found.insert(epoch, known);
            }
            usage::chain_calls(flights.len());
            for flight in flights {
                let Some(landed) = landed(flight, deadline).await else { continue };
                for wallet in asked {
                    match landed.outcomes.get(wallet) {
                        Some(outcome @ ChainOutcome::Read(_)) => {
                            found.entry(landed.epoch).or_default().insert(*wallet, *outcome);
                        }
                        Some(ChainOutcome::Unavailable) => drop(failed.insert(*wallet)),
                        None => {}
                    }
                }
            }
            if found.len() <= 1 || Instant::now() >= deadline {
                break;
            }
        }
        // All of an answer is of one block, come what may.
        let newest = found.into_iter().max_by_key(|(epoch, _)| *epoch);
        let found = newest.map(|(_, found)| found).unwrap_or_default();
        let of = |wallet| found.get(wallet).copied().unwrap_or(ChainOutcome::Unavailable);
        wallets.iter().map(of).collect()
    }

    /// As [`Reader::read`], but nothing that is remembered, and nothing is
    /// remembered of it: for those who read everything anyway. One call, if the
    /// wallets fit into one.
    pub async fn read_anew(&self, wallets: &[Wallet]) -> Vec<ChainOutcome> {
        let deadline = Instant::now() + self.0.providers.settings.timeout;
        let outcomes = self.0.ask(wallets, None, deadline).await.1;
        let of = |wallet| outcomes.get(wallet).copied().unwrap_or(ChainOutcome::Unavailable);
        wallets.iter().map(of).collect()
    }

    /// What is remembered of the present epoch, and the calls that will bring
    /// the rest: those under way, and those that are being gathered for. With
    /// `anew`, all is asked for that is not under way.
    fn look(
        &self,
        wallets: &[Wallet],
        failed: &HashSet<Wallet>,
        anew: bool,
    ) -> (u64, HashMap<Wallet, ChainOutcome>, Vec<Flight>) {
        let mut state = self.0.state();
        state.end_epoch_if_old(self.0.providers.settings.ttl);
        let mut known = HashMap::new();
        let mut flights: Vec<Flight> = Vec::new();
        for wallet in wallets {
            if let Some(balance) = state.epoch.values.get(wallet).filter(|_| !anew) {
                known.insert(*wallet, ChainOutcome::Read(*balance));
            } else if !failed.contains(wallet) {
                let flight = self.flight_of(&mut state, *wallet);
                if !flights.iter().any(|other| other.same_channel(&flight)) {
                    flights.push(flight);
                }
            }
        }
        (state.epoch.number, known, flights)
    }

    /// The call that asks about a wallet; if there is none, it joins the one
    /// that is being gathered for.
    fn flight_of(&self, state: &mut State, wallet: Wallet) -> Flight {
        // One that was lost without an outcome is as good as none.
        let lost = |flight: &Flight| flight.has_changed().is_err() && flight.borrow().is_none();
        if let Some(flight) = state.flights.get(&wallet).filter(|flight| !lost(flight)) {
            return flight.clone();
        }
        let full = self.batch() * CALLS_GATHERED;
        if state.gatherings.last().is_none_or(|last| last.wallets.len() >= full) {
            let (sender, flight) = watch::channel(None);
            state.last_gathering += 1;
            let number = state.last_gathering;
            // In a task of its own: the caller that asked first may go away.
            tokio::spawn(Arc::clone(&self.0).fly(number, sender));
            state.gatherings.push(Gathering { number, wallets: Vec::new(), flight });
        }
        let last = state.gatherings.len() - 1;
        let gathering = &mut state.gatherings[last];
        gathering.wallets.push(wallet);
        let flight = gathering.flight.clone();
        state.flights.insert(wallet, flight.clone());
        flight
    }
}

/// The outcome of a call, unless it comes too late.
async fn landed(mut flight: Flight, deadline: Instant) -> Option<Arc<Landed>> {
    let until = tokio::time::Instant::from_std(deadline);
    let landed = tokio::time::timeout_at(until, flight.wait_for(Option::is_some)).await;
    landed.ok()?.ok()?.clone()
}

impl State {
    fn end_epoch_if_old(&mut self, ttl: Duration) {
        if self.epoch.block.is_some_and(|(_, since)| since.elapsed() >= ttl) {
            self.begin_epoch(None);
        }
    }

    fn begin_epoch(&mut self, block: Option<Block>) {
        let block = block.map(|block| (block, Instant::now()));
        self.epoch = Epoch { number: self.next_epoch(), block, values: HashMap::new() };
    }

    fn next_epoch(&mut self) -> u64 {
        self.last_epoch += 1;
        self.last_epoch
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gathers for a moment, asks, and answers every caller.
    async fn fly(self: Arc<Self>, number: u64, sender: watch::Sender<Option<Arc<Landed>>>) {
        tokio::time::sleep(self.providers.settings.gather).await;
        let (wallets, began, at) = {
            let mut state = self.state();
            let mine = state.gatherings.iter().position(|of| of.number == number);
            let wallets = mine.map(|at| state.gatherings.remove(at).wallets).unwrap_or_default();
            (wallets, state.epoch.number, state.epoch.block.map(|(block, _)| block))
        };
        let deadline = Instant::now() + self.providers.settings.timeout;
        let (block, outcomes) = self.ask(&wallets, at, deadline).await;
        let landed = {
            let mut state = self.state();
            for wallet in &wallets {
                state.flights.remove(wallet);
            }
            let epoch = state.epoch.number;
            let landed = match block {
                None => epoch,
                Some(block) => state.take_in(began, at, block, &outcomes),
            };
            Arc::new(Landed { epoch: landed, outcomes })
        };
        // The caller may have gone away.
        let _ = sender.send(Some(landed));
    }

    /// Asks the endpoints about wallets, and passes on what they say.
    async fn ask(
        &self,
        wallets: &[Wallet],
        at: Option<Block>,
        deadline: Instant,
    ) -> (Option<Block>, HashMap<Wallet, ChainOutcome>) {
        let Some((block, amounts)) = self.providers.read(wallets, at, deadline).await else {
            let failed = wallets.iter().map(|wallet| (*wallet, ChainOutcome::Unavailable));
            return (None, failed.collect());
        };
        let chain = &self.providers.settings.chain;
        let outcome = |(wallet, amount): (&Wallet, Option<_>)| {
            let balance = amount.and_then(|amount| balance(chain, wallet, amount, &block));
            (*wallet, balance.map_or(ChainOutcome::Unavailable, ChainOutcome::Read))
        };
        let outcomes: HashMap<_, _> = wallets.iter().zip(amounts).map(outcome).collect();
        let readings = outcomes.iter().filter_map(|(wallet, outcome)| match outcome {
            ChainOutcome::Read(balance) => Some((*wallet, *balance)),
            ChainOutcome::Unavailable => None,
        });
        if self.readings.try_send(readings.collect()).is_err() {
            // It is behind: the next read brings it again.
            metrics::counter!("chain_readings_not_kept_total").increment(1);
        }
        (Some(block), outcomes)
    }
}

impl State {
    /// Takes in what a call has found that began in epoch `began`, for the
    /// block `at` of it; says which epoch it is of.
    fn take_in(
        &mut self,
        began: u64,
        at: Option<Block>,
        block: Block,
        outcomes: &HashMap<Wallet, ChainOutcome>,
    ) -> u64 {
        let same = |other: &Block| {
            (other.number, other.parent, other.seconds)
                == (block.number, block.parent, block.seconds)
        };
        let present = self.epoch.block.map(|(present, _)| present);
        if let Some((present, _)) = self.epoch.block.as_mut().filter(|(present, _)| same(present)) {
            // Its hash is known now, if it was not before.
            present.hash = present.hash.or(block.hash);
        } else if at.is_some_and(|at| same(&at)) {
            // It came too late: its epoch has ended.
            return began;
        } else if present.is_some_and(|present| present.number > block.number) {
            // An older block, from an endpoint that lags: it is not used.
            return self.next_epoch();
        } else {
            self.begin_epoch(Some(block));
        }
        for (wallet, outcome) in outcomes {
            if let ChainOutcome::Read(balance) = outcome {
                self.epoch.values.insert(*wallet, *balance);
            }
        }
        self.epoch.number
    }
}
