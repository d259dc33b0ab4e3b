//! Random histories of a tenant: users and groups made, changed, deactivated and deleted under few names that collide, and
//! everything read again after every write. One history judges PROP-UNIQ, PROP-LIFE and PROP-ATTR laws at once.

mod act;
mod read;
mod spelling;
mod walk;
mod write;

use std::sync::Arc;

use proptest::prelude::*;

use super::script::Script;
use super::suite::{Case, Cases, Need, Setting, Suite};
use crate::model::{Directory, Effect, Rules};
use act::{Act, acts};
use spelling::{Kind, SLOTS, Spelling, kinds};
pub(in crate::property) use walk::WALKS;

/// The longest history, actions.
const LONGEST: usize = 40;

/// Which laws the suite judges whatever the profile declares.
pub(in crate::property) const SUITE: Suite = Suite {
    name: "histories",
    title: "random histories of users and groups: names, addresses, life cycle, what is stored",
    laws: &[
        "PROP-UNIQ-01",
        "PROP-UNIQ-02",
        "PROP-UNIQ-03",
        "PROP-UNIQ-04",
        "PROP-UNIQ-06",
        "PROP-UNIQ-07",
        "PROP-UNIQ-10",
        "PROP-UNIQ-11",
        "PROP-UNIQ-16",
        "PROP-UNIQ-18",
        "PROP-UNIQ-19",
        "PROP-LIFE-01",
        "PROP-LIFE-02",
        "PROP-LIFE-03",
        "PROP-LIFE-04",
        "PROP-LIFE-05",
        "PROP-LIFE-06",
        "PROP-LIFE-10",
        "RFC7643-4.1.1-1",
        "PROP-LIFE-11",
        "PROP-ATTR-03",
        "PROP-FILT-05",
    ],
    needs: &[Need::Capability("filter"), Need::Capability("patch")],
    cases: Cases::Random { weight: 20, histories },
};

/// A history: what its names look like, and what is done.
#[derive(Debug, Clone)]
struct History {
    kinds: [Kind; SLOTS],
    acts: Vec<Act>,
}

/// A history as it is told to a target; smaller ones leave an act out.
struct Told {
    setting: Arc<Setting>,
    history: History,
}

impl Case for Told {
    fn script(&self) -> Script {
        script(&self.setting, &self.history)
    }

    fn smaller(&self) -> Vec<Box<dyn Case>> {
        let History { kinds, acts } = &self.history;
        let without = |gap: usize| {
            let kept = acts.iter().enumerate().filter(|(n, _)| *n != gap).map(|(_, act)| act.clone());
            let history = History { kinds: *kinds, acts: kept.collect() };
            Box::new(Self { setting: Arc::clone(&self.setting), history }) as Box<dyn Case>
        };
        if acts.len() > 1 { (0..acts.len()).map(without).collect() } else { Vec::new() }
    }
}

/// What a script is written with.
struct Page<'a> {
    script: Script,
    setting: &'a Setting,
    /// Before the action.
    before: Directory,
    /// After it.
    after: Directory,
    kinds: [Kind; SLOTS],
}

fn histories(setting: &Arc<Setting>) -> BoxedStrategy<Box<dyn Case>> {
    let groups = setting.lacks(&[Need::Capability("groups")]).is_none();
    let setting = Arc::clone(setting);
    // Short histories shrink fast and find most; long ones find what needs a past.
    let length = prop_oneof![6 => 1..=6_usize, 3 => 7..=15_usize, 1 => 16..=LONGEST];
    let acts = length.prop_flat_map(move |length| proptest::collection::vec(acts(groups), 1..=length));
    let kinds = kinds(&setting);
    (kinds, acts)
        .prop_map(move |(kinds, acts)| {
            Box::new(Told { setting: Arc::clone(&setting), history: History { kinds, acts } }) as Box<dyn Case>
        })
        .boxed()
}

/// The script that plays a history and reads everything again.
fn script(setting: &Setting, history: &History) -> Script {
    let people: Vec<String> = (0..SLOTS).map(|slot| format!("n{slot}")).collect();
    let directory = Directory::new(Rules::of(&setting.profile));
    let script = Script::new("a random history of users and groups", &people, &["filter", "patch"]);
    let before = directory.clone();
    let mut page = Page { script, setting, before, after: directory, kinds: history.kinds };
    for act in &history.acts {
        page.play(act);
    }
    page.script
}

impl Page<'_> {
    /// Performs one act: the request, then the reads.
    fn play(&mut self, act: &Act) {
        if let Act::Hostile(which) = act {
            return self.hostile(*which);
        }
        if let Act::PutBack(user) = act {
            return self.put_back(*user);
        }
        let Some(action) = act.action(&self.kinds, &self.before) else { return };
        self.after = self.before.clone();
        let effect = self.after.apply(&action);
        // A resource that the history has not made yet has no id to send anything to.
        if effect == Effect::Open || (effect == Effect::Absent && !self.gone(act)) {
            self.after = self.before.clone();
            return;
        }
        self.write(act, effect);
        self.read(act, effect);
        self.before = self.after.clone();
    }

    /// True when the act names something that was made and deleted since.
    fn gone(&self, act: &Act) -> bool {
        match act.target() {
            act::Target::User(user) => user < self.before.created() && self.before.user(user).is_none(),
            act::Target::Group(group) => group < self.before.created_groups() && self.before.group(group).is_none(),
            act::Target::None => false,
        }
    }

    /// The template of a spelling.
    fn name(&self, name: Spelling) -> String {
        name.template(&self.kinds)
    }
}
