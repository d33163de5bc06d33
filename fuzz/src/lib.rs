//! What must be so whatever comes in. The targets ask it of what the fuzzer
//! finds; a test of the gateway, of the corpus and of texts that are like it.

pub mod query;
pub mod webhook;
