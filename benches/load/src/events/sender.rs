//! Sends events: as many as can be, or so many a second.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::connection::Connection;
use super::plan::Plan;
use super::tally::Tally;
use crate::failure::{Failure, Result};
use crate::http::Request;

/// Events a second that are made beforehand, and how many at most. Should there
/// be more, they are made on the way, which costs the machine some of its time.
const PREPARED: i64 = 10_000;
const MOST_PREPARED: i64 = 100_000;
/// Events a second of the steady pace that is promised.
pub(crate) const PACE: u32 = 200;
/// From the last preparations to the first event of a steady pace.
const PAUSE: Duration = Duration::from_millis(200);
/// How long a sender waits after an event that was not acknowledged.
const REFUSED: Duration = Duration::from_secs(1);
/// How long answers may take when all is sent.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where to, what, and how long.
pub(crate) struct Sender {
    pub(crate) port: u16,
    pub(crate) plan: Arc<Plan>,
    pub(crate) seconds: u32,
    /// Events a second of a steady pace.
    pub(crate) pace: u32,
}

/// Events, each with the moment in which it has to be sent.
type Queue = Mutex<std::vec::IntoIter<(Instant, Request)>>;

impl Sender {
    /// On each connection one after the other, until the time is over; also
    /// returns how long it took until the last was answered.
    pub(crate) async fn flood(&self) -> Result<(Tally, Duration)> {
        let connections = self.plan.connections();
        let prepared = MOST_PREPARED.min(PREPARED * i64::from(self.seconds));
        let mut all = Vec::new();
        for first in 0..connections {
            let step = usize::try_from(connections)?;
            let made = (first..prepared).step_by(step).map(|event| self.plan.request(event));
            let made: Vec<Request> = made.collect();
            let next = first + i64::try_from(made.len())? * connections;
            let plan = Arc::clone(&self.plan);
            let more = (next..).step_by(step).map(move |event| plan.request(event));
            all.push(made.into_iter().chain(more));
        }
        let mut ready = Vec::new();
        for requests in all {
            ready.push((Connection::open(self.port).await?, requests));
        }
        let started = Instant::now();
        let end = started + self.time();
        let mut tasks = JoinSet::new();
        for (connection, requests) in ready {
            tasks.spawn(one_after_the_other(connection, requests, end));
        }
        Ok((self.all(tasks).await?, started.elapsed()))
    }

    /// So many a second, whether or not others are still under way.
    pub(crate) async fn pace(&self) -> Result<(Tally, Duration)> {
        let pace = self.pace;
        let events = 0..pace * self.seconds;
        let requests: Vec<_> =
            events.map(|event| (event, self.plan.request(event.into()))).collect();
        let mut connections = Vec::new();
        for _ in 0..self.plan.connections() {
            connections.push(Connection::open(self.port).await?);
        }
        let started = Instant::now() + PAUSE;
        let due = |event: u32| started + Duration::from_secs(1) * event / pace;
        let queue: Vec<_> =
            requests.into_iter().map(|(event, request)| (due(event), request)).collect();
        let queue = Arc::new(Mutex::new(queue.into_iter()));
        let mut tasks = JoinSet::new();
        for connection in connections {
            tasks.spawn(when_due(connection, Arc::clone(&queue)));
        }
        Ok((self.all(tasks).await?, started.elapsed()))
    }

    fn time(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }

    async fn all(&self, mut tasks: JoinSet<Tally>) -> Result<Tally> {
        let all = async {
            let mut all = Tally::default();
            while let Some(one) = tasks.join_next().await {
                all.merge(one?);
            }
            Ok::<_, Failure>(all)
        };
        let all = timeout(self.time() + PATIENCE, all).await;
        all.map_err(|_| "the gateway does not answer any more")?
    }
}

async fn one_after_the_other(
    mut connection: Connection,
    requests: impl Iterator<Item = Request>,
    end: Instant,
) -> Tally {
    let mut tally = Tally::default();
    for request in requests {
        let sent = Instant::now();
        if sent >= end {
            break;
        }
        let acknowledged = tally.acknowledged();
        if !send(&mut connection, &request, sent, &mut tally).await {
            break;
        }
        if tally.acknowledged() == acknowledged {
            sleep(REFUSED).await;
        }
    }
    tally
}

/// Whichever connection is free takes the next event. Where none is, the event
/// waits, and that counts.
async fn when_due(mut connection: Connection, queue: Arc<Queue>) -> Tally {
    let mut tally = Tally::default();
    let next = || queue.lock().ok().and_then(|mut queue| queue.next());
    while let Some((due, request)) = next() {
        sleep_until(due).await;
        if !send(&mut connection, &request, due, &mut tally).await {
            break;
        }
    }
    tally
}

/// Whether the connection can be used again.
async fn send(
    connection: &mut Connection,
    request: &Request,
    since: Instant,
    tally: &mut Tally,
) -> bool {
    let answer = connection.send(request).await;
    let usable = answer.is_ok();
    tally.add(answer, since.elapsed());
    usable
}
