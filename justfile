# The commands of daily work: `just` lists them. Without just, run the lines below by hand.

set dotenv-load

# List the recipes
default:
    @{{ just_executable() }} --list

# Serve the database that the settings name (SQLite without settings)
run *arguments:
    cargo run -- serve {{ arguments }}

# Serve a sample program with 5,000 customers from a temporary database
demo *arguments:
    cargo run --release -- demo {{ arguments }}

# Run all tests; those whose tool is missing are skipped with a message
test *arguments:
    cargo test --workspace --locked {{ arguments }}

# Tests that take several seconds each: large data, and the demo
slow := "--skip corpus:: --skip killed:: --skip demo --skip a_long_import --skip its_files_come --skip a_thousand_idle --skip very_large_read --skip ten_thousand"

# Run the tests that need only Rust and SQLite, without the slow ones: less than a minute
test-fast *arguments:
    CARD_GATEWAY_TESTS=fast cargo test --locked --lib --test it -- --test-threads 4 {{ slow }} {{ arguments }}

# Check formatting and lints, as CI does
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo clippy --locked --no-default-features -- -D warnings
    cargo clippy --locked --all-targets --features otel -- -D warnings
    cargo fmt --manifest-path benches/load/Cargo.toml --check
    cargo clippy --manifest-path benches/load/Cargo.toml --all-targets --locked -- -D warnings

# Regenerate schema.graphql from the program
schema:
    cargo run --quiet -- schema > schema.graphql.new
    mv schema.graphql.new schema.graphql

# Regenerate openapi.json from the program
openapi:
    cargo run --quiet -- openapi > openapi.json.new
    mv openapi.json.new openapi.json

# Regenerate docs/settings.md from the comments of src/config.default.toml
settings:
    UPDATE=1 cargo test --quiet --locked --test it docs::settings

# Replace the snapshots of tests with what the program answers now; review the difference
snapshots *arguments:
    INSTA_UPDATE=always CARD_GATEWAY_TESTS=fast cargo test --quiet --locked --test it {{ arguments }}

# Regenerate everything that is generated
generate: schema openapi settings

# Measure requests inside the process; `just bench-load` measures a loaded server
bench *arguments:
    cargo bench --bench inside {{ arguments }}

# Load a server beside a hand-written one (needs wrk and PostgreSQL; see benches/load/README.md)
bench-load *arguments:
    cargo run --release --manifest-path benches/load/Cargo.toml -- {{ arguments }}

# Run everything that CI runs
ci:
    .ci/run
