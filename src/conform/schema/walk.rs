//! The scenarios for one published resource type, one for each characteristic that its attributes can break.

use serde_json::{Map, Value, json};

use super::super::Written;
use super::patched::patched;
use super::read::{Attribute, Part, Type};
use super::sample::{other, right, wrong};
use crate::scenario::Draft;
use crate::scenario::draft::{End, Step, basic};

/// A request that is refused, whichever of these statuses says so.
pub(super) const REFUSED: &str = "status = [400, 403, 409, 422]";

/// An attribute with the schema that defines it.
#[derive(Clone, Copy)]
pub(super) struct Placed<'a> {
    pub part: &'a Part,
    pub attribute: &'a Attribute,
}

/// What is written for one kind of promise: a word for the id, a title, the scenario's steps; nothing where no attribute
/// promises anything of the kind.
struct Kind {
    word: &'static str,
    title: &'static str,
    needs: &'static [&'static str],
    of: fn(&Walk, &mut Draft),
}

const KINDS: [Kind; 9] = [
    Kind { word: "keeps", title: "what is written is read again, asked for and left out", needs: &[], of: keeps },
    Kind { word: "read-only", title: "no client changes what is readOnly", needs: &[], of: read_only },
    Kind { word: "immutable", title: "what is immutable stays as it was set", needs: &[], of: immutable },
    Kind { word: "returned", title: "returned holds: always, on request, never", needs: &[], of: returned },
    Kind { word: "types", title: "a value of the wrong JSON type is refused", needs: &[], of: types },
    Kind { word: "required", title: "what is required must be there", needs: &[], of: required },
    Kind { word: "unique", title: "what is unique belongs to one resource", needs: &[], of: unique },
    Kind {
        word: "patched",
        title: "PATCH sets and takes away what a client may change",
        needs: &["patch"],
        of: patched,
    },
    Kind { word: "case", title: "caseExact decides what a filter finds", needs: &["filter"], of: case },
];

/// The scenarios for a type; none where no resource of it can be made up.
pub(super) fn written(kind: &Type) -> Vec<Written> {
    let Some(walk) = Walk::new(kind) else { return Vec::new() };
    KINDS.iter().filter_map(|kind| walk.written(kind)).collect()
}

/// A type that can be walked.
pub(super) struct Walk<'a> {
    kind: &'a Type,
    /// The smallest resource.
    least: Value,
}

