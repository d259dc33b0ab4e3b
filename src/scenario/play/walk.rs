//! A walk over the pages of a list: asks for the next page until `totalResults` are seen (`RFC7644 §3.4.2.4`), or where the
//! request has a cursor until no page names another (`RFC9865 §2`), and puts the pages together as one list answer.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::flow::encode_segment;
use crate::scim::urn;
use crate::wire::{Exchange, Request};

/// More pages than any well-behaved server needs in a scenario; a list that never ends must not hang the run.
const MOST_PAGES: usize = 500;

/// A walk under way.
pub(super) struct Walk {
    /// The step's index.
    pub index: usize,
    /// The first request.
    pub request: Request,
    start: u64,
    pages: Vec<Arc<Exchange>>,
    resources: Vec<Value>,
    total: Option<Value>,
    failed: bool,
}

impl Walk {
    pub fn new(index: usize, request: Request) -> Self {
        let start = parameter(&request, "startIndex").and_then(|text| text.parse().ok()).unwrap_or(1).max(1);
        Self { index, request, start, pages: Vec::new(), resources: Vec::new(), total: None, failed: false }
    }

    /// The name of the request that comes next.
    pub fn name(&self, step: &str) -> String {
        format!("{step}#{}", self.pages.len() + 1)
    }

    /// Takes a page; the request of the next one, or `None` at the end.
    pub fn take(&mut self, exchange: &Arc<Exchange>) -> Option<Request> {
        self.pages.push(Arc::clone(exchange));
        let body = exchange.response().filter(|response| response.is_success()).and_then(|response| response.json());
        let Some(Value::Object(mut body)) = body else {
            self.failed = true;
            return None;
        };
        let page = match body.remove("Resources") {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        let total = body.remove("totalResults");
        let next = body.remove("nextCursor");
        let end = total.as_ref().and_then(Value::as_u64).unwrap_or(0);
        self.total = self.total.take().or(total);
        let count = page.len();
        self.start += count as u64;
        self.resources.extend(page);
        if parameter(&self.request, "cursor").is_some() {
            let next = next.as_ref().and_then(Value::as_str).filter(|_| self.pages.len() < MOST_PAGES)?;
            let mut request = self.request.clone();
            request.target = with(&request.target, "cursor", &encode_segment(next));
            return Some(request);
        }
        if count == 0 || self.start > end || self.pages.len() >= MOST_PAGES {
            return None;
        }
        let mut request = self.request.clone();
        request.target = with(&request.target, "startIndex", &self.start.to_string());
        Some(request)
    }

    /// The pages as one exchange, and the exchanges behind it. A page that failed stands for the whole walk.
    pub fn whole(self) -> (Arc<Exchange>, Vec<Arc<Exchange>>) {
        let mut pages = self.pages;
        // `take` was called at least once before a walk ends.
        let last = pages.len().saturating_sub(1);
        let mut whole = Exchange::clone(&pages[if self.failed { last } else { 0 }]);
        if let (false, Ok(response)) = (self.failed, &mut whole.answer) {
            let list = json!({
                "schemas": [urn::LIST_RESPONSE],
                "totalResults": self.total,
                "startIndex": 1,
                "itemsPerPage": self.resources.len(),
                "Resources": self.resources,
            });
            response.body = list.to_string().into_bytes();
        }
        if self.failed {
            pages.rotate_right(1);
        }
        (Arc::new(whole), pages)
    }
}

fn parameter<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.query()?.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// The target with a parameter set in its place, or appended.
fn with(target: &str, name: &str, value: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let wanted = format!("{name}={value}");
    let mut pairs: Vec<String> = query.split('&').filter(|pair| !pair.is_empty()).map(str::to_owned).collect();
    match pairs.iter_mut().find(|pair| pair.strip_prefix(name).is_some_and(|rest| rest.starts_with('='))) {
        Some(pair) => *pair = wanted,
        None => pairs.push(wanted),
    }
    format!("{path}?{}", pairs.join("&"))
}
