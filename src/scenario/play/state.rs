//! What a scenario knows while it is played: variables, answered steps, what broke which of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use smol_str::SmolStr;

use super::super::model::{Line, On, Scenario, Step as Script, line_of};
use super::super::template::Missing;
use super::Settings;
use super::kept::Kept;
use super::request::Aim;
use crate::flow::{Evidence, Remark, Step};
use crate::scim::address;
use crate::wire::{Exchange, ExchangeId, Request, Response};

/// The state of one play.
pub(super) struct State {
    pub scenario: Arc<Scenario>,
    /// Id and file of the scenario, shared by all that is found.
    pub id: SmolStr,
    pub file: SmolStr,
    pub settings: Settings,
    /// What the product keeps of its users.
    pub kept: Kept,
    /// Variables that exist from the start, and saved ones.
    vars: BTreeMap<String, Value>,
    /// Variables that an answer failed to give.
    broken: BTreeMap<String, Broken>,
    /// Steps that are over.
    done: BTreeMap<String, Done>,
    /// Writes that should have succeeded and did not, by what they were to write (see [`Aim`]), as long as no later
    /// write of the same did.
    pub refused: BTreeMap<String, Broken>,
    pub remarks: Vec<Remark>,
    pub undo: Vec<Step>,
    /// False once a step was not sent, not answered or inconclusive.
    pub intact: bool,
}

/// Why something cannot be had: the exchange to blame and a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    pub exchange: ExchangeId,
    pub reason: String,
}

/// A step that is over.
enum Done {
    Answered { request: Request, exchange: Arc<Exchange> },
    Broken(Broken),
}

impl State {
    pub fn new(scenario: Arc<Scenario>, settings: &Settings) -> Self {
        let mut state = Self {
            id: scenario.id.as_str().into(),
            file: scenario.file.as_str().into(),
            scenario: Arc::clone(&scenario),
            settings: settings.clone(),
            kept: Kept::default(),
            vars: BTreeMap::new(),
            broken: BTreeMap::new(),
            done: BTreeMap::new(),
            refused: BTreeMap::new(),
            remarks: Vec::new(),
            undo: Vec::new(),
            intact: true,
        };
        let family = scenario.clients.first().and_then(|client| client.split('/').next()).unwrap_or_default();
        let draw = &settings.draw;
        for name in &scenario.people {
            state.vars.insert(name.clone(), draw.person(&scenario.id, name, family));
        }
        for name in &scenario.groups {
            state.vars.insert(name.clone(), draw.group(&scenario.id, name));
        }
        let own: Vec<_> = scenario
            .vars
            .iter()
            .map(|(name, value)| (name.clone(), state.fill(value, &|name| state.lookup(name, "", 1))))
            .collect();
        state.vars.extend(own.into_iter().filter_map(|(name, value)| Some((name, value.ok()?))));
        state
    }

    /// A variable's value for a step and its `{{ n }}`.
    pub fn lookup(&self, name: &str, step: &str, n: usize) -> Option<Value> {
        match name {
            "random.uuid" => Some(Value::String(self.settings.draw.uuid(&self.scenario.id, step))),
            "run.organization" => Some(Value::String(self.settings.draw.organization(&self.scenario.id))),
            "run.marker" => Some(Value::String(self.settings.draw.marker.clone())),
            "base" => Some(Value::String(self.settings.base_url.trim_end_matches('/').to_owned())),
            "n" => Some(Value::from(n)),
            _ => match name.split_once('.') {
                Some((owner, field)) => self.vars.get(owner)?.get(field).cloned(),
                None => self.vars.get(name).cloned(),
            },
        }
    }

