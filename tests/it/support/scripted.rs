//! An HTTP server on loopback that answers as a test says, byte for byte: with
//! raw answers, delays, answers that are cut off, connections that are reset.
//! It counts its requests.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) at: Instant,
    /// The connection that it came by, from 1.
    pub(crate) connection: usize,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().expect("a path")
    }
}

/// What the server does about a request.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Waits.
    Wait(Duration),
    /// Sends bytes as they are.
    Send(Vec<u8>),
    /// Sends so many spaces, as long as somebody reads them.
    Flood(usize),
    /// Closes the connection.
    Close,
    /// Resets the connection.
    Reset,
}

/// A whole answer with JSON or any other text, and more header lines.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Vec<Step> {
    let mut text = format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    text.extend(["\r\n", body]);
    vec![Step::Send(text.into_bytes())]
}

type Script = dyn Fn(&Request) -> Vec<Step> + Send + Sync;

/// The server; it ends with the value.
pub(crate) struct Scripted {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    _runtime: Runtime,
}

impl Scripted {
    /// Answers each request as `script` says.
    pub(crate) fn start(script: impl Fn(&Request) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener =
            runtime.block_on(async { TcpListener::bind("127.0.0.1:0").await }).expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let script: Arc<Script> = Arc::new(script);
        let seen = Arc::clone(&requests);
        runtime.spawn(async move {
            let mut connection = 0;
            while let Ok((stream, _)) = listener.accept().await {
                connection += 1;
                tokio::spawn(serve(stream, connection, Arc::clone(&script), Arc::clone(&seen)));
            }
        });
        Self { address, requests, _runtime: runtime }
    }

    /// Its address, with the path before `/v1`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/api", self.address)
    }

    /// Every request since the start.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("not poisoned").clone()
    }

    /// How many requests there were for a path.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.requests().iter().filter(|request| request.path() == path).count()
    }
}

async fn serve(
    mut stream: TcpStream,
    connection: usize,
    script: Arc<Script>,
    seen: Arc<Mutex<Vec<Request>>>,
) {
    let mut bytes = Vec::new();
    while let Some(request) = read(&mut stream, &mut bytes, connection).await {
        seen.lock().expect("not poisoned").push(request.clone());
        for step in script(&request) {
            let sent = match step {
                Step::Wait(time) => {
                    tokio::time::sleep(time).await;
                    Ok(())
                }
                Step::Send(bytes) => stream.write_all(&bytes).await,
                Step::Flood(length) => stream.write_all(&vec![b' '; length]).await,
                Step::Close => return,
                Step::Reset => {
                    // Closing is a reset then, without waiting for what is unsent.
                    let _ = stream.set_zero_linger();
                    return;
                }
            };
            if sent.is_err() {
                return;
            }
        }
    }
}

/// The next request of a connection; none at its end.
async fn read(stream: &mut TcpStream, bytes: &mut Vec<u8>, connection: usize) -> Option<Request> {
    let end = loop {
        let end = bytes.windows(4).position(|part| part == b"\r\n\r\n");
        if let Some(end) = end {
            break end + 4;
        }
        if stream.read_buf(bytes).await.ok()? == 0 {
            return None;
        }
    };
    let at = Instant::now();
    let head = String::from_utf8(bytes.drain(..end).collect()).expect("UTF-8");
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers: Vec<(String, String)> =
        headers.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().expect("a length"));
    while bytes.len() < length {
        if stream.read_buf(bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(bytes.drain(..length).collect()).expect("UTF-8");
    Some(Request { method, target, headers, body, at, connection })
}
