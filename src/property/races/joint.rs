//! What the answers of one history say together: whether some serial order of the requests that were sent at once explains
//! them and what was read afterwards, and whether pages show everybody. It sends nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use smol_str::SmolStr;

use crate::flow::{Evidence, Finding, Outcome, Position};
use crate::model::{Action, Directory, Effect, endings};
use crate::property::script::bare;
use crate::wire::Exchange;

/// A judge of all exchanges of a history. Steps are named without their numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Joint {
    /// Requests on users and groups.
    Serial(Box<Serial>),
    /// Pages that were read while others wrote.
    Pages {
        /// The steps that read the pages.
        pages: Vec<String>,
        /// The steps that created who was there throughout.
        there: Vec<String>,
    },
}

/// Requests that were sent at once, where they began, and how their end was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serial {
    /// The law.
    pub law: &'static str,
    /// A create that is sent again may be answered with the user whom it made (PROP-CONC-03).
    pub resent: bool,
    /// Before the requests.
    pub start: Directory,
    /// The steps that created the users of the start, and its groups.
    pub users: Vec<String>,
    pub groups: Vec<String>,
    /// The requests.
    pub requests: Vec<(String, Action)>,
    /// The reads afterwards: of users and groups by position, of who has a name.
    pub read_users: Vec<(String, usize)>,
    pub read_groups: Vec<(String, usize)>,
    pub look_ups: Vec<(String, String)>,
}

/// A state on the way through an order: the directory, and the ids of its users.
#[derive(Clone, PartialEq)]
struct Way {
    directory: Directory,
    ids: Vec<String>,
    /// The rules leave open what came.
    open: bool,
}

/// What came of a request.
struct Came<'a> {
    action: &'a Action,
    exchange: &'a Exchange,
    /// `None`: no answer, so that it may have had its effect or not.
    status: Option<u16>,
    id: Option<String>,
}

/// The statuses that a request may be answered with.
pub fn statuses(effect: Effect, action: &Action, resent: bool) -> &'static [u16] {
    let creates = matches!(action, Action::Create(_) | Action::CreateGroup(..));
    match effect {
        Effect::Created(_) => &[201],
        Effect::Taken(_) if resent => &[200, 201, 409],
        Effect::Taken(_) | Effect::Conflict if creates => &[409],
        Effect::Taken(_) | Effect::Conflict => &[400, 409],
        Effect::Revived(_) => &[200, 201],
        Effect::TakenOrRevived(_) => &[200, 201, 409],
        Effect::Done if matches!(action, Action::Delete(_) | Action::DeleteGroup(_)) => &[204],
        Effect::Done => &[200, 204],
        Effect::DoneOrRefused => &[200, 204, 400],
        Effect::Absent => &[404],
        Effect::Refused => &[400],
        Effect::Unsupported => &[403, 405, 501],
        Effect::Open => &[200, 201, 204, 400, 404, 409],
    }
}

/// Exchanges by step.
struct Heard<'a>(BTreeMap<&'a str, Vec<&'a Exchange>>);

impl<'a> Heard<'a> {
    fn new(exchanges: &'a [Arc<Exchange>]) -> Self {
        let mut steps: BTreeMap<&str, Vec<&Exchange>> = BTreeMap::new();
        for exchange in exchanges {
            steps.entry(bare(&exchange.step)).or_default().push(exchange);
        }
        Self(steps)
    }

    fn last(&self, step: &str) -> Option<&'a Exchange> {
        self.0.get(step).and_then(|all| all.last()).copied()
    }

    /// The id of what a step created.
    fn id(&self, step: &str) -> Option<String> {
        self.last(step).and_then(id_of)
    }

    fn json(&self, step: &str) -> Option<(u16, Value)> {
        let response = self.last(step)?.response()?;
        Some((response.status, response.json().unwrap_or_default()))
    }
}

fn id_of(exchange: &Exchange) -> Option<String> {
    let response = exchange.response().filter(|response| response.is_success())?;
    response.json()?.get("id")?.as_str().map(str::to_owned)
}

fn throttled(exchange: &Exchange) -> bool {
    exchange.response().is_some_and(|response| matches!(response.status, 429 | 503))
}

