//! The one error of the program. It has two audiences: a public text made
//! from client data only, and a private source for the log.
//!
//! It has no `Display` on purpose: async-graphql would show that text to
//! clients, and a careless `{error}` would leak the private half.

use std::borrow::Cow;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// What kind of failure it is; transports map kinds to their own codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The input is invalid.
    Invalid,
    /// The request does not identify a caller.
    Unauthenticated,
    /// The caller may not do this.
    Forbidden,
    /// It does not exist, or not for this caller.
    NotFound,
    /// It conflicts with something that exists.
    Conflict,
    /// The request is too large.
    TooLarge,
    /// The media type of the body is not supported.
    UnsupportedMediaType,
    /// Too many requests.
    RateLimited,
    /// The gateway works on as many requests as it may; a retry may succeed.
    Overloaded,
    /// A dependency is unavailable; a retry may succeed.
    Unavailable,
    /// A time-out.
    Timeout,
    /// An internal error.
    Internal,
}

/// What is wrong with one field of the client's input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's public name.
    pub field: &'static str,
    /// What is wrong: the rest of a sentence that begins with the name.
    pub what: Cow<'static, str>,
}

impl FieldError {
    /// `field` `what`.
    pub fn new(field: &'static str, what: impl Into<Cow<'static, str>>) -> Self {
        Self { field, what: what.into() }
    }
}

/// A failure: its kind, its public text and its private source.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: Cow<'static, str>,
    fields: Vec<FieldError>,
    retry_after_seconds: Option<u64>,
    source: Option<Source>,
}

/// What most functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with a public text, which must be made of client data only.
    pub fn new(kind: Kind, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            message: message.into(),
            fields: Vec::new(),
            retry_after_seconds: None,
            source: None,
        }
    }

    /// Invalid input, with every invalid field. `fields` must not be empty.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        let sentences: Vec<String> =
            fields.iter().map(|bad| format!("{} {}", bad.field, bad.what)).collect();
        Self { fields, ..Self::new(Kind::Invalid, sentences.join("; ")) }
    }

    /// An internal error; the client sees no details.
    pub fn internal(source: impl Into<Source>) -> Self {
        Self::new(Kind::Internal, "Internal error").because(source)
    }

    /// A dependency is unavailable.
    pub fn unavailable(source: impl Into<Source>) -> Self {
        let mut error = Self::new(Kind::Unavailable, "The service is temporarily unavailable");
        error.retry_after_seconds = Some(1);
        error.because(source)
    }

    /// A time-out.
    pub fn timeout() -> Self {
        Self::new(Kind::Timeout, "The request took too long")
    }

    /// The request does not identify a caller.
    pub fn unauthenticated() -> Self {
        Self::new(Kind::Unauthenticated, "A valid bearer token is required")
    }

    /// The caller may not do this: it lacks a scope, of this name.
    pub fn lacks_scope(name: &str) -> Self {
        Self::new(Kind::Forbidden, format!("The caller lacks the scope `{name}`"))
    }

    /// The caller has used up its allowance.
    pub fn rate_limited(retry_after_seconds: u64) -> Self {
        let mut error = Self::new(Kind::RateLimited, "Rate limit exceeded");
        error.retry_after_seconds = Some(retry_after_seconds);
        error
    }

    /// The gateway works on as many requests as it may.
    pub fn overloaded() -> Self {
        Self::new(Kind::Overloaded, "The gateway is busy; try again in a moment").retry_after(1)
    }

    /// Says after how many seconds a retry makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Adds the private source.
    #[must_use]
    pub fn because(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of failure it is.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The text for clients.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What is wrong with which fields of the input; empty for other kinds.
    pub fn fields(&self) -> &[FieldError] {
        &self.fields
    }

    /// Seconds after which a retry makes sense, if any.
    pub const fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after_seconds
    }

    /// The cause, for the log and the operator alone.
    pub fn private_source(&self) -> Option<String> {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = match &self.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        };
        let mut texts: Vec<String> = Vec::new();
        while let Some(error) = cause {
            let text = without_line(error.to_string());
            // Many libraries repeat the inner text in the outer one.
            if !texts.last().is_some_and(|outer| outer.contains(&text)) {
                texts.push(text);
            }
            cause = error.source();
        }
        (!texts.is_empty()).then(|| texts.join(": "))
    }

    /// Whether to log it: failures of the gateway, not of the client.
    pub const fn is_ours(&self) -> bool {
        matches!(self.kind, Kind::Internal | Kind::Unavailable | Kind::Timeout)
    }

    /// Whether the log has its cause already: one of its sources is [`Noted`].
    pub fn is_noted(&self) -> bool {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = match &self.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        };
        while let Some(error) = cause {
            if error.is::<Noted>() {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

/// A cause that the log has already: it is one of a dependency's outage, of which one line is
/// written, however many requests meet it. Around the error that it is, or alone among the
/// sources of one.
#[derive(Debug)]
pub struct Noted(Option<Source>);

impl Noted {
    /// The mark alone, without a text.
    pub const MARK: Self = Self(None);

    /// Marks an error.
    pub fn around(error: impl Into<Source>) -> Self {
        Self(Some(error.into()))
    }
}

impl std::fmt::Display for Noted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.as_ref().map_or(Ok(()), |error| error.fmt(f))
    }
}

impl std::error::Error for Noted {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.as_ref()?.source()
    }
}

/// PostgreSQL's errors end with a line of its own source, which means nothing to operators.
fn without_line(mut text: String) -> String {
    if let Some((before, line)) = text.rsplit_once(" at line ")
        && line.bytes().all(|byte| byte.is_ascii_digit())
    {
        text.truncate(before.len());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_postgresql_is_left_out_of_the_cause() {
        for (text, cause) in [
            (
                "permission denied for schema public at line 3655",
                "permission denied for schema public",
            ),
            ("stopped at line end", "stopped at line end"),
        ] {
            assert_eq!(Error::internal(text).private_source().as_deref(), Some(cause));
        }
    }
}
