//! Compressed answers. Only gzip: every client has it, and it costs least.

use axum::http::StatusCode;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

/// Shorter answers, in bytes, are sent as they are: they fit into one packet.
const FROM: u16 = 1024;

/// The layer that compresses the answers of clients that accept it: whole answers, not
/// streams of events, each of which has to leave at once. Answers that are compressed
/// already stay as they are.
pub fn layer() -> CompressionLayer<impl Predicate> {
    let whole = |status: StatusCode, _, _: &_, _: &_| status != StatusCode::SWITCHING_PROTOCOLS;
    let worthwhile =
        SizeAbove::new(FROM).and(NotForContentType::IMAGES).and(NotForContentType::SSE);
    // The fastest level: a page of JSON becomes a sixth; the best one takes several times as
    // long for a seventh.
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worthwhile.and(whole))
}
