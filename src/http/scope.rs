//! The scope that a REST route needs: checked before the route's handler runs, and written into
//! its OpenAPI description.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use utoipa_axum::router::UtoipaMethodRouter;

use super::openapi::needs_scope;
use super::problem;
use crate::domain::principal::Principal;
use crate::domain::request::RequestId;
use crate::domain::scope::Scope;

/// Routes that need a scope: `.routes(requires(Scope::Money, routes!(fund_customer)))`. All
/// methods of the routes need it; callers without it get 403. The routes must be behind
/// [`super::authentication::authenticate`].
pub fn requires<S: Clone + Send + Sync + 'static>(
    scope: Scope,
    (schemas, mut paths, router): UtoipaMethodRouter<S>,
) -> UtoipaMethodRouter<S> {
    needs_scope(&mut paths, scope);
    // Every caller can read.
    let router = if scope == Scope::Read {
        router
    } else {
        router.route_layer(from_fn_with_state(scope, check))
    };
    (schemas, paths, router)
}

/// A layer for routes outside of the OpenAPI document: `from_fn_with_state(scope, check)`.
pub async fn check(
    State(scope): State<Scope>,
    Extension(principal): Extension<Arc<Principal>>,
    Extension(id): Extension<RequestId>,
    request: Request,
    next: Next,
) -> Response {
    match principal.require(scope) {
        Ok(()) => next.run(request).await,
        Err(error) => problem::response(&error, &id),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::routing::{get, post};
    use axum::{Router, http};
    use tower::ServiceExt as _;
    use utoipa::openapi::path::OperationBuilder;
    use utoipa::openapi::{HttpMethod, Paths};

    use super::*;
    use crate::domain::principal::{Credential, ProgramId};
    use crate::domain::scope::Scopes;

    fn routes(scope: Scope) -> UtoipaMethodRouter {
        let mut paths = Paths::new();
        let operation = OperationBuilder::new().description(Some("It pays.")).build();
        paths.add_path_operation("/pay", vec![HttpMethod::Post], operation);
        requires(scope, (Vec::new(), paths, post(|| async { "paid" })))
    }

    async fn call(scopes: Scopes, method: http::Method) -> (u16, String) {
        let credential = Credential::Token("1".to_owned());
        let principal = Arc::new(Principal { program: ProgramId(1), credential, scopes });
        let (_, _, pay) = routes(Scope::Money);
        let router = Router::new().route("/pay", pay.merge(get(|| async { "free" })));
        let router = router.layer(Extension(principal)).layer(Extension(RequestId(String::new())));
        let request = Request::builder().method(method).uri("/pay").body(Body::empty());
        let response = router.oneshot(request.expect("a request")).await.expect("infallible");
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1_000).await.expect("a body");
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    #[tokio::test]
    async fn a_caller_without_the_scope_is_refused_and_told_which_one() {
        for scopes in ["read", "write,program,schema"] {
            let scopes: Scopes = scopes.parse().expect("scopes");
            let (status, body) = call(scopes, http::Method::POST).await;
            let message = "The caller lacks the scope `money`";
            let expected =
                format!(r#"{{"success":false,"error":"forbidden","message":"{message}"}}"#);
            assert_eq!((status, body), (403, expected));
            assert_eq!(call(scopes, http::Method::GET).await, (200, "free".to_owned()));
            assert_eq!(call(scopes, http::Method::PUT).await.0, 405);
        }
        for scopes in ["money", "read,write,money"] {
            let paid = call(scopes.parse().expect("scopes"), http::Method::POST).await;
            assert_eq!(paid, (200, "paid".to_owned()));
        }
    }

    #[test]
    fn the_description_names_the_scope() {
        for (scope, refusal) in [(Scope::Money, true), (Scope::Read, false)] {
            let (_, paths, _) = routes(scope);
            let operation = paths.paths["/pay"].post.as_ref().expect("an operation");
            let described = operation.description.as_deref();
            let expected = format!("It pays.\n\nNeeds the scope `{}`.", scope.name());
            assert_eq!(described, Some(expected.as_str()));
            assert_eq!(operation.responses.responses.contains_key("403"), refusal);
        }
    }
}
