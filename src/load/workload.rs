//! Workloads: what a client does all day, as data in `fixtures/workloads`. A journey is a few calls about one person, group
//! or list, of which each waits for the answer of the one before; a workload draws journeys by weight.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use serde::Deserialize;

use super::call::{Act, Call, call};

/// What a journey is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Somebody whom the server has never seen.
    NewUser,
    /// Somebody who is there, and about whom no other journey is under way.
    User,
    /// Somebody who is there, whoever else asks: for reads.
    AnyUser,
    /// Somebody who is active.
    ActiveUser,
    /// Somebody who is not active.
    InactiveUser,
    /// A group that the server has never seen.
    NewGroup,
    /// A group, and users who are not in it.
    Outsiders,
    /// A group, and users who are in it.
    Members,
    /// A list, page by page.
    List,
}

/// One call of a journey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What is sent.
    pub call: Arc<Call>,
    /// Statuses that are right besides those of the act: the effect is there already.
    pub also: Vec<u16>,
    /// After this time the client waits no longer and goes on; that is no error of the server.
    pub give_up: Option<Duration>,
}

impl Step {
    /// A call without further conditions.
    pub fn plain(call: Arc<Call>) -> Self {
        Self { call, also: Vec::new(), give_up: None }
    }
}

/// A journey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journey {
    /// For people.
    pub name: String,
    /// How often it is drawn, beside the others.
    pub weight: u32,
    /// What it is about.
    pub on: Subject,
    /// Members at once, or resources of a page.
    pub size: usize,
    /// The most pages of a list; all where it does not say.
    pub pages: Option<u32>,
    /// What is sent.
    pub steps: Vec<Step>,
}

/// What is there before the load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Population {
    /// How many users.
    pub users: usize,
    /// How many groups.
    pub groups: usize,
    /// How many members each group has.
    pub members: usize,
    /// How they are created.
    pub create_user: Arc<Call>,
    /// How groups are created, where there are some.
    pub create_group: Option<Arc<Call>>,
    /// How members join.
    pub add_members: Option<Arc<Call>>,
}

/// A workload.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// `mixed-day`
    pub name: String,
    /// A sentence for people.
    pub title: String,
    /// Where its shape is documented.
    pub evidence: String,
    /// Requests a second where nobody says otherwise.
    pub rate: f64,
    /// What is there before.
    pub population: Population,
    /// What is drawn.
    pub journeys: Vec<Journey>,
}

/// A rate by name, of a documented limit.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedRate {
    /// `slack-create`
    pub name: String,
    /// Requests in a minute.
    pub per_minute: f64,
    /// Whose limit it is.
    pub about: String,
}

macro_rules! embedded {
    ($($name:literal),*) => { [$(($name, include_str!(concat!("../../fixtures/workloads/", $name, ".toml")))),*] };
}

/// The workloads that come with the tool; the first is the default.
const FILES: [(&str, &str); 11] = embedded![
    "mixed-day",
    "okta-onboarding",
    "entra-initial",
    "entra-incremental",
    "group-churn",
    "member-operations",
    "list-everything",
    "resend-after-timeout",
    "deactivation-storm",
    "read-by-id",
    "create-only"
];

/// Every workload that comes with the tool, the default first.
#[must_use]
#[expect(clippy::expect_used, reason = "the embedded files are parsed by a test")]
pub fn workloads() -> &'static [Workload] {
    static ALL: LazyLock<Vec<Workload>> = LazyLock::new(|| {
        FILES.iter().map(|(name, text)| parse(name, text).expect("the embedded workloads are valid")).collect()
    });
    &ALL
}

