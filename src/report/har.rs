//! The exchanges as an HTTP archive, HAR 1.2, which browsers and proxies open. Credentials were never in an exchange.

use std::io;

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Report;
use super::json::{bytes_text, headers, milliseconds};
use crate::wire::{Exchange, Headers};

/// Writes the archive; `began` is when the run began.
///
/// # Errors
/// The writer's.
pub fn write(report: &Report, began: OffsetDateTime, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Archive { report, began })?;
    out.write_all(b"\n")
}

struct Archive<'a> {
    report: &'a Report<'a>,
    began: OffsetDateTime,
}

struct Log<'a>(&'a Archive<'a>);

struct Entries<'a>(&'a Archive<'a>);

impl Serialize for Archive<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([("log", Log(self))])
    }
}

impl Serialize for Log<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("version", "1.2")?;
        map.serialize_entry("creator", &json!({"name": "scimproof", "version": env!("CARGO_PKG_VERSION")}))?;
        map.serialize_entry("entries", &Entries(self.0))?;
        map.end()
    }
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.report.exchanges.iter().map(|it| entry(self.0, it)))
    }
}

fn entry(archive: &Archive, it: &Exchange) -> Value {
    let report = archive.report;
    let url = report.clean(&it.url);
    let query: Vec<Value> = url::Url::parse(&url)
        .iter()
        .flat_map(|url| {
            url.query_pairs().map(|(name, value)| json!({"name": name, "value": value})).collect::<Vec<_>>()
        })
        .collect();
    let mut request = json!({
        "method": it.request.method.as_str(),
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": pairs(report, &it.request.headers),
        "queryString": query,
        "headersSize": -1,
        "bodySize": it.request.body.as_ref().map_or(0, Vec::len),
    });
    if let Some(body) = &it.request.body {
        request["postData"] = json!({"mimeType": media_type(&it.request.headers), "text": bytes_text(report, body)});
    }
    let (status, answer_headers, body) = match &it.answer {
        Ok(answer) => (answer.status, pairs(report, &answer.headers), answer.body.as_slice()),
        Err(_) => (0, Vec::new(), &[][..]),
    };
    let mime = it.response().map(|answer| media_type(&answer.headers)).unwrap_or_default();
    let time = milliseconds(it.duration);
    json!({
        // A date beyond the calendar is none; no run begins there.
        "startedDateTime": (archive.began + it.started).format(&Rfc3339).unwrap_or_default(),
        "time": time,
        "request": request,
        "response": {
            "status": status,
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": answer_headers,
            "content": {"size": body.len(), "mimeType": mime, "text": bytes_text(report, body)},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": body.len(),
        },
        "cache": {},
        "timings": {"send": 0, "wait": time, "receive": 0},
        "comment": match &it.answer {
            Ok(_) => it.id.0.to_string(),
            Err(failure) => format!("{}: {}", it.id.0, report.clean(&failure.reason)),
        },
    })
}

fn pairs(report: &Report, of: &Headers) -> Vec<Value> {
    headers(report, of).into_iter().map(|[name, value]| json!({"name": name, "value": value})).collect()
}

fn media_type(headers: &Headers) -> String {
    headers.get("Content-Type").unwrap_or_default().to_owned()
}
