//! The errors that routes of the REST API report themselves, as components of the
//! OpenAPI document. Those of the layers in front of them are in `openapi`.

use utoipa::ToResponse;
use utoipa::openapi::{RefOr, Response};

use crate::domain::page::MAX_PAGE;
use crate::error::{Error, FieldError, Kind};
use crate::http::openapi::problem;
use crate::http::problem::code;

/// A parameter is invalid.
pub(super) struct InvalidParameter;

impl ToResponse<'static> for InvalidParameter {
    fn response() -> (&'static str, RefOr<Response>) {
        let page = FieldError::new("page", format!("must be an integer between 1 and {MAX_PAGE}"));
        let error = Error::invalid(vec![page]);
        let description = "A parameter is invalid; `details` says which and why.";
        (code(Kind::Invalid), problem(&error, description).into())
    }
}

/// The identifier matches no customer of the program.
pub(super) struct CustomerNotFound;

impl ToResponse<'static> for CustomerNotFound {
    fn response() -> (&'static str, RefOr<Response>) {
        let error = Error::new(Kind::NotFound, "Customer not found");
        let description = "The program has no such customer.";
        (code(Kind::NotFound), problem(&error, description).into())
    }
}

/// All of them, by their codes.
pub(super) fn all() -> [(String, RefOr<Response>); 2] {
    [InvalidParameter::response(), CustomerNotFound::response()]
        .map(|(code, response)| (code.to_owned(), response))
}
