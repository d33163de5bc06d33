//! Money that is never sent twice: fundings, withdrawals and swaps against an issuer that loses
//! answers, and a gateway that is killed.

mod faults;
mod killed;
mod reads;
mod replicas;
mod requests;
mod resolution;
mod world;
