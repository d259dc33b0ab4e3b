//! The table of `patch-cases.toml` as values: read, filled in, and its outcomes judged against a result.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::super::resource::{BodyOptions, create};
use super::super::super::schema::{ResourceType, group, user};
use super::super::super::{Object, ScimError, address, urn};

const TEXT: &str = include_str!("../../../../fixtures/requirements/patch-cases.toml");

/// What the placeholders stand for. The longest come first, so that none is a part of a later one.
const PLACES: [(&str, &str); 9] = [
    ("<other user's name>", "taken@x.test"),
    ("<own name>", "mine@x.test"),
    ("<OWN NAME>", "MINE@X.TEST"),
    ("<own id>", "0-own"),
    ("<random>", "9-nobody"),
    ("<gid>", "5-group"),
    ("<a>", "1-a"),
    ("<b>", "2-b"),
    ("<c>", "3-c"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    fixture: Fixture,
    pub patch_case: Vec<Case>,
    pub set_case: Vec<SetCase>,
    pub inexpressible: Vec<Inexpressible>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    user: String,
    group: String,
    bare: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inexpressible {
    pub id: String,
    pub reason: String,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum On {
    User,
    Group,
    Bare,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    Explicit,
    Implied,
    Silent,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub id: String,
    pub on: On,
    op: Option<String>,
    path: Option<String>,
    value: Option<String>,
    operations: Option<String>,
    #[serde(default, rename = "target")]
    _target: String,
    #[serde(default, rename = "state")]
    _state: String,
    pub effect: String,
    pub basis: Basis,
    #[serde(rename = "ref")]
    pub source: String,
    #[serde(default)]
    pub interp: Vec<String>,
    #[serde(default)]
    pub requirements: Vec<String>,
    pub outcome: Vec<Outcome>,
}

/// What a requirement set demands of some cases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetCase {
    pub set: String,
    pub cases: Vec<String>,
    #[serde(rename = "requirements")]
    _requirements: Vec<String>,
    #[serde(rename = "effect")]
    _effect: Option<String>,
    pub outcome: Option<Outcome>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    pub status: Vec<u16>,
    #[serde(default)]
    pub scim_type: Vec<String>,
    pub reading: Option<String>,
    #[serde(default)]
    pub unchanged: bool,
    #[serde(default)]
    pub version_kept: bool,
    #[serde(default)]
    pub expect: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    at: String,
    is: Option<Value>,
    has: Option<Value>,
    #[serde(rename = "has-not")]
    has_not: Option<Value>,
    count: Option<usize>,
    absent: Option<bool>,
}

pub fn table() -> Table {
    toml::from_str(TEXT).unwrap()
}

/// A text with every placeholder filled in; an unknown one is an error of the table.
fn filled(text: &str) -> String {
    let text = PLACES.iter().fold(text.to_owned(), |text, (place, stands_for)| text.replace(place, stands_for));
    assert!(!text.contains('<'), "unknown placeholder in {text}");
    text
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(&filled(text)).unwrap_or_else(|error| panic!("{text}: {error}"))
}

impl Table {
    /// The resource before a case, as the server would have stored it.
    pub fn before(&self, on: On) -> Object {
        let text = match on {
            On::User => &self.fixture.user,
            On::Group => &self.fixture.group,
            On::Bare => &self.fixture.bare,
        };
        let body = json_of(text);
        let mut made = create(body.as_object().unwrap(), kind(on), &BodyOptions::default()).unwrap();
        made.insert("id".into(), json!(filled("<own id>")));
        made.insert("meta".into(), json!({"created": "2024-01-01T00:00:00Z", "lastModified": "2024-01-01T00:00:00Z"}));
        made
    }

    pub fn case(&self, id: &str) -> &Case {
        self.patch_case.iter().find(|case| case.id == id).unwrap_or_else(|| panic!("no case {id}"))
    }
}

pub fn kind(on: On) -> &'static ResourceType {
    if on == On::Group { group() } else { user() }
}

impl Case {
    /// The PATCH body.
    pub fn body(&self) -> Value {
        let operations = self.operations.as_deref().map_or_else(
            || {
                let mut operation = Object::new();
                operation.insert("op".into(), json!(self.op));
                operation.extend(self.path.iter().map(|path| ("path".to_owned(), json!(filled(path)))));
                operation.extend(self.value.iter().map(|value| ("value".to_owned(), json_of(value))));
                json!([operation])
            },
            json_of,
        );
        json!({"schemas": [urn::PATCH_OP], "Operations": operations})
    }
}

impl Outcome {
    /// Whether the result is this outcome.
    pub fn holds(&self, before: &Object, result: &Result<Object, ScimError>) -> bool {
        let (status, after) = match result {
            Ok(after) => (200, after),
            Err(error) => (error.status, before),
        };
        let keyword = result.as_ref().err().and_then(|error| error.scim_type).map(|scim_type| scim_type.as_str());
        let named =
            keyword.is_none_or(|keyword| self.scim_type.is_empty() || self.scim_type.iter().any(|k| k == keyword));
        let whole = !(self.unchanged || self.version_kept) || after == before;
        self.status.contains(&status) && named && whole && self.expect.iter().all(|row| row.holds(after))
    }
}

impl Row {
    fn holds(&self, resource: &Object) -> bool {
        let body = Value::Object(resource.clone());
        let found = address::find(&body, &filled(&self.at)).unwrap();
        let is = |wanted: &Value| {
            let wanted = match wanted {
                Value::String(text) => Value::String(filled(text)),
                other => other.clone(),
            };
            move |value: &&&Value| ***value == wanted
        };
        let tests = [
            self.is.as_ref().map(|wanted| found.len() == 1 && found.iter().any(|value| is(wanted)(&value))),
            self.has.as_ref().map(|wanted| found.iter().any(|value| is(wanted)(&value))),
            self.has_not.as_ref().map(|wanted| !found.iter().any(|value| is(wanted)(&value))),
            self.count.map(|count| found.len() == count),
            self.absent.map(|absent| found.is_empty() == absent),
        ];
        let mut tests = tests.into_iter().flatten().peekable();
        assert!(tests.peek().is_some(), "a row without test: {}", self.at);
        tests.all(|holds| holds)
    }
}
