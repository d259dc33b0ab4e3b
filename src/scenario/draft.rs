//! A scenario as structured steps that print as the text of a file: what programs write, runs and replays like what people
//! write, without the program that wrote it.

use std::fmt::{self, Display, Formatter};

/// A scenario file in the making.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// A sentence.
    pub title: String,
    /// People to draw; those that no step names are not printed.
    pub people: Vec<String>,
    /// Groups to draw, likewise.
    pub groups: Vec<String>,
    /// Capabilities, the words of `needs`.
    pub needs: Vec<&'static str>,
    /// Free words; none: `property`.
    pub tags: Vec<&'static str>,
    /// Provisioning actions that the target's profile must have.
    pub actions: Vec<&'static str>,
    /// Requirement sets one of which must be asked for; none: that of the standard.
    pub sets: Vec<String>,
    /// Products one of which the target's profile must be of.
    pub products: Vec<String>,
    /// Attributes that the target's schemas must have.
    pub attributes: Vec<String>,
    /// Switches of the target's profile with the TOML value that they must have.
    pub when: Vec<(&'static str, &'static str)>,
    /// It counts or lists all resources, so nothing may run beside it.
    pub alone: bool,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Steps were dropped: a write need not be read back any more.
    pub shrunk: bool,
}

/// One end of [`Step::either`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct End {
    /// The reading that it shows: `I-46/1`.
    pub reading: Option<String>,
    /// Its rows as they stand in the file: `step = "patch", status = 400`.
    pub rows: Vec<String>,
}

/// One request of a draft.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// What it is for, with the number that makes it unique; see [`Draft::push`].
    pub name: String,
    line: String,
    body: Option<String>,
    expect: Vec<String>,
    save: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    keys: Vec<(&'static str, String)>,
    either: Vec<End>,
    either_req: Vec<String>,
    free: bool,
    wide: bool,
    stage: bool,
}

impl Step {
    /// A request: `GET /Users/{{ u0 }}`. Names need not be unique: the script numbers its steps.
    #[must_use]
    pub fn new(name: impl Into<String>, line: impl Into<String>) -> Self {
        Self { name: name.into(), line: line.into(), ..Self::default() }
    }

    /// The body's JSON text.
    #[must_use]
    pub fn body(mut self, text: impl Into<String>) -> Self {
        self.body = Some(text.into());
        self
    }

    /// A row of `expect`: `judges("PROP-UNIQ-02", "status = 409")`; several requirements are separated by blanks.
    #[must_use]
    pub fn judges(mut self, requirements: &str, test: impl Display) -> Self {
        let ids: Vec<&str> = requirements.split_whitespace().collect();
        let ids = if let [one] = ids.as_slice() { format!("{one:?}") } else { format!("[{}]", quoted(&ids)) };
        self.expect.push(format!("req = {ids}, {test}"));
        self
    }

    /// A row that classifies: `reads("I-46/1", "status = 200")`.
    #[must_use]
    pub fn reads(mut self, reading: &str, test: impl Display) -> Self {
        self.expect.push(format!("reading = {reading:?}, {test}"));
        self
    }

    /// Sets a variable from the answer, by address.
    #[must_use]
    pub fn saves(mut self, variable: impl Into<String>, address: impl Into<String>) -> Self {
        self.save.push((variable.into(), address.into()));
        self
    }

    /// Sends a header; may hold saved values.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sends it somewhere else: `admin`, or `{{ scim }}`, a saved SCIM base.
    #[must_use]
    pub fn on(self, surface: impl AsRef<str>) -> Self {
        self.key("on", basic(surface.as_ref()))
    }

    /// Sends it at once with its neighbours of the same label.
    #[must_use]
    pub fn together(self, label: &str) -> Self {
        self.key("together", basic(label))
    }

