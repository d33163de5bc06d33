//! A simulated card network: customers of the sample program use their cards, a few
//! times per second. It sends webhooks that are signed like the issuer's.

mod events;
mod network;
mod players;

use std::time::Duration;

use fastrand::Rng;
use tokio::time::sleep;

use self::network::Network;
pub(super) use self::players::Players;
use crate::domain::time::Timestamp;
use crate::webhooks::{Sample, Sender};

/// Consecutive failures after which the simulation stops.
const MAX_FAILURES: u32 = 20;

/// Sends events until it is stopped, or the gateway stops answering.
pub(super) async fn play(sender: Sender, players: Players) {
    let mut rng = Rng::new();
    let mut network = Network::new(players);
    while network.can_play() {
        pause(&mut rng).await;
        for event in network.next(Timestamp::now(), &mut rng) {
            if !deliver(&sender, &event, &mut rng).await {
                return;
            }
        }
    }
}

async fn pause(rng: &mut Rng) {
    sleep(Duration::from_millis(rng.u64(150..500))).await;
}

/// Sends an event until it is stored, like the issuer. Returns whether it is.
async fn deliver(sender: &Sender, event: &Sample, rng: &mut Rng) -> bool {
    let body = event.body(rng);
    for _ in 0..MAX_FAILURES {
        let sent = sender.send(&event.event_type, body.clone()).await;
        if sent.is_ok_and(|sent| sent.status == 200) {
            return true;
        }
        pause(rng).await;
    }
    false
}
