//! Every row of `fixtures/requirements/filter-cases.toml` as a step of a scenario: four people, then a filter each, and
//! exactly those who match; some once more where a requirement set demands them. The rows are dealt out by the attributes that they speak of, since a server may lack some.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::Written;
use super::demand::{SetCase, demands};
use crate::scenario::Draft;
use crate::scenario::draft::{End, Step, basic};
use crate::scim::schema;

#[derive(Deserialize)]
struct Table {
    data: BTreeMap<String, String>,
    filter_case: Vec<Case>,
    set_case: Vec<SetCase<Outcome>>,
}

/// What a set may demand in the place of the row's matches.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// 400 `invalidFilter`.
    Refused,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    filter: String,
    kind: Kind,
    #[serde(default, rename = "match")]
    matches: Vec<String>,
    #[serde(default)]
    requirements: Vec<String>,
    #[serde(default)]
    ends: Vec<Known>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Valid,
    All,
    Invalid,
    Open,
}

/// What a reading looks like: who matches, or a refusal, or just an answer.
#[derive(Deserialize)]
struct Known {
    reading: String,
    #[serde(rename = "match")]
    matches: Option<Vec<String>>,
    #[serde(default)]
    refused: bool,
}

/// The statuses of a filter that is refused (`RFC7644 §3.12`); 501 is what servers say of what they do not do.
const REFUSED: &str = "status = [400, 403, 422, 501]";

/// The rows are dealt out by the first of these words that their filters hold: part of the id, ten letters for the
/// names, the word.
const PARTS: [(&str, &str, &str); 8] = [
    ("enterprise", "enterprise", "enterprise:2.0:User:"),
    ("emails", "mailofuser", "emails"),
    ("title", "titleofone", "title"),
    ("user-type", "usertypeof", "userType"),
    ("name", "nameofuser", "name "),
    ("given-name", "givennames", "name."),
    ("display-name", "displaynam", "displayName"),
    ("active", "activeuser", "active"),
];

/// The part of all others.
const REST: (&str, &str) = ("user-name", "plainnames");

#[expect(clippy::expect_used, reason = "the embedded table is read by a test")]
fn table() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(|| {
        toml::from_str(include_str!("../../fixtures/requirements/filter-cases.toml")).expect("the table can be read")
    });
    &TABLE
}

/// One scenario for each part of the table.
pub(super) fn written() -> Vec<Written> {
    let mut parts: BTreeMap<(&str, &str), Vec<&Case>> = BTreeMap::new();
    for case in table().filter_case.iter().filter(|case| !case.requirements.is_empty() || !case.ends.is_empty()) {
        parts.entry(part_of(case)).or_default().push(case);
    }
    let standard = parts.iter().map(|((id, tag), cases)| part(id, tag, cases));
    standard.chain(of_sets()).collect()
}

/// The part that a row is dealt to: part of the id, ten letters for the names.
fn part_of(case: &Case) -> (&'static str, &'static str) {
    PARTS.iter().find(|(.., word)| case.filter.contains(word)).map_or(REST, |(id, tag, _)| (*id, *tag))
}

/// A row and what a set demands of it.
type Demand = (&'static Case, &'static SetCase<Outcome>);

/// One scenario for each set and each part of which it demands something.
fn of_sets() -> Vec<Written> {
    let mut parts: BTreeMap<(&str, &str, &str), Vec<Demand>> = BTreeMap::new();
    for (case, row) in demands(&table().set_case, &table().filter_case, |case| &case.id) {
        let (id, tag) = part_of(case);
        parts.entry((&row.set, id, tag)).or_default().push((case, row));
    }
    let write = |((set, id, tag), rows): ((&str, &str, &str), Vec<Demand>)| {
        // Other names than those of the standard's scenarios, which may run beside it.
        let tag: String = set.chars().filter(char::is_ascii_lowercase).chain(tag.chars()).take(10).collect();
        let cases: Vec<&Case> = rows.iter().map(|(case, _)| *case).collect();
        let mut draft = people(&format!("filters as {set} demands them: {id}"), &tag, &cases);
        draft.sets = vec![set.to_owned()];
        // A filter that is sent alone finds others too: pages that move under it would lose some.
        draft.alone = true;
        draft.steps.extend(rows.iter().map(|(case, row)| case.step_of(row, &tag)));
        Written { id: format!("{set}/filter-cases/{id}"), draft }
    };
    parts.into_iter().map(write).collect()
}

