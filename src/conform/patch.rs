//! Every row of `fixtures/requirements/patch-cases.toml` as a scenario: the resource before, the PATCH, the resource after,
//! and the ends of which one must come true.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Written;
use crate::scenario::Draft;
use crate::scenario::draft::{End, Step, basic};
use crate::scim::path::PatchPath;
use crate::scim::{schema, urn};

/// A refusal is one whatever keyword stands in it: which status fits which error is judged elsewhere.
const REFUSALS: [u16; 5] = [400, 403, 409, 422, 501];

/// What the placeholders of the table stand for in a scenario, in the order of replacing.
const PLACES: [(&str, &str); 11] = [
    ("<other user's name>", "{{ other.identifier }}"),
    ("<own name>", "{{ own.identifier }}"),
    ("<OWN NAME>", "{{ own.identifier | upper }}"),
    ("<own id>", "{{ target }}"),
    ("<random>", "{{ random.uuid }}"),
    ("<gid>", "{{ target }}"),
    ("<a>", "{{ a_id }}"),
    ("<b>", "{{ b_id }}"),
    ("<c>", "{{ c_id }}"),
    // Addresses and names of groups may be unique on a server.
    ("@x.test", "@{{ run.organization }}.x.test"),
    ("GD0", "{{ team.displayName }}"),
];

#[derive(Deserialize)]
struct Table {
    fixture: Fixture,
    patch_case: Vec<Case>,
}