    /// Sends it so many times at once, and counts the answers: `tally("PROP-CONC-01", "201 = 1, 409 = 7")`.
    #[must_use]
    pub fn times(self, times: usize, requirement: &str, tally: &str) -> Self {
        let step = self.key("times", times.to_string()).key("tally", format!("{{ {tally} }}"));
        step.key("tally_req", basic(requirement))
    }

    /// Takes it back at the end: `DELETE /admin/v1/organizations/{{ org }}`.
    #[must_use]
    pub fn undo(self, line: &str) -> Self {
        self.key("undo", literal(line))
    }

    /// Why nothing reads this write back.
    #[must_use]
    pub fn unread(self, reason: &str) -> Self {
        self.key("unread", basic(reason))
    }

    /// The ends that the server may choose between, and the requirements that do not hold if none comes true.
    #[must_use]
    pub fn either(mut self, requirements: &[String], ends: Vec<End>) -> Self {
        self.either = ends;
        self.either_req = requirements.to_vec();
        self
    }

    /// Any other key of a step with its TOML value.
    #[must_use]
    pub fn key(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.keys.push((key, value.into()));
        self
    }

    /// Says of a write that no row of any other step counts on it unless it uses what this step saves: shrinking may then
    /// drop it. Reads may always be dropped.
    #[must_use]
    pub fn free(mut self) -> Self {
        self.free = true;
        self
    }

    /// Says of a read that it shows what was written to other collections too: a role follows from users and groups.
    #[must_use]
    pub fn wide(mut self) -> Self {
        self.wide = true;
        self
    }

    /// Says that it only makes the place where the history plays, such as an organization of its own.
    #[must_use]
    pub fn stage(mut self) -> Self {
        self.stage = true;
        self
    }

    /// True when shrinking may leave it out: the expectations of the other steps stay true without it.
    #[must_use]
    pub fn may_be_dropped(&self) -> bool {
        self.free || self.line.starts_with("GET ")
    }

    /// True when one of its rows names the requirement.
    #[must_use]
    pub fn judges_any(&self) -> bool {
        !self.expect.is_empty()
    }

    /// Where it is sent, if not below the target's SCIM base; a TOML value.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.keys.iter().find(|(key, _)| *key == "on").map(|(_, value)| value.as_str())
    }

    fn collection(&self) -> &str {
        let path = self.line.split_once(' ').map_or("", |(_, target)| target);
        path.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default()
    }

    fn writes(&self) -> bool {
        !self.line.starts_with("GET ") && !self.line.ends_with("/.search")
    }

    /// All its text, for telling which names occur in it.
    fn mentions(&self, name: &str) -> bool {
        let texts = [&self.line].into_iter().chain(&self.body).chain(&self.expect);
        let ends = self.either.iter().flat_map(|end| &end.rows);
        let texts = texts
            .chain(ends)
            .chain(self.headers.iter().map(|(_, value)| value))
            .chain(self.keys.iter().map(|(_, v)| v));
        let (dotted, whole) = (format!("{{{{ {name}."), format!("{{{{ {name} "));
        texts.into_iter().any(|text| text.contains(&dotted) || text.contains(&whole))
    }
}

impl Draft {
    /// A draft without steps: its title, its people by name, what it needs of the target.
    #[must_use]
    pub fn new(title: &str, people: &[String], needs: &[&'static str]) -> Self {
        Self { title: title.to_owned(), people: people.to_vec(), needs: needs.to_vec(), ..Self::default() }
    }

    /// Adds a step and gives its full name, for `same-as`.
    pub fn push(&mut self, mut step: Step) -> String {
        step.name = format!("{}. {}", self.steps.len() + 1, step.name);
        let name = step.name.clone();
        self.steps.push(step);
        name
    }

    /// The steps that are sent at once with others, by full name.
    pub fn at_once(&self) -> impl Iterator<Item = &str> {
        let at_once = |step: &&Step| step.keys.iter().any(|(key, _)| matches!(*key, "together" | "times"));
        self.steps.iter().filter(at_once).map(|step| step.name.as_str())
    }

    /// How many requests it sends, in the place that is made for it.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.steps.len() - self.staged()
    }