fn ids(list: &Value, member: &str, key: &str) -> BTreeSet<String> {
    let all = list.get(member).and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|one| one.get(key)?.as_str().map(str::to_owned)).collect()
}

impl Joint {
    /// The findings; none where the history broke off before the end. `limited`: some request was refused for its rate, and
    /// sent again.
    pub fn judge(&self, exchanges: &[Arc<Exchange>], scenario: &str, limited: bool) -> Vec<Finding> {
        let heard = Heard::new(exchanges);
        match self {
            Self::Serial(serial) => serial.judge(&heard, scenario, limited),
            Self::Pages { pages, there } => all_seen(&heard, pages, there, scenario).into_iter().collect(),
        }
    }
}

fn finding(
    law: &str,
    outcome: Outcome,
    said: (String, String),
    evidence: &[&Exchange],
    scenario: &str,
) -> Option<Finding> {
    let (first, rest) = evidence.split_first()?;
    let step = evidence.last().map_or_else(SmolStr::default, |exchange| exchange.step.clone());
    Some(Finding {
        requirement: law.into(),
        outcome,
        check: SmolStr::new_static("serial order"),
        scenario: scenario.into(),
        step,
        position: Position::Check("property::races"),
        expected: said.0.into(),
        got: said.1.into(),
        evidence: rest.iter().fold(Evidence::of(&first.id), |evidence, exchange| evidence.and(&exchange.id)),
    })
}

/// Whoever was there throughout stands on one of the pages (PROP-CONC-11).
fn all_seen(heard: &Heard<'_>, pages: &[String], there: &[String], scenario: &str) -> Option<Finding> {
    let wanted: Option<BTreeSet<String>> = there.iter().map(|step| heard.id(step)).collect();
    let mut seen = BTreeSet::new();
    for page in pages {
        let (status, list) = heard.json(page)?;
        if status != 200 {
            return None;
        }
        seen.extend(ids(&list, "Resources", "id"));
    }
    let missing = wanted?.difference(&seen).count();
    let outcome = if missing == 0 { Outcome::Pass } else { Outcome::Fail };
    let said = ("everybody who was there throughout on some page".to_owned(), format!("{missing} on none"));
    let evidence: Vec<&Exchange> = pages.iter().filter_map(|page| heard.last(page)).collect();
    finding("PROP-CONC-11", outcome, said, &evidence, scenario)
}

