//! The GraphiQL page's files, as the build made them of the npm project beside
//! this file. Whoever builds without npm gets the reason instead.

/// A file of the page.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Its path below the page's own, like `assets/page-Cx1.js`. The page itself is
    /// `index.html`; all others have a hash of their content in the name.
    pub path: &'static str,
    /// Its content, compressed with gzip.
    pub gzip: &'static [u8],
    /// Its content, compressed with Brotli.
    pub brotli: &'static [u8],
}

/// The files, or why there are none: a clause without a full stop.
pub const FILES: Result<&[File], &str> = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The style of the page's bar and messages, for a page that is like it.
pub const STYLE: &str = include_str!("src/page.css");
