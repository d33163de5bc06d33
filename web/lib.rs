//! The files of the pages at `/graphiql` and `/customers`, as the build made them of
//! the npm project beside this file. A build without npm has the reason instead.

/// A file of a page.
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

/// The files of each page.
#[derive(Clone, Copy, Debug)]
pub struct Pages {
    /// GraphiQL.
    pub graphiql: &'static [File],
    /// Customers, for people who do not write queries.
    pub customers: &'static [File],
}

/// The pages, or why there are none: a clause without a full stop.
pub const PAGES: Result<Pages, &str> = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The style of the page's bar and messages, for a page that is like it.
pub const STYLE: &str = include_str!("src/page.css");
