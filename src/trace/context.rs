//! A request's place in its trace, as the headers of W3C Trace Context say it.

use std::fmt;
use std::sync::Arc;

/// The headers, by their names.
pub const TRACEPARENT: &str = "traceparent";
/// What vendors of tracing systems add.
pub const TRACESTATE: &str = "tracestate";
/// The longest `tracestate` that is carried on: what the specification asks for at least.
const MAX_STATE: usize = 512;

/// A request's place in its trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    id: u128,
    /// The caller's span; none if the trace begins here.
    parent: Option<u64>,
    /// The request's own span.
    span: u64,
    /// Whether the caller records the trace.
    sampled: bool,
    state: Option<Arc<str>>,
}

impl Trace {
    /// A trace that begins here.
    pub fn begun() -> Self {
        let (id, span) = (fastrand::u128(1..), fastrand::u64(1..));
        Self { id, parent: None, span, sampled: false, state: None }
    }

    /// The trace that a caller names; none if it does not say so as the specification asks.
    pub fn continued(traceparent: &str, tracestate: Option<&str>) -> Option<Self> {
        let (version, rest) = traceparent.split_once('-')?;
        let (id, rest) = rest.split_once('-')?;
        let (parent, rest) = rest.split_once('-')?;
        let (flags, more) = match rest.split_once('-') {
            Some((flags, _)) => (flags, true),
            None => (rest, false),
        };
        let version = digits(version, 2)?;
        // Later versions may add something at the end.
        if version == 0xff || (version == 0 && more) {
            return None;
        }
        let (id, parent) = (digits(id, 32)?, digits(parent, 16)?);
        let flags = digits(flags, 2)?;
        if id == 0 || parent == 0 {
            return None;
        }
        let state = tracestate.map(str::trim);
        let state = state.filter(|state| (1..=MAX_STATE).contains(&state.len()));
        Some(Self {
            id,
            parent: u64::try_from(parent).ok(),
            span: fastrand::u64(1..),
            sampled: flags & 1 == 1,
            state: state.map(Arc::from),
        })
    }

    /// The trace's id, as it stands in headers and logs: 32 hexadecimal digits.
    pub fn id(&self) -> TraceId {
        TraceId(self.id)
    }

    /// The caller's span, if the caller traces.
    pub const fn parent(&self) -> Option<u64> {
        self.parent
    }

    /// The request's own span.
    pub const fn span(&self) -> u64 {
        self.span
    }

    /// Whether the caller records the trace.
    pub const fn is_sampled(&self) -> bool {
        self.sampled
    }

    /// `traceparent` of a call that a span of the trace makes.
    pub(super) fn traceparent(&self, span: u64, sampled: bool) -> String {
        format!("00-{}-{span:016x}-{:02x}", self.id(), u8::from(sampled))
    }

    /// What vendors have added.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }
}

fn digits(text: &str, length: usize) -> Option<u128> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    (text.len() == length && plain).then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

/// The id of a trace. Its `Display` form has 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceId(pub u128);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_callers_trace_goes_on_with_a_span_of_its_own() {
        let trace = Trace::continued(PARENT, Some("vendor=1")).expect("it is good");
        assert_eq!(trace.id().to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(trace.parent(), Some(0xb7ad_6b71_6920_3331));
        assert_ne!(trace.parent(), Some(trace.span()));
        assert!(trace.is_sampled());
        assert_eq!(trace.state(), Some("vendor=1"));
        let unsampled = PARENT.replace("-01", "-00");
        assert!(!Trace::continued(&unsampled, None).expect("it is good").is_sampled());
        // Flags that are not known are not ours to pass on.
        let flags = PARENT.replace("-01", "-03");
        assert!(Trace::continued(&flags, None).expect("it is good").is_sampled());
    }

    #[test]
    fn later_versions_may_add_something() {
        for good in
            [PARENT.replacen("00", "01", 1), format!("{}-more", PARENT.replacen("00", "cc", 1))]
        {
            assert!(Trace::continued(&good, None).is_some(), "{good}");
        }
    }

    #[test]
    fn what_is_no_traceparent_begins_a_new_trace() {
        for bad in [
            "",
            "00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333g-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "+0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(Trace::continued(bad, None), None, "{bad}");
        }
    }

    #[test]
    fn a_state_that_is_too_long_is_dropped() {
        let long = "a".repeat(MAX_STATE + 1);
        for dropped in ["", " ", &long] {
            let trace = Trace::continued(PARENT, Some(dropped)).expect("it is good");
            assert_eq!(trace.state(), None);
        }
    }
}
