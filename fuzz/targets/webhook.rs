#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| card_gateway_fuzz::webhook::check(body));
