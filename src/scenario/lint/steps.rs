//! What only the order of the steps shows: unique names, references backwards, runs of `together`, writes that nobody
//! reads back (law 2).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;

use super::Linter;
use super::base::SECOND_TENANT;
use super::scope::{Needs, Scope};
use crate::scenario::model::{Line, On, Step, line_of};
use crate::scenario::raw;

/// What a step may refer to.
pub(super) struct Before<'a> {
    /// All names with their index.
    pub names: &'a BTreeMap<String, usize>,
    /// The first step of this step's `together` run: only steps before it are answered.
    pub first: usize,
    /// The step's own index.
    pub index: usize,
    /// What each step needs of the target beyond what the scenario needs.
    pub needs: &'a [Needs],
}

impl Linter<'_> {
    /// `needs`: those of the whole scenario.
    pub(super) fn steps(&mut self, raw: Vec<Spanned<raw::Step>>, needs: &[String], scope: &mut Scope) -> Vec<Step> {
        let mut on = raw.iter().filter_map(|step| step.get_ref().on.as_ref());
        let surface = on.find(|on| !matches!(on.get_ref().as_str(), "probe" | SECOND_TENANT));
        if let Some(on) = surface.filter(|_| !needs.iter().any(|need| need == "admin")) {
            self.fail(on.span(), "a scenario with this `on` says `needs = [\"admin\"]`");
        }
        for step in &raw {
            self.lent(step.get_ref(), needs);
        }
        let mut names = BTreeMap::new();
        for (index, step) in raw.iter().enumerate() {
            let step = step.get_ref();
            let name = step.name.get_ref();
            if name.trim().is_empty() || name.contains('#') {
                self.fail(step.name.span(), "a step's name is not empty and has no `#`");
            }
            if names.contains_key(name) {
                self.fail(step.name.span(), format!("two steps are named \"{name}\""));
            } else {
                names.insert(name.clone(), index);
            }
            for saved in step.save.keys() {
                if let Err(reason) = scope.save(saved.get_ref(), index, name, Needs::of(step)) {
                    self.fail(saved.span(), reason);
                }
            }
        }
        let firsts = self.runs(&raw);
        let needs: Vec<Needs> = raw.iter().map(|step| Needs::of(step.get_ref())).collect();
        let spans: Vec<(Range<usize>, bool)> =
            raw.iter().map(|step| (step.get_ref().name.span(), step.get_ref().unread.is_some())).collect();
        let steps: Vec<Step> = raw
            .into_iter()
            .enumerate()
            .map(|(index, step)| {
                let before = Before { names: &names, first: firsts[index], index, needs: &needs };
                self.step(step.into_inner(), &before, scope)
            })
            .collect();
        self.unread(&steps, &spans);
        steps
    }

    /// What the settings may add is sent only where the scenario, or the step, says that it needs it.
    fn lent(&mut self, step: &raw::Step, needs: &[String]) {
        let on = step.on.as_ref().filter(|on| on.get_ref() == SECOND_TENANT);
        for word in on.into_iter().chain(&step.with) {
            let has = |need: &str| need.strip_suffix("-url").unwrap_or(need) == word.get_ref();
            if !needs.iter().any(|need| has(need)) && !step.needs.iter().any(|need| has(need.get_ref())) {
                self.fail(word.span(), format!("a step with this says `needs = [\"{}\"]`", word.get_ref()));
            }
        }
    }

    /// The index of the first step of each step's run; labels must stand side by side, two or more of them.
    fn runs(&mut self, raw: &[Spanned<raw::Step>]) -> Vec<usize> {
        let label = |index: usize| {
            raw.get(index).and_then(|step| step.get_ref().together.as_ref()).map(|label| label.get_ref().as_str())
        };
        let mut seen = BTreeSet::new();
        let mut firsts: Vec<usize> = Vec::new();
        for (index, step) in raw.iter().enumerate() {
            let own = label(index);
            let continues = own.is_some() && index > 0 && own == label(index - 1);
            firsts.push(if continues { firsts[index - 1] } else { index });
            if let (Some(together), false) = (&step.get_ref().together, continues) {
                if !seen.insert(together.get_ref().clone()) {
                    let message =
                        format!("the steps of `together = \"{}\"` do not stand side by side", together.get_ref());
                    self.fail(together.span(), message);
                } else if own != label(index + 1) && step.get_ref().times.is_none() {
                    let message = format!("no neighbour is `together = \"{}\"` with this step", together.get_ref());
                    self.fail(together.span(), message);
                }
            }
        }
        firsts
    }

    /// Law 2: a write without a later read of its collection, unless the step says why. Only the last such write of a
    /// collection is reported: reading it back cures the earlier ones too. The admin surface and SCIM show each other's
    /// effects (a role follows from a group, a user from a login), so a read of either stands for a write to the other.
    fn unread(&mut self, steps: &[Step], spans: &[(Range<usize>, bool)]) {
        let mut reported = BTreeSet::new();
        for (index, step) in steps.iter().enumerate().rev() {
            let (span, excused) = &spans[index];
            let Some(line) = line_of(steps, step).filter(|line| line.writes() && !excused) else { continue };
            let later = steps[index + 1..].iter().filter_map(|later| line_of(steps, later));
            let read = later.filter(|later| !later.writes()).any(|later| reads_back(later, line));
            if !read && reported.insert((line.on == On::Admin, line.collection())) {
                let message = format!(
                    "nothing below {} is read after this {}; read it back, or say why not with `unread = \"reason\"`",
                    line.collection(),
                    line.method
                );
                self.fail(span.clone(), message);
            }
        }
    }

    /// A reference to an earlier step.
    pub(super) fn reference(&mut self, key: &str, name: &str, span: Range<usize>, before: &Before) {
        match before.names.get(name) {
            Some(index) if *index < before.first && before.needs[before.index].cover(before.needs[*index]) => {}
            Some(index) if *index < before.first => {
                self.fail(span, format!("`{key}` names step \"{name}\", which has `needs` that this one has not"));
            }
            Some(index) if *index == before.index => self.fail(span, format!("`{key}` names the step itself")),
            Some(_) => self.fail(span, format!("`{key}` names step \"{name}\", which is not answered before this one")),
            None => self.fail(span, format!("`{key}` names no step: \"{name}\"")),
        }
    }
}

/// Whether a read can show what a write did.
fn reads_back(read: &Line, write: &Line) -> bool {
    let wide = |line: &Line| matches!(line.collection().as_str(), "/Bulk" | "/Me" | "/.search");
    let admin = read.on == On::Admin || write.on == On::Admin;
    admin || read.on == write.on && (read.collection() == write.collection() || wide(read) || wide(write))
}