impl Serial {
    fn judge(&self, heard: &Heard<'_>, scenario: &str, limited: bool) -> Vec<Finding> {
        let users: Option<Vec<String>> = self.users.iter().map(|step| heard.id(step)).collect();
        let groups: Option<Vec<String>> = self.groups.iter().map(|step| heard.id(step)).collect();
        let (Some(users), Some(_)) = (users, groups) else { return Vec::new() };
        let sent = self.requests.iter().filter_map(|(step, action)| Some((action, heard.last(step)?)));
        let (refused, sent): (Vec<_>, Vec<_>) = sent.partition(|(_, exchange)| throttled(exchange));
        let came: Vec<Came<'_>> = sent
            .into_iter()
            .map(|(action, exchange)| {
                let status = exchange.response().map(|response| response.status);
                Came { action, exchange, status, id: id_of(exchange) }
            })
            .collect();
        let before = |one: usize, other: usize| {
            let (one, other) = (came[one].exchange, came[other].exchange);
            one.started + one.duration < other.started
        };
        let start = Way { directory: self.start.clone(), ids: users, open: false };
        let ends = endings(&start, came.len(), before, |way, n| self.step(way, &came[n]));
        let fits = ends.iter().any(|way| way.open || self.shows(way, heard));
        let told: Vec<String> = came
            .iter()
            .map(|came| came.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string()))
            .collect();
        let got = match (fits, ends.is_empty()) {
            (true, _) => "one of them".to_owned(),
            (false, true) => format!("answers {} that no order explains", told.join(", ")),
            (false, false) => format!("answers {} and another end: {}", told.join(", "), self.seen(heard)),
        };
        let evidence: Vec<&Exchange> = came.iter().map(|came| came.exchange).collect();
        let outcome = if fits { Outcome::Pass } else { Outcome::Fail };
        let expected = "the answers and the end of some serial order".to_owned();
        let rate = if limited || !refused.is_empty() {
            finding("PROP-CONC-12", outcome, (expected.clone(), got.clone()), &evidence, scenario)
        } else {
            let said = (expected.clone(), "no request was refused for its rate".to_owned());
            finding("PROP-CONC-12", Outcome::NotObservable, said, &evidence, scenario)
        };
        finding(self.law, outcome, (expected, got), &evidence, scenario).into_iter().chain(rate).collect()
    }

    /// The states that a request may lead to, given its answer.
    fn step(&self, way: &Way, came: &Came<'_>) -> Vec<Way> {
        let mut next = way.clone();
        let effect = next.directory.apply(came.action);
        next.open |= effect == Effect::Open;
        match effect {
            Effect::Created(_) if matches!(came.action, Action::Create(_)) => {
                next.ids.push(came.id.clone().unwrap_or_default());
            }
            Effect::Revived(holder) | Effect::Taken(holder)
                if came.status.is_some_and(|status| status < 300) && came.id.as_ref() != way.ids.get(holder) =>
            {
                return Vec::new();
            }
            _ => {}
        }
        match came.status {
            Some(status) if statuses(effect, came.action, self.resent).contains(&status) => vec![next],
            Some(_) => Vec::new(),
            None => vec![way.clone(), next],
        }
    }

    /// Whether what was read afterwards shows that end.
    fn shows(&self, way: &Way, heard: &Heard<'_>) -> bool {
        let user = |(step, user): &(String, usize)| {
            let Some((status, body)) = heard.json(step) else { return true };
            let Some(state) = way.directory.user(*user) else { return status == 404 };
            let given = state.values.get("name.givenName");
            let read = body.pointer("/name/givenName").and_then(Value::as_str);
            status == 200
                && state.active.is_none_or(|active| (body.get("active") != Some(&Value::Bool(false))) == active)
                && given.is_none_or(|given| read == Some(given.as_str()))
        };
        let group = |(step, group): &(String, usize)| {
            let Some((status, body)) = heard.json(step) else { return true };
            let Some(state) = way.directory.group(*group) else { return status == 404 };
            let read = ids(&body, "members", "value");
            let known = way.directory.users().filter(|(_, person)| person.memberships_known);
            let mut people = known.filter_map(|(user, _)| Some((user, way.ids.get(user)?)));
            status == 200 && people.all(|(user, id)| state.members.contains(&user) == read.contains(id))
        };
        let name = |(step, name): &(String, String)| {
            let Some((200, body)) = heard.json(step) else { return true };
            let holder = way.directory.holder(name).and_then(|user| way.ids.get(user));
            // An answer that was lost has no id to compare.
            let read = ids(&body, "Resources", "id");
            match holder {
                Some(id) if id.is_empty() => read.len() == 1,
                Some(id) => read.len() == 1 && read.contains(id),
                None => read.is_empty(),
            }
        };
        self.read_users.iter().all(user) && self.read_groups.iter().all(group) && self.look_ups.iter().all(name)
    }

    /// What was read afterwards, in short.
    fn seen(&self, heard: &Heard<'_>) -> String {
        let users = self.read_users.iter().filter_map(|(step, user)| {
            let (status, body) = heard.json(step)?;
            let active = body.get("active").cloned().unwrap_or_default();
            let name = body.pointer("/name/givenName").cloned().unwrap_or_default();
            Some(format!("user {user} is {status}, active {active}, givenName {name}"))
        });
        let groups = self.read_groups.iter().filter_map(|(step, group)| {
            let (_, body) = heard.json(step)?;
            Some(format!("group {group} has {} members", ids(&body, "members", "value").len()))
        });
        let names = self.look_ups.iter().filter_map(|(step, name)| {
            let (_, body) = heard.json(step)?;
            Some(format!("{name} is {} users", ids(&body, "Resources", "id").len()))
        });
        users.chain(groups).chain(names).collect::<Vec<_>>().join("; ")
    }
}
