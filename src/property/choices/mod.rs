//! Which reading of each choice a server follows (`fixtures/requirements/choices.toml`): small scripts whose answers are a
//! reading and never a verdict. It judges nothing.

mod accounts;
mod roles;
mod users;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::home;
use super::script::{Script, Step};
use super::suite::{Cases, Heard, Need, Setting, Suite};
use crate::profile::Profile;
use crate::requirement::{Catalogue, Interpretation};

/// The suite. It has no laws: whoever asks for some does not get it.
pub(super) const SUITE: Suite = Suite {
    name: "choices",
    title: "which reading of each choice the server follows: reported, not judged",
    laws: &[],
    needs: &[],
    cases: Cases::Classified { questions, readings },
};

/// One choice, the question about it, and what the answer says.
#[derive(Clone, Copy)]
struct Probe {
    /// The interpretation's id.
    choice: &'static str,
    /// Without these nothing can be seen, and nothing is asked.
    needs: &'static [Need],
    /// The question; a script without steps is not asked.
    ask: fn(&Setting) -> Script,
    /// The name of the reading; `None` where the answers say nothing, as after a refusal of what should work anywhere.
    read: fn(&Answers<'_>) -> Option<&'static str>,
}

const PROBES: [&[Probe]; 3] = [roles::PROBES, users::PROBES, accounts::PROBES];

/// What can be asked of the target, with its question.
fn asked(setting: &Setting) -> Vec<(Probe, Script)> {
    let probes = PROBES.iter().copied().flatten().filter(|probe| setting.lacks(probe.needs).is_none());
    let asked = probes.map(|probe| (*probe, (probe.ask)(setting)));
    asked.filter(|(_, script)| !script.steps.is_empty()).collect()
}

fn questions(setting: &Arc<Setting>) -> Vec<Script> {
    asked(setting).into_iter().map(|(_, script)| script).collect()
}

fn readings(setting: &Arc<Setting>, heard: &Heard) -> Vec<(String, usize)> {
    let asked = asked(setting);
    let reading = |(question, (probe, _)): (usize, &(Probe, Script))| {
        let name = (probe.read)(&Answers { heard, question, setting })?;
        let number = Catalogue::embedded().interpretation(probe.choice)?.choice.as_ref()?.number(name)?;
        Some((probe.choice.to_owned(), number))
    };
    asked.iter().enumerate().filter_map(reading).collect()
}

/// The number of the reading that a profile declares; `None` where it has no switch for it, or leaves it open.
fn declared(point: &Interpretation, profile: &Profile) -> Option<usize> {
    let choice = point.choice.as_ref()?;
    let held = profile.setting(choice.switch.as_deref()?)?;
    let is = |value: &Value| match (&held, value) {
        (Value::Array(rows), Value::Object(wanted)) => {
            rows.iter().any(|row| wanted.iter().all(|(name, value)| row.get(name) == Some(value)))
        }
        _ => held == *value,
    };
    let named = choice.values.iter().position(|value| !value.is_null() && is(value));
    let number = named.or_else(|| choice.values.iter().position(Value::is_null))? + 1;
    // Of an open profile a default says nothing.
    (!profile.open || number > 1).then_some(number)
}

/// The same for every point that was read.
pub(super) fn all_declared<'a>(
    readings: impl IntoIterator<Item = &'a (String, usize)>,
    profile: &Profile,
) -> BTreeMap<String, usize> {
    let of =
        |(id, _): &(String, usize)| Some((id.clone(), declared(Catalogue::embedded().interpretation(id)?, profile)?));
    readings.into_iter().filter_map(of).collect()
}

/// The answers to one question, by the names of its steps.
struct Answers<'a> {
    heard: &'a Heard,
    question: usize,
    setting: &'a Setting,
}

impl Answers<'_> {
    fn status(&self, step: &str) -> Option<u16> {
        self.heard.named(self.question, step).map(|answer| answer.status)
    }

    /// Whether it was answered with success; `None` without an answer.
    fn done(&self, step: &str) -> Option<bool> {
        self.status(step).map(|status| (200..300).contains(&status))
    }

    /// The body of a success.
    fn body(&self, step: &str) -> Option<Value> {
        self.heard.named(self.question, step).filter(|answer| answer.is_success())?.json()
    }

    /// A member of the body of a success; `Null` where the body has none.
    fn member(&self, step: &str, pointer: &str) -> Option<Value> {
        self.body(step).map(|mut body| body.pointer_mut(pointer).map_or(Value::Null, Value::take))
    }
}

/// A script in the making: every write is asked for its answer, nothing is expected of it.
struct Asking {
    script: Script,
}

impl Asking {
    fn new(title: &str, people: &[&str], needs: &[&'static str]) -> Self {
        let people: Vec<String> = people.iter().map(|name| (*name).to_owned()).collect();
        Self { script: Script::new(title, &people, needs) }
    }

    fn read(&mut self, step: Step) {
        self.script.push(step);
    }

    fn write(&mut self, step: Step) {
        self.script.push(step.unread("its answer is what is asked for"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::RoleReadOut;
    use crate::scenario::{Context, lint};

    #[test]
    fn every_question_is_a_scenario_without_faults_and_every_choice_is_asked() {
        let catalogue = Catalogue::embedded();
        for (name, admin) in [("coalesce-catalog", true), ("coalesce-catalog", false), ("catalytic", true)] {
            let role = Some(RoleReadOut::At("roles.value".into()));
            let setting = Setting { role, admin, ..Setting::of(Profile::named(name).unwrap()) };
            for (probe, script) in asked(&setting) {
                let faults = lint("t.toml", &script.to_string(), &Context::embedded());
                let said: Vec<_> = faults.iter().map(crate::scenario::ScenarioError::rendered).collect();
                assert!(faults.is_empty(), "{name} {}: {}", probe.choice, said.join("\n"));
            }
        }
        let mut probed: Vec<&str> = PROBES.iter().copied().flatten().map(|probe| probe.choice).collect();
        probed.sort_unstable();
        let choices: Vec<&str> =
            catalogue.interpretations().filter(|point| point.choice.is_some()).map(|point| point.id.as_str()).collect();
        assert_eq!(probed, choices);
    }

    #[test]
    fn what_a_profile_declares_is_found_by_switch_and_by_row_and_an_open_default_declares_nothing() {
        let rows = [
            ("coalesce-catalog", "CATALOG-027", Some(1)),
            ("coalesce-catalog", "CATALOG-033", None),
            ("coalesce-sso", "CATALOG-034", Some(2)),
            ("catalytic", "CATALYTIC-008", Some(2)),
            ("catalytic", "PROP-UNIQ-12", Some(2)),
            ("catalytic", "PROP-UNIQ-14", Some(1)),
            ("rfc", "CATALOG-027", None),
        ];
        for (profile, id, expected) in rows {
            let point = Catalogue::embedded().interpretation(id).unwrap();
            assert_eq!(declared(point, &Profile::named(profile).unwrap()), expected, "{profile} {id}");
        }
    }
}
