//! Small event streams, a small catalogue and small clients for the tests of this room and of the reports.

use std::sync::Arc;
use std::time::Duration;

use smol_str::format_smolstr;
use time::Date;
use time::macros::date;

use super::{Settings, Verdict};
use crate::flow::{Event, Evidence, Finding, Leftover, Outcome, Position, Reading, SkipReason};
use crate::idp::{Client, Encoding, RequiredFlow};
use crate::requirement::Catalogue;
use crate::wire::{Exchange, ExchangeId, Failure, Headers, Method, Request, Response};

pub const TODAY: Date = date!(2026 - 11 - 22);

/// Requirements of every source and level that a rule tells apart.
pub fn catalogue() -> Catalogue {
    let rfc = r#"
document = "RFC7644"
[[requirement]]
id = "RFC-MUST"
section = "3.3"
level = "MUST"
summary = "a second user of the same userName is refused with 409 and scimType uniqueness"
interp = ["I-1"]
[[requirement]]
id = "RFC-MUST-2"
section = "3.12"
level = "MUST NOT"
summary = "an error does not change anything"
[[requirement]]
id = "RFC-SHOULD"
section = "3.3"
level = "SHOULD"
summary = "an error answers with a detail"
[[requirement]]
id = "RFC-STATES"
section = "3.4"
level = "states"
summary = "a list carries its total"
[[requirement]]
id = "RFC-HIDDEN"
section = "7"
level = "MUST"
summary = "passwords are hashed"
testable = "not-observable"
[[requirement]]
id = "RFC-CLIENT"
section = "2"
level = "MUST"
actor = "client"
summary = "the client encodes its query"
[[interpretation]]
id = "I-1"
question = "What does a successful PATCH answer"
readings = ["200 with the resource", "204 without body"]
preferred = 1
treatment = "either"
refs = "7644 3.5.2"
"#;
    let okta = r#"
source = "OKTA"
[[requirement]]
id = "OKTA-MUST"
level = "M"
summary = "a deactivated user stays readable"
[[requirement]]
id = "OKTA-SHOULD"
level = "S"
summary = "lists answer within a page"
[[requirement]]
id = "OKTA-LENIENCY"
level = "L"
summary = "a PATCH with id inside its value is accepted"
[[requirement]]
id = "OKTA-OLD"
level = "RETIRED"
summary = "gone"
"#;
    let entra = "source = \"ENTRA\"\n[[requirement]]\nid = \"ENTRA-MUST\"\nlevel = \"M\"\nsummary = \"Add is add\"\n";
    let product =
        "source = \"CATALOG\"\n[[requirement]]\nid = \"CATALOG-1\"\nlevel = \"M\"\nsummary = \"the highest role\"\n";
    let files = [("rfc.toml", rfc), ("okta.toml", okta), ("entra.toml", entra), ("catalog.toml", product)];
    Catalogue::parse(files).unwrap()
}

fn flow(id: &str, title: &str, action: &str, needs: &[&str]) -> RequiredFlow {
    let needs = needs.iter().map(ToString::to_string).collect();
    RequiredFlow { id: id.into(), title: title.into(), action: action.into(), needs }
}

/// Two variants of Okta and one of Entra; all need `OKTA-F1` or `ENTRA-T1`, Okta also groups where they are pushed.
pub fn clients() -> Vec<Client> {
    let client = |id: &str, flows: Vec<RequiredFlow>| Client {
        id: id.into(),
        title: id.into(),
        headers_read: Vec::new(),
        headers_write: Vec::new(),
        encoding: Encoding::Percent,
        flows,
    };
    let okta = || {
        vec![
            flow("OKTA-F1", "assign a person", "create-users", &[]),
            flow("OKTA-F2", "push a group", "push-groups", &["patch"]),
        ]
    };
    vec![
        client("okta/aiw", okta()),
        client("okta/oin", okta()),
        client("entra/legacy", vec![flow("ENTRA-T1", "user assigned", "create-users", &[])]),
    ]
}

/// Settings for a target that can only create users.
pub fn settings() -> Settings {
    Settings::new(vec!["create-users".to_owned()], TODAY)
}

/// Builds the events of a run.
pub struct Run {
    pub events: Vec<Event>,
    scenario: String,
    clients: Vec<String>,
    flows: Vec<String>,
    step: usize,
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

impl Run {
    pub fn new(planned: usize) -> Self {
        let events =
            vec![Event::RunStarted { seed: 7, target: Some(BASE.to_owned()), profile: "rfc".to_owned(), planned }];
        Self { events, scenario: String::new(), clients: Vec::new(), flows: Vec::new(), step: 0 }
    }

