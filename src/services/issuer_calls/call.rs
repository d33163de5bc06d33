//! A call of a client, and how it is sent.

use crate::domain::identifier;
use crate::domain::issuer_routes::{Method, Route};
use crate::domain::request::RequestId;
use crate::error::{Error, FieldError, Result};
use crate::issuer::{Answer, HeaderMap, HeaderName, HeaderValue, IssuerError, Path};
use crate::issuer::{Method as HttpMethod, ProgramClient};

/// A parameter of the query that names a customer.
const CUSTOMER: &str = "customer_id";

/// A call of a client.
#[derive(Clone)]
pub struct Call {
    /// The route.
    pub route: &'static Route,
    /// The values of the path's parameters, in their order.
    pub names: Vec<String>,
    /// The query, with any parameters: those that the route does not have are left out.
    pub query: Vec<(String, String)>,
    /// The body, as JSON.
    pub body: Option<Vec<u8>>,
    /// The header `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// The identifier of the request.
    pub request: RequestId,
}

/// Without what the client has sent.
impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("route", &self.route.path).finish_non_exhaustive()
    }
}

impl Call {
    /// Sends it.
    ///
    /// # Errors
    /// If there is no answer.
    pub(super) async fn send(
        &self,
        client: &ProgramClient,
        path: &Path,
    ) -> Result<Answer, IssuerError> {
        let method = match self.route.method {
            Method::Get => HttpMethod::GET,
            Method::Post => HttpMethod::POST,
            Method::Put => HttpMethod::PUT,
            Method::Patch => HttpMethod::PATCH,
            Method::Delete => HttpMethod::DELETE,
        };
        let query = self.query();
        client.send(method, path, &query, self.body.as_deref(), self.headers()).await
    }

    /// The path with its names filled in.
    ///
    /// # Errors
    /// If one of them cannot be a part of a path.
    pub(super) fn path(&self) -> Result<Path> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        for (parameter, name) in self.route.parameters().zip(&names) {
            let wrong = match identifier::check(name) {
                Err(what) => Some(what),
                Ok(()) => matches!(*name, "." | "..").then_some("must not be . or .."),
            };
            if let Some(what) = wrong {
                return Err(Error::invalid(vec![FieldError::new(parameter, what)]));
            }
        }
        Path::new(self.route.path, &names).map_err(Error::internal)
    }

    /// The parameters of the query that the route has, those without a value apart.
    pub(super) fn query(&self) -> Vec<(&str, &str)> {
        let pairs = self.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let known =
            |(name, value): &(&str, &str)| self.route.query.contains(name) && !value.is_empty();
        pairs.filter(known).collect()
    }

    /// The customer whom the path names.
    pub(super) fn named(&self) -> Option<&String> {
        self.names.get(self.route.customer()?)
    }

    /// All customers whom the path and the query name.
    pub(super) fn customers(&self) -> impl Iterator<Item = &String> {
        let asked = self.query.iter().filter(|(name, _)| name == CUSTOMER).map(|(_, of)| of);
        self.named().into_iter().chain(asked)
    }

    /// The headers that go with a call: none of the client's but the key of a payment.
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let json = HeaderValue::from_static("application/json");
        headers.insert(HeaderName::from_static("accept"), json);
        let key = self.idempotency_key.as_deref();
        for (name, value) in [("idempotency-key", key), ("x-request-id", Some(&*self.request.0))] {
            if let Some(Ok(value)) = value.map(HeaderValue::from_str) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        headers
    }
}