impl<'a> Walk<'a> {
    /// `None` where a name cannot stand in a scenario, or a required value cannot be made up.
    fn new(kind: &'a Type) -> Option<Self> {
        let plain = |text: &str| {
            !text.is_empty()
                && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '$'))
        };
        let named = |part: &Part| {
            plain(&part.urn)
                && part.attributes.iter().all(|one| plain(&one.name) && one.subs.iter().all(|sub| plain(&sub.name)))
        };
        if !plain(kind.endpoint.trim_start_matches('/')) || !kind.schemas.iter().all(named) {
            return None;
        }
        // What nobody can write nobody can make.
        let writable = |part: &Part| part.attributes.iter().any(|one| one.mutability != "readOnly");
        if !kind.schemas.iter().any(writable) {
            return None;
        }
        let mut least = Map::new();
        let urns: Vec<&str> = kind.schemas.iter().filter(|part| part.required).map(|part| part.urn.as_str()).collect();
        least.insert("schemas".to_owned(), json!(urns));
        for part in kind.schemas.iter().filter(|part| part.required) {
            let mut own = Map::new();
            for one in part.attributes.iter().filter(|one| one.required && one.mutability != "readOnly") {
                own.insert(one.name.clone(), identifying(kind, one).or_else(|| right(one))?);
            }
            if part.extension {
                least.insert(part.urn.clone(), Value::Object(own));
            } else {
                least.extend(own);
            }
        }
        // A group needs no name by the schemas of some servers, and one that is ours is easily recognised.
        if kind.endpoint == "/Groups" && !least.contains_key("displayName") {
            least.insert("displayName".to_owned(), json!("{{ team.displayName }}"));
        }
        Some(Self { kind, least: Value::Object(least) })
    }

    fn written(&self, kind: &Kind) -> Option<Written> {
        let name = self.kind.endpoint.trim_start_matches('/').to_lowercase();
        let title = format!("{}: {}", self.kind.name.replace(['"', '{', '}'], " "), kind.title);
        let people = ["person", "second"].map(str::to_owned);
        let groups = ["team", "rival"].map(str::to_owned);
        let mut draft = Draft::new(&title, &people, kind.needs);
        draft.groups = groups.to_vec();
        draft.tags = vec!["schema"];
        match self.kind.endpoint.as_str() {
            "/Users" => draft.actions = vec!["create-users", "update-users"],
            "/Groups" => {
                draft.actions = vec!["push-groups"];
                draft.needs.push("groups");
            }
            _ => {}
        }
        (kind.of)(self, &mut draft);
        (!draft.steps.is_empty()).then(|| Written { id: format!("{}{name}/{}", super::IDS, kind.word), draft })
    }

    /// Every attribute of every schema.
    fn all(&self) -> impl Iterator<Item = Placed<'a>> {
        let parts = self.kind.schemas.iter();
        parts.flat_map(|part| part.attributes.iter().map(move |attribute| Placed { part, attribute }))
    }

    /// Those of that mutability.
    pub(super) fn of(&self, mutability: &'static str) -> impl Iterator<Item = Placed<'a>> {
        self.all().filter(move |placed| placed.attribute.mutability == mutability)
    }

    /// The attributes that a client writes and that every answer may show.
    pub(super) fn shown(&self) -> impl Iterator<Item = (Placed<'a>, Value)> {
        let all =
            self.of("readWrite").filter(|placed| matches!(placed.attribute.returned.as_str(), "default" | "always"));
        all.filter(|placed| !self.is_least(*placed)).filter_map(|placed| Some((placed, right(placed.attribute)?)))
    }

    /// The value that it has in the smallest resource, or a right one.
    fn value(&self, placed: Placed) -> Option<Value> {
        let holder = if placed.part.extension { &self.least[&placed.part.urn] } else { &self.least };
        holder.get(&placed.attribute.name).cloned().or_else(|| right(placed.attribute))
    }

    /// Whether the smallest resource has it.
    pub(super) fn is_least(&self, placed: Placed) -> bool {
        let holder = if placed.part.extension { &self.least[&placed.part.urn] } else { &self.least };
        holder.get(&placed.attribute.name).is_some()
    }

    /// Makes a resource: the smallest, with these members over it.
    fn create(&self, name: &str, body: &Value) -> Step {
        Step::new(name, format!("POST {}", self.kind.endpoint)).body(body.to_string())
    }

    /// The resource that the other steps are about.
    pub(super) fn created(&self, draft: &mut Draft, over: &Value) {
        let mut body = self.least.clone();
        merge(&mut body, over);
        let step = self.create("create", &body).saves("it", "id");
        // Of other types the server may have made all there are.
        let core = matches!(self.kind.endpoint.as_str(), "/Users" | "/Groups");
        draft.steps.push(if core { step.judges("RFC7644-3.3-6", "status = 201") } else { step });
    }

    /// The smallest resource under other names.
    fn second(&self) -> Value {
        let text = self.least.to_string().replace("{{ person.", "{{ second.").replace("{{ team.", "{{ rival.");
        let text = text.replace("{{ run.organization }}", "{{ run.organization }}-second");
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn line(&self, method: &str, query: &str) -> String {
        format!("{method} {}/{{{{ it }}}}{query}", self.kind.endpoint)
    }

    /// The resource as it was created, with these members over it.
    fn put(&self, name: String, over: &Value) -> Step {
        Step::new(name, self.line("PUT", "")).key("base", basic("create")).body(over.to_string())
    }

    /// A PATCH of the resource that does one thing.
    pub(super) fn patch(&self, name: String, operation: &Value) -> Step {
        let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation] });
        Step::new(name, self.line("PATCH", "")).body(body.to_string())
    }

    pub(super) fn read(&self, name: String, query: &str) -> Step {
        Step::new(name, self.line("GET", query))
    }
}

