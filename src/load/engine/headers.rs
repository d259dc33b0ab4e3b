//! The headers that are the same in every request of an engine: what the client sends of itself, and the credentials.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::client::Way;
use crate::idp;
use crate::load::shard::Job;

/// Blocks of headers, made once for every client and again when credentials were renewed.
pub(super) struct Headers {
    way: Arc<Way>,
    authority: String,
    version: u64,
    blocks: Vec<Block>,
}

/// The headers that do not change, by client and by whether there is a body.
struct Block {
    client: Option<String>,
    read: HeaderMap,
    write: HeaderMap,
}

impl Headers {
    /// The headers of requests on that way.
    pub(super) fn new(way: Arc<Way>) -> Self {
        let (authority, _) = way.authority_and_path();
        Self { way, authority, version: u64::MAX, blocks: Vec::new() }
    }

    /// The headers of a request.
    pub(super) fn of(&mut self, job: &Job) -> HeaderMap {
        let version = self.way.version();
        if self.version != version {
            (self.version, self.blocks) = (version, Vec::new());
        }
        let client = job.call.client.as_deref();
        let known = self.blocks.iter().position(|block| block.client.as_deref() == client);
        let place = known.unwrap_or_else(|| {
            self.blocks.push(self.block(client));
            self.blocks.len() - 1
        });
        let block = &self.blocks[place];
        if job.body.is_some() { block.write.clone() } else { block.read.clone() }
    }

    fn block(&self, client: Option<&str>) -> Block {
        let plain = |body: bool| {
            let mut all = vec![("Accept".to_owned(), "application/scim+json".to_owned())];
            if body {
                all.push(("Content-Type".to_owned(), "application/scim+json".to_owned()));
            }
            all
        };
        let known = client.and_then(idp::client);
        let block = |body: bool| {
            let given = known.map(|it| if body { it.headers_write.clone() } else { it.headers_read.clone() });
            let mut headers = HeaderMap::new();
            let mut put = |name: &str, value: &str| {
                if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                    headers.insert(name, value);
                }
            };
            if !self.way.http2 {
                put("host", &self.authority);
            }
            for (name, value) in given.unwrap_or_else(|| plain(body)) {
                // Answers are read as they come: a driver that unpacks them measures itself.
                if !name.eq_ignore_ascii_case("Accept-Encoding") {
                    put(&name, &value);
                }
            }
            if !headers.contains_key("user-agent") {
                headers
                    .insert("user-agent", HeaderValue::from_static(concat!("scimproof/", env!("CARGO_PKG_VERSION"))));
            }
            for (name, secret) in self.way.headers().iter() {
                if let (Ok(name), Ok(mut value)) = (HeaderName::try_from(name), HeaderValue::try_from(secret.expose()))
                {
                    value.set_sensitive(true);
                    headers.insert(name, value);
                }
            }
            headers
        };
        Block { client: client.map(str::to_owned), read: block(false), write: block(true) }
    }
}

/// How long the server wants to be left alone, where it says so in seconds (`RFC9110 §10.2.3`).
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
