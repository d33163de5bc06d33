//! A connection that is kept, one of many that a single thread looks after.

use std::net::Ipv4Addr;
use std::str;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::failure::{Result, While as _};
use crate::http::Request;

/// More than any answer has.
const BUFFER: usize = 8 * 1024;

pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(super) async fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
        let stream = stream.during("a connection to the gateway")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; BUFFER] })
    }

    /// Sends a request, and returns the status and the body of its answer.
    pub(super) async fn send(&mut self, request: &Request) -> Result<(u16, &[u8])> {
        self.stream.write_all(request.as_str().as_bytes()).await?;
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            if read == 0 {
                return Err("an answer ended too early, or was too long".into());
            }
            filled += read;
            if let Some(head) = Head::of(&self.buffer[..filled])?
                && filled >= head.size + head.length
            {
                return Ok((head.status, &self.buffer[head.size..filled]));
            }
        }
    }
}

/// What the head of an answer says.
#[derive(Debug, PartialEq)]
struct Head {
    status: u16,
    /// Of the head itself.
    size: usize,
    /// Of the body.
    length: usize,
}

impl Head {
    /// None if it is not complete yet.
    fn of(answer: &[u8]) -> Result<Option<Self>> {
        const END: &[u8] = b"\r\n\r\n";
        let Some(end) = answer.windows(END.len()).position(|bytes| bytes == END) else {
            return Ok(None);
        };
        let mut lines = str::from_utf8(&answer[..end])?.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let length = lines.find_map(|line| {
            let (name, value) = line.split_once(':')?;
            if name.eq_ignore_ascii_case("content-length") {
                value.trim().parse().ok()
            } else {
                None
            }
        });
        Ok(Some(Self {
            status: status.ok_or("an answer without a status")?,
            size: end + END.len(),
            length: length.ok_or("an answer without a length")?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_there() {
        let head = b"HTTP/1.1 200 OK\r\ncontent-type: a\r\nContent-Length: 12\r\n\r\n";
        let read = |bytes| Head::of(bytes).expect("a good head");
        assert_eq!(read(&head[..head.len() - 1]), None);
        let expected = Head { status: 200, size: head.len(), length: 12 };
        assert_eq!(read(&head[..]), Some(expected));
        assert!(Head::of(b"HTTP/1.1 204 No Content\r\n\r\n").is_err());
    }
}