impl Placed<'_> {
    /// Where it stands, for rows and queries.
    pub(super) fn address(&self) -> String {
        if self.part.extension {
            format!("{}:{}", self.part.urn, self.attribute.name)
        } else {
            self.attribute.name.clone()
        }
    }

    /// A resource with nothing but that value of it, and the URN of its schema where that is an extension.
    pub(super) fn alone(&self, value: &Value) -> Value {
        if self.part.extension {
            json!({ &self.part.urn: { &self.attribute.name: value } })
        } else {
            json!({ &self.attribute.name: value })
        }
    }

    /// Tests that the value is there, as it was sent: texts whose case does not count in any case, instants in any zone.
    pub(super) fn tests(&self, value: &Value) -> Vec<String> {
        let mut tests = Vec::new();
        same(&mut tests, &self.address(), self.attribute, value);
        tests
    }
}

/// The value that makes a required attribute this run's own.
fn identifying(kind: &Type, attribute: &Attribute) -> Option<Value> {
    match (kind.endpoint.as_str(), attribute.name.as_str()) {
        ("/Users", "userName") => Some(json!("{{ person.identifier }}")),
        ("/Groups", "displayName") => Some(json!("{{ team.displayName }}")),
        _ => None,
    }
}

fn same(tests: &mut Vec<String>, address: &str, attribute: &Attribute, value: &Value) {
    let at = format!("at = {}", basic(address));
    match value {
        Value::Array(items) => items.iter().for_each(|item| match item {
            Value::Object(_) => same(tests, address, attribute, item),
            plain => tests.push(format!("{at}, has = {plain}")),
        }),
        Value::Object(members) => {
            for (name, value) in members {
                let Some(sub) = attribute.subs.iter().find(|sub| sub.name == *name) else { continue };
                if matches!(sub.returned.as_str(), "default" | "always") && sub.mutability != "writeOnly" {
                    same(tests, &format!("{address}.{name}"), sub, value);
                }
            }
        }
        _ if attribute.kind == "dateTime" => tests.push(format!("{at}, type = \"dateTime\"")),
        Value::String(text) if attribute.kind == "string" && !attribute.case_exact => {
            tests.push(format!("{at}, equals-ignoring-case = {}", basic(text)));
        }
        value => tests.push(format!("{at}, is = {value}")),
    }
}

pub(super) fn merge(body: &mut Value, over: &Value) {
    match (body, over) {
        (Value::Object(body), Value::Object(over)) => {
            over.iter().for_each(|(name, value)| merge(body.entry(name.clone()).or_insert(Value::Null), value));
        }
        (body, over) => *body = over.clone(),
    }
}

/// The address of a value of the attribute that is no object.
fn leaf(placed: Placed, value: &Value) -> String {
    let one = value.as_array().and_then(|all| all.first()).unwrap_or(value);
    let sub = one.as_object().and_then(|members| members.keys().next());
    sub.map_or_else(|| placed.address(), |sub| format!("{}.{sub}", placed.address()))
}

fn keeps(walk: &Walk, draft: &mut Draft) {
    let shown: Vec<_> = walk.shown().collect();
    if shown.is_empty() {
        return;
    }
    walk.created(draft, &json!({}));
    for (n, (placed, value)) in shown.iter().enumerate() {
        let (address, leaf) = (placed.address(), basic(&leaf(*placed, value)));
        let put = walk.put(format!("put {address}"), &placed.alone(value));
        draft.steps.push(put.judges("RFC7644-3.5.1-16", "status = 200"));
        let kept = format!("value_{n}");
        let read = walk.read(format!("read {address}"), "").saves(&kept, leaf.trim_matches('"'));
        let tests = placed.tests(value).into_iter();
        draft.steps.push(tests.fold(read, |step, test| step.judges("RFC7644-3.5.1-3 RFC7643-2.3-2", test)));
        // A value that was not kept has its finding: the rows below then stay open.
        let asked = walk.read(format!("ask for {address}"), &format!("?attributes={address}"));
        let there = format!("at = {leaf}, has = {}", basic(&format!("{{{{ {kept} }}}}")));
        draft.steps.push(asked.judges("RFC7644-3.9-4", there));
        if placed.attribute.returned == "default" {
            let left = walk.read(format!("leave out {address}"), &format!("?excludedAttributes={address}"));
            draft.steps.push(left.judges("RFC7644-3.9-7", format!("at = {}, absent = true", basic(&address))));
        }
    }
}