/// The scenario with the four people, and nothing asked yet.
fn people(title: &str, tag: &str, cases: &[&Case]) -> Draft {
    let mut draft = Draft::new(title, &[], &["filter"]);
    draft.tags = vec!["filter", "table"];
    draft.actions = vec!["create-users"];
    draft.attributes = attributes(cases);
    // The names of the table hold dots and a plus.
    draft.when = vec![("users.user_names", "\"any\"")];
    for (name, body) in &table().data {
        let create = Step::new(format!("create {name}"), "POST /Users").body(marked(body, tag));
        draft.steps.push(create.judges("RFC7644-3.3-6", "status = 201").saves(format!("made_{name}"), "id"));
    }
    draft
}

fn part(id: &str, tag: &str, cases: &[&Case]) -> Written {
    let mut draft = people(&format!("filters find exactly those who match: {id}"), tag, cases);
    // Other people may match too: they are kept out by a second condition, which has to work by itself.
    let own = format!("userName ew \"{}\"", mark(tag));
    let control = Step::new("both conditions at once", format!("GET /Users?filter=userName pr and {own}"));
    let control = control.key("walk", "true").judges("RFC7644-3.4.2.2-26", "status = 200");
    draft.steps.push(table().data.keys().fold(control, |step, name| {
        step.saves(name.clone(), format!("Resources[id eq \"{{{{ made_{name} }}}}\"].id"))
    }));
    draft.steps.extend(cases.iter().map(|case| case.step(tag, &own)));
    Written { id: format!("rfc/filter-cases/{id}"), draft }
}

/// The end of the user names of a part: `sweep` knows them by it.
fn mark(tag: &str) -> String {
    format!(".{{{{ run.marker }}}}.{tag}@example.com")
}

/// A text of the table with names, addresses and external ids that are this run's own: on a server all may be unique.
fn marked(text: &str, tag: &str) -> String {
    let end = format!("{}\"", mark(tag));
    let text = text.replace(".p\"", &end).replace(".P\"", &end);
    let own = ["Ext-1\"", "ext-1\"", "EXT-1\"", "Ext-3\""];
    let text =
        own.iter().fold(text, |text, id| text.replace(id, &format!("{}-{tag}-{{{{ run.marker }}}}\"", &id[..5])));
    text.replace("one.example.com", &format!("one-{tag}-{{{{ run.marker }}}}.example.com"))
        .replace("two.example.com", &format!("two-{tag}-{{{{ run.marker }}}}.example.com"))
}

/// The attributes that the filters speak of, with their schema's URN.
fn attributes(cases: &[&Case]) -> Vec<String> {
    let user = schema::user();
    let schemas = std::iter::once(&user.base).chain(user.extensions.iter().map(|(schema, _)| schema));
    let all = schemas.flat_map(|schema| schema.attributes.iter().map(move |one| (&schema.urn, &one.name)));
    let speaks = |name: &str| {
        let words = |case: &&Case| {
            let mut words = case.filter.split(|c: char| !c.is_ascii_alphanumeric());
            words.any(|word| word.eq_ignore_ascii_case(name))
        };
        cases.iter().any(words)
    };
    let never = |name: &str| matches!(name, "userName" | "password");
    let wanted = all.filter(|(_, name)| speaks(name) && !never(name));
    wanted.map(|(urn, name)| format!("{urn}:{name}")).collect()
}

impl Case {
    /// As a requirement set demands it: the filter alone, for a server may know no operators but those of the set.
    fn step_of(&self, row: &SetCase<Outcome>, tag: &str) -> Step {
        let step = Step::new(self.id.clone(), format!("GET /Users?filter={}", marked(&self.filter, tag)));
        let requirements = row.requirements.join(" ");
        if let Some(Outcome::Refused) = row.outcome {
            let kind = "at = \"scimType\", is = \"invalidFilter\"";
            return step.judges(&requirements, "status = 400").judges(&requirements, kind);
        }
        let step = step.key("walk", "true").judges(&requirements, "status = 200");
        rows(&self.matches, "made_").into_iter().fold(step, |step, row| step.judges(&requirements, row))
    }

