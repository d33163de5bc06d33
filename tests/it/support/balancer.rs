//! A small TCP load balancer: it asks each replica's `/readyz` again and again, and
//! connects clients to those that say yes, in turn. It never tries a second replica, so
//! that each refused connection is a failure that the client sees.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::time::timeout;

/// How often each replica is asked.
pub(crate) const CHECK: Duration = Duration::from_millis(100);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_millis(400);

/// The balancer; it ends with the value.
pub(crate) struct Balancer {
    pub(crate) address: SocketAddr,
    replicas: Arc<Mutex<Replicas>>,
    runtime: Runtime,
}

#[derive(Default)]
struct Replicas {
    all: Vec<Replica>,
    turn: usize,
}

struct Replica {
    address: SocketAddr,
    ready: bool,
}

impl Balancer {
    /// A balancer without replicas.
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let bound = runtime.block_on(async { TcpListener::bind("127.0.0.1:0").await });
        let listener = bound.expect("a port");
        let address = listener.local_addr().expect("an address");
        let replicas = Arc::<Mutex<Replicas>>::default();
        let known = Arc::clone(&replicas);
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let chosen = known.lock().expect("no panic").choose();
                tokio::spawn(connect(client, chosen));
            }
        });
        Self { address, replicas, runtime }
    }

    /// Adds a replica, which gets connections once it has said that it is ready.
    pub(crate) fn add(&self, address: SocketAddr) {
        self.replicas.lock().expect("no panic").all.push(Replica { address, ready: false });
        let replicas = Arc::clone(&self.replicas);
        self.runtime.spawn(async move {
            loop {
                let asked = timeout(PATIENCE, is_ready(address)).await;
                match (replicas.lock().expect("no panic").find(address), asked) {
                    (Some(replica), Ok(ready)) => replica.ready = ready.unwrap_or(false),
                    // A slow answer changes nothing: the machine runs other tests as well.
                    (Some(_), Err(_)) => {}
                    (None, _) => return,
                }
                tokio::time::sleep(CHECK).await;
            }
        });
    }

    /// Forgets a replica that has ended.
    pub(crate) fn remove(&self, address: SocketAddr) {
        self.replicas.lock().expect("no panic").all.retain(|replica| replica.address != address);
    }

    /// Whether a replica gets connections.
    pub(crate) fn uses(&self, address: SocketAddr) -> bool {
        self.replicas.lock().expect("no panic").find(address).is_some_and(|replica| replica.ready)
    }
}

impl Replicas {
    fn find(&mut self, address: SocketAddr) -> Option<&mut Replica> {
        self.all.iter_mut().find(|replica| replica.address == address)
    }

    fn choose(&mut self) -> Option<SocketAddr> {
        let ready: Vec<_> = self.all.iter().filter(|replica| replica.ready).collect();
        self.turn += 1;
        ready.get(self.turn % ready.len().max(1)).map(|replica| replica.address)
    }
}

/// Connects a client to a replica until one of them hangs up.
async fn connect(mut client: TcpStream, replica: Option<SocketAddr>) {
    let Some(replica) = replica else { return };
    if let Ok(mut stream) = TcpStream::connect(replica).await {
        // The client sees what goes wrong.
        let _ = copy_bidirectional(&mut client, &mut stream).await;
    }
}

/// Whether a replica says so; none if it does not answer.
async fn is_ready(address: SocketAddr) -> Option<bool> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let request = b"GET /readyz HTTP/1.1\r\nhost: balancer\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    Some(answer.starts_with(b"HTTP/1.1 200 "))
}
