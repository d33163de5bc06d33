//! What the routes' description needs beside them.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{RefOr, Response};

use crate::error::{Error, FieldError, Kind};
use crate::http::openapi::{problem, status_of};

/// The errors that the routes report themselves.
pub(super) struct ExportErrors;

impl IntoResponses for ExportErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let flag = FieldError::new("has_cards", "must be true or false");
        let description = "A parameter is invalid or not known; `details` says which and why.";
        let invalid = problem(&Error::invalid(vec![flag]), description);
        [(status_of(Kind::Invalid), invalid.into())].into()
    }
}
