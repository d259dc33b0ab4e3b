//! What must come of actions, as tables: action, effect.

use super::*;
use crate::profile::Profile;

fn rules(name: &str) -> Rules {
    Rules::of(&Profile::named(name).unwrap())
}

fn named(name: &str) -> Draft {
    Draft { name: name.into(), ..Draft::default() }
}

fn mail(name: &str, email: &str) -> Draft {
    Draft { email: Some(email.into()), ..named(name) }
}

fn active(user: usize, to: bool) -> Action {
    Action::SetActive(user, to, Form::Plain)
}

#[track_caller]
fn plays(rules: Rules, rows: Vec<(Action, Effect)>) -> Directory {
    let mut directory = Directory::new(rules);
    for (action, effect) in rows {
        assert_eq!(directory.apply(&action), effect, "{action:?}");
    }
    directory
}

#[test]
fn a_name_has_one_holder_until_it_is_given_up() {
    plays(
        rules("reference"),
        vec![
            (Action::Create(named("ada")), Effect::Created(0)),
            (Action::Create(named("ADA")), Effect::Taken(0)),
            (Action::Create(named("bob")), Effect::Created(1)),
            (Action::Rename(1, "Ada".into()), Effect::Taken(0)),
            (Action::Replace(1, named("Ada")), Effect::Taken(0)),
            (Action::Rename(0, "ADA".into()), Effect::Done),
            (active(0, false), Effect::Done),
            (Action::Create(named("ada")), Effect::Taken(0)),
            (Action::Rename(0, "cyd".into()), Effect::Done),
            (Action::Create(named("ada")), Effect::Created(2)),
            (Action::Delete(0), Effect::Done),
            (Action::Delete(0), Effect::Absent),
            (Action::Create(named("cyd")), Effect::Created(3)),
        ],
    );
}

#[test]
fn names_beyond_ascii_follow_the_table() {
    plays(
        rules("reference"),
        vec![
            (Action::Create(named("jos\u{e9}")), Effect::Created(0)),
            (Action::Create(named("jose\u{301}")), Effect::Taken(0)),
            (Action::Create(named("\u{131}stanbul")), Effect::Created(1)),
            (Action::Create(named("ISTANBUL")), Effect::Created(2)),
        ],
    );
}

#[test]
fn an_open_profile_takes_or_revives_and_the_state_is_not_known_until_it_is_set() {
    let directory = plays(
        rules("rfc"),
        vec![
            (Action::Create(named("ada")), Effect::Created(0)),
            (active(0, false), Effect::Done),
            (Action::Create(named("ada")), Effect::TakenOrRevived(0)),
        ],
    );
    assert_eq!(directory.user(0).unwrap().active, None);
    let mut known = directory;
    assert_eq!(known.apply(&active(0, true)), Effect::Done);
    assert_eq!(known.apply(&Action::Create(named("ada"))), Effect::Taken(0));
}

#[test]
fn a_declared_choice_decides() {
    let revives = Rules { deactivated_names: Some(DeactivatedNames::Reactivates), ..rules("reference") };
    let directory = plays(
        revives,
        vec![
            (Action::Create(named("ada")), Effect::Created(0)),
            (active(0, false), Effect::Done),
            (Action::Create(named("Ada")), Effect::Revived(0)),
            (Action::Create(named("Ada")), Effect::Taken(0)),
        ],
    );
    assert_eq!(directory.user(0).unwrap().active, Some(true));
    let soft = Rules { deletion: Deletion::Soft, renaming: Renaming::Refused, ..rules("reference") };
    let directory = plays(
        soft,
        vec![
            (Action::Create(named("ada")), Effect::Created(0)),
            (Action::Rename(0, "bob".into()), Effect::Refused),
            (Action::Delete(0), Effect::Done),
            (Action::Create(named("ada")), Effect::Taken(0)),
        ],
    );
    assert_eq!(directory.user(0).unwrap().active, Some(false));
}

