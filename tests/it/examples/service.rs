//! Another service, at the address where a client expects the gateway.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

pub(super) struct Service {
    pub(super) url: String,
    thread: JoinHandle<Vec<String>>,
}

impl Service {
    /// Serves these responses, each a status and a body, and stops.
    pub(super) fn start(answers: &[(&'static str, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let answers = answers.to_vec();
        let thread = std::thread::spawn(move || {
            let answers = answers.into_iter();
            let given = answers.map(|(status, body)| {
                let (stream, _) = listener.accept().expect("a client");
                answer(&stream, status, body)
            });
            given.collect()
        });
        Self { url, thread }
    }

    /// The first lines of the requests, after all were answered.
    pub(super) fn asked(self) -> Vec<String> {
        self.thread.join().expect("all were asked for")
    }
}

/// Answers one request; its first line.
fn answer(mut stream: &TcpStream, status: &str, body: &str) -> String {
    let mut reader = BufReader::new(stream);
    let lines = reader.by_ref().lines().map_while(Result::ok);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let length = head.iter().find_map(|line| {
        let line = line.to_ascii_lowercase();
        line.strip_prefix("content-length: ")?.parse().ok()
    });
    reader.read_exact(&mut vec![0; length.unwrap_or(0)]).expect("a whole request");
    let headers = "Retry-After: 1\r\nContent-Type: text/html\r\nConnection: close";
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n\r\n{body}")
        .expect("it is still there");
    head.into_iter().next().expect("a request")
}
