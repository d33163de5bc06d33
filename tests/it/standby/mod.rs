//! Reads at a standby of the database: answers that are as current as the primary's, and none
//! that fails because the standby does.

mod faults;
mod own_writes;
mod reads;
mod refused;
mod settings;
mod world;
