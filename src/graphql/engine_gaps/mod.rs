//! What async-graphql 7.2 gets wrong once a valid document runs, one file each.
//! Each says when it can go.

pub(crate) mod object_fields;
pub(crate) mod schema_description;
