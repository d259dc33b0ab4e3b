//! Fixed histories through the same writer as the random ones: states in every form and order, a name given up and taken
//! again, members leaving in every form. They make sure that no law waits for luck.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::suite::{Case, Cases, Enumerated, Need, Setting, Suite};
use super::act::{Act, ActiveForm, Extras, JoinForm, LeaveForm};
use super::spelling::{Kind, SLOTS, Spelling};
use super::{History, Told};

/// The suite.
pub(in crate::property) const WALKS: Suite = Suite {
    name: "walks",
    title: "fixed histories: every form and order of states, names given up and taken again, members leaving",
    laws: &[
        "PROP-UNIQ-04",
        "PROP-UNIQ-06",
        "PROP-UNIQ-11",
        "PROP-UNIQ-19",
        "PROP-LIFE-01",
        "PROP-LIFE-02",
        "PROP-LIFE-03",
        "PROP-LIFE-05",
        "PROP-LIFE-10",
        "PROP-LIFE-11",
    ],
    needs: &[Need::Capability("filter"), Need::Capability("patch")],
    cases: Cases::All(walks),
};

const FIRST: Spelling = Spelling { slot: 0, other: false };
const SECOND: Spelling = Spelling { slot: 1, other: false };

const fn extras(active: Option<bool>) -> Extras {
    Extras { mail: None, external: None, given: Some(0), active }
}

fn walks(setting: &Arc<Setting>) -> Enumerated {
    use ActiveForm::{CapitalText, Listed, NoPath, Path, Put, Text};
    let groups = setting.lacks(&[Need::Capability("groups")]).is_none();
    let create = |name| Act::Create(name, extras(Some(true)));
    let mut all: Vec<Vec<Act>> = Vec::new();
    for first in [Path, NoPath, Put, Text, CapitalText, Listed] {
        for second in [Path, Put] {
            let mut acts = vec![create(FIRST)];
            if groups {
                acts.push(Act::CreateGroup(0, false, BTreeSet::from([0])));
            }
            acts.push(Act::Active(0, false, first));
            // Whatever the first form came to, this one is certain.
            acts.push(Act::Active(0, false, second));
            acts.push(Act::Active(0, false, second));
            acts.push(Act::Put(0, None, extras(None)));
            acts.push(Act::Active(0, false, Path));
            acts.push(Act::Active(0, true, second));
            acts.push(Act::Active(0, false, second));
            all.push(acts);
        }
    }
    all.push(vec![create(FIRST), Act::Put(0, None, extras(None)), Act::PutBack(0)]);
    all.push(vec![create(FIRST), Act::Rename(0, SECOND), create(FIRST), create(SECOND)]);
    all.push(vec![create(FIRST), Act::Rename(0, FIRST.turned()), create(FIRST)]);
    all.push(vec![create(FIRST), create(SECOND), Act::Rename(0, SECOND), Act::Put(0, Some(SECOND), extras(None))]);
    all.push(vec![create(FIRST), Act::Delete(0), create(FIRST), Act::Delete(0), Act::Active(0, true, Path)]);
    all.push(vec![create(FIRST), Act::Active(0, false, Path), create(FIRST), create(FIRST.turned())]);
    if groups {
        let both = BTreeSet::from([0, 1]);
        for leave in [LeaveForm::Filter, LeaveForm::Listed, LeaveForm::Remaining, LeaveForm::Put] {
            let group = Act::CreateGroup(0, false, both.clone());
            all.push(vec![create(FIRST), create(SECOND), group, Act::Leave(0, 0, leave)]);
        }
        for join in [JoinForm::Array, JoinForm::NoPath, JoinForm::Full, JoinForm::Put] {
            let group = Act::CreateGroup(0, false, BTreeSet::from([0]));
            all.push(vec![create(FIRST), create(SECOND), group, Act::Join(0, 1, join), Act::Clear(0, true)]);
        }
        let group = Act::CreateGroup(0, false, both);
        all.push(vec![create(FIRST), create(SECOND), group, Act::Delete(0), create(FIRST)]);
    }
    let setting = Arc::clone(setting);
    let told = move |acts| {
        let history = History { kinds: [Kind::Identifier; SLOTS], acts };
        Box::new(Told { setting: Arc::clone(&setting), history }) as Box<dyn Case>
    };
    Box::new(all.into_iter().map(told))
}
