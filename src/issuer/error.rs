//! Why a call to the issuer gave no result.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Noted;

type Source = Arc<dyn std::error::Error + Send + Sync>;

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The call cannot be made as asked; nothing was sent.
    Invalid,
    /// The issuer understood, and said no.
    Rejected,
    /// The issuer does not accept the program's credentials.
    Unauthorized,
    /// The issuer's limit or our own budget is used up.
    RateLimited,
    /// The issuer has a failure of its own.
    Unavailable,
    /// It took too long.
    Timeout,
    /// There is no connection, or it broke.
    Unreachable,
    /// The issuer sent the call elsewhere.
    Redirected,
    /// The answer is longer than we read.
    TooLarge,
    /// The answer is not what the API's pages describe.
    Unreadable,
    /// The issuer has failed too often and is left alone; nothing was sent.
    CircuitOpen,
}

impl Reason {
    /// A word for metrics and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Rejected => "rejected",
            Self::Unauthorized => "unauthorized",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Redirected => "redirected",
            Self::TooLarge => "too_large",
            Self::Unreadable => "unreadable",
            Self::CircuitOpen => "circuit_open",
        }
    }

    /// Whether the issuer fails, or the way to it. The log has such a failure already: one line
    /// when it begins, one when it is over.
    pub const fn is_outage(self) -> bool {
        match self {
            Self::Invalid | Self::Rejected | Self::Unauthorized | Self::RateLimited => false,
            Self::Unavailable
            | Self::Timeout
            | Self::Unreachable
            | Self::Redirected
            | Self::TooLarge
            | Self::Unreadable
            | Self::CircuitOpen => true,
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::Invalid => "the call to the issuer cannot be made",
            Self::Rejected => "the issuer rejected the call",
            Self::Unauthorized => "the issuer does not accept the program's credentials",
            Self::RateLimited => "the limit of calls to the issuer is reached",
            Self::Unavailable => "the issuer has an internal error",
            Self::Timeout => "the issuer did not answer in time",
            Self::Unreachable => "the issuer cannot be reached, or the connection broke",
            Self::Redirected => {
                "the issuer answered with a redirect, which is not followed; check issuer.base_url"
            }
            Self::TooLarge => "the body is larger than the limit",
            Self::Unreadable => "the issuer's answer cannot be read",
            Self::CircuitOpen => "the issuer failed repeatedly and is not called for now",
        }
    }
}

/// A failed call. `Display` is one sentence without anything that the issuer or
/// a client wrote, but for the issuer's error code; the cause is its `source`.
#[derive(Clone)]
pub struct IssuerError {
    reason: Reason,
    status: Option<u16>,
    code: Option<String>,
    message: Option<String>,
    retry_after: Option<Duration>,
    detail: Option<&'static str>,
    source: Option<Source>,
    /// Whether it has been tried again already.
    exhausted: bool,
    /// Whether the call itself certainly did not leave this machine.
    unsent: bool,
}

impl IssuerError {
    pub(super) const fn new(reason: Reason) -> Self {
        Self {
            reason,
            status: None,
            code: None,
            message: None,
            retry_after: None,
            detail: None,
            source: None,
            exhausted: false,
            unsent: false,
        }
    }

    /// Adds what exactly is wrong, as the rest of the sentence.
    pub(super) const fn detail(mut self, detail: &'static str) -> Self {
        self.detail = Some(detail);
        self
    }

    pub(super) const fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Adds what the issuer says of it in its own words.
    pub(super) fn with_words(mut self, code: Option<String>, message: Option<String>) -> Self {
        self.code = code;
        self.message = message;
        self
    }

    pub(super) const fn with_retry_after(mut self, after: Option<Duration>) -> Self {
        self.retry_after = after;
        self
    }

    pub(super) fn because(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(if self.reason.is_outage() {
            Arc::new(Noted::around(source))
        } else {
            Arc::from(source.into())
        });
        self
    }

    /// What kind of failure it is.
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// The HTTP status of the issuer's answer, if there was one.
    pub const fn status(&self) -> Option<u16> {
        self.status
    }

    /// The issuer's error code, as it writes it.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The issuer's own sentence. It can hold data of a customer: not for logs.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// How long to wait before trying again, where that is known.
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Marks it as tried again already, in vain.
    pub(super) const fn exhausted(mut self) -> Self {
        self.exhausted = true;
        self
    }

    /// Marks the call as one that did not leave this machine.
    pub(super) const fn unsent(mut self) -> Self {
        self.unsent = true;
        self
    }

    /// Whether the call certainly did not leave this machine: the issuer has not done what was
    /// asked.
    pub const fn is_unsent(&self) -> bool {
        let body_too_large = matches!(self.reason, Reason::TooLarge) && self.status.is_none();
        self.unsent || body_too_large || self.is_denial() || matches!(self.reason, Reason::Invalid)
    }

    /// Whether it is worth another try.
    pub(super) const fn is_transient(&self) -> bool {
        !self.exhausted
            && matches!(
                self.reason,
                Reason::RateLimited
                    | Reason::Unavailable
                    | Reason::Timeout
                    | Reason::Unreachable
                    | Reason::Unreadable
            )
    }

    /// Whether nothing was sent, because of what happened before.
    pub(super) const fn is_denial(&self) -> bool {
        matches!(self.reason, Reason::CircuitOpen)
            || (matches!(self.reason, Reason::RateLimited) && self.status.is_none())
    }
}

/// One sentence, without data of customers and without credentials.
impl fmt::Display for IssuerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason.sentence())?;
        if let Some(detail) = self.detail {
            write!(f, ": {detail}")?;
        }
        match (self.status, &self.code) {
            (Some(status), Some(code)) => write!(f, " ({status} {code})")?,
            (Some(status), None) => write!(f, " ({status})")?,
            (None, _) => {}
        }
        if let Some(after) = self.retry_after {
            write!(f, "; try again in {} s", after.as_millis().div_ceil(1_000))?;
        }
        Ok(())
    }
}

/// As `Display`, with the cause: for the log of an operator.
impl fmt::Debug for IssuerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let text = error.to_string();
            if !text.is_empty() {
                write!(f, ": {text}")?;
            }
            cause = error.source();
        }
        Ok(())
    }
}

impl std::error::Error for IssuerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        static MARK: Noted = Noted::MARK;
        match &self.source {
            Some(source) => Some(source.as_ref()),
            None if self.reason.is_outage() => Some(&MARK),
            None => None,
        }
    }
}
