//! A receiver of webhooks.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// A received event.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) signature: String,
    pub(crate) timestamp: String,
    pub(crate) kind: String,
    pub(crate) delivery_id: String,
    pub(crate) text: String,
    pub(crate) body: Value,
}

pub(crate) struct Receiver {
    pub(crate) url: String,
    /// The status that it answers; 0 for none at all.
    status: Arc<AtomicU16>,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/hooks", listener.local_addr().expect("an address"));
        let status = Arc::new(AtomicU16::new(200));
        let received = Arc::new(Mutex::new(Vec::new()));
        let (answers, list) = (Arc::clone(&status), Arc::clone(&received));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answers, list) = (Arc::clone(&answers), Arc::clone(&list));
                std::thread::spawn(move || while one(&stream, &answers, &list).is_some() {});
            }
        });
        Self { url, status, received }
    }

    pub(crate) fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().expect("the list").clone()
    }

    pub(crate) fn kinds(&self) -> Vec<String> {
        self.received().into_iter().map(|event| event.kind).collect()
    }

    /// The data of the last event of a type, by the time in it: events come in any
    /// order.
    #[track_caller]
    pub(crate) fn last(&self, kind: &str) -> Value {
        let all = self.received().into_iter().filter(|event| event.kind == kind);
        let last = all.max_by_key(|event| event.body["created_at"].as_str().map(str::to_owned));
        last.unwrap_or_else(|| panic!("no {kind} in {:?}", self.kinds())).body["data"].clone()
    }
}

fn one(stream: &TcpStream, status: &AtomicU16, list: &Mutex<Vec<Received>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut headers = std::collections::BTreeMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ") {
            headers.insert(name.to_lowercase(), value.to_owned());
        }
    }
    let length = headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let text = String::from_utf8(body).ok()?;
    let header = |name: &str| headers.get(name).cloned().unwrap_or_default();
    list.lock().expect("the list").push(Received {
        signature: header("x-yativo-signature"),
        timestamp: header("x-yativo-timestamp"),
        kind: header("x-yativo-event"),
        delivery_id: header("x-yativo-delivery-id"),
        body: serde_json::from_str(&text).expect("JSON"),
        text,
    });
    let status = status.load(Ordering::SeqCst);
    if status == 0 {
        return None;
    }
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\nok").ok()
}