fn read_only(walk: &Walk, draft: &mut Draft) {
    let values: Vec<_> = walk.of("readOnly").filter_map(|placed| Some((placed, right(placed.attribute)?))).collect();
    if values.is_empty() {
        return;
    }
    walk.created(draft, &json!({}));
    for (placed, value) in values {
        let address = placed.address();
        let before = format!("before {address}");
        draft.steps.push(walk.read(before.clone(), ""));
        let put = format!("put {address}");
        draft.steps.push(walk.put(put.clone(), &placed.alone(&value)));
        let same = format!("at = {0}, same-as = {1}", basic(&address), basic(&before));
        let ends = vec![
            end("I-14/1", vec![format!("step = {}, status = 200", basic(&put)), same.clone()]),
            end("I-14/2", vec![format!("step = {}, {REFUSED}", basic(&put)), same]),
        ];
        draft.steps.push(walk.read(format!("after {address}"), "").either(&laws(&["RFC7643-7-16"]), ends));
    }
}

fn immutable(walk: &Walk, draft: &mut Draft) {
    let values = walk.of("immutable").filter_map(|it| Some((it, right(it.attribute)?, other(it.attribute)?)));
    let values: Vec<_> = values.filter(|(placed, ..)| !walk.is_least(*placed)).collect();
    if values.is_empty() {
        return;
    }
    let mut all = json!({});
    values.iter().for_each(|(placed, value, _)| merge(&mut all, &placed.alone(value)));
    walk.created(draft, &all);
    for (placed, value, other) in values {
        let address = placed.address();
        let same = walk.put(format!("put the same {address}"), &placed.alone(&value));
        draft.steps.push(same.judges("RFC7644-3.5.1-10", "status = 200"));
        let put = format!("put another {address}");
        draft.steps.push(walk.put(put.clone(), &placed.alone(&other)));
        let kept = placed.tests(&value);
        let ends = [("I-71/1", REFUSED), ("I-71/2", "status = 200")].map(|(reading, status)| {
            let sent = format!("step = {}, {status}", basic(&put));
            end(reading, std::iter::once(sent).chain(kept.clone()).collect())
        });
        let read = walk.read(format!("read {address}"), "");
        draft.steps.push(read.either(&laws(&["RFC7643-7-19", "RFC7644-3.5.1-10"]), ends.to_vec()));
    }
}

fn returned(walk: &Walk, draft: &mut Draft) {
    let written = walk.all().filter(|placed| placed.attribute.mutability != "readOnly" && !walk.is_least(*placed));
    let special =
        written.filter(|placed| placed.attribute.returned != "default" || placed.attribute.mutability == "writeOnly");
    let values: Vec<_> = special.filter_map(|placed| Some((placed, right(placed.attribute)?))).collect();
    if values.is_empty() {
        return;
    }
    walk.created(draft, &json!({}));
    for (placed, value) in values {
        let (address, at) = (placed.address(), basic(&placed.address()));
        let put = walk.put(format!("put {address}"), &placed.alone(&value));
        draft.steps.push(put.judges("RFC7644-3.5.1-16", "status = 200"));
        let plain = walk.read(format!("read {address}"), "");
        let asked = walk.read(format!("ask for {address}"), &format!("?attributes={address}"));
        let (absent, present) = (format!("at = {at}, absent = true"), format!("at = {at}, present = true"));
        let (plain, asked) = match (placed.attribute.returned.as_str(), placed.attribute.mutability.as_str()) {
            (_, "writeOnly") => (plain.judges("RFC7643-7-21", &absent), asked.judges("RFC7643-7-21", &absent)),
            ("never", _) => (plain.judges("RFC7643-7-23", &absent), asked.judges("RFC7644-3.9-10", &absent)),
            ("request", _) => (plain.judges("RFC7643-7-25", &absent), asked.judges("RFC7643-7-25", &present)),
            _ => {
                let left = walk.read(format!("leave out {address}"), &format!("?excludedAttributes={address}"));
                draft.steps.push(left.judges("RFC7644-3.4.2.5-3", &present));
                (plain.judges("RFC7643-7-22", &present), asked.judges("RFC7643-7-22", &present))
            }
        };
        draft.steps.extend([plain, asked]);
    }
}

