//! From the raw file to the model: everything that can be wrong without sending anything is found here, with its place.

mod base;
mod either;
mod row;
mod scope;
mod step;
mod steps;

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;
use toml::Spanned;

use super::error::{ScenarioError, Source};
use super::model::{Scenario, When};
use super::raw;
use super::template::Template;
use super::{ACTIONS, CAPABILITIES, Context, PRODUCTS};
use crate::idp;
use crate::profile::Profile;
use crate::requirement::{self, Level};
use crate::scim::schema;
use scope::Scope;

/// Collects the errors of one file.
struct Linter<'a> {
    source: Source<'a>,
    context: &'a Context<'a>,
    /// The requirement sets of the file.
    sets: Vec<String>,
    errors: Vec<(usize, ScenarioError)>,
}

/// Parses and lints one file.
pub(super) fn parse(file: &str, id: &str, text: &str, context: &Context) -> Result<Scenario, Vec<ScenarioError>> {
    let source = Source { file, text };
    let raw: raw::Scenario =
        toml::from_str(text).map_err(|error| vec![source.error(error.span().unwrap_or(0..0), syntax(&error))])?;
    let mut linter = Linter { source, context, sets: Vec::new(), errors: Vec::new() };
    let scenario = linter.scenario(id, raw);
    linter.errors.sort_by_key(|(at, _)| *at);
    let errors: Vec<_> = linter.errors.into_iter().map(|(_, error)| error).collect();
    if errors.is_empty() { Ok(scenario) } else { Err(errors) }
}

/// The TOML parser's words in ours: keys, not fields.
fn syntax(error: &toml::de::Error) -> String {
    error.message().replace("unknown field", "unknown key").replace("missing field", "missing key").replace('\n', ", ")
}

