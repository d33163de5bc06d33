//! Why a request is not taken for one of the issuer's. The client does not learn it; the log
//! and the metrics say it.

use metrics::counter;
use strum::{IntoStaticStr, VariantArray};

use crate::error::{Error, Kind};

/// What is wrong with a request's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Rejection {
    /// One of its headers is missing, or there are two.
    NoSignature,
    /// It was signed too long ago, or too far in the future, or at no time.
    NotTimely,
    /// The gateway has no secret for the program, or there is no such program.
    UnknownProgram,
    /// No secret of the program has made it.
    WrongSignature,
}

impl Rejection {
    /// Its name in log and metrics.
    pub(super) fn name(self) -> &'static str {
        self.into()
    }

    /// The error of all: a stranger learns nothing.
    pub(super) fn error() -> Error {
        Error::new(Kind::Unauthenticated, "The signature is missing or wrong")
    }

    /// Counts it; under no program's name unless the gateway has a secret for that program,
    /// because anybody can invent names.
    pub(super) fn count(self, program: Option<&str>) {
        self.add(program, 1);
    }

    /// Begins to count all of a program from 0: of a counter that begins with 1, Prometheus
    /// sees no increase.
    pub(super) fn begin(program: Option<&str>) {
        for rejection in Self::VARIANTS {
            rejection.add(program, 0);
        }
    }

    fn add(self, program: Option<&str>, times: u64) {
        let program = program.unwrap_or_default().to_owned();
        counter!("webhook_rejections_total", "program" => program, "reason" => self.name())
            .increment(times);
    }
}