#[test]
fn addresses_are_unique_where_the_profile_says_so() {
    let catalytic = plays(
        rules("catalytic"),
        vec![
            (Action::Create(mail("ada", "a@x.example")), Effect::Created(0)),
            (active(0, false), Effect::Done),
            (Action::Create(mail("bob", "A@X.example")), Effect::Conflict),
            (Action::Create(mail("bob", "a+b@x.example")), Effect::Created(1)),
            (Action::Replace(1, mail("bob", "a@x.example")), Effect::Conflict),
            (Action::Create(mail("ada", "c@x.example")), Effect::Taken(0)),
            (Action::Create(named("e.m")), Effect::Refused),
        ],
    );
    assert_eq!(catalytic.created(), 2);
    let twice = |last| {
        vec![
            (Action::Create(mail("ada", "a@x.example")), Effect::Created(0)),
            (Action::Create(mail("bob", "a@x.example")), last),
        ]
    };
    plays(rules("reference"), twice(Effect::Created(1)));
    plays(rules("rfc"), twice(Effect::Open));
}

#[test]
fn a_put_without_active_follows_the_rules() {
    for (rule, effect, after) in [
        (Some(PutWithoutActive::Unchanged), Effect::Done, Some(false)),
        (Some(PutWithoutActive::Activates), Effect::Done, Some(true)),
        (Some(PutWithoutActive::Refused), Effect::Refused, Some(false)),
        (None, Effect::DoneOrRefused, None),
    ] {
        let rules = Rules { put_without_active: rule, ..rules("reference") };
        let directory = plays(
            rules,
            vec![
                (Action::Create(named("ada")), Effect::Created(0)),
                (active(0, false), Effect::Done),
                (Action::Replace(0, named("ada")), effect),
            ],
        );
        assert_eq!(directory.user(0).unwrap().active, after, "{rule:?}");
    }
}

#[test]
fn forms_of_active_are_taken_or_refused_by_the_rules() {
    for (name, form, effect, after) in [
        ("reference", Form::Loose, Effect::Done, Some(false)),
        ("strict", Form::Loose, Effect::Refused, Some(true)),
        ("rfc", Form::Loose, Effect::DoneOrRefused, None),
        ("reference", Form::Odd, Effect::DoneOrRefused, None),
    ] {
        let rows =
            vec![(Action::Create(named("ada")), Effect::Created(0)), (Action::SetActive(0, false, form), effect)];
        assert_eq!(plays(rules(name), rows).user(0).unwrap().active, after, "{name}");
    }
}

#[test]
fn groups_have_members_until_they_leave() {
    let set = |users: &[usize]| users.iter().copied().collect::<BTreeSet<_>>();
    let directory = plays(
        rules("reference"),
        vec![
            (Action::Create(named("ada")), Effect::Created(0)),
            (Action::Create(named("bob")), Effect::Created(1)),
            (Action::CreateGroup("ops".into(), set(&[0])), Effect::Created(0)),
            (Action::CreateGroup("Ops".into(), set(&[])), Effect::Conflict),
            (Action::CreateGroup("dev".into(), set(&[])), Effect::Created(1)),
            (Action::RenameGroup(1, "OPS".into()), Effect::Conflict),
            (Action::RenameGroup(1, "Dev".into()), Effect::Done),
            (Action::Join(0, 1), Effect::Done),
            (Action::Leave(0, 0, Form::Loose), Effect::Done),
            (Action::Leave(0, 0, Form::Plain), Effect::Open),
            (Action::SetMembers(1, set(&[0, 1])), Effect::Done),
            (Action::DeleteGroup(1), Effect::Done),
            (Action::Join(1, 0), Effect::Absent),
            (Action::Delete(1), Effect::Done),
            (Action::SetMembers(0, set(&[1])), Effect::Open),
        ],
    );
    assert_eq!(directory.groups().count(), 1);
}
