//! The client of the issuer's API, against a server that answers as each test
//! says. `limits`: the issuer's limits and our budget. `token`: the exchange.
//! `faults`: what an issuer can do wrong. `reads`: what the calls ask and
//! understand. `hidden`: credentials show nowhere. `hand_through`: calls of
//! clients. `metrics`: what is counted. `settings`: how it is set up.

mod faults;
mod hand_through;
mod hidden;
mod limits;
mod metrics;
mod reads;
mod settings;
mod token;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use card_gateway::domain::secret::Secret;
use card_gateway::issuer::{Issuer, KeyPair, ProgramClient, Settings};

use crate::support::scripted::{Request, Scripted, Step, answer};

const TOKEN: &str = "/api/v1/auth/token";
const CUSTOMERS: &str = "/api/v1/card-issuer/customers";
const KEY: &str = "key_of_acme_0123456789";
const SECRET: &str = "secret_of_acme_0123456789";

/// A page with one customer.
const PAGE: &str = r#"{"success":true,"data":{"customers":[{"customer_id":"69f0bdf29a84752db9cc8ff9","yativo_card_id":"ycc_1"}],"total":1,"page":1,"limit":20}}"#;

/// Settings for a server, with no budget and short waits.
fn settings(server: &Scripted) -> Settings {
    let pair = KeyPair { api_key: Secret::new(KEY), api_secret: Secret::new(SECRET) };
    Settings {
        base_url: server.url().parse().expect("a URL"),
        timeout: Duration::from_secs(5),
        calls_per_minute: 0,
        programs: BTreeMap::from([("acme".to_owned(), pair)]),
    }
}

/// The program's client.
fn client(settings: &Settings) -> ProgramClient {
    let issuer = Issuer::new(settings).expect("a client");
    issuer.program("acme").expect("it has a key pair").clone()
}

/// A server that exchanges the key pair, and answers the rest as `script` says,
/// which also learns the how manieth request it is, from 1.
fn issuer(script: impl Fn(&Request, usize) -> Vec<Step> + Send + Sync + 'static) -> Scripted {
    let count = AtomicUsize::new(0);
    let tokens = AtomicUsize::new(0);
    Scripted::start(move |request| {
        if request.path() == TOKEN {
            granted(tokens.fetch_add(1, Ordering::SeqCst) + 1, r#""expires_in":3600"#)
        } else {
            script(request, count.fetch_add(1, Ordering::SeqCst) + 1)
        }
    })
}

/// The answer of an exchange: the token `token_of_acme_<number>`.
fn granted(number: usize, members: &str) -> Vec<Step> {
    let body = format!(
        r#"{{"success":true,"access_token":"token_of_acme_{number}","token_type":"Bearer",{members}}}"#
    );
    answer(200, &[], &body)
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(future)
}

/// Makes a call so many times at once.
async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    count: usize,
    call: impl Fn() -> F,
) -> Vec<T> {
    let calls: Vec<_> = (0..count).map(|_| tokio::spawn(call())).collect();
    let mut results = Vec::new();
    for call in calls {
        results.push(call.await.expect("it ends"));
    }
    results
}
