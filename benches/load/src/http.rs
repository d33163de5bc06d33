//! Requests as bytes, and a client that sends one at a time.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use crate::failure::{Result, While as _};

/// How long an answer may take; counting many rows on a busy machine is slow.
const PATIENCE: Duration = Duration::from_mins(1);

/// A request, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Request(String);

impl Request {
    pub(crate) fn get(path: &str, token: Option<&str>) -> Self {
        Self(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", authorization(token)))
    }

    pub(crate) fn post(path: &str, token: Option<&str>, json: &str) -> Self {
        Self::post_with(path, &authorization(token), json)
    }

    /// With these header lines, each with its end.
    pub(crate) fn post_with(path: &str, lines: &str, json: &str) -> Self {
        Self(format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\n{lines}Content-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{json}",
            json.len()
        ))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

fn authorization(token: Option<&str>) -> String {
    token.map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"))
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// Head and body, in bytes.
    pub(crate) size: usize,
}

/// A connection that is kept.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    pub(crate) fn connect(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::with_capacity(64 * 1024, stream) })
    }

    pub(crate) fn send(&mut self, request: &Request) -> Result<Answer> {
        self.stream.get_mut().write_all(request.0.as_bytes())?;
        let (mut status, mut length, mut size) = (None, None, 0);
        let mut line = String::new();
        loop {
            line.clear();
            let read = self.stream.read_line(&mut line).during("an answer's head")?;
            if read == 0 {
                return Err("the connection was closed".into());
            }
            size += read;
            let text = line.trim_end();
            if text.is_empty() {
                break;
            }
            if status.is_none() {
                status = text.split(' ').nth(1).and_then(|code| code.parse().ok());
            } else if let Some((name, value)) = text.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok();
            }
        }
        let mut body = vec![0; length.ok_or("an answer without a length")?];
        self.stream.read_exact(&mut body).during("an answer's body")?;
        let status = status.ok_or("an answer without a status")?;
        Ok(Answer { status, size: size + body.len(), body })
    }

    /// As [`Client::send`], but anything other than 200 is an error.
    pub(crate) fn expect(&mut self, request: &Request) -> Result<Answer> {
        let answer = self.send(request)?;
        if answer.status == 200 {
            return Ok(answer);
        }
        let body = String::from_utf8_lossy(&answer.body);
        Err(format!("status {}: {body}", answer.status).into())
    }
}
