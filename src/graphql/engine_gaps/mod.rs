//! What async-graphql 7.2 gets wrong, one file each.

pub(crate) mod field_order;
pub(crate) mod literals;
pub(crate) mod null_propagation;
pub(crate) mod subscription_root;
pub(crate) mod types;