    fn step(&self, tag: &str, own: &str) -> Step {
        let filter = marked(&self.filter, tag);
        // What is no filter stays none; what asks for one user by name needs nothing else.
        let alone =
            self.kind == Kind::Invalid || self.filter.starts_with("userName eq ") && !self.filter.contains(" or ");
        let alone = alone || self.filter.trim().is_empty();
        let sent = if alone { filter } else { format!("({filter}) and {own}") };
        let step = Step::new(self.id.clone(), format!("GET /Users?filter={sent}"));
        // Pages may be short. What is refused has none, and an empty filter may mean everybody.
        let step = if self.kind == Kind::Invalid { step } else { step.key("walk", "true") };
        if !self.ends.is_empty() {
            return step.either(&[], self.ends.iter().map(Known::end).collect());
        }
        let requirements = self.requirements.join(" ");
        if self.kind == Kind::Invalid {
            let soft = "at = \"scimType\", is = \"invalidFilter\", soft = true";
            return step.judges(&requirements, REFUSED).judges(&requirements, soft);
        }
        // An attribute and an operator that do not go together on a server may be refused (`RFC7644 §3.12`, table 9).
        let plain = ["eq", "and", "or", "not"];
        let operator = |word: &&str| ["ne", "co", "sw", "ew", "pr", "gt", "ge", "lt", "le"].contains(word);
        let simple =
            plain.iter().any(|word| self.filter.contains(word)) && !self.filter.split(' ').any(|it| operator(&it));
        let names = self.filter.starts_with("userName") || self.filter.starts_with("USERNAME");
        let status = if simple && names { "status = 200" } else { "status = 200, soft = true" };
        let step = step.judges(&requirements, status);
        rows(&self.matches, "").into_iter().fold(step, |step, row| step.judges(&requirements, row))
    }
}

impl Known {
    fn end(&self) -> End {
        let rows = match (&self.matches, self.refused) {
            (_, true) => vec![REFUSED.to_owned()],
            (None, _) => vec!["status = 200".to_owned()],
            (Some(matches), _) => std::iter::once("status = 200".to_owned()).chain(rows(matches, "")).collect(),
        };
        End { reading: Some(self.reading.clone()), rows }
    }
}

/// Who is among the answers and who is not, by the variables of that prefix.
fn rows(matches: &[String], prefix: &str) -> Vec<String> {
    let one = |name: &String| {
        let word = if matches.contains(name) { "has" } else { "has-not" };
        format!("at = \"Resources.id\", {word} = {}", basic(&format!("{{{{ {prefix}{name} }}}}")))
    };
    table().data.keys().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_asked_once_and_every_part_has_some() {
        let asked = |case: &&Case| !case.requirements.is_empty() || !case.ends.is_empty();
        let standard = || written().into_iter().filter(|it| it.draft.sets.is_empty());
        let steps: usize = standard().map(|it| it.draft.steps.len() - table().data.len() - 1).sum();
        assert_eq!(steps, table().filter_case.iter().filter(asked).count());
        assert_eq!(standard().count(), PARTS.len() + 1);
        let sets = of_sets();
        let asked: usize = table().set_case.iter().map(|row| row.cases.len()).sum();
        assert_eq!(sets.iter().map(|it| it.draft.steps.len() - table().data.len()).sum::<usize>(), asked);
        assert!(PARTS.iter().all(|(_, tag, _)| tag.len() == 10 && tag.bytes().all(|byte| byte.is_ascii_lowercase())));
    }

    #[test]
    fn the_people_are_recognised_as_ours() {
        let person: serde_json::Value =
            serde_json::from_str(&marked(&table().data["u4"], REST.1).replace("{{ run.marker }}", "sp1a")).unwrap();
        assert!(crate::scenario::is_ours("/Users", &person), "{person}");
    }
}
