//! What the server, the sender and the owner of an issuer share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use super::calls::CallLog;
use super::dialect::Dialect;
use super::faults::FaultScript;
use super::limit::Limiter;
use super::options::IssuerOptions;
use super::state::{Program, World};

/// A delivery that is to be sent: the indices of program and delivery.
pub(crate) type Letter = (usize, usize);

pub(crate) struct Shared {
    pub(crate) options: IssuerOptions,
    /// Where it is: `http://127.0.0.1:port`.
    pub(crate) origin: String,
    world: Mutex<World>,
    faults: Mutex<FaultScript>,
    calls: Mutex<CallLog>,
    limiter: Mutex<Limiter>,
    dialect: Mutex<Dialect>,
    letters: mpsc::UnboundedSender<Letter>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(
        options: IssuerOptions,
        origin: String,
        letters: mpsc::UnboundedSender<Letter>,
    ) -> Self {
        Self {
            world: Mutex::new(World::new(options.programs.clone(), options.start)),
            faults: Mutex::default(),
            calls: Mutex::default(),
            limiter: Mutex::new(Limiter::new(options.rate_limit)),
            dialect: Mutex::new(options.dialect),
            options,
            origin,
            letters,
        }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, FaultScript> {
        lock(&self.faults)
    }

    pub(crate) fn calls(&self) -> MutexGuard<'_, CallLog> {
        lock(&self.calls)
    }

    pub(crate) fn limiter(&self) -> MutexGuard<'_, Limiter> {
        lock(&self.limiter)
    }

    pub(crate) fn dialect(&self) -> MutexGuard<'_, Dialect> {
        lock(&self.dialect)
    }

    /// Works on a program that is up to the present, then hands its new
    /// deliveries to the sender. None if there is no such program.
    pub(crate) fn with<T>(&self, index: usize, work: impl FnOnce(&mut Program) -> T) -> Option<T> {
        let mut world = self.world();
        let program = world.at(index)?;
        program.catch_up();
        let done = work(program);
        for delivery in std::mem::take(&mut program.outbox) {
            // The sender is gone only when the issuer stops.
            let _ = self.letters.send((index, delivery));
        }
        Some(done)
    }

    /// Lets everything happen whose time has come.
    pub(crate) fn tick(&self) {
        let programs = self.world().programs.len();
        for index in 0..programs {
            self.with(index, |_| ());
        }
    }
}
