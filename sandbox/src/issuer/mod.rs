//! An issuer of cards on this machine: its documented API over HTTP on
//! loopback, a world behind it that can be changed, webhooks, and faults.
//!
//! ```
//! use card_gateway_sandbox::issuer::{Fault, FaultRule, Fill, Issuer, IssuerOptions, Purchase};
//!
//! let issuer = Issuer::start(IssuerOptions::default())?;
//! issuer.act(|program| program.fill(Fill::of(50)));
//! let keys = issuer.credentials("demo").expect("the default program");
//! println!("{} {} {}", issuer.url(), keys.api_key, keys.api_secret);
//! // A customer buys something: the balance moves, and webhooks say so.
//! let who = issuer.act(|program| {
//!     let spender = program.customers().find(|customer| customer.cards_count() > 0);
//!     spender.map(|customer| customer.yativo_card_id.clone())
//! });
//! let who = who.expect("some have cards");
//! issuer.act(|program| program.authorize(&who, Purchase::of(1_250))).expect("a wallet");
//! // The second page of the list fails once.
//! let route = "GET /v1/card-issuer/customers";
//! issuer.add_fault(FaultRule::on(route, Fault::Status(500)).after(1).once());
//! assert_eq!(issuer.calls().of(route), 0);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Rooms, from the bottom up: `json`, `time`, `refusal`; `state` (what there
//! is); `act` (what happens to it, with the events); `request`, `reply`,
//! `dialect` (HTTP's side of both); [`routes`] (one table, one file a family);
//! `faults`, `limit`, `calls` and `shared`, which holds it all; `caller`, `failures`
//! and `spoil`; `webhooks`, `server`.

mod act;
mod caller;
mod calls;
mod connection;
mod dialect;
mod failures;
mod faults;
mod json;
mod limit;
mod options;
mod refusal;
mod reply;
mod request;
pub mod routes;
mod server;
mod shared;
mod spoil;
mod state;
mod time;
mod webhooks;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

pub use act::{Funding, PricingMode, Purchase, TransactionKey};
pub use calls::Calls;
pub use dialect::Dialect;
pub use faults::{Change, Fault, FaultRule};
pub use json::Json;
pub use limit::RateLimit;
pub use options::{IssuerOptions, SenderOptions};
pub use refusal::Refusal;
pub use reply::ErrorShape;
pub use state::{
    Approval, Attempt, Balance, Card, CardKind, CardLimits, CardState, Currency, Customer,
    Delivery, DeliveryState, Deposit, Event, Fill, Later, Limits, ListOrder, MasterWallets,
    Merchant, Onboarding, Payment, PaymentKind, Program, ProgramSpec, Source, Stage, Subscription,
    Swap, Transaction, Transfer, Transition, Wallet, Withdrawal,
};
pub use time::Time;
pub use webhooks::sign;

use shared::Shared;

/// How often the world looks for what ends by itself.
const TICK: Duration = Duration::from_millis(20);

/// The key pair of a program's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The key.
    pub api_key: String,
    /// The secret.
    pub api_secret: String,
}

/// A running issuer. It stops when it is dropped.
pub struct Issuer {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// The server stops when this is gone.
    _running: oneshot::Sender<()>,
}

impl Issuer {
    /// Starts an issuer on 127.0.0.1, in a thread of its own.
    ///
    /// # Errors
    /// If there is no port to listen on.
    pub fn start(options: IssuerOptions) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (letters, arriving) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared::new(options, format!("http://{address}"), letters));
        let (running, stopped) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let serving = Arc::clone(&shared);
        thread::Builder::new().name("sandbox-issuer".to_owned()).spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                tokio::select! {
                    () = connection::serve(listener, server::router(&serving)) => {}
                    () = webhooks::run(Arc::clone(&serving), arriving) => {}
                    () = tick(&serving) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { address, shared, _running: running })
    }

    /// The base of its API, which ends in `/api`, as the documented one does.
    pub fn url(&self) -> String {
        format!("http://{}/api", self.address)
    }

    /// The key pair of the program with this name.
    pub fn credentials(&self, program: &str) -> Option<Credentials> {
        let world = self.shared.world();
        let spec = &world.programs.get(world.named(program)?)?.spec;
        Some(Credentials { api_key: spec.api_key.clone(), api_secret: spec.api_secret.clone() })
    }

    /// Works on the first program: looks at it, or lets something happen. Events
    /// are sent when it is done. The world stands still meanwhile: do not ask the
    /// issuer for anything inside.
    ///
    /// # Panics
    /// If there is no program.
    pub fn act<T>(&self, work: impl FnOnce(&mut Program) -> T) -> T {
        self.shared.with(0, work).expect("an issuer has a program")
    }

    /// The same on the program with this name. None if there is no such program.
    pub fn act_on<T>(&self, program: &str, work: impl FnOnce(&mut Program) -> T) -> Option<T> {
        let index = self.shared.world().named(program)?;
        self.shared.with(index, work)
    }

    /// Lets time pass in the world: balances age, transfers arrive. Webhooks are
    /// still signed, and tokens end, by the machine's clock.
    pub fn advance(&self, time: Duration) {
        self.shared.world().advance(time);
        self.shared.tick();
    }

    /// Makes all tokens of a program worthless, as when its key is changed.
    pub fn revoke_tokens(&self, program: &str) {
        let mut world = self.shared.world();
        if let Some(index) = world.named(program) {
            world.revoke_all(index);
        }
    }

    /// Adds a fault to the script.
    pub fn add_fault(&self, rule: FaultRule) {
        self.shared.faults().add(rule);
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.shared.faults().clear();
    }

    /// Sets the rate limit of each program, or none.
    pub fn set_rate_limit(&self, limit: Option<RateLimit>) {
        self.shared.limiter().limit = limit;
    }

    /// Sets how answers are written.
    pub fn set_dialect(&self, dialect: Dialect) {
        *self.shared.dialect() = dialect;
    }

    /// What was called since the start, or since it was last taken.
    pub fn calls(&self) -> Calls {
        self.shared.calls().counts()
    }

    /// What was called; the counts begin anew.
    pub fn take_calls(&self) -> Calls {
        self.shared.calls().take()
    }

    /// Waits until no delivery is left to be sent. Whether that was so in time.
    pub fn wait_for_deliveries(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        loop {
            let sent = |delivery: &Delivery| delivery.state != DeliveryState::Pending;
            let done = |program: &Program| program.deliveries().iter().all(sent);
            if self.shared.world().programs.iter().all(done) {
                return true;
            }
            if Instant::now() >= until {
                return false;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

async fn tick(shared: &Shared) {
    let mut ticks = tokio::time::interval(TICK);
    loop {
        ticks.tick().await;
        shared.tick();
    }
}
