//! What the issuer knows: programs, customers, money.

mod card;
mod currency;
mod customer;
mod event;
mod fill;
mod hooks;
pub(crate) mod idents;
mod money;
pub(crate) mod names;
mod people;
mod program;
mod spec;
mod stage;
mod transaction;
mod world;

pub use card::{Card, CardKind, CardState};
pub use currency::Currency;
pub use customer::{Balance, CardLimits, Customer, Onboarding, Source, Wallet};
pub use event::Event;
pub use fill::Fill;
pub use hooks::{Attempt, Delivery, DeliveryState, Subscription};
pub use money::{Deposit, Payment, PaymentKind, Swap, Transfer, Withdrawal};
pub(crate) use people::Shop;
pub(crate) use program::Dispute;
pub use program::{Later, Limits, MasterWallets, Program, Transition};
pub use spec::{Approval, ListOrder, ProgramSpec};
pub use stage::Stage;
pub use transaction::{Merchant, Transaction};
pub(crate) use world::World;
