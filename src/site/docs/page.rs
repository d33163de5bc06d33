//! The reference page, rendered from the OpenAPI document.

use serde_json::Value;

use super::html::{Entry, list, marked};
use super::reader::{Reader, plain};
use super::route::Route;
use crate::site::frame::page;

/// The page.
pub(super) fn of(document: &Value) -> String {
    let read = Reader(document);
    let components = &document["components"];
    let routes = Route::all(document);
    let contents: String = routes.iter().map(Route::entry).collect();
    let routes: String = routes.iter().map(|route| route.section(read)).collect();
    let errors = read.members(&components["schemas"]["Failure"], "");
    let headers = components["headers"].as_object().into_iter().flatten();
    let headers = headers.map(|(name, of)| header(read, name, of));
    let body = include_str!("page.html")
        .replace("{version}", &marked(&plain(&document["info"]["version"])))
        .replace("{about}", &marked(&plain(&document["info"]["description"])))
        .replace("{contents}", &contents)
        .replace("{routes}", &routes)
        .replace("{errors}", &list(errors.into_iter()))
        .replace("{headers}", &list(headers));
    page("card-gateway · REST", &body)
}

fn header<'a>(read: Reader<'a>, name: &str, of: &'a Value) -> Entry {
    let words = plain(&of["description"]);
    Entry { name: name.to_owned(), kind: read.kind(&of["schema"]), words }
}
