//! A route of the issuer's API with its parameters filled in.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::error::{IssuerError, Reason};
use crate::domain::identifier;

/// What a segment may hold as it is (RFC 3986, "unreserved").
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path that is safe to call: parameters are one segment each, whatever they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    route: &'static str,
    text: String,
}

impl Path {
    /// A documented route, like `/v1/card-issuer/customers/{customerId}`, with a
    /// value for each of its parameters, in their order.
    ///
    /// # Errors
    /// If a value cannot be a segment (empty, `.`, `..`, control characters, too
    /// long), or if there are more or fewer values than parameters.
    pub fn new(route: &'static str, values: &[&str]) -> Result<Self, IssuerError> {
        let invalid = |what| IssuerError::new(Reason::Invalid).detail(what);
        if !route.starts_with("/v1/") {
            return Err(invalid("the route is not one of the issuer's"));
        }
        let mut text = String::with_capacity(route.len() + 32);
        let mut values = values.iter();
        for segment in route.split('/').skip(1) {
            text.push('/');
            if segment.starts_with('{') {
                let value = values.next().ok_or_else(|| invalid("a parameter has no value"))?;
                identifier::check(value)
                    .map_err(|what| IssuerError::new(Reason::Invalid).detail(what))?;
                if matches!(*value, "." | "..") {
                    return Err(invalid("an identifier must not be . or .."));
                }
                text.extend(utf8_percent_encode(value, SEGMENT));
            } else {
                text.push_str(segment);
            }
        }
        match values.next() {
            Some(_) => Err(invalid("a value has no parameter")),
            None => Ok(Self { route, text }),
        }
    }

    /// A route without parameters.
    pub(super) fn fixed(route: &'static str) -> Self {
        Self { route, text: route.to_owned() }
    }

    /// The route, for logs and metrics: it names no customer.
    pub const fn route(&self) -> &'static str {
        self.route
    }

    /// The path as it is sent.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTE: &str = "/v1/card-issuer/customers/{customerId}";

    #[test]
    fn a_value_is_one_segment_whatever_it_holds() {
        for (value, sent) in [
            ("69f0bdf29a84752db9cc8ff9", "69f0bdf29a84752db9cc8ff9"),
            ("mira+x@example.com", "mira%2Bx%40example.com"),
            ("a/../b", "a%2F..%2Fb"),
            ("%2e%2e", "%252e%252e"),
            ("a?b=c#d", "a%3Fb%3Dc%23d"),
            ("a\\b c", "a%5Cb%20c"),
            ("...", "..."),
            ("é", "%C3%A9"),
        ] {
            let path = Path::new(ROUTE, &[value]).expect(value);
            assert_eq!(path.as_str(), format!("/v1/card-issuer/customers/{sent}"));
            assert_eq!(path.route(), ROUTE);
        }
    }

    #[test]
    fn what_cannot_be_a_segment_is_refused() {
        let long = "x".repeat(321);
        for value in ["", ".", "..", "a\nb", "a\0", "\u{7f}", long.as_str()] {
            let error = Path::new(ROUTE, &[value]).expect_err(value);
            assert_eq!(error.reason(), Reason::Invalid, "{value:?}");
        }
        for values in [&[][..], &["a", "b"][..]] {
            assert!(Path::new(ROUTE, values).is_err(), "{values:?}");
        }
        assert!(Path::new("http://elsewhere/{id}", &["a"]).is_err());
    }
}