    /// A run in which every client of [`clients`] completes its flow for `create-users`.
    pub fn green() -> Self {
        let mut run = Self::new(2);
        for (scenario, clients, flow) in
            [("okta/green", &["okta/aiw", "okta/oin"][..], "OKTA-F1"), ("entra/green", &["entra/legacy"], "ENTRA-T1")]
        {
            run.begin(scenario, clients, &[flow]).write(201).read(200).find("RFC-MUST", Outcome::Pass).end(true);
        }
        run
    }

    pub fn begin(&mut self, scenario: &str, clients: &[&str], flows: &[&str]) -> &mut Self {
        self.scenario = scenario.to_owned();
        (self.clients, self.flows, self.step) = (owned(clients), owned(flows), 0);
        self.events.push(Event::ScenarioStarted { scenario: scenario.to_owned() });
        self
    }

    pub fn send(&mut self, request: Request, answer: Result<Response, Failure>) -> &mut Self {
        self.step += 1;
        self.events.push(Event::Exchanged(Arc::new(Exchange {
            id: self.last(),
            scenario: self.scenario.as_str().into(),
            step: format_smolstr!("step {}", self.step),
            started: Duration::from_micros(1500 * self.step as u64),
            duration: Duration::from_millis(2),
            url: format!("{BASE}{}", request.target),
            request,
            answer,
        })));
        self
    }

    fn last(&self) -> ExchangeId {
        ExchangeId(format_smolstr!("{}#{}", self.scenario, self.step))
    }

    pub fn write(&mut self, status: u16) -> &mut Self {
        let mut request = Request::new(Method::Post, "/Users");
        request.headers.push("Content-Type", "application/scim+json");
        request.body = Some(r#"{"userName":"ada@example.com","password":"s3cret!"}"#.into());
        let body = r#"{"id":"42","userName":"ada@example.com"}"#.into();
        let headers: Headers = [("Content-Type", "application/scim+json")].into_iter().collect();
        self.send(request, Ok(Response { body, headers, ..Response::new(status) }))
    }

    pub fn read(&mut self, status: u16) -> &mut Self {
        self.send(Request::new(Method::Get, "/Users/42"), Ok(Response::new(status)))
    }

    pub fn find(&mut self, requirement: &str, outcome: Outcome) -> &mut Self {
        self.find_as(requirement, outcome, "status", "status 409", "status 200")
    }

    pub fn find_as(
        &mut self,
        requirement: &str,
        outcome: Outcome,
        check: &str,
        expected: &str,
        got: &str,
    ) -> &mut Self {
        self.events.push(Event::Found(Arc::new(Finding {
            requirement: requirement.into(),
            outcome,
            check: check.into(),
            scenario: self.scenario.as_str().into(),
            step: format_smolstr!("step {}", self.step),
            position: Position::File { file: format_smolstr!("scenarios/{}.toml", self.scenario), line: 44, column: 3 },
            expected: expected.into(),
            got: got.into(),
            evidence: Evidence::of(&self.last()),
        })));
        self
    }

    pub fn reads(&mut self, interpretation: &str, number: usize) -> &mut Self {
        self.events.push(Event::Read(Reading {
            interpretation: interpretation.into(),
            number,
            scenario: self.scenario.as_str().into(),
            evidence: Evidence::of(&self.last()),
        }));
        self
    }

    pub fn end(&mut self, completed: bool) -> &mut Self {
        self.events.push(Event::ScenarioFinished {
            scenario: self.scenario.as_str().into(),
            clients: self.clients.clone(),
            flows: self.flows.clone(),
            completed,
        });
        self
    }

    /// A whole scenario with one finding.
    pub fn one(&mut self, scenario: &str, clients: &[&str], requirement: &str, outcome: Outcome) -> &mut Self {
        self.begin(scenario, clients, &[]).write(201).read(200).find(requirement, outcome).end(true)
    }

    pub fn skip(&mut self, scenario: &str, clients: &[&str], flows: &[&str], reason: SkipReason) -> &mut Self {
        let (clients, flows) = (owned(clients), owned(flows));
        self.events.push(Event::Skipped { scenario: scenario.to_owned(), clients, flows, reason });
        self
    }

    pub fn leftover(&mut self, path: &str) -> &mut Self {
        let leftovers = vec![Leftover { path: path.to_owned(), reason: "DELETE answered 405".to_owned() }];
        self.event(Event::CleanedUp { leftovers, retired: 1 })
    }

    pub fn event(&mut self, event: Event) -> &mut Self {
        self.events.push(event);
        self
    }

    pub fn judge(&self, settings: &Settings) -> Verdict {
        Verdict::judge(&self.events, &catalogue(), &clients(), settings)
    }
}

/// The base URL of the target.
pub const BASE: &str = "http://127.0.0.1:8080/scim/v2";
