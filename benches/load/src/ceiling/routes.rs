//! The three routes.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::{Deserialize, Serialize};

use super::source::{Bound, Columns as _, Source};
use super::statements::{List, Shape, Statements};
use super::{PAGE, graphql, rest};

/// What every request needs.
struct Ceiling<S> {
    source: S,
    program: i32,
    statements: Statements,
}

/// All of the ceiling.
pub(super) fn router<S: Source>(source: S, program: i32) -> Router {
    Router::new()
        .route("/list", get(list::<S>))
        .route("/one/{email}", get(one::<S>))
        .route("/total", get(total::<S>))
        .with_state(Arc::new(Ceiling { source, program, statements: Statements::new() }))
}

/// What is asked of a list.
#[derive(Deserialize)]
struct ListQuery {
    shape: Shape,
    #[serde(default)]
    balances: bool,
    status: Option<String>,
    #[serde(default)]
    total: bool,
    #[serde(default = "first")]
    page: i64,
}

const fn first() -> i64 {
    1
}

#[derive(Deserialize)]
struct OneQuery {
    shape: Shape,
}

/// Whatever goes wrong here is the benchmark's own fault, so it says all.
struct Broken(String);

impl<E: std::error::Error> From<E> for Broken {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl IntoResponse for Broken {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.0).into_response()
    }
}

fn json(body: &impl Serialize) -> Result<Response, Broken> {
    // Most answers fit, so that the text is not moved while it grows.
    let mut bytes = Vec::with_capacity(8 * 1024);
    serde_json::to_writer(&mut bytes, body)?;
    let json = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, json)], bytes).into_response())
}

impl<S: Source> Ceiling<S> {
    async fn total(&self, status: Option<&str>) -> Result<i64, sqlx::Error> {
        let bound = Bound { program: self.program, text: status, offset: None };
        let rows = self.source.rows(self.statements.total(status.is_some()), bound).await?;
        rows.first().ok_or(sqlx::Error::RowNotFound)?.long(0)
    }
}

/// A page of customers, newest first.
async fn list<S: Source>(
    State(ceiling): State<Arc<Ceiling<S>>>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Broken> {
    let ListQuery { shape, balances, ref status, total, page } = query;
    let status = status.as_deref();
    let total = if total { Some(ceiling.total(status).await?) } else { None };
    let list = List { shape, balances, by_status: status.is_some(), deep: page > 1 };
    let offset = (page > 1).then(|| (page - 1) * PAGE.cast_signed() as i64);
    let bound = Bound { program: ceiling.program, text: status, offset };
    let rows = ceiling.source.rows(ceiling.statements.list(list), bound).await?;
    match shape {
        Shape::Graphql => json(&graphql::list(&rows, balances, total)?),
        Shape::Rest => json(&rest::list(&rows, balances, total, page)?),
    }
}

/// One customer by e-mail address.
async fn one<S: Source>(
    State(ceiling): State<Arc<Ceiling<S>>>,
    Path(email): Path<String>,
    Query(query): Query<OneQuery>,
) -> Result<Response, Broken> {
    let bound = Bound { program: ceiling.program, text: Some(&email), offset: None };
    let rows = ceiling.source.rows(ceiling.statements.one(query.shape), bound).await?;
    match query.shape {
        Shape::Graphql => json(&graphql::one(&rows)?),
        Shape::Rest => json(&rest::one(&rows)?),
    }
}

/// The total alone, as GraphQL writes it.
async fn total<S: Source>(State(ceiling): State<Arc<Ceiling<S>>>) -> Result<Response, Broken> {
    json(&graphql::total(ceiling.total(None).await?))
}
