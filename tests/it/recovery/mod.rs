//! Events that the issuer could not deliver are fetched from it. The issuer is the one of
//! the sandbox. `background`: in a server. `by_hand`: `events recover`. `odd`: answers
//! that the sandbox does not give. `subscription`: one that is switched off.

mod background;
mod by_hand;
mod odd;
mod subscription;
mod world;
