//! Customers come from the issuer, and stay as it shows them. The issuer is the one of
//! the sandbox. `pages`: a pass over the list. `details`: the calls for
//! single customers. `gone`: customers who are no longer there. `unknown`: customers whom a
//! client asks for before a pass has come by. `agreement`: any changes, then a pass or
//! webhooks. `approval`: whether the program is approved. `background`: in a server.
//! `moving`: a list that moves while it is read. `faults`: what an issuer can do wrong.
//! `changes`: what clients see of it who follow changes. `killed`: a run that is interrupted.
//! `lease`: two that run at once.

mod agreement;
mod approval;
mod background;
mod changes;
mod details;
mod faults;
mod gone;
mod killed;
mod lease;
mod moving;
mod pages;
mod unknown;
mod world;