    /// How many requests make the place where it plays.
    #[must_use]
    pub fn staged(&self) -> usize {
        self.steps.iter().filter(|step| step.stage).count()
    }

    /// The draft without those steps; whatever else there is keeps its names.
    #[must_use]
    pub fn without(&self, dropped: &std::ops::Range<usize>) -> Self {
        let kept = self.steps.iter().enumerate().filter(|(n, _)| !dropped.contains(n)).map(|(_, step)| step.clone());
        Self { steps: kept.collect(), shrunk: true, ..self.clone() }
    }

    /// The draft with its steps numbered from 1 again.
    #[must_use]
    pub fn renumbered(mut self) -> Self {
        let names: Vec<(String, String)> = self
            .steps
            .iter()
            .enumerate()
            .map(|(n, s)| (s.name.clone(), format!("{}. {}", n + 1, bare(&s.name))))
            .collect();
        let renamed = |text: &str| {
            let parts = text.split('"').map(|part| {
                names.iter().find(|(old, _)| old == part).map_or_else(|| part.to_owned(), |(_, new)| new.clone())
            });
            parts.collect::<Vec<_>>().join("\"")
        };
        for (step, (_, new)) in self.steps.iter_mut().zip(&names) {
            step.name.clone_from(new);
            step.expect.iter_mut().for_each(|row| *row = renamed(row));
            step.keys.iter_mut().for_each(|(_, value)| *value = renamed(value));
        }
        self
    }
}

impl Display for Draft {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let used = |names: &[String]| -> Vec<String> {
            names.iter().filter(|name| self.steps.iter().any(|step| step.mentions(name))).cloned().collect()
        };
        let tags = if self.tags.is_empty() { &["property"] } else { self.tags.as_slice() };
        writeln!(out, "title  = {}\ntags   = [{}]", basic(&self.title), quoted(tags))?;
        let mut needs = self.needs.clone();
        if !needs.contains(&"admin") && self.steps.iter().any(|step| step.place() == Some("\"admin\"")) {
            needs.push("admin");
        }
        writeln!(out, "needs  = [{}]\npeople = [{}]", quoted(&needs), quoted(&used(&self.people)))?;
        let groups = used(&self.groups);
        if !groups.is_empty() {
            writeln!(out, "groups = [{}]", quoted(&groups))?;
        }
        if !self.actions.is_empty() {
            writeln!(out, "actions = [{}]", quoted(&self.actions))?;
        }
        if !self.sets.is_empty() {
            writeln!(out, "sets   = [{}]", quoted(&self.sets))?;
        }
        if !self.products.is_empty() {
            writeln!(out, "products = [{}]", quoted(&self.products))?;
        }
        if !self.attributes.is_empty() {
            writeln!(out, "attributes = [{}]", quoted(&self.attributes))?;
        }
        if !self.when.is_empty() {
            let when: Vec<String> = self.when.iter().map(|(path, value)| format!("\"{path}\" = {value}")).collect();
            writeln!(out, "when   = {{ {} }}", when.join(", "))?;
        }
        if self.alone {
            writeln!(out, "alone  = true")?;
        }
        for (n, step) in self.steps.iter().enumerate() {
            writeln!(out, "\n[[step]]\nname   = {}\nsend   = {}", basic(&step.name), literal(&step.line))?;
            if let Some(body) = &step.body {
                writeln!(out, "body   = {}", literal(body))?;
            }
            if !step.headers.is_empty() {
                let headers = step.headers.iter().map(|(name, value)| format!("{} = {}", basic(name), basic(value)));
                writeln!(out, "headers = {{ {} }}", headers.collect::<Vec<_>>().join(", "))?;
            }
            for (key, value) in &step.keys {
                writeln!(out, "{key:6} = {value}")?;
            }
            let later = &self.steps[n + 1..];
            let read = later.iter().any(|other| !other.writes() && other.collection() == step.collection());
            if step.writes() && !read && !step.keys.iter().any(|(key, _)| *key == "unread") {
                if later.iter().any(|other| other.wide) {
                    writeln!(out, "unread = \"the role shows it\"")?;
                } else if self.shrunk {
                    writeln!(out, "unread = \"the smallest history does without\"")?;
                }
            }
            if !step.expect.is_empty() {
                writeln!(out, "expect = [")?;
                step.expect.iter().try_for_each(|row| writeln!(out, "  {{ {row} }},"))?;
                writeln!(out, "]")?;
            }
            if !step.either_req.is_empty() {
                writeln!(out, "either_req = [{}]", quoted(&step.either_req))?;
            }
            if !step.either.is_empty() {
                writeln!(out, "either = [")?;
                for end in &step.either {
                    let reading = end.reading.iter().map(|reading| format!("reading = {}, ", basic(reading)));
                    let rows = end.rows.iter().map(|row| format!("{{ {row} }}")).collect::<Vec<_>>().join(", ");
                    writeln!(out, "  {{ {}rows = [{rows}] }},", reading.collect::<String>())?;
                }
                writeln!(out, "]")?;
            }
            if !step.save.is_empty() {
                let saves = step.save.iter().map(|(variable, address)| format!("{variable} = {}", basic(address)));
                writeln!(out, "save   = {{ {} }}", saves.collect::<Vec<_>>().join(", "))?;
            }
        }
        Ok(())
    }
}

