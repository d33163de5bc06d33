//! The identifier of a request.

/// Identifies a request in the log and in responses about internal errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);
