#![no_main]

libfuzzer_sys::fuzz_target!(|text: &[u8]| card_gateway_fuzz::query::check(text));
