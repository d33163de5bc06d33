//! Filtered lists of customers.
//!
//! Lists by creation time that are filtered by nothing but facets and creation time are read
//! from the trees of counts and an index by facet: see `by_creation`. All others choose the one
//! condition that leaves the fewest customers, as far as that is known, and read all of them;
//! or, if these are too many, walk the list's own order until the page is full: see `found`.
//! An export does the same in the order of identifiers, in one snapshot: see `export`.
//!
//! The SQL is written by hand: each statement leaves the planner one index to use, because it
//! knows nothing of the parameters.

mod by_creation;
mod conditions;
mod export;
mod facets;
mod found;
mod sizes;
mod totals;

pub use export::CustomerExport;
