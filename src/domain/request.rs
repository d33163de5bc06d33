//! One request, by the name under which the log knows it.

/// Names a request in the log and in answers about our own failures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);
