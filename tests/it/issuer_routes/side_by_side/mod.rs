//! A series of calls with each documented route, in success and in failure: at the issuer, and at
//! the gateway with another host and another credential. Nothing else may differ.

mod compare;
mod side;
mod steps;

use std::collections::BTreeSet;
use std::time::Duration;

use card_gateway::domain::issuer_routes::{Kind, ROUTES, Route};
use card_gateway_sandbox::issuer::Issuer;

use self::compare::{compare, key};
use self::side::{Side, bearer, issuer, names};
use self::steps::STEPS;
use self::steps::Step::{Approve, Call, Later};
use super::world::{filled, token};
use crate::support::Database;

fn route_of(method: &str, path: &str) -> &'static Route {
    let path = path.split('?').next().expect("a path");
    let fits = |route: &&Route| {
        let same = |(of, part): (&str, &str)| of == part || of.starts_with('{');
        route.method.as_ref() == method
            && route.path.split('/').count() == path.split('/').count()
            && route.path.split('/').zip(path.split('/')).all(same)
    };
    // Fixed parts count more than parameters.
    let all = ROUTES.iter().filter(fits);
    all.min_by_key(|route| route.parameters().count()).unwrap_or_else(|| panic!("{method} {path}"))
}

#[test]
fn a_series_of_calls_has_the_same_answers_at_the_gateway_as_at_the_issuer() {
    let issuers = [issuer(), issuer()];
    let [first, second] = &issuers;
    let side =
        |issuer: &Issuer| Side { host: issuer.url(), token: bearer(issuer), names: names(issuer) };
    let (mut there, behind) = (side(first), side(second));
    let database = Database::sqlite();
    database.succeed(&["program", "create", "--name", "acme"], "");
    let keys = second.credentials("acme").expect("it is there");
    let environment = [
        ("CARD_GATEWAY__ISSUER__BASE_URL", behind.host.as_str()),
        ("CARD_GATEWAY__ISSUER__ACME__API_KEY", keys.api_key.as_str()),
        ("CARD_GATEWAY__ISSUER__ACME__API_SECRET", keys.api_secret.as_str()),
        ("CARD_GATEWAY__ISSUER__CALLS_PER_MINUTE", "0"),
        ("CARD_GATEWAY__ISSUER__SYNC_INTERVAL", "0"),
    ];
    let mut sync = database.program(&["sync", "--program", "acme", "--details", "due"]);
    assert!(sync.envs(environment).output().expect("it runs").status.success());
    let gateway = database.serve_with(&environment);
    let token = token(&database, "acme", &["write", "money", "program"]);
    let mut here =
        Side { host: format!("{}/api", gateway.host), token, names: behind.names.clone() };

    let mut succeeded = BTreeSet::new();
    for step in STEPS {
        match step {
            Call(method, path, body, status, kept) => {
                let route = route_of(method, path);
                let (expected, said) =
                    (there.call(method, path, body), here.call(method, path, body));
                let of = format!("{method} {path}");
                assert_eq!(expected.status, *status, "{of}: {}", expected.text);
                if expected.status < 300 {
                    succeeded.insert(key(route));
                }
                compare(route, &of, &expected, &said);
                // What the gateway does not do has to be done all the same.
                let is_refused = matches!(route.kind, Kind::Optional(_));
                let said = if is_refused && !route.is_read() {
                    let direct = Side {
                        names: here.names.clone(),
                        host: behind.host.clone(),
                        token: behind.token.clone(),
                    };
                    direct.call(method, path, body)
                } else {
                    said
                };
                for (name, pointer) in *kept {
                    there.keep(name, pointer, &expected);
                    here.keep(name, pointer, &said);
                }
            }
            Approve(name) => {
                for (issuer, side) in [(first, &there), (second, &here)] {
                    let name = &side.names[*name];
                    issuer.act(|program| program.set_kyc(name, "approved").expect("it is there"));
                }
            }
            Later(seconds) => {
                for issuer in &issuers {
                    issuer.advance(Duration::from_secs(*seconds));
                }
            }
        }
    }
    for route in ROUTES {
        let is_refused = matches!(route.kind, Kind::Refused(_) | Kind::Token);
        let is_there = succeeded.contains(&key(route)) || route.path.ends_with("/apply");
        assert!(is_refused || is_there, "the series lacks {route:?}");
        // Each route fails without a credential, also those that fail in no other way.
        let path = filled(route, "nobody");
        let [expected, said] =
            [&there, &here].map(|side| side.send(route.method.as_ref(), &path, "", None).status);
        assert_eq!(said, expected, "{route:?}");
    }
    assert_eq!(gateway.warnings(), Vec::<String>::new());
}
