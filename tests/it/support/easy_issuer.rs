//! An issuer whose customers pass their identity check at once, as the demo's do: what there is
//! to show of onboarding can be run from its beginning to its end.

use card_gateway_sandbox::issuer::{Credentials, Issuer, IssuerOptions, ProgramSpec};

/// An issuer with the program `acme`, which has no customers yet.
pub(crate) struct EasyIssuer {
    pub(crate) issuer: Issuer,
    pub(crate) keys: Credentials,
}

impl EasyIssuer {
    pub(crate) fn start() -> Self {
        let program = ProgramSpec { passes_identity_checks: true, ..ProgramSpec::named("acme") };
        let options = IssuerOptions { programs: vec![program], ..IssuerOptions::default() };
        let issuer = Issuer::start(options).expect("a port");
        let keys = issuer.credentials("acme").expect("the program is there");
        Self { issuer, keys }
    }

    /// The settings of a gateway in front of it. It reads no lists: customers who are imported
    /// would be gone.
    pub(crate) fn settings(&self) -> [(&'static str, String); 4] {
        [
            ("CARD_GATEWAY__ISSUER__BASE_URL", self.issuer.url()),
            ("CARD_GATEWAY__ISSUER__ACME__API_KEY", self.keys.api_key.clone()),
            ("CARD_GATEWAY__ISSUER__ACME__API_SECRET", self.keys.api_secret.clone()),
            ("CARD_GATEWAY__ISSUER__SYNC_INTERVAL", "0".to_owned()),
        ]
    }
}