    /// A JSON value with the holes of its strings filled.
    pub fn fill(&self, value: &Value, lookup: super::super::template::Lookup) -> Result<Value, Missing> {
        Ok(match value {
            Value::String(text) => match super::super::template::Template::parse(text) {
                Ok(template) => template.value(lookup)?,
                Err(_) => value.clone(),
            },
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.fill(item, lookup)).collect::<Result<_, _>>()?)
            }
            Value::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), self.fill(value, lookup)?)))
                    .collect::<Result<_, Missing>>()?,
            ),
            other => other.clone(),
        })
    }

    /// What broke a variable.
    pub fn blame(&self, missing: &Missing) -> Option<Broken> {
        self.broken.get(&missing.0).cloned()
    }

    /// The request and answer of an earlier step.
    pub fn earlier(&self, name: &str) -> Result<(&Request, &Arc<Exchange>), Broken> {
        match self.done.get(name) {
            Some(Done::Answered { request, exchange }) if exchange.answer.is_ok() => Ok((request, exchange)),
            Some(Done::Answered { exchange, .. }) => {
                Err(Broken { exchange: exchange.id.clone(), reason: format!("step \"{name}\" was not answered") })
            }
            Some(Done::Broken(broken)) => Err(broken.clone()),
            None => Err(Broken { exchange: ExchangeId::default(), reason: format!("step \"{name}\" was not played") }),
        }
    }

    /// A step is over: saves, undo, rows. `evidence` are the exchanges behind a merged one, or the same.
    pub fn finished(
        &mut self,
        index: usize,
        request: Request,
        exchanges: &[Arc<Exchange>],
        evidence: &[Arc<Exchange>],
    ) {
        let scenario = Arc::clone(&self.scenario);
        let script = &scenario.steps[index];
        let Some(first) = exchanges.first() else {
            self.intact = false;
            return;
        };
        let good = |exchange: &&Arc<Exchange>| exchange.response().is_some_and(Response::is_success);
        let chosen = exchanges.iter().find(good).unwrap_or(first);
        if exchanges.iter().any(|exchange| exchange.answer.is_err()) {
            self.intact = false;
        }
        let before = self.vars.clone();
        self.save(script, chosen);
        let aim = Aim::of(&request);
        self.done.insert(script.name.clone(), Done::Answered { request, exchange: Arc::clone(chosen) });
        if let Some(line) = &script.undo
            && good(&chosen)
        {
            let encoding = super::request::encoding(&self.scenario, script, line);
            let lookup = |name: &str| self.lookup(name, &script.name, 1);
            if let (Ok(target), Ok(root)) =
                (line.target.target(&lookup, encoding), super::request::root(&line.on, &lookup))
            {
                let mut request = Request { root, ..Request::new(line.method.clone(), target) };
                request.headers = super::request::headers(&self.scenario, script, line, false);
                // Another base has no credentials of its own: the step's go with its undo.
                let own = script.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
                if let (On::At(_), Some((name, value))) = (&line.on, own)
                    && let Ok(value) = value.plain(&lookup)
                {
                    request.headers.set(name, value);
                }
                let name = format!("undo {}", script.name);
                self.undo.push(Step::new(name, request));
            }
        }
        exchanges.iter().for_each(|exchange| self.kept.learn(&exchange.request));
        let all = evidence.iter().skip(1).fold(Evidence::of(&first.id), |all, exchange| all.and(&exchange.id));
        for (n, exchange) in exchanges.iter().enumerate() {
            let evidence = if exchanges.len() == 1 { all.clone() } else { Evidence::of(&exchange.id) };
            self.rows(index, exchange, &evidence, &before, n + 1);
        }
        if let Some(either) = &script.either {
            self.either(script, either, chosen, &before);
        }
        if let Some(tally) = &script.tally {
            self.tally(script, tally, exchanges, all);
        }
        if line_of(&scenario.steps, script).is_some_and(Line::writes) {
            self.remember(script, aim, exchanges);
        }
    }

    /// Keeps in mind that a write was refused, or forgets it once a write of the same succeeded. One that was not answered
    /// may not have been done, and another change at its place says nothing of it.
    fn remember(&mut self, script: &Script, aim: Aim, exchanges: &[Arc<Exchange>]) {
        let wanted = self.wanted(script);
        if !wanted.iter().any(|code| (200..300).contains(code)) {
            return;
        }
        let name = &script.name;
        let refused = exchanges.iter().find_map(|exchange| {
            let reason = match &exchange.answer {
                Ok(response) if response.is_success() || wanted.contains(&response.status) => return None,
                Ok(response) => format!("step \"{name}\" was refused (status {})", response.status),
                Err(failure) => format!("step \"{name}\" was not answered: {}", failure.reason),
            };
            let key = if exchange.answer.is_ok() { aim.key.clone() } else { aim.whole.clone() };
            Some((key, Broken { exchange: exchange.id.clone(), reason }))
        });
        match refused {
            Some((key, broken)) => _ = self.refused.insert(key, broken),
            // A refusal that is allowed wrote nothing either.
            None if !exchanges.iter().any(|exchange| exchange.response().is_some_and(Response::is_success)) => {}
            None => {
                let over = aim.over.map(|place| format!("{place} "));
                self.refused.retain(|key, _| {
                    let again = *key == aim.key || *key == aim.whole;
                    !again && !over.as_ref().is_some_and(|place| key.starts_with(place.as_str()))
                });
            }
        }
    }

    /// Sets the step's variables; one that the answer does not give is broken by it.
    fn save(&mut self, script: &Script, exchange: &Arc<Exchange>) {
        if script.save.is_empty() {
            return;
        }
        let body = exchange.response().and_then(Response::json);
        for (name, path) in &script.save {
            let lookup = |name: &str| self.lookup(name, &script.name, 1);
            let found = path.address(&lookup).ok().and_then(|path| {
                let found = address::find(body.as_ref()?, &path).ok()?;
                found.into_iter().find(|value| !value.is_null()).cloned()
            });
            let good = exchange.response().is_some_and(Response::is_success);
            match found.filter(|_| good) {
                Some(value) => {
                    self.vars.insert(name.clone(), value);
                    self.broken.remove(name);
                }
                None => {
                    self.vars.remove(name);
                    let reason = match &exchange.answer {
                        Ok(response) => {
                            format!("step \"{}\" gave no `{name}` (status {})", script.name, response.status)
                        }
                        Err(failure) => format!("step \"{}\" gave no `{name}`: {}", script.name, failure.reason),
                    };
                    self.broken.insert(name.clone(), Broken { exchange: exchange.id.clone(), reason });
                }
            }
        }
    }

    /// A step that cannot be sent: its rows are inconclusive, and whatever it would have given is broken.
    pub fn unsent(&mut self, index: usize, broken: &Broken) {
        let scenario = Arc::clone(&self.scenario);
        let script = &scenario.steps[index];
        self.intact = false;
        self.done.insert(script.name.clone(), Done::Broken(broken.clone()));
        for (name, _) in &script.save {
            self.vars.remove(name);
            self.broken.insert(name.clone(), broken.clone());
        }
        self.inconclusive(script, broken);
    }

    /// Lookup for rows: a variable that existed before the step keeps that value, so that `is-not = "{{ version }}"`
    /// compares with the version before.
    pub fn row_lookup(&self, before: &BTreeMap<String, Value>, name: &str, step: &str, n: usize) -> Option<Value> {
        before.get(name).cloned().or_else(|| self.lookup(name, step, n))
    }
}
