//! Every row of `fixtures/requirements/patch-cases.toml` as a scenario: the resource before, the PATCH, the resource after,
//! and the ends of which one must come true; and once more where a requirement set demands something of its own.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Written;
use super::demand::{SetCase, demands};
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
    ("@x.example.com", "@{{ run.organization }}.x.example.com"),
    ("GD0", "{{ team.displayName }}"),
];

#[derive(Deserialize)]
struct Table {
    fixture: Fixture,
    patch_case: Vec<Case>,
    set_case: Vec<SetCase<Outcome>>,
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
    #[serde(default)]
    scim_type: Vec<String>,
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
    let of_set = |(case, row): (&Case, &SetCase<Outcome>)| Written {
        id: format!("{}/patch-cases/{}", row.set, case.id),
        draft: case.draft_of(row, &TABLE.fixture),
    };
    let demanded = demands(&TABLE.set_case, &TABLE.patch_case, |case| &case.id);
    TABLE.patch_case.iter().map(write).chain(demanded.map(of_set)).collect()
}

fn filled(text: &str) -> String {
    PLACES.iter().fold(text.to_owned(), |text, (place, stands_for)| text.replace(place, stands_for))
}

impl Case {
    fn draft(&self, fixture: &Fixture) -> Draft {
        // Where the standard is silent and nobody asks, only the standing checks judge.
        let asked = !self.requirements.is_empty() || self.outcome.iter().any(|outcome| outcome.reading.is_some());
        let ends = if asked { self.outcome.iter().map(Outcome::end).collect() } else { Vec::new() };
        self.played(&self.effect, &self.requirements, ends, fixture)
    }

    /// As a requirement set has it: one end, to the letter.
    fn draft_of(&self, row: &SetCase<Outcome>, fixture: &Fixture) -> Draft {
        let ends = row.outcome.iter().chain(self.outcome.iter().filter(|_| row.outcome.is_none()));
        let effect = row.effect.as_ref().unwrap_or(&self.effect);
        let draft = self.played(effect, &row.requirements, ends.map(Outcome::exact).collect(), fixture);
        Draft { sets: vec![row.set.clone()], ..draft }
    }

    fn played(&self, effect: &str, requirements: &[String], ends: Vec<End>, fixture: &Fixture) -> Draft {
        let group = self.on == On::Group;
        let before = match self.on {
            On::User => &fixture.user,
            On::Group => &fixture.group,
            On::Bare => &fixture.bare,
        };
        let all = ["own", "other", "a", "b", "c"].map(str::to_owned);
        let needs: &[&'static str] = if group { &["patch", "groups"] } else { &["patch"] };
        let mut draft = Draft::new(&format!("PATCH {}: {effect}", self.id), &all, needs);
        draft.groups = vec!["team".to_owned()];
        draft.tags = vec!["patch", "table"];
        draft.actions = if group { vec!["push-groups"] } else { vec!["create-users", "update-users"] };
        draft.attributes = self.attributes(before);
        let body = filled(&self.body().to_string());
        let rows: String = ends.iter().flat_map(|end| &end.rows).cloned().collect();
        let text = format!("{before}{body}");
        for (name, sign) in [("a", "<a>"), ("b", "<b>"), ("c", "<c>"), ("other", "<other user's name>")] {
            if text.contains(sign) || body.contains(&filled(sign)) || rows.contains(&filled(sign)) {
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
        draft.steps.push(after.either(requirements, ends));
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
    /// The status as it is named and no other, with the keyword where it is named.
    fn exact(&self) -> End {
        let mut rows = vec![format!("step = \"patch\", status = {}", json!(self.status))];
        if !self.scim_type.is_empty() {
            rows.push(format!("step = \"patch\", at = \"scimType\", any-of = {}", json!(self.scim_type)));
        }
        rows.extend(self.after());
        End { reading: None, rows }
    }

    /// The rows of the resource afterwards.
    fn after(&self) -> impl Iterator<Item = String> {
        let kept = self.unchanged.then(|| "at = \"\", unchanged-since = \"read before\"".to_owned());
        self.expect.iter().map(row).chain(kept)
    }

    fn end(&self) -> End {
        let refused = self.status.iter().all(|status| *status >= 400);
        let mut statuses = self.status.clone();
        if refused {
            statuses.extend(REFUSALS.iter().filter(|status| !self.status.contains(status)));
        }
        let mut rows = vec![format!("step = \"patch\", status = {}", json!(statuses))];
        rows.extend(self.after());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_set_demands_is_one_end_of_a_known_case() {
        let table: Table = toml::from_str(include_str!("../../fixtures/requirements/patch-cases.toml")).unwrap();
        for row in &table.set_case {
            assert!(!row.requirements.is_empty() && row.effect.is_some() == row.outcome.is_some(), "{:?}", row.cases);
            for id in &row.cases {
                let case = table.patch_case.iter().find(|case| case.id == *id).unwrap_or_else(|| panic!("{id}"));
                let plain = case.outcome.len() == 1 && case.outcome[0].reading.is_none();
                assert!(row.outcome.is_some() || plain, "{id}: {} must say which end it wants", row.set);
                assert_eq!(case.draft_of(row, &table.fixture).sets, [row.set.as_str()]);
            }
        }
        let sets = table.set_case.iter().map(|row| row.cases.len()).sum::<usize>();
        assert_eq!(written().len(), table.patch_case.len() + sets);
    }
}
