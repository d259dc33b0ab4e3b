//! A scenario as the runner plays it: parsed and linted, with the place of every row. It knows nothing of TOML.

use std::time::Duration;

use serde_json::Value;

use super::error::Place;
use super::template::Template;
use crate::idp::Encoding;
use crate::wire::{Lent, Method};

/// One scenario file.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its path below the scenarios' folder without `.toml`: `okta/users/create`.
    pub id: String,
    /// The file as it was named to the parser, `scenarios/okta/users/create.toml`.
    pub file: String,
    /// A sentence.
    pub title: String,
    /// The client profiles whose wire form this is, `okta/aiw`; empty for a plain RFC client.
    pub clients: Vec<String>,
    /// The flows of those clients that it shows when completed.
    pub flows: Vec<String>,
    /// Free words for selection.
    pub tags: Vec<String>,
    /// The capabilities that it needs, words of [`super::CAPABILITIES`].
    pub needs: Vec<String>,
    /// The provisioning actions that it needs, words of [`super::ACTIONS`].
    pub actions: Vec<String>,
    /// The requirement sets one of which must be asked for, as in `fixtures/sets.toml`; empty for that of the standard.
    pub sets: Vec<String>,
    /// The products one of which the target's profile must be, sources of requirements (`CATALOG`); empty for any.
    pub products: Vec<String>,
    /// The switches of the target's profile that it depends on.
    pub when: Vec<When>,
    /// The attributes that the target's schemas must have, each with its schema's URN in front.
    pub attributes: Vec<String>,
    /// The people that it draws.
    pub people: Vec<String>,
    /// The groups that it draws.
    pub groups: Vec<String>,
    /// Whether it needs a quiet tenant: nothing else may run beside it.
    pub alone: bool,
    /// Why it exists.
    pub note: Option<String>,
    /// Its own variables; strings may use people and groups.
    pub vars: Vec<(String, Value)>,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// A switch of the profile with the values under which a scenario runs.
#[derive(Debug, Clone, PartialEq)]
pub struct When {
    /// `users.deletion`
    pub path: String,
    /// One of these.
    pub values: Vec<Value>,
}

/// One step: a request (or several of the same form) and what is expected of the answer.
#[derive(Debug, Clone)]
pub struct Step {
    /// Unique in the scenario.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// The request shape that it reproduces.
    pub shape: Option<String>,
    /// What is sent.
    pub action: Action,
    /// Headers over those of the client; an empty value removes one.
    pub headers: Vec<(String, Template)>,
    /// The credentials of the settings that it goes out with, where they are not those of the place.
    pub lent: Option<Lent>,
    /// The client whose headers are sent, where it is not the scenario's.
    pub client: Option<String>,
    /// The query's encoding, where it is not the client's.
    pub encoding: Option<Encoding>,
    /// How many times it is sent at once.
    pub times: Option<usize>,
    /// Neighbours with one label are sent at once.
    pub together: Option<String>,
    /// How many answers of which status are expected of a step with `times`.
    pub tally: Option<Tally>,
    /// The ends of which one must come true.
    pub either: Option<Either>,
    /// Whether a list is followed to its end.
    pub walk: bool,
    /// What is expected.
    pub rows: Vec<Row>,
    /// Variables set from the answer: name and address.
    pub save: Vec<(String, Template)>,
    /// What to send at the end of the run to take the step back.
    pub undo: Option<Line>,
    /// A pause before it.
    pub wait: Option<Duration>,
    /// Whether it is sent again until its rows hold.
    pub until: Option<Until>,
    /// The capabilities without which only this step is left out, words of [`super::CAPABILITIES`].
    pub needs: Vec<String>,
}

/// What a step sends.
#[derive(Debug, Clone)]
pub enum Action {
    /// A request of its own.
    Send {
        /// Method and target.
        line: Line,
        /// The body: literal JSON text, or form data.
        body: Option<Template>,
        /// The body is `application/x-www-form-urlencoded`.
        form: bool,
        /// The step whose answer the body is merged over (`RFC7396`).
        base: Option<String>,
    },
    /// The very same bytes as an earlier step.
    Repeat(String),
}

/// A request line.
#[derive(Debug, Clone)]
pub struct Line {
    /// The method.
    pub method: Method,
    /// Path and query below the base URL, not yet encoded.
    pub target: Template,
    /// Below which base URL.
    pub on: On,
}

/// The base URL of a request, `on` in the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum On {
    /// The target's SCIM base.
    #[default]
    Scim,
    /// The product's admin and auth surface.
    Admin,
    /// A probe of the configuration.
    Probe,
    /// Another SCIM base, by a saved variable.
    At(Template),
    /// The second tenant of the settings.
    SecondTenant,
}

/// Requests to the admin surface that change nothing although they are a `POST`: introspection (`RFC7662 §2.1`) and a
/// login, which shows whether somebody gets in.
const ADMIN_LOOKS: [&str; 2] = ["/oauth2/introspect", "/auth/login"];

