//! The envelope of successful REST and webhook responses.

use serde::Serialize;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

/// `{"success": true, "data": …}`.
#[derive(Serialize)]
pub struct Success<T> {
    success: bool,
    data: T,
}

impl<T> Success<T> {
    /// Wraps the data.
    pub const fn of(data: T) -> Self {
        Self { success: true, data }
    }
}

/// The schema of the envelope around data of this schema. Routes describe their data
/// only: utoipa copies the schemas of generic types instead of referring to them.
pub fn schema(data: RefOr<Schema>) -> Object {
    let always = ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([true]));
    ObjectBuilder::new()
        .property("success", always)
        .property("data", data)
        .required("success")
        .required("data")
        .build()
}
