//! What defects are written with: looking at requests, changing requests and answers. It knows nothing of servers beyond
//! the [`World`] that it is handed.

use serde_json::{Map, Value, json};

use super::World;
use crate::wire::{Headers, Method, Request, Response, Root};

/// A JSON object.
pub type Object = Map<String, Value>;

/// Sets a member of what may be an object.
pub trait Put {
    /// Sets the member; does nothing where there is no object.
    fn put(&mut self, name: &str, content: impl Into<Value>);
}

impl Put for Value {
    fn put(&mut self, name: &str, content: impl Into<Value>) {
        if let Some(object) = self.as_object_mut() {
            object.insert(name.to_owned(), content.into());
        }
    }
}

/// The path below the SCIM base, without query; empty for a request to the admin and auth surface.
pub fn path(request: &Request) -> &str {
    if request.root == Root::Scim { request.path() } else { "" }
}

/// The id in `/Users/{id}` for the endpoint `/Users`.
pub fn id_below<'a>(request: &'a Request, endpoint: &str) -> Option<&'a str> {
    path(request).strip_prefix(endpoint)?.strip_prefix('/').filter(|id| !id.starts_with('.'))
}

/// A request of that method to exactly that endpoint.
pub fn is(request: &Request, method: Method, endpoint: &str) -> bool {
    request.method == method && path(request) == endpoint
}

/// A request of that method to one resource below the endpoint.
pub fn is_one(request: &Request, method: Method, endpoint: &str) -> bool {
    request.method == method && id_below(request, endpoint).is_some()
}

/// A request for a list of users or groups.
pub fn lists(request: &Request) -> bool {
    request.method == Method::Get && matches!(path(request), "/Users" | "/Groups")
}

