//! What an answer says, in any of the envelopes that the pages of the API show.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use serde_json::Value;

use super::rate_headers::RateHeaders;
use super::transport::Answer;
use super::wire::envelope::{self, Body};

/// What an answer says.
pub enum Said {
    /// It is done.
    Done(Value),
    /// It is not done, in the issuer's words.
    Refused {
        /// The code, like `DAILY_LIMIT_EXCEEDED`.
        code: Option<String>,
        /// The sentence. It can hold data of a customer: not for logs.
        message: Option<String>,
    },
    /// Too many calls; how long to wait, if that is known.
    TooMany(Option<Duration>),
    /// The issuer has a failure of its own, or the answer cannot be read.
    Nothing,
}

impl Answer {
    /// What the answer says.
    pub fn said(&self) -> Said {
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            let headers = RateHeaders::read(&self.headers, SystemTime::now());
            return Said::TooMany(headers.retry_after);
        }
        let refusal = if self.status.is_success() {
            match envelope::success(&self.body) {
                Body::Data(data) => {
                    return serde_json::from_str(data).map_or(Said::Nothing, Said::Done);
                }
                Body::Refusal(refusal) => Some(refusal),
                Body::Unreadable => None,
            }
        } else {
            envelope::refusal(&self.body)
        };
        match refusal.filter(|refusal| refusal.is_one() && !self.status.is_server_error()) {
            Some(refusal) => Said::Refused { code: refusal.code, message: refusal.message },
            None => Said::Nothing,
        }
    }
}
