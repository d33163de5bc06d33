//! Starts an issuer and prints where it is:
//!
//! ```sh
//! cargo run -p card-gateway-sandbox --example issuer -- --customers 5000 --port 9090
//! ```

use std::time::{Duration, Instant};

use card_gateway_sandbox::issuer::{
    Fill, Issuer, IssuerOptions, Purchase, RateLimit, SenderOptions,
};
use clap::Parser;

/// A card issuer on this machine.
#[derive(Parser)]
struct Arguments {
    /// How many customers it has.
    #[arg(long, default_value_t = 5_000)]
    customers: usize,
    /// The same seed makes the same customers.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The port on 127.0.0.1; 0 is a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// How many calls a minute are allowed; no limit by default.
    #[arg(long)]
    calls_per_minute: Option<u32>,
    /// Where webhooks are posted; a loopback address. Its secret is printed.
    #[arg(long)]
    webhook: Option<String>,
    /// Something happens so many times a second.
    #[arg(long, default_value_t = 0)]
    purchases_per_second: u32,
}

fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let begun = Instant::now();
    let issuer = Issuer::start(IssuerOptions {
        port: arguments.port,
        rate_limit: arguments.calls_per_minute.map(RateLimit::per_minute),
        sender: SenderOptions::every(Duration::from_secs(2)),
        ..IssuerOptions::default()
    })?;
    let Arguments { customers, seed, .. } = arguments;
    issuer.act(|program| program.fill(Fill { seed, ..Fill::of(customers) }));
    println!("{customers} customers in {:?}", begun.elapsed());
    println!("base URL    {}", issuer.url());
    if let Some(keys) = issuer.credentials("demo") {
        println!("api_key     {}\napi_secret  {}", keys.api_key, keys.api_secret);
    }
    if let Some(url) = &arguments.webhook {
        let subscription = issuer.act(|program| program.subscribe(url, &["*"]));
        println!("webhooks    to {url}, secret {}", subscription.secret);
    }
    println!("Ctrl-C stops it.");
    play(&issuer, arguments.purchases_per_second)
}

/// Lets customers buy things for ever.
fn play(issuer: &Issuer, per_second: u32) -> ! {
    let spenders: Vec<String> = issuer.act(|program| {
        let spend = program.customers().filter(|customer| customer.cards_count() > 0);
        spend.map(|customer| customer.yativo_card_id.clone()).collect()
    });
    let mut turn = 0;
    loop {
        if per_second == 0 || spenders.is_empty() {
            std::thread::park();
            continue;
        }
        std::thread::sleep(Duration::from_secs(1) / per_second);
        let who = &spenders[turn % spenders.len()];
        turn += 7;
        issuer.act(|program| {
            // A customer whose cards are all void buys nothing.
            if let Ok(key) = program.authorize(who, Purchase::of(1_250)) {
                let _ = program.settle(key, None);
            }
        });
    }
}
