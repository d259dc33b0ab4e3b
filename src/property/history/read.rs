//! What is read again after an act: the user, who holds the names, the groups; each row under the law that it shows.

use super::super::script::{Step, basic};
use super::Page;
use super::act::{Act, Mail, Target, group_template};
use super::spelling::Spelling;
use super::write::external_template;
use crate::model::{Effect, UserState};

/// The attributes that users of a history have.
const VALUES: [&str; 3] = ["emails.value", "externalId", "name.givenName"];

impl Page<'_> {
    /// Reads what the act concerned.
    pub(super) fn read(&mut self, act: &Act, effect: Effect) {
        match (act, act.target()) {
            (Act::Create(name, _), _) => {
                let user = match effect {
                    Effect::Created(user) => Some((user, "PROP-LIFE-10")),
                    Effect::Taken(user) => Some((user, "PROP-UNIQ-02")),
                    Effect::Revived(user) | Effect::TakenOrRevived(user) => Some((user, "PROP-UNIQ-10")),
                    _ => None,
                };
                if let Some((user, law)) = user {
                    self.read_user(user, law);
                }
                self.ask(*name, if matches!(effect, Effect::Created(_)) { "PROP-FILT-05" } else { "PROP-UNIQ-18" });
                self.ask(name.turned(), "PROP-UNIQ-07");
                if let Effect::Created(_) = effect {
                    let groups: Vec<usize> = self.after.groups().map(|(group, _)| group).collect();
                    groups.into_iter().for_each(|group| self.read_group(group, "PROP-UNIQ-11"));
                }
            }
            (Act::CreateGroup(..), _) => {
                if let Effect::Created(group) = effect {
                    self.read_group(group, "PROP-LIFE-10");
                }
            }
            (_, Target::User(user)) => self.read_changed(act, user, effect),
            (_, Target::Group(group)) => self.read_group(group, "PROP-LIFE-10"),
            (_, Target::None) => {}
        }
    }

    /// Reads after a change of a user that was there.
    fn read_changed(&mut self, act: &Act, user: usize, effect: Effect) {
        let law = match (act, effect) {
            (_, Effect::Absent) | (Act::Delete(_), _) => "PROP-LIFE-06",
            (_, Effect::Taken(_)) => "PROP-UNIQ-03",
            (Act::Rename(..), _) => "PROP-UNIQ-04",
            (Act::Active(_, to, form), _) => self.state_law(user, *to, *form),
            (Act::Put(_, _, extras), _) if extras.active.is_none() => "PROP-LIFE-05",
            _ => "PROP-LIFE-10",
        };
        self.read_user(user, law);
        let named = |state: Option<&UserState>| state.and_then(|state| Spelling::of(&state.name, &self.kinds));
        let (old, new) = (named(self.before.user(user)), named(self.after.user(user)));
        let wanted = match act {
            Act::Rename(_, name) | Act::Put(_, Some(name), _) => Some(*name),
            _ => None,
        };
        let mut names: Vec<(Spelling, &str)> = Vec::new();
        match act {
            Act::Active(_, false, _) => names.extend(new.map(|name| (name, "PROP-LIFE-04"))),
            Act::Delete(_) => names.extend(old.map(|name| (name, "PROP-LIFE-06"))),
            Act::Rename(..) | Act::Put(_, Some(_), _) => {
                names.extend(wanted.map(|name| (name.turned(), "PROP-UNIQ-07")));
                names.extend(wanted.map(|name| (name, "PROP-UNIQ-03")));
                names.extend(old.filter(|_| old != wanted).map(|name| (name, "PROP-UNIQ-04")));
            }
            _ => {}
        }
        names.into_iter().for_each(|(name, law)| self.ask(name, law));
        if let Act::Active(_, true, _) = act {
            let groups: Vec<usize> = self
                .after
                .groups()
                .filter(|(_, state)| state.members.contains(&user))
                .map(|(group, _)| group)
                .collect();
            groups.into_iter().for_each(|group| self.read_group(group, "PROP-LIFE-01"));
        }
    }

    /// Reads a user as it must be, or that there is none.
    pub(super) fn read_user(&mut self, user: usize, law: &str) {
        let step = Step::new(format!("read user {user}"), format!("GET /Users/{{{{ u{user} }}}}"));
        let Some(state) = self.after.user(user) else {
            self.script.push(step.judges("PROP-LIFE-06", "status = 404"));
            return;
        };
        let mut step =
            step.judges(law, "status = 200").judges("PROP-UNIQ-19", format!("at = \"id\", is = \"{{{{ u{user} }}}}\""));
        if let Some(name) = Spelling::of(&state.name, &self.kinds) {
            let template = basic(&self.name(name));
            // Whether a server keeps the spelling beyond ASCII is not said.
            step = match name.ascii(&self.kinds) {
                true => step.judges(law, format!("at = \"userName\", equals-ignoring-case = {template}")),
                false => step.judges(law, "at = \"userName\", present = true"),
            };
        }
        step = match state.active {
            Some(true) if !state.active_sent => step.judges(law, "at = \"active\", is-not = false"),
            None if !state.active_sent => step.judges("PROP-LIFE-03", "at = \"active\", is-not = \"false\""),
            Some(active) => step.judges(law, format!("at = \"active\", is = {active}")),
            None => step.judges("PROP-LIFE-03", "at = \"/active\", type = \"boolean\""),
        };
        for path in VALUES {
            if let Some(value) = state.values.get(path) {
                let template = match path {
                    "emails.value" => Mail::of(value).map(Mail::template).unwrap_or_default(),
                    "externalId" => external_template(value),
                    _ => value.clone(),
                };
                step = step.judges("PROP-LIFE-10", format!("at = {}, is = {}", basic(path), basic(&template)));
            } else if !self.after.rules().stores(path) {
                step = step.judges("PROP-LIFE-10", format!("at = {}, absent = true", basic(path)));
            }
        }
        self.script.push(step);
    }

    /// Asks who holds a name; a holder who is not active is asked for under PROP-UNIQ-10 too.
    fn ask(&mut self, name: Spelling, law: &str) {
        let text = name.text(&self.kinds);
        let holder = self.after.holder(&text);
        let laws = if law == "PROP-UNIQ-01" { law.to_owned() } else { format!("PROP-UNIQ-01 {law}") };
        let line = format!("GET /Users?filter=userName eq \"{}\"", self.name(name));
        let step = Step::new(format!("who is {text}"), line);
        let step = match holder {
            None => step.judges(&laws, "at = \"totalResults\", is = 0"),
            Some(user) => step
                .judges(&laws, "at = \"totalResults\", is = 1")
                .judges(&laws, format!("at = \"Resources.id\", is = \"{{{{ u{user} }}}}\"")),
        };
        self.script.push(step);
    }

    /// Reads a group: its name, and of every user who is there whether it is in it.
    fn read_group(&mut self, group: usize, law: &str) {
        let step = Step::new(format!("read group {group}"), format!("GET /Groups/{{{{ g{group} }}}}"));
        let Some(state) = self.after.group(group) else {
            self.script.push(step.judges("PROP-LIFE-06", "status = 404"));
            return;
        };
        let name = basic(&group_template(&state.name));
        let mut step = step.judges(law, format!("at = \"displayName\", equals-ignoring-case = {name}"));
        for (user, person) in self.after.users() {
            if person.memberships_known {
                let word = if state.members.contains(&user) { "has" } else { "has-not" };
                step = step.judges(law, format!("at = \"members.value\", {word} = \"{{{{ u{user} }}}}\""));
            }
        }
        self.script.push(step);
    }
}
