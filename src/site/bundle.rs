//! Pages that are bundled with the program: their files, which the build has compressed.

use std::io::Read as _;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get};
use card_gateway_web::File;

use crate::http::accept;

/// The name of the page itself among its files.
const PAGE: &str = "index.html";

/// For files whose name contains a hash of their content.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// A page at a path, and its files below.
pub(super) fn router(path: &str, files: &'static [File], policy: &'static str) -> Router {
    let page = files.iter().find(|file| file.path == PAGE);
    let page = page.map(|page| Router::new().route(path, compressed(page, policy, "no-cache")));
    page.unwrap_or_default().merge(files_below(path, files, policy))
}

/// The files below a page, without the page itself.
pub(super) fn files_below(path: &str, files: &'static [File], policy: &'static str) -> Router {
    files.iter().filter(|file| file.path != PAGE).fold(Router::new(), |router, file| {
        router.route(&format!("{path}/{}", file.path), compressed(file, policy, IMMUTABLE))
    })
}

/// The HTML of the page itself.
pub(super) fn html(files: &[File]) -> String {
    let page = files.iter().find(|file| file.path == PAGE);
    let html = page.map(decompressed).unwrap_or_default();
    String::from_utf8_lossy(&html).into_owned()
}

/// A file in the encoding that the client prefers.
fn compressed(file: &'static File, policy: &'static str, caching: &'static str) -> MethodRouter {
    let kind = kind_of(file.path);
    let plain = Arc::new(OnceLock::new());
    get(async move |headers: HeaderMap| {
        let about = [
            (header::CONTENT_TYPE, kind),
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::CACHE_CONTROL, caching),
            (header::VARY, "accept-encoding"),
        ];
        let encoded = |name: &'static str, content: &'static [u8]| {
            ([(header::CONTENT_ENCODING, name)], content).into_response()
        };
        let content = match preferred(&headers) {
            Encoding::Brotli => encoded("br", file.brotli),
            Encoding::Gzip => encoded("gzip", file.gzip),
            Encoding::None => plain.get_or_init(|| decompressed(file)).clone().into_response(),
        };
        (about, content)
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Brotli,
    Gzip,
    None,
}

/// The encoding that the client prefers; of equal ones the smaller.
fn preferred(headers: &HeaderMap) -> Encoding {
    let quality_of = |encoding: &str| {
        let mut all = accept::qualities(headers, &header::ACCEPT_ENCODING);
        all.find(|(name, _)| name == encoding).map_or(0, |(_, quality)| quality)
    };
    let (brotli, gzip) = (quality_of("br"), quality_of("gzip"));
    match brotli.max(gzip) {
        0 => Encoding::None,
        best if best == brotli => Encoding::Brotli,
        _ => Encoding::Gzip,
    }
}

/// The content of a file as it is without compression.
fn decompressed(file: &File) -> Bytes {
    let mut content = Vec::new();
    let read = flate2::read::GzDecoder::new(file.gzip).read_to_end(&mut content);
    read.unwrap_or_else(|error| unreachable!("the build has compressed {}: {error}", file.path));
    content.into()
}

fn kind_of(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("ttf") => "font/ttf",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_encoding_wins() {
        for (accept, expected) in [
            ("", Encoding::None),
            ("identity", Encoding::None),
            ("gzip;q=0, br;q=0", Encoding::None),
            ("gzip, deflate", Encoding::Gzip),
            ("gzip, deflate, br, zstd", Encoding::Brotli),
            ("gzip;q=1, br;q=0.1", Encoding::Gzip),
            ("GZIP;q=0.5, br", Encoding::Brotli),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, accept.parse().expect("a header"));
            assert_eq!(preferred(&headers), expected, "{accept}");
        }
    }
}
