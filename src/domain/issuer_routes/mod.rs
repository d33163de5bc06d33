//! The routes of the issuer's API, and what the gateway does with each.
//!
//! - `route`: what is stated of a route.
//! - `table`: [`ROUTES`], one row a route. Routes, descriptions and guides are made of it.

mod route;
mod table;

pub use route::{Family, Kind, Method, ReadAgain, Route};
pub use table::ROUTES;
