//! What is stated of a route of the issuer's API.

use std::time::Duration;

use strum::{AsRefStr, VariantArray};

use crate::domain::scope::Scope;

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, AsRefStr)]
#[strum(serialize_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
    Get,
    /// Does something.
    Post,
    /// Replaces something.
    Put,
    /// Changes something.
    Patch,
    /// Removes something.
    Delete,
}

/// Routes that have their prefixes in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, VariantArray)]
pub enum Family {
    /// The program's pages: `/v1/card-issuer`.
    CardIssuer,
    /// The customers' pages: `/v1/yativo-card`.
    YativoCard,
    /// Subscriptions to webhooks: `/v1/webhook`.
    Webhook,
    /// Tokens: `/v1/auth`.
    Auth,
}

impl Family {
    /// How the documented paths of the family begin: `/v1/…`.
    pub const fn prefix(self) -> &'static str {
        self.prefixes()[0]
    }

    /// Where the family's routes are: old clients write the prefix in three ways.
    pub const fn prefixes(self) -> [&'static str; 3] {
        match self {
            Self::CardIssuer => ["/v1/card-issuer", "/api/v1/card-issuer", "/api/card-issuer"],
            Self::YativoCard => ["/v1/yativo-card", "/api/v1/yativo-card", "/api/yativo-card"],
            Self::Webhook => ["/v1/webhook", "/api/v1/webhook", "/api/webhook"],
            Self::Auth => ["/v1/auth", "/api/v1/auth", "/api/auth"],
        }
    }
}

/// What the gateway does with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Answers it from its own store.
    Stored,
    /// Sends it to the issuer, and the issuer's answer back.
    Forwarded,
    /// As `Forwarded`; after a success, reads the customer from the issuer again.
    Refreshed(ReadAgain),
    /// Checks it, records it, and sends it to the issuer once.
    Payment,
    /// Issues a token of its own.
    Token,
    /// As `Forwarded` where the operator allows it; otherwise refuses it, and says why.
    Optional(&'static str),
    /// Refuses it, and says why.
    Refused(&'static str),
}

/// Which customer is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadAgain {
    /// The one whom the path names.
    Named,
    /// The new one whom the answer names.
    Added,
    /// The one whom the path names, and who is gone then.
    Removed,
}

/// A route of the issuer's API.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path, with parameters in braces.
    pub path: &'static str,
    /// What the gateway does with a call.
    pub kind: Kind,
    /// What the caller must be allowed to do.
    pub scope: Scope,
    /// One line about it.
    pub summary: &'static str,
    /// The parameters of the query that are sent to the issuer.
    pub query: &'static [&'static str],
    /// How long a successful answer is used for further callers of the program, in seconds;
    /// 0: not at all.
    pub cached_seconds: u64,
    /// The largest body, in bytes.
    pub body_limit: usize,
}

/// Bodies are small forms.
const SMALL: usize = 16 << 10;

impl Route {
    pub(super) const fn new(
        method: Method,
        path: &'static str,
        kind: Kind,
        scope: Scope,
        summary: &'static str,
    ) -> Self {
        let (query, cached_seconds, body_limit) = (&[] as &[&str], 0, SMALL);
        Self { method, path, kind, scope, summary, query, cached_seconds, body_limit }
    }

    /// With parameters of the query.
    pub(super) const fn query(self, query: &'static [&'static str]) -> Self {
        Self { query, ..self }
    }

    /// With answers that are used again for some seconds.
    pub(super) const fn cached(self, cached_seconds: u64) -> Self {
        Self { cached_seconds, ..self }
    }

    /// With larger bodies.
    pub(super) const fn body_limit(self, body_limit: usize) -> Self {
        Self { body_limit, ..self }
    }

    /// How long a successful answer is used again, if at all.
    pub const fn cached_for(&self) -> Option<Duration> {
        match self.cached_seconds {
            0 => None,
            seconds => Some(Duration::from_secs(seconds)),
        }
    }

    /// Whether a call changes nothing.
    pub const fn is_read(&self) -> bool {
        matches!(self.method, Method::Get)
    }

    /// Whether a call can be sent to the issuer as it is.
    pub const fn is_forwarded(&self) -> bool {
        matches!(self.kind, Kind::Forwarded | Kind::Refreshed(_) | Kind::Optional(_))
    }

    /// Its family.
    pub fn family(&self) -> Family {
        let of = |family: &Family| {
            let rest = self.path.strip_prefix(family.prefix());
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        let family = Family::VARIANTS.iter().find(|family| of(family));
        family.copied().unwrap_or(Family::CardIssuer)
    }

    /// The path below the prefix of its family.
    pub fn below_prefix(&self) -> &'static str {
        self.path.strip_prefix(self.family().prefix()).unwrap_or(self.path)
    }

    /// The names of the path's parameters, in their order.
    pub fn parameters(&self) -> impl Iterator<Item = &'static str> + use<> {
        let name = |segment: &'static str| segment.strip_prefix('{')?.strip_suffix('}');
        self.path.split('/').filter_map(name)
    }

    /// Which of the path's parameters names a customer, counted from 0.
    pub fn customer(&self) -> Option<usize> {
        let names = ["customerId", "yativoCardId"];
        self.parameters().position(|parameter| names.contains(&parameter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_its_family_and_its_customer() {
        for (path, family, rest, customer) in [
            ("/v1/card-issuer/status", Family::CardIssuer, "/status", None),
            (
                "/v1/card-issuer/customers/{customerId}/transfers",
                Family::CardIssuer,
                "/customers/{customerId}/transfers",
                Some(0),
            ),
            (
                "/v1/card-issuer/admin/{programId}/card-limits",
                Family::CardIssuer,
                "/admin/{programId}/card-limits",
                None,
            ),
            (
                "/v1/yativo-card/{yativoCardId}/terms",
                Family::YativoCard,
                "/{yativoCardId}/terms",
                Some(0),
            ),
            ("/v1/webhook/create-webhook", Family::Webhook, "/create-webhook", None),
        ] {
            let route = Route::new(Method::Get, path, Kind::Forwarded, Scope::Read, "");
            assert_eq!(route.family(), family, "{path}");
            assert_eq!(route.below_prefix(), rest, "{path}");
            assert_eq!(route.customer(), customer, "{path}");
        }
    }
}
