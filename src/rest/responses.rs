//! The errors that routes of the REST API report themselves, as components of the
//! OpenAPI document. Those of the layers in front of them are in `openapi`.

use utoipa::ToResponse;
use utoipa::openapi::{RefOr, Response};

use super::reply::{CUSTOMER_NOT_FOUND, Failure, MISSING_IDENTIFIER, NOT_APPROVED};
use crate::domain::page::MAX_PAGE;
use crate::error::{Error, FieldError, Kind};
use crate::http::openapi::{problem, problem_with_codes};
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

/// A look-up does not name exactly one customer.
pub(super) struct MissingIdentifier;

impl ToResponse<'static> for MissingIdentifier {
    fn response() -> (&'static str, RefOr<Response>) {
        let description = "There is not exactly one identifier; or the identifier is invalid: \
            `validation_error`.";
        let codes = [MISSING_IDENTIFIER, code(Kind::Invalid)];
        let error = Failure::missing_identifier().error;
        (MISSING_IDENTIFIER, problem_with_codes(&codes, &error, description).into())
    }
}

/// The identifier matches no customer of the program.
pub(super) struct CustomerNotFound;

impl ToResponse<'static> for CustomerNotFound {
    fn response() -> (&'static str, RefOr<Response>) {
        let error = Failure::customer_not_found().error;
        let description = "The program has no such customer.";
        (CUSTOMER_NOT_FOUND, problem_with_codes(&[CUSTOMER_NOT_FOUND], &error, description).into())
    }
}

/// The issuer has not approved the program.
pub(super) struct NotApproved;

impl ToResponse<'static> for NotApproved {
    fn response() -> (&'static str, RefOr<Response>) {
        let error = Failure::not_approved().error;
        let description = "The issuer has not approved the program, as it said last.";
        (NOT_APPROVED, problem_with_codes(&[NOT_APPROVED], &error, description).into())
    }
}

/// All of them, by their names.
pub(super) fn all() -> [(String, RefOr<Response>); 4] {
    [
        InvalidParameter::response(),
        MissingIdentifier::response(),
        CustomerNotFound::response(),
        NotApproved::response(),
    ]
    .map(|(name, response)| (name.to_owned(), response))
}
