//! The `card-gateway` program: see [`card_gateway::cli`].

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    card_gateway::cli::run()
}