#[derive(Deserialize)]
struct Fixture {
    user: String,
    group: String,
    bare: String,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum On {
    User,
    Group,
    Bare,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    on: On,
    op: Option<String>,
    path: Option<String>,
    value: Option<String>,
    operations: Option<String>,
    effect: String,
    #[serde(default)]
    requirements: Vec<String>,
    outcome: Vec<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    status: Vec<u16>,
    reading: Option<String>,
    #[serde(default)]
    unchanged: bool,
    #[serde(default)]
    version_kept: bool,
    #[serde(default)]
    expect: Vec<toml::Table>,
}

/// Every case of the table.
#[expect(clippy::expect_used, reason = "the embedded table is read by a test")]
pub(super) fn written() -> Vec<Written> {
    static TABLE: LazyLock<Table> = LazyLock::new(|| {
        toml::from_str(include_str!("../../fixtures/requirements/patch-cases.toml")).expect("the table can be read")
    });
    let write = |case: &Case| Written { id: format!("rfc/patch-cases/{}", case.id), draft: case.draft(&TABLE.fixture) };
    TABLE.patch_case.iter().map(write).collect()
}

fn filled(text: &str) -> String {
    PLACES.iter().fold(text.to_owned(), |text, (place, stands_for)| text.replace(place, stands_for))
}

impl Case {
    fn draft(&self, fixture: &Fixture) -> Draft {
        let group = self.on == On::Group;
        let before = match self.on {
            On::User => &fixture.user,
            On::Group => &fixture.group,
            On::Bare => &fixture.bare,
        };
        let all = ["own", "other", "a", "b", "c"].map(str::to_owned);
        let needs: &[&'static str] = if group { &["patch", "groups"] } else { &["patch"] };
        let mut draft = Draft::new(&format!("PATCH {}: {}", self.id, self.effect), &all, needs);
        draft.groups = vec!["team".to_owned()];
        draft.tags = vec!["patch", "table"];
        draft.actions = if group { vec!["push-groups"] } else { vec!["create-users", "update-users"] };
        draft.attributes = self.attributes(before);
        let body = filled(&self.body().to_string());
        let text = format!("{before}{body}{}", self.ends_text());
        for (name, sign) in [("a", "<a>"), ("b", "<b>"), ("c", "<c>"), ("other", "<other user's name>")] {
            if text.contains(sign) || body.contains(&filled(sign)) {
                draft.steps.push(create_user(name));
            }
        }
        let (collection, kind) = if group { ("/Groups", "group") } else { ("/Users", "user") };
        let create = Step::new(format!("create the {kind}"), format!("POST {collection}")).body(filled(before.trim()));
        draft.steps.push(create.judges("RFC7644-3.3-6", "status = 201").saves("target", "id"));
        let line = format!("{collection}/{{{{ target }}}}");
        draft.steps.push(Step::new("read before", format!("GET {line}")));
        draft.steps.push(Step::new("patch", format!("PATCH {line}")).body(body));
        let after = Step::new("read after", format!("GET {line}"));
        // Where the standard is silent and nobody asks, only the standing checks judge.
        let asked = !self.requirements.is_empty() || self.outcome.iter().any(|outcome| outcome.reading.is_some());
        let ends = if asked { self.outcome.iter().map(Outcome::end).collect() } else { Vec::new() };
        draft.steps.push(after.either(&self.requirements, ends));
        draft
    }

    fn body(&self) -> Value {
        let json_of = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
        let operations = self.operations.as_deref().map_or_else(
            || {
                let mut operation = serde_json::Map::new();
                operation.extend(self.op.iter().map(|op| ("op".to_owned(), json!(op))));
                operation.extend(self.path.iter().map(|path| ("path".to_owned(), json!(path))));
                operation.extend(self.value.iter().map(|value| ("value".to_owned(), json_of(value))));
                json!([operation])
            },
            json_of,
        );
        json!({"schemas": [urn::PATCH_OP], "Operations": operations})
    }

    fn ends_text(&self) -> String {
        self.outcome.iter().flat_map(|outcome| &outcome.expect).map(toml::Table::to_string).collect()
    }

    /// The attributes of the core schemas that the case cannot do without: a server may have fewer.
    fn attributes(&self, before: &str) -> Vec<String> {
        let mut names = BTreeSet::new();
        let resource: Value = serde_json::from_str(before).unwrap_or_default();
        take(&mut names, &resource);
        for operation in self.body()["Operations"].as_array().into_iter().flatten() {
            match operation["path"].as_str().map(PatchPath::parse) {
                None => take(&mut names, &operation["value"]),
                Some(Ok(PatchPath::Attr(path))) => {
                    names.insert(match &path.urn {
                        Some(urn) => format!("{urn}:{}", path.name),
                        None => path.name,
                    });
                }
                Some(Ok(PatchPath::Value { attr, .. })) => _ = names.insert(attr.name),
                Some(_) => {}
            }
        }
        let own = if self.on == On::Group { schema::group() } else { schema::user() };
        let schemas = std::iter::once(&own.base).chain(own.extensions.iter().map(|(schema, _)| schema));
        let mut found: Vec<String> = Vec::new();
        for schema in schemas {
            for attribute in &schema.attributes {
                let full = format!("{}:{}", schema.urn, attribute.name);
                let named =
                    |name: &String| name.eq_ignore_ascii_case(&attribute.name) || name.eq_ignore_ascii_case(&full);
                if names.iter().any(named) {
                    found.push(full);
                }
            }
        }
        found
    }
}

/// The names of a resource's attributes; those of an extension with its URN.
fn take(names: &mut BTreeSet<String>, value: &Value) {
    for (name, value) in value.as_object().into_iter().flatten() {
        match value.as_object().filter(|_| name.starts_with("urn:")) {
            Some(members) => names.extend(members.keys().map(|member| format!("{name}:{member}"))),
            None => _ = names.insert(name.clone()),
        }
    }
}

impl Outcome {
    fn end(&self) -> End {
        let refused = self.status.iter().all(|status| *status >= 400);
        let mut statuses = self.status.clone();
        if refused {
            statuses.extend(REFUSALS.iter().filter(|status| !self.status.contains(status)));
        }
        let mut rows = vec![format!("step = \"patch\", status = {}", json!(statuses))];
        rows.extend(self.expect.iter().map(row));
        if self.unchanged {
            rows.push("at = \"\", unchanged-since = \"read before\"".to_owned());
        }
        // Of a request that succeeds without changing anything this is I-47.
        if self.version_kept && refused {
            rows.extend(
                ["lastModified", "version"].map(|name| format!("at = \"meta.{name}\", same-as = \"read before\"")),
            );
        }
        End { reading: self.reading.clone(), rows }
    }
}

/// A row of the table as a row of a scenario.
fn row(row: &toml::Table) -> String {
    let written = |value: &toml::Value| match value {
        toml::Value::String(text) => basic(&filled(text)),
        other => other.to_string(),
    };
    // `at` first, as people write it.
    let mut keys: Vec<&String> = row.keys().collect();
    keys.sort_by_key(|key| (key.as_str() != "at", key.as_str()));
    keys.into_iter().map(|key| format!("{key} = {}", written(&row[key]))).collect::<Vec<_>>().join(", ")
}

fn create_user(name: &str) -> Step {
    let body = json!({"schemas": [urn::USER], "userName": format!("{{{{ {name}.identifier }}}}")});
    let step = Step::new(format!("create user {name}"), "POST /Users").body(body.to_string());
    step.saves(format!("{name}_id"), "id").unread("it is there for the case to name")
}