/// The query, decoded.
pub fn query(request: &Request) -> Vec<(String, String)> {
    let query = request.query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// The value of a query parameter.
pub fn parameter(request: &Request, name: &str) -> Option<String> {
    query(request).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// The request with another value of a parameter, or without it.
pub fn with_parameter(mut request: Request, name: &str, value: Option<&str>) -> Request {
    let mut pairs = query(&request);
    pairs.retain(|(key, _)| key != name);
    pairs.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    request.target = format!("{}?{query}", request.path());
    request
}

/// Attribute and literal of a filter `attribute eq "literal"`.
pub fn equality(request: &Request) -> Option<(String, String)> {
    let filter = parameter(request, "filter")?;
    let (name, rest) = filter.split_once(' ')?;
    let literal = rest.trim().get(..2).filter(|op| op.eq_ignore_ascii_case("eq")).map(|_| rest.trim()[2..].trim())?;
    Some((name.to_owned(), serde_json::from_str(literal).ok()?))
}

/// The JSON body; null if there is none.
pub fn body(request: &Request) -> Value {
    request.body.as_deref().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default()
}

/// The request with its JSON body changed.
pub fn with_body(mut request: Request, change: impl FnOnce(&mut Value)) -> Request {
    if let Some(mut body) = request.body.as_deref().and_then(|body| serde_json::from_slice(body).ok()) {
        change(&mut body);
        let bytes = body.to_string().into_bytes();
        request.headers.set("Content-Length", bytes.len().to_string());
        request.body = Some(bytes);
    }
    request
}

/// The answer with its JSON body changed.
pub fn edit(mut response: Response, change: impl FnOnce(&mut Value)) -> Response {
    if let Some(mut body) = response.json() {
        change(&mut body);
        response.body = body.to_string().into_bytes();
    }
    response
}

/// Changes every resource in a body: the one, or those of a list.
pub fn each(response: Response, mut change: impl FnMut(&mut Object)) -> Response {
    edit(response, |body| {
        if let Some(items) = body.get_mut("Resources").and_then(Value::as_array_mut) {
            items.iter_mut().filter_map(Value::as_object_mut).for_each(change);
        } else if let Some(resource) = body.as_object_mut().filter(|body| body.contains_key("id")) {
            change(resource);
        }
    })
}

/// As [`each`], for the answers of one endpoint.
pub fn each_of(world: &World, request: Request, endpoint: &str, change: impl FnMut(&mut Object)) -> Response {
    let own = path(&request).starts_with(endpoint);
    let response = world.pass(request);
    if own { each(response, change) } else { response }
}

/// Keeps only some resources of a list; the total follows.
pub fn keep(response: Response, good: impl FnMut(&Value) -> bool) -> Response {
    edit(response, |body| {
        if let Some(items) = body.get_mut("Resources").and_then(Value::as_array_mut) {
            let before = items.len();
            let mut good = good;
            items.retain(|item| good(item));
            let (gone, left) = (before - items.len(), items.len());
            let total = body["totalResults"].as_u64().unwrap_or_default();
            body.put("totalResults", total.saturating_sub(u64::try_from(gone).unwrap_or_default()));
            body.put("itemsPerPage", left);
        }
    })
}

/// The operations of a PATCH body.
pub fn operations(body: &mut Value) -> Option<&mut Vec<Value>> {
    let key = body.as_object()?.keys().find(|key| key.eq_ignore_ascii_case("Operations"))?.clone();
    body.get_mut(&key)?.as_array_mut()
}

/// The operations of a PATCH request, copied.
pub fn operations_of(request: &Request) -> Vec<Value> {
    operations(&mut body(request)).cloned().unwrap_or_default()
}

/// Without path or with an empty one.
pub fn is_pathless(operation: &Value) -> bool {
    operation["path"].as_str().is_none_or(str::is_empty)
}

/// The `op` of an operation in lower case.
pub fn op(operation: &Value) -> String {
    operation["op"].as_str().unwrap_or_default().to_ascii_lowercase()
}

/// A PATCH without the operations that are bad; one that has none left answers as if it had been carried out.
pub fn without(world: &World, request: Request, bad: impl Fn(&Value) -> bool) -> Response {
    let path = path(&request).to_owned();
    if request.method != Method::Patch || path.is_empty() {
        return world.pass(request);
    }
    let request = with_body(request, |body| {
        if let Some(operations) = operations(body) {
            operations.retain(|operation| !bad(operation));
        }
    });
    if operations_of(&request).is_empty() {
        return world.ask(Method::Get, &path, None);
    }
    world.pass(request)
}

/// Refuses a PATCH that has a bad operation.
pub fn refuse(world: &World, request: Request, kind: &str, bad: impl Fn(&Value) -> bool) -> Response {
    if request.method == Method::Patch && operations_of(&request).iter().any(bad) {
        return error(400, Some(kind));
    }
    world.pass(request)
}

/// A SCIM error.
pub fn error(status: u16, kind: Option<&str>) -> Response {
    let mut body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": status.to_string(),
        "detail": "refused by a defect",
    });
    if let Some(kind) = kind {
        body.put("scimType", kind);
    }
    answer(status, &body)
}

/// An answer with a SCIM body.
pub fn answer(status: u16, body: &Value) -> Response {
    let headers: Headers = [("Content-Type", "application/scim+json")].into_iter().collect();
    Response { status, headers, body: body.to_string().into_bytes() }
}

/// The path of a request to the admin and auth surface; empty for one below the SCIM base.
pub fn admin_path(request: &Request) -> &str {
    if request.root == Root::Admin { request.path() } else { "" }
}

/// Changes every object for which `own` holds, however deep it lies in the answer.
pub fn edit_where(response: Response, own: impl Fn(&Value) -> bool, mut change: impl FnMut(&mut Value)) -> Response {
    fn visit(value: &mut Value, own: &dyn Fn(&Value) -> bool, change: &mut dyn FnMut(&mut Value)) {
        if own(value) {
            change(value);
        }
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| visit(item, own, change)),
            Value::Object(members) => members.values_mut().for_each(|member| visit(member, own, change)),
            _ => {}
        }
    }
    edit(response, |body| visit(body, &own, &mut change))
}

/// A field of a form body (`application/x-www-form-urlencoded`).
pub fn form(request: &Request, name: &str) -> Option<String> {
    let pairs = url::form_urlencoded::parse(request.body.as_deref()?);
    pairs.into_owned().find(|(key, _)| key == name).map(|(_, value)| value)
}
