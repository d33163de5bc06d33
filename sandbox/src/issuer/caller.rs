//! Who calls.

use axum::http::HeaderMap;

use super::shared::Shared;

/// Who calls.
pub(crate) struct Caller {
    /// The index of the program whose token or key pair it is.
    pub(crate) program: Option<usize>,
    /// The program's name.
    pub(crate) name: Option<String>,
    /// The token, good or not.
    pub(crate) token: Option<String>,
}

/// Finds out by token or key pair.
pub(crate) fn caller(shared: &Shared, headers: &HeaderMap) -> Caller {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let token = text("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let world = shared.world();
    let program = match (token, text("x-api-key"), text("x-api-secret")) {
        (Some(token), ..) => world.by_token(token),
        (None, Some(key), Some(secret)) => world.by_keys(key, secret),
        _ => None,
    };
    let name = program.and_then(|program| world.programs.get(program));
    let name = name.map(|program| program.spec.name.clone());
    Caller { program, name, token: token.map(str::to_owned) }
}