impl Linter<'_> {
    fn fail(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.errors.push((span.start, self.source.error(span, message)));
    }

    fn scenario(&mut self, id: &str, raw: raw::Scenario) -> Scenario {
        if let Some(given) = &raw.id
            && given.get_ref() != id
        {
            self.fail(given.span(), format!("the id is the path of the file: `{id}`"));
        }
        if raw.title.get_ref().trim().is_empty() {
            self.fail(raw.title.span(), "the title is empty");
        }
        if raw.step.is_empty() {
            self.fail(raw.title.span(), "a scenario needs at least one `[[step]]`");
        }
        let clients: Vec<String> = raw.clients.iter().map(|client| self.client(client)).collect();
        let flows = raw.flows.iter().map(|flow| self.flow(flow, &clients)).collect();
        let needs = self.words(&raw.needs, "capability", &CAPABILITIES);
        let actions = self.words(&raw.actions, "action", &ACTIONS);
        let attributes = raw.attributes.iter().map(|name| self.schema_attribute(name)).collect();
        let sets = self.sets(&raw.sets, raw.clients.is_empty() && raw.products.is_empty());
        self.sets.clone_from(&sets);
        let products = self.words(&raw.products, "product", &PRODUCTS);
        let when = raw.when.iter().map(|(path, value)| self.when(path, value)).collect();
        let default = || vec![Spanned::new(0..0, "person".to_owned())];
        let people = self.names(&raw.people.unwrap_or_else(default));
        let groups = self.names(&raw.groups);
        let mut scope = Scope::new(&people, &groups);
        let vars = raw.vars.iter().map(|(name, value)| self.var(name, value, &scope)).collect();
        for name in raw.vars.keys() {
            if let Err(reason) = scope.declare(name.get_ref()) {
                self.fail(name.span(), reason);
            }
        }
        let steps = self.steps(raw.step, &needs, &mut scope);
        Scenario {
            id: id.to_owned(),
            file: self.source.file.to_owned(),
            title: raw.title.into_inner(),
            clients,
            flows,
            tags: raw.tags,
            needs,
            actions,
            sets,
            products,
            when,
            attributes,
            people,
            groups,
            alone: raw.alone,
            note: raw.note,
            vars,
            steps,
        }
    }

    fn client(&mut self, client: &Spanned<String>) -> String {
        if idp::client(client.get_ref()).is_none() {
            let known: Vec<_> = idp::clients().iter().map(|client| client.id.as_str()).collect();
            self.fail(client.span(), format!("unknown client `{}`; known: {}", client.get_ref(), known.join(", ")));
        }
        client.get_ref().clone()
    }

    fn flow(&mut self, flow: &Spanned<String>, clients: &[String]) -> String {
        let id = flow.get_ref();
        let has = |client: &idp::Client| client.flows.iter().any(|known| known.id == *id);
        if !idp::clients().iter().any(has) {
            self.fail(flow.span(), format!("unknown flow `{id}`"));
        } else if !clients.iter().filter_map(|client| idp::client(client)).any(has) {
            self.fail(flow.span(), format!("flow `{id}` belongs to none of the scenario's clients"));
        }
        id.clone()
    }

    /// A switch of the profile and the values under which the scenario runs; the standard's profile knows them all.
    fn when(&mut self, path: &Spanned<String>, value: &Spanned<toml::Value>) -> When {
        let values = match json_of(value.get_ref()) {
            Value::Array(values) => values,
            one => vec![one],
        };
        if values.is_empty() {
            self.fail(value.span(), "`when` needs at least one value");
        }
        if let Some(rfc) = Profile::named("rfc") {
            if let Err(reason) = rfc.check_setting(path.get_ref(), None) {
                self.fail(path.span(), reason);
            } else {
                for reason in values.iter().filter_map(|it| rfc.check_setting(path.get_ref(), Some(it)).err()) {
                    self.fail(value.span(), reason);
                }
            }
        }
        When { path: path.get_ref().clone(), values }
    }

    fn words(&mut self, words: &[Spanned<String>], kind: &str, known: &[&str]) -> Vec<String> {
        for word in words {
            if !known.contains(&word.get_ref().as_str()) {
                self.fail(word.span(), format!("unknown {kind} `{}`; known: {}", word.get_ref(), known.join(", ")));
            }
        }
        words.iter().map(|word| word.get_ref().clone()).collect()
    }

    /// Requirement sets; what clients send and what products promise is asked for otherwise.
    fn sets(&mut self, words: &[Spanned<String>], plain: bool) -> Vec<String> {
        if let Some(first) = words.first().filter(|_| !plain) {
            self.fail(first.span(), "a scenario of a client or a product belongs to no requirement set");
        }
        let known: Vec<&str> = requirement::sets().iter().map(|set| set.name.as_str()).collect();
        self.words(words, "requirement set", &known)
    }

    /// `urn:ietf:params:scim:schemas:core:2.0:User:title`, of a schema that is known.
    fn schema_attribute(&mut self, name: &Spanned<String>) -> String {
        let text = name.get_ref();
        let known = text.rsplit_once(':').and_then(|(urn, name)| schema::known(urn)?.attribute(name));
        if known.is_none() {
            self.fail(name.span(), format!("`{text}` is no attribute of a core schema with its URN in front"));
        }
        text.clone()
    }

    /// Names of people and groups: letters, digits, `_` and `-`, each once.
    fn names(&mut self, names: &[Spanned<String>]) -> Vec<String> {
        let mut seen = BTreeSet::new();
        for name in names {
            let text = name.get_ref();
            if text.is_empty() || !text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) {
                self.fail(name.span(), format!("`{text}` is no good name: letters, digits, `_` and `-` only"));
            } else if !seen.insert(text) {
                self.fail(name.span(), format!("`{text}` is named twice"));
            }
        }
        names.iter().map(|name| name.get_ref().clone()).collect()
    }

    fn var(&mut self, name: &Spanned<String>, value: &Spanned<toml::Value>, scope: &Scope) -> (String, Value) {
        let json = json_of(value.get_ref());
        if let Value::String(text) = &json {
            self.template(text, &value.span(), |hole| scope.check(hole, None));
        }
        (name.get_ref().clone(), json)
    }

    /// A requirement's id, reported where it is unknown or withdrawn.
    fn requirement(&mut self, id: &str, span: Range<usize>) {
        match self.context.catalogue.get(id) {
            None => {
                let near = self.near(id);
                self.fail(span, format!("unknown requirement `{id}`{near}"));
            }
            Some(known) if known.level == Level::Retired => {
                self.fail(span, format!("requirement `{id}` is retired by its source"));
            }
            Some(known) => {
                // A draft is never judged where nobody asks for it.
                match requirement::set_of(id).map(|set| set.name.as_str()) {
                    Some(set) if self.sets != [set] => {
                        self.fail(span, format!("requirement `{id}` needs `sets = [\"{set}\"]`"));
                    }
                    None if known.source == "DRAFT" => {
                        self.fail(span, format!("requirement `{id}` is of a draft that is no requirement set"));
                    }
                    _ => {}
                }
            }
        }
    }

    /// `; near it: …` for a requirement id whose section exists.
    fn near(&self, id: &str) -> String {
        let stem = id.rsplit_once('-').map_or(id, |(stem, _)| stem);
        let prefix = format!("{stem}-");
        let near: Vec<_> = self
            .context
            .catalogue
            .requirements()
            .filter(|known| known.id.starts_with(&prefix))
            .map(|known| known.id.as_str())
            .collect();
        match near.as_slice() {
            [] => String::new(),
            [one] => format!("; near it: {one}"),
            [first, .., _] => format!("; {} ids begin `{prefix}`, for example {first}", near.len()),
        }
    }

    /// Parses a template and has its holes checked; faults are reported inside the string.
    fn template(&mut self, text: &str, span: &Range<usize>, check: impl Fn(&str) -> Result<(), String>) -> Template {
        match Template::parse(text) {
            Ok(template) => {
                let faults: Vec<_> = template
                    .holes()
                    .filter_map(|hole| check(&hole.name).err().map(|reason| (hole.at.clone(), reason)))
                    .collect();
                for (at, reason) in faults {
                    self.fail(self.source.within(span, text, at), reason);
                }
                template
            }
            Err(error) => {
                self.fail(self.source.within(span, text, error.at), error.reason);
                Template::literal(text)
            }
        }
    }
}

/// A TOML value as JSON; dates become their text.
fn json_of(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text.clone()),
        toml::Value::Integer(number) => Value::from(*number),
        toml::Value::Float(number) => Value::from(*number),
        toml::Value::Boolean(truth) => Value::Bool(*truth),
        toml::Value::Datetime(time) => Value::String(time.to_string()),
        toml::Value::Array(items) => Value::Array(items.iter().map(json_of).collect()),
        toml::Value::Table(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), json_of(value))).collect())
        }
    }
}

/// `200ms`, `2s`, `1m`.
fn duration(text: &str) -> Result<std::time::Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let millis = match &text[digits.len()..] {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        _ => 0,
    };
    let number = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(millis));
    match number {
        Some(total) if millis > 0 && total <= 600_000 => Ok(std::time::Duration::from_millis(total)),
        _ => Err(format!("`{text}` is no duration up to 10m such as `200ms`, `2s` or `1m`")),
    }
}