/// A step's name without its number.
#[must_use]
pub fn bare(name: &str) -> &str {
    name.split_once(". ").map_or(name, |(_, rest)| rest)
}

/// A TOML value for a row: `text("ADMIN")` is `"ADMIN"`.
#[must_use]
pub fn basic(text: &str) -> String {
    // JSON's escapes are TOML's, but for DEL, which JSON leaves as it is.
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// A text as TOML shows it best: without escapes where that is possible.
fn literal(text: &str) -> String {
    if text.contains('\'') || text.chars().any(char::is_control) { basic(text) } else { format!("'{text}'") }
}

fn quoted<S: AsRef<str>>(words: &[S]) -> String {
    words.iter().map(|word| basic(word.as_ref())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{self, Context};

    fn script() -> Draft {
        let people = ["a".to_owned(), "b".to_owned()];
        let mut script = Draft::new("a \"quoted\" title", &people, &["filter"]);
        let body = r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{{ a.identifier }}", "title": "o'neil"}"#;
        let create = Step::new("create", "POST /Users").body(body).judges("RFC7644-3.3-6", "status = 201");
        script.push(create.saves("u", "id").header("X-Trace", "one"));
        let read = script.push(Step::new("read", "GET /Users/{{ u }}"));
        let again = Step::new("read", "GET /Users/{{ u }}");
        script.push(again.judges("RFC7644-3.3-6 PROP-UNIQ-01", format!("at = \"id\", same-as = {}", basic(&read))));
        script
    }

    #[test]
    fn a_script_prints_as_a_scenario_without_faults() {
        let script = script();
        let parsed = scenario::parse("t.toml", &script.to_string(), &Context::embedded()).unwrap();
        assert_eq!((parsed.people.len(), parsed.steps.len()), (1, 3), "the second person is not used");
        assert_eq!(parsed.steps[2].name, "3. read");
    }

    #[test]
    fn what_is_left_after_dropping_is_a_scenario_too() {
        let script = script();
        let short = script.without(&(1..3)).renumbered();
        scenario::parse("t.toml", &short.to_string(), &Context::embedded()).unwrap();
        let mut far = script.clone();
        far.steps.swap(0, 0);
        let one_less = Draft { steps: script.steps[1..].to_vec(), ..script }.renumbered();
        assert_eq!(one_less.steps[1].expect[0].split("same-as = ").nth(1), Some("\"1. read\""));
        assert!(!far.steps[0].may_be_dropped() && far.steps[1].may_be_dropped());
    }
}
