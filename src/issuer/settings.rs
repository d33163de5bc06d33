//! How the issuer is called, and for which programs.

use std::collections::BTreeMap;
use std::time::Duration;

use url::Url;

use crate::domain::secret::Secret;

/// How the issuer is called, and for which programs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address before `/v1/…`.
    pub base_url: Url,
    /// How long one call may take.
    pub timeout: Duration,
    /// The most calls of a program in any minute; 0: as many as the issuer allows.
    pub calls_per_minute: u32,
    /// The credentials of each program, by its name.
    pub programs: BTreeMap<String, KeyPair>,
}

/// A program's credentials at the issuer.
#[derive(Clone, Debug)]
pub struct KeyPair {
    /// The public half.
    pub api_key: Secret,
    /// The private half.
    pub api_secret: Secret,
}
