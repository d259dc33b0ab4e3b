//! Which variables a template may name at a place in the scenario.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use super::super::people::{GROUP_FIELDS, PERSON};
use super::super::{CAPABILITIES, raw};

/// The variables of a scenario, and the step from which each saved one exists.
#[derive(Debug)]
pub(super) struct Scope {
    people: Vec<String>,
    groups: Vec<String>,
    vars: BTreeSet<String>,
    saved: BTreeMap<String, (usize, String, Needs)>,
}

/// The capabilities without which a step is left out: a bit for each word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Needs(u32);

impl Needs {
    pub fn of(step: &raw::Step) -> Self {
        let bit = |need: &Spanned<String>| CAPABILITIES.iter().position(|word| word == need.get_ref());
        Self(step.needs.iter().filter_map(bit).fold(0, |bits, bit| bits | 1 << bit))
    }

    /// True when a step with these is never sent without one with those.
    pub const fn cover(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Where a template stands, for saved variables and `{{ n }}`.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    /// Variables saved by steps before this index are there.
    pub before: usize,
    /// Also those of this step (its own rows and undo).
    pub own: Option<usize>,
    /// Whether the step has `times`.
    pub times: bool,
    /// What the step needs.
    pub needs: Needs,
}

/// Always there.
const BUILT_IN: [&str; 4] = ["random.uuid", "run.marker", "run.organization", "base"];

impl Scope {
    pub fn new(people: &[String], groups: &[String]) -> Self {
        Self { people: people.to_vec(), groups: groups.to_vec(), vars: BTreeSet::new(), saved: BTreeMap::new() }
    }

    /// Takes a name for a variable.
    pub fn declare(&mut self, name: &str) -> Result<(), String> {
        self.free(name)?;
        self.vars.insert(name.to_owned());
        Ok(())
    }

    /// Notes that a step saves a variable.
    pub fn save(&mut self, name: &str, index: usize, step: &str, needs: Needs) -> Result<(), String> {
        self.free(name)?;
        if self.vars.contains(name) {
            return Err(format!("`{name}` is already a name of [vars]"));
        }
        self.saved.entry(name.to_owned()).or_insert_with(|| (index, step.to_owned(), needs));
        Ok(())
    }

    fn free(&self, name: &str) -> Result<(), String> {
        let word = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        if !word {
            return Err(format!("`{name}` is no good name: letters, digits, `_` and `-` only"));
        }
        let taken = matches!(name, "n" | "base" | "run" | "random")
            || self.people.iter().chain(&self.groups).any(|other| other == name);
        if taken { Err(format!("the name `{name}` is taken")) } else { Ok(()) }
    }

    /// Whether a template may name this variable; `None` for `[vars]`, which know only people, groups and the run.
    pub fn check(&self, name: &str, at: Option<At>) -> Result<(), String> {
        if BUILT_IN.contains(&name) {
            return Ok(());
        }
        if let Some((owner, field)) = name.split_once('.') {
            let fields: &[&str] = match () {
                () if self.people.iter().any(|known| known == owner) => &PERSON,
                () if self.groups.iter().any(|known| known == owner) => &GROUP_FIELDS,
                () => return Err(format!("`{owner}` is neither in `people` nor in `groups`")),
            };
            if fields.contains(&field) {
                return Ok(());
            }
            return Err(format!("`{owner}` has no `{field}`; it has: {}", fields.join(", ")));
        }
        let Some(at) = at else {
            return Err(format!("[vars] cannot use `{name}`: only people, groups, {}", BUILT_IN.join(", ")));
        };
        if name == "n" {
            return if at.times { Ok(()) } else { Err("`n` exists only in a step with `times`".into()) };
        }
        if self.vars.contains(name) {
            return Ok(());
        }
        match self.saved.get(name) {
            Some((index, step, needs)) if *index < at.before || at.own == Some(*index) => {
                match at.needs.cover(*needs) {
                    true => Ok(()),
                    false => {
                        Err(format!("`{name}` is saved by step \"{step}\", which has `needs` that this one has not"))
                    }
                }
            }
            Some((_, step, _)) => Err(format!("`{name}` is used before it is saved by step \"{step}\"")),
            None => {
                let known: Vec<_> = self.vars.iter().chain(self.saved.keys()).map(String::as_str).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                Err(format!("unknown variable `{name}`; saved or in [vars]: {known}"))
            }
        }
    }
}