fn types(walk: &Walk, draft: &mut Draft) {
    let values: Vec<_> = walk.of("readWrite").filter(|placed| right(placed.attribute).is_some()).collect();
    if values.is_empty() {
        return;
    }
    walk.created(draft, &json!({}));
    for placed in values {
        let address = placed.address();
        let put = walk.put(format!("put {address} of the wrong type"), &placed.alone(&wrong(placed.attribute)));
        draft.steps.push(put.judges("RFC7643-2.3-3", REFUSED));
    }
    draft.steps.push(walk.read("read".to_owned(), ""));
}

fn required(walk: &Walk, draft: &mut Draft) {
    let needed = walk.all().filter(|placed| placed.attribute.required && walk.is_least(*placed));
    for (n, placed) in needed.enumerate() {
        let mut body = walk.second();
        let holder = if placed.part.extension { &mut body[&placed.part.urn] } else { &mut body };
        if let Some(members) = holder.as_object_mut() {
            members.remove(&placed.attribute.name);
        }
        let step = walk.create(&format!("without {}", placed.address()), &body).saves(format!("made_{n}"), "id");
        draft.steps.push(step.judges("RFC7643-7-11", REFUSED).unread("what is refused is not there to be read"));
    }
}

fn unique(walk: &Walk, draft: &mut Draft) {
    let alone = |placed: &Placed| matches!(placed.attribute.uniqueness.as_str(), "server" | "global");
    let writable = |placed: &Placed| placed.attribute.mutability != "readOnly" && !placed.attribute.multi;
    let values = walk.all().filter(alone).filter(writable).filter_map(|placed| Some((placed, walk.value(placed)?)));
    let values: Vec<_> = values.collect();
    if values.is_empty() {
        return;
    }
    let mut all = json!({});
    values.iter().for_each(|(placed, value)| merge(&mut all, &placed.alone(value)));
    walk.created(draft, &all);
    for (placed, value) in values {
        let mut body = walk.second();
        merge(&mut body, &placed.alone(&value));
        let step = walk.create(&format!("the same {}", placed.address()), &body);
        draft.steps.push(step.judges("RFC7643-7-29", "status = [409, 400]"));
    }
    draft.steps.push(walk.read("read".to_owned(), ""));
}

fn case(walk: &Walk, draft: &mut Draft) {
    let text = |placed: &Placed| {
        let one = placed.attribute;
        one.kind == "string" && !one.multi && one.canonical.is_none()
    };
    let values = walk.shown().filter(|(placed, _)| text(placed));
    // Only a value that is this run's own is found nowhere else.
    let own = |value: &Value| value.as_str().is_some_and(|text| text.ends_with("{{ run.organization }}"));
    let values: Vec<_> = values.filter(|(_, value)| own(value)).collect();
    if values.is_empty() {
        return;
    }
    walk.created(draft, &json!({}));
    for (placed, value) in values {
        let address = placed.address();
        let put = walk.put(format!("put {address}"), &placed.alone(&value));
        draft.steps.push(put.judges("RFC7644-3.5.1-16", "status = 200"));
        let find = |name: &str, text: &str| {
            let line = format!("GET {}?filter={address} eq \"{text}\"", walk.kind.endpoint);
            // An attribute that cannot be filtered is refused (`RFC7644 §3.12`, table 9).
            Step::new(format!("{name} {address}"), line).judges("RFC7643-7-13", "status = 200, soft = true")
        };
        let found = "at = \"Resources.id\", has = \"{{ it }}\", soft = true";
        let not_found = "at = \"Resources.id\", has-not = \"{{ it }}\", soft = true";
        let text = value.as_str().unwrap_or_default();
        let capitals = text.trim_end_matches("{{ run.organization }}").to_uppercase();
        let capitals = format!("{capitals}{{{{ run.organization | upper }}}}");
        draft.steps.push(find("find", text).judges("RFC7643-7-13", found));
        let row = if placed.attribute.case_exact { not_found } else { found };
        draft.steps.push(find("find in capitals", &capitals).judges("RFC7643-7-13", row));
    }
}

pub(super) fn end(reading: &str, rows: Vec<String>) -> End {
    End { reading: Some(reading.to_owned()), rows }
}

pub(super) fn laws(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}
