//! Credentials and tokens show nowhere, whatever the issuer does.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use card_gateway::issuer::Issuer;
use tracing_subscriber::fmt::MakeWriter;

use super::{KEY, PAGE, SECRET, TOKEN, settings};
use crate::support::scripted::{Scripted, Step, answer};

/// What a server does about a request for a path.
type Script = Box<dyn Fn(&str) -> Vec<Step> + Send + Sync>;

/// Keeps everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[test]
fn credentials_are_in_no_log_error_or_debug_form() {
    let echo = |more: &str| {
        format!(
            r#"{{"success":false,"error":"bad {KEY} {SECRET} {more}","error_code":"{SECRET}"}}"#
        )
    };
    let good = r#"{"success":true,"access_token":"token_of_acme_1","expires_in":3600}"#;
    let (at_token, at_call) = (echo(""), echo("token_of_acme_1"));
    let both = at_call.clone();
    let scripts: Vec<Script> =
        vec![
            Box::new(move |_| answer(401, &[], &at_token)),
            Box::new(move |path| {
                if path == TOKEN { answer(200, &[], good) } else { answer(403, &[], &at_call) }
            }),
            Box::new(
                move |path| {
                    if path == TOKEN { answer(200, &[], good) } else { answer(401, &[], &both) }
                },
            ),
            Box::new(
                |path| if path == TOKEN { answer(200, &[], good) } else { answer(200, &[], PAGE) },
            ),
            Box::new(|path| if path == TOKEN { answer(200, &[], good) } else { vec![Step::Reset] }),
        ];
    // With one subscriber alone, what other threads log first decides for all of
    // them what is logged at all.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let mut shown = Vec::new();
    tracing::subscriber::with_default(subscriber, || {
        // One thread, so that all of it is logged here.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        for script in scripts {
            let server = Scripted::start(move |request| script(request.path()));
            let settings = settings(&server);
            let issuer = Issuer::new(&settings).expect("a client");
            let client = issuer.program("acme").expect("it has a key pair");
            let result = runtime.block_on(client.customers_page(1, 20));
            if let Err(error) = &result {
                let words = (error.code(), error.message(), error.to_string());
                shown.push(format!("{error} {error:?} {error:#?} {words:?}"));
            }
            shown.push(format!("{settings:?} {issuer:?} {client:?} {:?}", client.snapshot()));
        }
    });
    let shown = shown.join("\n");
    let logged = String::from_utf8(log.0.lock().expect("not poisoned").clone()).expect("UTF-8");
    assert!(logged.contains("a call to the issuer failed"), "{logged}");
    assert!(shown.contains("[hidden]"), "{shown}");
    for secret in [KEY, SECRET, "token_of_acme_1"] {
        assert!(!logged.contains(secret), "{secret} is logged:\n{logged}");
        assert!(!shown.contains(secret), "{secret} shows:\n{shown}");
    }
}