/// The rates that have a name.
#[must_use]
#[expect(clippy::expect_used, reason = "the embedded file is parsed by a test")]
pub fn named_rates() -> &'static [NamedRate] {
    #[derive(Deserialize)]
    struct File {
        rate: Vec<NamedRate>,
    }
    static ALL: LazyLock<Vec<NamedRate>> = LazyLock::new(|| {
        let file: File =
            toml::from_str(include_str!("../../fixtures/workloads/rates.toml")).expect("the embedded rates are valid");
        file.rate
    });
    &ALL
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    evidence: String,
    rate: f64,
    population: PopulationRow,
    journey: Vec<JourneyRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PopulationRow {
    users: usize,
    #[serde(default)]
    groups: usize,
    #[serde(default)]
    members: usize,
    create_user: String,
    create_group: Option<String>,
    add_members: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JourneyRow {
    name: String,
    weight: u32,
    on: Subject,
    size: Option<usize>,
    pages: Option<u32>,
    steps: Vec<StepRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct StepRow {
    call: String,
    #[serde(default)]
    also: Vec<u16>,
    give_up: Option<String>,
}

/// Reads a workload; `name` is what reports call it.
///
/// # Errors
/// A sentence with line and column, or with the name of the call that there is not.
pub fn parse(name: &str, text: &str) -> Result<Workload, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let known = |name: &str| call(name).ok_or_else(|| format!("there is no call {name}"));
    let wanted = |name: &Option<String>| name.as_deref().map(known).transpose();
    let population = Population {
        users: file.population.users,
        groups: file.population.groups,
        members: file.population.members,
        create_user: known(&file.population.create_user)?,
        create_group: wanted(&file.population.create_group)?,
        add_members: wanted(&file.population.add_members)?,
    };
    let step = |row: StepRow| -> Result<Step, String> {
        let give_up = row.give_up.as_deref().map(milliseconds).transpose()?;
        Ok(Step { call: known(&row.call)?, also: row.also, give_up })
    };
    let journey = |row: JourneyRow| -> Result<Journey, String> {
        let steps = row.steps.into_iter().map(step).collect::<Result<Vec<_>, _>>()?;
        let (size, on) = (row.size.unwrap_or(1).max(1), row.on);
        let journey = Journey { name: row.name, weight: row.weight, on, size, pages: row.pages, steps };
        fits(&journey).map(|()| journey)
    };
    let journeys = file.journey.into_iter().map(journey).collect::<Result<Vec<_>, _>>()?;
    if journeys.iter().all(|journey| journey.weight == 0) {
        return Err("no journey has a weight above 0".to_owned());
    }
    if !(file.rate.is_finite() && file.rate > 0.0) {
        return Err("rate must be above 0".to_owned());
    }
    Ok(Workload {
        name: name.to_owned(),
        title: file.title,
        evidence: file.evidence,
        rate: file.rate,
        population,
        journeys,
    })
}

/// Whether the calls of a journey can be about its subject.
fn fits(journey: &Journey) -> Result<(), String> {
    let of = |acts: &[Act]| journey.steps.iter().all(|step| acts.contains(&step.call.act));
    let changes = [Act::FindUser, Act::ReadUser, Act::ChangeUser, Act::DeactivateUser, Act::ActivateUser];
    let person = [&changes[..], &[Act::CreateUser, Act::DeleteUser]].concat();
    let good = match journey.on {
        Subject::NewUser => of(&person) && journey.steps.iter().any(|step| step.call.act == Act::CreateUser),
        Subject::User | Subject::ActiveUser | Subject::InactiveUser => {
            of(&person) && journey.steps.iter().all(|step| step.call.act != Act::CreateUser)
        }
        Subject::AnyUser => of(&[Act::FindUser, Act::ReadUser]),
        Subject::NewGroup => of(&[Act::FindGroup, Act::CreateGroup, Act::ReadGroup]),
        Subject::Outsiders => of(&[Act::FindGroup, Act::ReadGroup, Act::AddMembers]),
        Subject::Members => of(&[Act::FindGroup, Act::ReadGroup, Act::RemoveMembers]),
        Subject::List => of(&[Act::ListUsers, Act::ListGroups]),
    };
    if good && !journey.steps.is_empty() {
        Ok(())
    } else {
        Err(format!("journey \"{}\": its calls cannot be about `{:?}`", journey.name, journey.on))
    }
}

/// `250ms`: the only unit that a give-up time needs.
fn milliseconds(text: &str) -> Result<Duration, String> {
    let number = text.strip_suffix("ms").and_then(|number| number.parse().ok());
    number.map(Duration::from_millis).ok_or_else(|| format!("give-up = \"{text}\": write it as 250ms"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_workload_and_rate_is_valid_and_every_call_is_used() {
        let used: std::collections::BTreeSet<&str> = workloads()
            .iter()
            .flat_map(|workload| {
                let population = &workload.population;
                let before =
                    [Some(&population.create_user), population.create_group.as_ref(), population.add_members.as_ref()];
                let steps = workload.journeys.iter().flat_map(|journey| &journey.steps).map(|step| &step.call);
                before.into_iter().flatten().chain(steps).map(|call| call.name.as_str()).collect::<Vec<_>>()
            })
            .collect();
        let unused = super::super::call::calls().iter().filter(|call| !used.contains(call.name.as_str()));
        let unused: Vec<_> = unused.map(|call| &call.name).filter(|name| !name.starts_with("plain/")).collect();
        assert!(unused.is_empty(), "{unused:?}");
        assert!(named_rates().iter().all(|rate| rate.per_minute > 0.0));
    }

    #[test]
    fn a_workload_that_cannot_be_is_refused_with_the_reason() {
        let head = "title = \"t\"\nevidence = \"e\"\nrate = 1.0\n[population]\nusers = 1\ncreate-user = \"okta/create-user\"\n";
        let journey = |rest: &str| format!("{head}[[journey]]\nname = \"j\"\n{rest}");
        let rows = [
            (journey("weight = 1\non = \"user\"\nsteps = [{ call = \"okta/none\" }]"), "there is no call okta/none"),
            (journey("weight = 1\non = \"user\"\nsteps = [{ call = \"okta/create-user\" }]"), "cannot be about `User`"),
            (journey("weight = 0\non = \"user\"\nsteps = [{ call = \"okta/read-user\" }]"), "weight above 0"),
            (journey("weight = 1\non = \"user\"\nsteps = []"), "cannot be about"),
            (journey("weight = 1\non = \"nobody\"\nsteps = []"), "unknown variant `nobody`"),
            (format!("{head}surprise = 1"), "surprise"),
        ];
        for (text, expected) in rows {
            let error = parse("it", &text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
