//! The response to an operation, as JSON.

use async_graphql::{Response, ServerError, Value};

use crate::domain::request::RequestId;
use crate::graphql::admission::operation::{Field, Operation};
use crate::graphql::admission::types::Types;
use crate::graphql::engine_gaps::{object_fields, schema_description};
use crate::graphql::error::finish;
use crate::graphql::json;

/// A response that is ready to be sent.
pub(crate) struct Answer {
    /// The response as JSON.
    pub(crate) body: Vec<u8>,
    /// Whether anything was executed.
    pub(crate) ran: bool,
    /// Whether `data` is there and not null.
    pub(crate) has_data: bool,
    /// The cursor of the change that it shows, where a subscription follows changes.
    pub(crate) cursor: Option<String>,
    errors: Vec<ServerError>,
}

impl Answer {
    /// The answer to an operation that the engine has run.
    pub(crate) fn of(
        mut response: Response,
        id: &RequestId,
        operation: &Operation,
        fields: &[Field],
        types: &Types,
    ) -> Self {
        finish(&mut response, id);
        let errors = std::mem::take(&mut response.errors);
        // What the engine finds before it runs anything has no path.
        let ran = response.data != Value::Null
            || errors.is_empty()
            || errors.iter().any(|error| !error.path.is_empty());
        if !ran {
            return Self::refused(errors);
        }
        schema_description::remove(fields, &mut response.data);
        let root = operation.root();
        let mut body = Vec::with_capacity(8 * 1024);
        body.push(b'{');
        json::key("data", &mut body);
        let start = body.len();
        let written = object_fields::write(types, root, &response.data, fields, &mut body);
        let has_data = written.is_ok();
        if !has_data {
            body.truncate(start);
            json::value(&Value::Null, &mut body);
        }
        if !errors.is_empty() {
            body.push(b',');
            json::key("errors", &mut body);
            json::serialize(&errors, &mut body);
        }
        body.push(b'}');
        Self { body, ran, has_data, cursor: None, errors }
    }

    /// The answer to a request that was not executed. It has no `data` (GraphQL
    /// September 2025, section 7.1).
    pub(crate) fn refused(errors: Vec<ServerError>) -> Self {
        let mut body = b"{\"errors\":".to_vec();
        json::serialize(&errors, &mut body);
        body.push(b'}');
        Self { body, ran: false, has_data: false, cursor: None, errors }
    }

    /// The errors alone, as a JSON list.
    pub(crate) fn errors(&self) -> Vec<u8> {
        let mut errors = Vec::new();
        json::serialize(&self.errors, &mut errors);
        errors
    }
}
