//! Is the server still right after the load? Every user and group is read and compared with what was acknowledged: nobody
//! lost, nobody twice, no member lost, no account back that was switched off or deleted.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::answer::{Outcome, Wrong};
use super::book::{Book, Standing};

/// What a read at the end is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Whether the user is there, under its name and in its state; or gone.
    User,
    /// Whether its name finds exactly one, or nobody.
    Name,
    /// Whether the group has its members and no others.
    Group,
    /// Nothing: it is removed.
    Remove,
}

/// How many examples are kept of each problem.
const EXAMPLES: usize = 5;

/// What was found at the end.
#[derive(Debug, Clone, Default)]
pub struct Problems {
    /// How many reads were compared.
    pub checked: u64,
    /// How many reads had no answer that could be compared.
    pub unread: u64,
    /// Resources that could not be removed.
    pub left: u64,
    /// What is wrong, with how often and whom.
    pub found: BTreeMap<&'static str, (u64, Vec<String>)>,
}

impl Problems {
    fn add(&mut self, what: &'static str, whom: impl Into<String>) {
        let (count, examples) = self.found.entry(what).or_default();
        *count += 1;
        if examples.len() < EXAMPLES {
            examples.push(whom.into());
        }
    }

    /// Adds what another part found.
    pub fn merge(&mut self, other: Self) {
        self.checked += other.checked;
        self.unread += other.unread;
        self.left += other.left;
        for (what, (count, examples)) in other.found {
            let (all, kept) = self.found.entry(what).or_default();
            *all += count;
            kept.extend(examples.into_iter().take(EXAMPLES - kept.len().min(EXAMPLES)));
        }
    }
}

/// Compares an answer with the book.
///
/// # Errors
/// [`Wrong`] where nothing could be compared.
pub(super) fn look(
    book: &mut Book,
    problems: &mut Problems,
    check: Check,
    person: Option<usize>,
    team: Option<usize>,
    outcome: &Outcome,
) -> Result<(), Wrong> {
    let (status, body) = match outcome {
        Outcome::Answer { status, body, .. } => (*status, body),
        Outcome::Broken(broken, reason) => {
            match check {
                Check::Remove => problems.left += 1,
                _ => problems.unread += 1,
            }
            return Err(Wrong { kind: format!("read back: {}", broken.name()), example: reason.clone() });
        }
    };
    if check == Check::Remove {
        if matches!(status, 200 | 202 | 204 | 404 | 410) {
            return Ok(());
        }
        problems.left += 1;
        return Err(Wrong { kind: format!("remove: {status}"), example: String::from_utf8_lossy(body).into_owned() });
    }
    let answered = matches!(status, 200 | 404 | 410);
    let json: Option<Value> = if status == 200 { serde_json::from_slice(body).ok() } else { Some(Value::Null) };
    let Some(json) = json.filter(|_| answered) else {
        problems.unread += 1;
        return Err(Wrong {
            kind: format!("read back: {status}"),
            example: String::from_utf8_lossy(body).into_owned(),
        });
    };
    problems.checked += 1;
    let found = (status == 200).then_some(&json);
    match (check, person, team) {
        (Check::User, Some(place), _) => user(book, problems, place, found),
        (Check::Name, Some(place), _) => name(book, problems, place, found),
        (Check::Group, _, Some(place)) => group(book, problems, place, found),
        _ => {}
    }
    Ok(())
}

fn user(book: &Book, problems: &mut Problems, place: usize, found: Option<&Value>) {
    let person = &book.people[place];
    let name = book.user_name(place);
    match (person.standing, found) {
        (Standing::There, None) => problems.add("an acknowledged user is lost", name),
        (Standing::Gone, Some(it)) if it["active"] != Value::Bool(false) => {
            problems.add("a deleted user is back", name);
        }
        (Standing::There, Some(it)) => {
            if !it["userName"].as_str().is_some_and(|seen| seen.eq_ignore_ascii_case(&name)) {
                problems.add("a user has another name", format!("{name}: {}", it["userName"]));
            }
            match (person.active, active(&it["active"])) {
                (Some(false), Some(true)) => problems.add("an account that was switched off is active", name),
                (Some(true), Some(false)) => problems.add("an active account is switched off", name),
                _ => {}
            }
        }
        _ => {}
    }
}

/// `active`, also where a server writes it as a string.
fn active(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.to_ascii_lowercase().parse().ok())
}

fn name(book: &mut Book, problems: &mut Problems, place: usize, found: Option<&Value>) {
    let name = book.user_name(place);
    let total = found.and_then(|it| it["totalResults"].as_u64()).unwrap_or(0);
    let first = found.and_then(|it| it["Resources"][0]["id"].as_str());
    let person = &mut book.people[place];
    match (person.standing, total) {
        (_, 2..) => problems.add("a user is there twice", name),
        (Standing::There, 0) => problems.add("an acknowledged user is not found by its name", name),
        // Known from now on, so that it is removed.
        (Standing::Unsure, 1) if person.id.is_none() => person.id = first.map(Into::into),
        _ => {}
    }
}

