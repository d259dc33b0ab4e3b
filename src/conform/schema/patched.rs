//! What PATCH makes of every attribute that is not a core one of users or groups, whose cases are tabled
//! (`conform::patch`): set and taken away where a client may, refused where it may not (`RFC7644 §3.5.2`).

use serde_json::{Value, json};

use super::sample::{other, right};
use super::walk::{Placed, REFUSED, Walk, end, laws, merge};
use crate::scenario::Draft;
use crate::scenario::draft::{Step, basic};

/// How the URNs of the core schemas begin.
const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:";
/// Both forms of a success of PATCH.
const DONE: &str = "status = [200, 204]";

/// A resource with all that can be set once, then a PATCH and a read for each thing that one can do to an attribute.
pub(super) fn patched(walk: &Walk, draft: &mut Draft) {
    let changes = draft_of(walk);
    if changes.is_empty() {
        return;
    }
    let mut all = json!({});
    for (placed, value, _) in fixed(walk) {
        merge(&mut all, &placed.alone(&value));
    }
    walk.created(draft, &all);
    draft.steps.extend(changes);
}

fn draft_of(walk: &Walk) -> Vec<Step> {
    let mut steps = Vec::new();
    for (placed, value) in walk.shown().filter(|(placed, _)| is_own(placed)) {
        free(walk, &mut steps, placed, &value);
    }
    for (placed, value, other) in fixed(walk) {
        let kept = placed.tests(&value);
        let mut refused = |word: &str, operation: Value| {
            let address = placed.address();
            let patch = walk.patch(format!("{word} {address}"), &operation);
            steps.push(patch.judges("RFC7644-3.5.2-11 RFC7644-3.5.2-14", REFUSED));
            let read = walk.read(format!("{address} after {word}"), "");
            steps.push(kept.iter().fold(read, |step, test| step.judges("RFC7643-7-19", test)));
        };
        refused("exchange", json!({ "op": "replace", "path": placed.address(), "value": other }));
        refused("take away", json!({ "op": "remove", "path": placed.address() }));
    }
    for (placed, value) in of(walk, "readOnly").filter_map(|it| Some((it, right(it.attribute)?))) {
        computed(walk, &mut steps, placed, &value);
    }
    let needed = |placed: &Placed| placed.attribute.required && walk.is_least(*placed);
    for placed in of(walk, "readWrite").filter(needed) {
        let (address, word) = (placed.address(), "take away");
        let patch = walk.patch(format!("{word} {address}"), &json!({ "op": "remove", "path": address }));
        steps.push(patch.judges("RFC7644-3.5.2.2-8", REFUSED));
        let there = format!("at = {}, present = true", basic(&address));
        steps.push(walk.read(format!("{address} after {word}"), "").judges("RFC7643-7-11 RFC7644-3.5.2.2-8", there));
        if placed.part.extension {
            let urn = &placed.part.urn;
            let patch = walk.patch(format!("{word} all of {address}"), &json!({ "op": "remove", "path": urn }));
            steps.push(patch.judges("RFC7643-6-11 RFC7644-3.5.2.2-8", REFUSED));
            let there = format!("at = {}, present = true", basic(&address));
            steps.push(walk.read(format!("{address} is left"), "").judges("RFC7643-6-11", there));
        }
    }
    steps
}

/// What a client may write: it is there after an `add`, and gone after a `remove`.
fn free(walk: &Walk, steps: &mut Vec<Step>, placed: Placed, value: &Value) {
    let address = placed.address();
    let (added, removed) = match placed.attribute.multi {
        true => ("RFC7644-3.5.2.1-5", "RFC7644-3.5.2.2-3"),
        false => ("RFC7644-3.5.2.1-3", "RFC7644-3.5.2.2-2"),
    };
    let add = json!({ "op": "add", "path": address, "value": value });
    steps.push(walk.patch(format!("add {address}"), &add).judges(added, DONE));
    let read = walk.read(format!("{address} is there"), "");
    steps.push(placed.tests(value).into_iter().fold(read, |step, test| step.judges(added, test)));
    let remove = json!({ "op": "remove", "path": address });
    steps.push(walk.patch(format!("remove {address}"), &remove).judges(removed, DONE));
    let gone = format!("at = {}, absent = true", basic(&address));
    steps.push(walk.read(format!("{address} is gone"), "").judges(removed, gone));
}

/// What the server computes stays as it is, whether the PATCH is refused or does nothing.
fn computed(walk: &Walk, steps: &mut Vec<Step>, placed: Placed, value: &Value) {
    let address = placed.address();
    let before = format!("before {address}");
    steps.push(walk.read(before.clone(), ""));
    let set = format!("set {address}");
    steps.push(walk.patch(set.clone(), &json!({ "op": "replace", "path": address, "value": value })));
    let same = format!("at = {}, same-as = {}", basic(&address), basic(&before));
    let ends = [("I-16/1", REFUSED), ("I-16/3", DONE)]
        .map(|(reading, status)| end(reading, vec![format!("step = {}, {status}", basic(&set)), same.clone()]));
    let read = walk.read(format!("{address} after that"), "");
    steps.push(read.either(&laws(&["RFC7643-7-16", "RFC7644-3.5.2-11"]), ends.to_vec()));
}

/// What is set once and for all, with its value and another.
fn fixed<'a>(walk: &Walk<'a>) -> Vec<(Placed<'a>, Value, Value)> {
    let values = of(walk, "immutable").filter(|placed| !walk.is_least(*placed));
    values.filter_map(|placed| Some((placed, right(placed.attribute)?, other(placed.attribute)?))).collect()
}

fn of<'a>(walk: &Walk<'a>, mutability: &'static str) -> impl Iterator<Item = Placed<'a>> {
    walk.of(mutability).filter(is_own)
}

fn is_own(placed: &Placed) -> bool {
    !placed.part.urn.starts_with(CORE)
}
