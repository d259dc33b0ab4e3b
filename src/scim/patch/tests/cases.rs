//! Every case of the table, with the default options and with each switch turned.

use std::collections::BTreeSet;

use super::table::{Basis, On, Outcome, kind, table};
use super::*;
use crate::scim::resource;

/// Uniqueness needs the other resources, so these are the server's to refuse.
const UNIQUENESS: [&str; 3] = ["add-unique", "replace-unique", "ops-atomic-late-unique"];

#[test]
fn every_case_ends_in_an_allowed_outcome() {
    let table = table();
    let options = PatchOptions::default();
    let mut wrong = Vec::new();
    for case in table.patch_case.iter().filter(|case| !UNIQUENESS.contains(&case.id.as_str())) {
        let before = table.before(case.on);
        let result = patched(&before, &case.body(), kind(case.on), &options);
        if let Ok(after) = &result {
            assert_eq!(resource::check(after, kind(case.on)), Ok(()), "{}", case.id);
        }
        if !case.outcome.iter().any(|outcome| outcome.holds(&before, &result)) {
            wrong.push(format!("{}: {}: {:?}", case.id, case.effect, result.map(Value::Object)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_is_sound() {
    let table = table();
    let ids: BTreeSet<&str> = table.patch_case.iter().map(|case| case.id.as_str()).collect();
    let out: BTreeSet<&str> = table.inexpressible.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids.len() + out.len(), 130);
    assert!(ids.is_disjoint(&out) && table.inexpressible.iter().all(|row| !row.reason.is_empty()));
    for case in &table.patch_case {
        let before = table.before(case.on);
        let tested = |outcome: &Outcome| outcome.unchanged || !outcome.expect.is_empty();
        assert!(case.outcome.iter().all(tested), "{}", case.id);
        // An outcome that holds when nothing happens, and does not say so, could not fail.
        let idle = |outcome: &Outcome| outcome.holds(&before, &Ok(before.clone())) && !outcome.unchanged;
        let open = ["replace-username-case", "add-attr-multi-two-primary"];
        assert!(open.contains(&case.id.as_str()) || !case.outcome.iter().any(idle), "{}", case.id);
        let refused = |outcome: &Outcome| outcome.status.iter().all(|status| *status >= 400);
        assert!(case.outcome.iter().filter(|outcome| refused(outcome)).all(|outcome| outcome.unchanged), "{}", case.id);
        let readings = case.outcome.iter().filter_map(|outcome| outcome.reading.as_deref());
        for reading in readings {
            let (question, _) = reading.split_once('/').unwrap();
            assert!(case.interp.iter().any(|id| id == question), "{}: {reading}", case.id);
        }
        assert!(case.source.starts_with("RFC764"), "{}", case.id);
        assert_eq!(case.requirements.is_empty(), case.basis == Basis::Silent, "{}", case.id);
        assert!(case.basis != Basis::Silent || case.outcome.len() > 1 || !case.interp.is_empty(), "{}", case.id);
    }
    assert!(table.patch_case.iter().any(|case| case.on == On::Bare));
}

/// A switch turned, the case that shows it, the reading that results; the default shows the other one.
struct Turned(&'static str, fn(&mut PatchOptions), &'static str, &'static str, &'static str);

const SWITCHES: &[Turned] = &[
    Turned("op_any_case", |o| o.op_any_case = false, "op-capital", "I-06/1", "I-06/2"),
    Turned("empty_operations", |o| o.empty_operations = true, "ops-empty", "I-86/1", "I-86/2"),
    Turned("string_booleans", |o| o.string_booleans = false, "replace-string-bool", "I-07/2", "I-07/1"),
    Turned("remove_listed_values", |o| o.remove_listed_values = false, "remove-attr-multi-value", "I-02/2", "I-02/1"),
    Turned("dotted_keys", |o| o.dotted_keys = false, "add-none-dotted", "I-102/1", "I-102/2"),
    Turned("dotted_keys", |o| o.dotted_keys = false, "add-none-ext-flat", "I-102/1", "I-102/2"),
    Turned("manager_string", |o| o.manager_string = false, "replace-manager-string", "I-97/2", "I-97/1"),
    Turned("schema_paths", |o| o.schema_paths = false, "add-ext-urn", "I-51/1", "I-51/2"),
    Turned("schema_paths", |o| o.schema_paths = false, "replace-ext-urn", "I-51/1", "I-51/2"),
    Turned("schema_paths", |o| o.schema_paths = false, "remove-ext-urn", "I-51/1", "I-51/2"),
    Turned("add_creates", |o| o.add_creates = false, "add-filter-nomatch", "I-04/1", "I-04/2"),
    Turned("add_creates", |o| o.add_creates = false, "add-filtersub-nomatch", "I-04/1", "I-04/2"),
    Turned("replace_creates", |o| o.replace_creates = false, "replace-filter-nomatch", "I-05/2", "I-05/1"),
    Turned("replace_creates", |o| o.replace_creates = false, "replace-filter-attr-absent", "I-05/2", "I-05/1"),
    Turned("replace_creates", |o| o.replace_creates = false, "replace-filtersub-nomatch", "I-05/2", "I-05/1"),
    Turned("skip_read_only_members", |o| o.skip_read_only_members = false, "add-none-readonly", "I-16/2", "I-16/1"),
    Turned("skip_read_only_members", |o| o.skip_read_only_members = false, "replace-none-id", "I-16/2", "I-16/1"),
    Turned("skip_read_only_paths", |o| o.skip_read_only_paths = true, "replace-readonly-meta", "I-16/1", "I-16/3"),
    Turned("ignore_unknown_members", |o| o.ignore_unknown_members = false, "add-none-unknown", "I-43/1", "I-43/2"),
    Turned("wrap_objects", |o| o.wrap_objects = false, "add-attr-multi-object", "I-88/1", "I-88/2"),
    Turned("wrap_objects", |o| o.wrap_objects = false, "replace-attr-multi-object", "I-88/1", "I-88/2"),
    Turned("remove_no_match_fails", |o| o.remove_no_match_fails = true, "remove-filter-nomatch", "I-03/1", "I-03/2"),
    Turned("remove_no_match_fails", |o| o.remove_no_match_fails = true, "remove-member-none", "I-03/1", "I-03/2"),
    Turned("remove_no_match_fails", |o| o.remove_no_match_fails = true, "remove-filtersub-nomatch", "I-03/1", "I-03/2"),
    Turned("remove_absent_fails", |o| o.remove_absent_fails = true, "remove-attr-single-absent", "I-105/1", "I-105/2"),
    Turned("null_unassigns", |o| o.null_unassigns = false, "add-null", "I-104/1", "I-104/2"),
    Turned("null_unassigns", |o| o.null_unassigns = false, "replace-attr-null", "I-104/1", "I-104/2"),
    Turned("complex_replace_whole", |o| o.complex_replace_whole = true, "replace-attr-complex", "I-48/1", "I-48/2"),
    Turned("complex_add_whole", |o| o.complex_add_whole = true, "add-attr-complex-old", "I-49/1", "I-49/2"),
    Turned("element_replace_merges", |o| o.element_replace_merges = true, "replace-filter-match", "I-50/1", "I-50/2"),
    Turned("element_replace_merges", |o| o.element_replace_merges = true, "replace-filter-two", "I-50/1", "I-50/2"),
    Turned("element_add_exchanges", |o| o.element_add_exchanges = true, "add-filter-match", "I-50/1", "I-50/3"),
    Turned("sub_of_all_elements", |o| o.sub_of_all_elements = false, "add-multi-sub", "I-103/1", "I-103/2"),
    Turned("sub_of_all_elements", |o| o.sub_of_all_elements = false, "replace-multi-sub", "I-103/1", "I-103/2"),
    Turned("drop_valueless", |o| o.drop_valueless = true, "remove-filtersub-value", "I-10/1", "I-10/2"),
    Turned("change_immutable_members", |o| o.change_immutable_members = true, "replace-immutable", "I-53/1", "I-53/2"),
];

#[test]
fn every_switch_shows_the_other_reading() {
    let table = table();
    for Turned(name, turn, id, usual, other) in SWITCHES {
        let case = table.case(id);
        let before = table.before(case.on);
        let shown = |options: &PatchOptions| {
            let result = patched(&before, &case.body(), kind(case.on), options);
            let outcome = case.outcome.iter().find(|outcome| outcome.holds(&before, &result));
            outcome.and_then(|outcome| outcome.reading.clone()).ok_or_else(|| format!("{result:?}"))
        };
        let mut turned = PatchOptions::default();
        assert_eq!(shown(&turned).as_deref(), Ok(*usual), "{id} by default");
        turn(&mut turned);
        assert_eq!(shown(&turned).as_deref(), Ok(*other), "{id} with {name} turned");
    }
}

#[test]
fn no_switch_is_without_a_case() {
    let text = format!("{:?}", PatchOptions::default());
    let names = text.split_once('{').unwrap().1.split(',').filter_map(|field| field.split_once(':'));
    let names: BTreeSet<&str> = names.map(|(name, _)| name.trim()).collect();
    let shown: BTreeSet<&str> = SWITCHES.iter().map(|turned| turned.0).collect();
    // No interpretation asks about bare extension names; `clients` shows that switch, and the others are shown below.
    let others = ["bare_extension_names", "path_required", "unknown_is_syntax"];
    assert_eq!(names.difference(&shown).copied().collect::<Vec<_>>(), others);
}

#[test]
fn every_case_ends_as_a_set_wants_it_under_its_switches_and_the_switches_are_needed() {
    let table = table();
    let interop = PatchOptions {
        path_required: true,
        complex_replace_whole: true,
        ignore_unknown_members: false,
        unknown_is_syntax: true,
        ..PatchOptions::default()
    };
    let ends = |id: &str, outcome: Option<&Outcome>, options: &PatchOptions| {
        let case = table.case(id);
        let before = table.before(case.on);
        let result = patched(&before, &case.body(), kind(case.on), options);
        outcome.map_or_else(|| case.outcome[0].holds(&before, &result), |wanted| wanted.holds(&before, &result))
    };
    let rows = table.set_case.iter().flat_map(|row| row.cases.iter().map(move |id| (row, id)));
    for (row, id) in rows.filter(|(_, id)| !UNIQUENESS.contains(&id.as_str())) {
        let options = if row.set == "interop" { &interop } else { &PatchOptions::default() };
        assert!(ends(id, row.outcome.as_ref(), options), "{}: {id}", row.set);
    }
    let wanted = |id: &str| {
        let row = table.set_case.iter().find(|row| row.set == "interop" && row.cases.iter().any(|own| own == id));
        row.unwrap().outcome.as_ref()
    };
    for id in ["add-none-single-new", "remove-none", "replace-attr-complex", "add-unknown", "remove-unknown"] {
        assert!(!ends(id, wanted(id), &PatchOptions::default()), "{id}");
    }
}