fn group(book: &Book, problems: &mut Problems, place: usize, found: Option<&Value>) {
    let team = &book.teams[place];
    let name = book.group_name(place);
    let Some(it) = found else {
        if team.standing == Standing::There {
            problems.add("an acknowledged group is lost", name);
        }
        return;
    };
    let members = it["members"].as_array().map(Vec::as_slice).unwrap_or_default();
    let seen: HashSet<&str> = members.iter().filter_map(|member| member["value"].as_str()).collect();
    if seen.len() < members.len() {
        problems.add("a member is in a group twice", &name);
    }
    let id = |place: usize| book.people[place].id.as_deref();
    let there = |place: &usize| book.people[*place].standing == Standing::There;
    for member in team.members.list().iter().filter(|place| there(place)) {
        if id(*member).is_some_and(|id| !seen.contains(id)) {
            problems.add("a member is lost", format!("{} in {name}", book.user_name(*member)));
        }
    }
    let known: HashSet<&str> = team.members.list().iter().chain(&team.unsure).filter_map(|place| id(*place)).collect();
    let ours = seen.iter().filter(|id| !known.contains(*id)).count();
    if ours > 0 {
        problems.add("somebody is still in a group that they left", format!("{ours} in {name}"));
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;

    /// A user of each standing and a group of two.
    fn book() -> Book {
        let mut book = Book::new("m", 0, 1);
        for (n, standing) in
            [Standing::There, Standing::Gone, Standing::There, Standing::Unsure].into_iter().enumerate()
        {
            let place = book.new_person();
            let person = &mut book.people[place];
            person.standing = standing;
            person.id = (standing != Standing::Unsure).then(|| format!("u{n}").into());
            person.active = Some(n != 2);
        }
        let team = book.new_team();
        book.teams[team].standing = Standing::There;
        book.teams[team].members.add(0);
        book.teams[team].members.add(2);
        book
    }

    #[test]
    fn what_is_not_as_acknowledged_is_found_and_nothing_else() {
        let user = |active: Value| json!({"userName": "LOAD.m.1@example.com", "active": active});
        let third = |active: bool| json!({"userName": "load.m.3@example.com", "active": active});
        let group = |ids: &[&str]| json!({"members": ids.iter().map(|id| json!({"value": id})).collect::<Vec<_>>()});
        let found = |total: u64| json!({"totalResults": total, "Resources": [{"id": "x"}]});
        let rows: Vec<(Check, usize, u16, Value, Option<&str>)> = vec![
            (Check::User, 0, 200, user(json!(true)), None),
            (Check::User, 0, 200, user(json!("True")), None),
            (Check::User, 0, 200, user(json!(null)), None),
            (Check::User, 0, 404, json!({}), Some("an acknowledged user is lost")),
            (Check::User, 0, 200, json!({"userName": "b"}), Some("a user has another name")),
            (Check::User, 0, 200, user(json!(false)), Some("an active account is switched off")),
            (Check::User, 2, 200, third(true), Some("an account that was switched off is active")),
            (Check::User, 2, 200, third(false), None),
            (Check::User, 1, 404, json!({}), None),
            (Check::User, 1, 200, user(json!(true)), Some("a deleted user is back")),
            (Check::User, 1, 200, user(json!(false)), None),
            (Check::User, 3, 404, json!({}), None),
            (Check::Name, 0, 200, found(1), None),
            (Check::Name, 0, 200, found(0), Some("an acknowledged user is not found by its name")),
            (Check::Name, 3, 200, found(2), Some("a user is there twice")),
            (Check::Name, 3, 200, found(1), None),
            (Check::Group, 0, 200, group(&["u0", "u2"]), None),
            (Check::Group, 0, 200, group(&["u0"]), Some("a member is lost")),
            (Check::Group, 0, 200, group(&["u0", "u2", "u1"]), Some("somebody is still in a group that they left")),
            (Check::Group, 0, 200, group(&["u0", "u2", "u2"]), Some("a member is in a group twice")),
            (Check::Group, 0, 404, json!({}), Some("an acknowledged group is lost")),
        ];
        for (check, place, status, body, expected) in rows {
            let (mut book, mut problems) = (book(), Problems::default());
            let outcome = Outcome::Answer { status, retry_after: None, body: Bytes::from(body.to_string()) };
            let (person, team) = (Some(place), Some(0));
            look(&mut book, &mut problems, check, person, team, &outcome).unwrap();
            let found: Vec<_> = problems.found.keys().copied().collect();
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{check:?} {place} {body}");
        }
        let (mut book, mut problems) = (book(), Problems::default());
        let outcome = Outcome::Answer { status: 500, retry_after: None, body: Bytes::new() };
        assert!(look(&mut book, &mut problems, Check::User, Some(0), None, &outcome).is_err());
        assert_eq!((problems.unread, problems.checked, problems.found.len()), (1, 0, 0));
    }
}
