//! The section of one operation.

use serde_json::Value;

use super::html::{self, Entry, block, list, marked};
use super::reader::{Reader, items, plain};
use crate::openapi::sample;
use crate::site::frame::escaped;

/// An operation: a path with a method.
pub(super) struct Route<'a> {
    path: &'a str,
    method: &'a str,
    operation: &'a Value,
}

impl<'a> Route<'a> {
    /// All operations of a document.
    pub(super) fn all(document: &'a Value) -> Vec<Self> {
        let paths = document["paths"].as_object().into_iter().flatten();
        let routes = paths.flat_map(|(path, item)| {
            let all = item.as_object().into_iter().flatten();
            let operations = all.filter(|(_, operation)| operation["operationId"].is_string());
            operations.map(move |(method, operation)| Self { path, method, operation })
        });
        routes.collect()
    }

    /// Its entry in the table of contents.
    pub(super) fn entry(&self) -> String {
        let Self { operation, .. } = self;
        let (id, summary) = (plain(&operation["operationId"]), plain(&operation["summary"]));
        format!("<li><a href=\"#{}\">{}</a></li>\n", escaped(&id), escaped(&summary))
    }

    /// Its section.
    pub(super) fn section(&self, read: Reader<'a>) -> String {
        let operation = self.operation;
        let id = plain(&operation["operationId"]);
        let parameters = items(&operation["parameters"]).iter();
        let body = json(&operation["requestBody"]);
        let success = &operation["responses"]["200"];
        let mut html = format!(
            "<section id=\"{}\">\n<h2>{}</h2>\n<p class=\"address\"><code><b>{}</b> {}</code></p>\n<p>{}</p>\n",
            escaped(&id),
            escaped(&plain(&operation["summary"])),
            self.method.to_uppercase(),
            escaped(self.path),
            marked(&plain(&operation["description"])),
        );
        html += &html::part("Parameters", &list(parameters.map(|of| parameter(read, of))));
        html += &html::part("Body", &list(read.members(body, "").into_iter()));
        if let Some(sample) = sample(&id) {
            let request = block("request", "Request", sample.request);
            let response = block("response", "Response", sample.response);
            html += &html::part("Example", &(request + &response));
        }
        html += &html::part("Response", &list(read.members(json(success), "").into_iter()));
        html += &html::part("Errors", &self.errors(read));
        html + "</section>\n"
    }

    fn errors(&self, read: Reader<'a>) -> String {
        let responses = self.operation["responses"].as_object().into_iter().flatten();
        let errors = responses.filter(|(status, _)| *status != "200");
        let described = errors.map(|(status, response)| (status, read.at(response)));
        let (ours, others): (Vec<_>, Vec<_>) =
            described.partition(|(_, response)| code(response).is_string());
        // What the issuer answers comes first; it has no code of ours.
        let others = others.into_iter().map(|(status, response)| Entry {
            name: status.clone(),
            kind: String::new(),
            words: plain(&response["description"]),
        });
        list(others.chain(ours.into_iter().map(|(status, response)| error(status, response))))
    }
}

/// The schema of a JSON body.
fn json(of: &Value) -> &Value {
    &of["content"]["application/json"]["schema"]
}

fn parameter<'a>(read: Reader<'a>, of: &'a Value) -> Entry {
    let place = match of["in"].as_str() {
        Some("path") => "in the path",
        Some("header") => "header",
        _ => "",
    };
    let need = if of["required"] == true { "required" } else { "" };
    let kind = read.kind(&of["schema"]);
    let kind = [kind.as_str(), place, need].into_iter().filter(|text| !text.is_empty());
    Entry {
        name: plain(&of["name"]),
        kind: kind.collect::<Vec<_>>().join(", "),
        words: plain(&of["description"]),
    }
}

/// The code of an error of ours; null for another response.
fn code(response: &Value) -> &Value {
    &json(response)["allOf"][1]["properties"]["error"]["enum"][0]
}

fn error(status: &str, response: &Value) -> Entry {
    let code = match code(response) {
        // Its schema names the codes only where there are no others.
        Value::Null => &response["content"]["application/json"]["example"]["error"],
        code => code,
    };
    let headers = response["headers"].as_object().into_iter().flatten();
    let own = headers.filter(|(_, header)| header["$ref"].is_null());
    let own: Vec<String> = own.map(|(name, _)| format!(" Header: `{name}`.")).collect();
    Entry {
        name: status.to_owned(),
        // A few errors have a sentence instead of a code.
        kind: if code.is_null() { String::new() } else { format!("`{}`", plain(code)) },
        words: plain(&response["description"]) + &own.concat(),
    }
}