/// Sending again until the rows hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Until {
    /// How often at most.
    pub tries: usize,
    /// The pause between.
    pub every: Duration,
}

/// How many answers of which status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Status and number.
    pub counts: Vec<(u16, usize)>,
    /// The requirement.
    pub requirement: String,
    /// Where it stands.
    pub place: Place,
}

/// Ends that a server may choose between.
#[derive(Debug, Clone)]
pub struct Either {
    /// They are tried in this order.
    pub ends: Vec<End>,
    /// The requirements that do not hold when none of them came true; none where the standard leaves it open.
    pub requirements: Vec<String>,
    /// Where they stand.
    pub place: Place,
}

/// One end: it came true when all its rows hold.
#[derive(Debug, Clone)]
pub struct End {
    /// The reading that it shows: `I-46` and its number.
    pub reading: Option<(String, usize)>,
    /// Each with the earlier step whose answer it looks at; `None`: its own step.
    pub rows: Vec<(Option<String>, Row)>,
}

/// One row of `expect`.
#[derive(Debug, Clone)]
pub struct Row {
    /// What is judged.
    pub verdict: Verdict,
    /// What is looked at.
    pub subject: Subject,
    /// The test word, one of [`crate::check::WORDS`].
    pub word: &'static str,
    /// The word's operand; strings may have holes.
    pub operand: Value,
    /// A miss is a warning.
    pub soft: bool,
    /// Where it stands.
    pub place: Place,
}

/// What a row says about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Requirements that hold or not.
    Requirements(Vec<String>),
    /// A reading of an interpretation that is recorded when the test holds: `I-46` and its number.
    Reading(String, usize),
}

/// What a row looks at.
#[derive(Debug, Clone)]
pub enum Subject {
    /// The status code.
    Status,
    /// A header.
    Header(String),
    /// The body as a whole.
    Body,
    /// Values in the body, by SCIM address.
    At(Template),
}

impl Step {
    /// The requirements that it judges, some of them more than once.
    pub fn requirements(&self) -> impl Iterator<Item = &str> {
        let rows = self.rows.iter().flat_map(|row| match &row.verdict {
            Verdict::Requirements(ids) => ids.as_slice(),
            Verdict::Reading(..) => &[],
        });
        let tally = self.tally.iter().map(|tally| &tally.requirement);
        let either = self.either.iter().flat_map(|either| &either.requirements);
        rows.chain(tally).chain(either).map(String::as_str)
    }

    /// The interpretations that it reads.
    pub fn interpretations(&self) -> impl Iterator<Item = &str> {
        let rows = self.rows.iter().filter_map(|row| match &row.verdict {
            Verdict::Reading(id, _) => Some(id),
            Verdict::Requirements(_) => None,
        });
        let ends = self.either.iter().flat_map(|either| &either.ends);
        rows.chain(ends.filter_map(|end| end.reading.as_ref().map(|(id, _)| id))).map(String::as_str)
    }

    /// The method and the target's template, where the step has its own.
    #[must_use]
    pub const fn line(&self) -> Option<&Line> {
        match &self.action {
            Action::Send { line, .. } => Some(line),
            Action::Repeat(_) => None,
        }
    }
}

impl Line {
    /// True when the request may change state: not a read and not `/.search` (`RFC7644 §3.4.3`).
    #[must_use]
    pub fn writes(&self) -> bool {
        let looks = match self.on {
            On::Admin => ADMIN_LOOKS.contains(&self.path().as_str()),
            On::Probe => true,
            On::Scim | On::At(_) | On::SecondTenant => self.path().ends_with("/.search"),
        };
        self.method.writes() && !looks
    }

    /// True when the request goes to the target's own SCIM base.
    #[must_use]
    pub fn is_scim(&self) -> bool {
        self.on == On::Scim
    }

    /// The path with digits for its holes, without the query.
    #[must_use]
    pub fn path(&self) -> String {
        let filler = self.target.filler();
        filler.split('?').next().unwrap_or_default().to_owned()
    }

    /// The first segment of the path, `/Users`.
    #[must_use]
    pub fn collection(&self) -> String {
        let path = self.path();
        format!("/{}", path.trim_start_matches('/').split('/').next().unwrap_or_default())
    }
}

impl Scenario {
    /// The step of that name.
    #[must_use]
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == name)
    }
}

/// The request line of a step, followed through `repeat`.
#[must_use]
pub fn line_of<'a>(steps: &'a [Step], step: &'a Step) -> Option<&'a Line> {
    let mut step = step;
    for _ in 0..=steps.len() {
        match &step.action {
            Action::Send { line, .. } => return Some(line),
            Action::Repeat(name) => step = steps.iter().find(|step| step.name == *name)?,
        }
    }
    None
}
