//! What is sent: the calls of a provisioning day in a fixed proportion, drawn from the seed, and what must come back.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::scim::urn;
use crate::wire::{Method, Request, Response};

/// The kinds of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Look a user up by `userName`, as before every assignment.
    LookUp,
    /// Read a user by id, as before every update.
    Read,
    /// Create a user.
    Create,
    /// Update a user's attributes by PATCH.
    Update,
}

impl Kind {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LookUp => "look-up",
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
        }
    }
}

/// How often each kind is drawn, of 100: look-ups lead, as both Okta and Entra ID look before every write.
const MIX: [(Kind, u32); 4] = [(Kind::LookUp, 40), (Kind::Read, 30), (Kind::Create, 10), (Kind::Update, 20)];

/// One request with what its answer must hold.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its kind.
    pub kind: Kind,
    /// What to send.
    pub request: Request,
    /// The user name that the answer must be about.
    pub user_name: String,
}

/// Draws calls; the same seed draws the same calls for the same population.
#[derive(Debug)]
pub struct Workload {
    rng: ChaCha8Rng,
    marker: String,
    population: Vec<(String, String)>,
    created: usize,
    drawn: u64,
}

impl Workload {
    /// A workload over no users yet; `marker` is in every user name.
    #[must_use]
    pub fn new(seed: u64, marker: impl Into<String>) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            marker: marker.into(),
            population: Vec::new(),
            created: 0,
            drawn: 0,
        }
    }

    /// A request that creates the next user.
    pub fn create(&mut self) -> Call {
        self.created += 1;
        let user_name = format!("load.{}.{}@example.test", self.marker, self.created);
        let body = json!({
            "schemas": [urn::USER],
            "userName": user_name,
            "externalId": format!("{}-{}", self.marker, self.created),
            "name": {"givenName": "Zoë", "familyName": format!("Load {}", self.created)},
            "displayName": format!("Zoë Load {}", self.created),
            "emails": [{"primary": true, "type": "work", "value": user_name}],
            "active": true,
        });
        Call { kind: Kind::Create, request: write(Method::Post, "/Users", &body), user_name }
    }

    /// Adds a user that reads and updates may be drawn for.
    pub fn adopt(&mut self, id: impl Into<String>, user_name: impl Into<String>) {
        self.population.push((id.into(), user_name.into()));
    }

    /// The next call of the mix; creates only, while there is nobody to read.
    pub fn draw(&mut self) -> Call {
        self.drawn += 1;
        if self.population.is_empty() {
            return self.create();
        }
        let mut ticket = self.rng.random_range(0..MIX.iter().map(|(_, weight)| weight).sum::<u32>());
        let kind = MIX.iter().find(|(_, weight)| {
            let hit = ticket < *weight;
            ticket = ticket.saturating_sub(*weight);
            hit
        });
        let (id, user_name) = self.population[self.rng.random_range(0..self.population.len())].clone();
        match kind.map(|(kind, _)| *kind) {
            None | Some(Kind::Create) => self.create(),
            Some(kind @ Kind::LookUp) => {
                let filter = format!("userName eq \"{user_name}\"");
                let filter = percent_encoding::utf8_percent_encode(&filter, percent_encoding::NON_ALPHANUMERIC);
                let target = format!("/Users?filter={filter}&startIndex=1&count=100");
                Call { kind, request: read(&target), user_name }
            }
            Some(kind @ Kind::Read) => Call { kind, request: read(&format!("/Users/{id}")), user_name },
            Some(kind @ Kind::Update) => {
                let body = json!({
                    "schemas": [urn::PATCH_OP],
                    "Operations": [{"op": "replace", "path": "title", "value": format!("Engineer {}", self.drawn)}],
                });
                Call { kind, request: write(Method::Patch, &format!("/Users/{id}"), &body), user_name }
            }
        }
    }
}

impl Call {
    /// What is wrong with an answer, if anything is: the status, or the user that it is about.
    #[must_use]
    pub fn fault(&self, response: &Response) -> Option<String> {
        let expected: &[u16] = match self.kind {
            Kind::Create => &[201],
            Kind::LookUp | Kind::Read => &[200],
            Kind::Update => &[200, 204],
        };
        if !expected.contains(&response.status) {
            return Some(format!("{} answered {}", self.kind.as_str(), response.status));
        }
        if response.status == 204 {
            return None;
        }
        let body = response.json().unwrap_or_default();
        let user = if self.kind == Kind::LookUp { &body["Resources"][0] } else { &body };
        if self.kind == Kind::LookUp && body["totalResults"] != json!(1) {
            return Some(format!("look-up found {} users instead of 1", body["totalResults"]));
        }
        match &user["userName"] {
            Value::String(name) if *name == self.user_name => None,
            other => Some(format!("{} answered with userName {other}", self.kind.as_str())),
        }
    }
}

fn read(target: &str) -> Request {
    let mut request = Request::new(Method::Get, target);
    request.headers.push("Accept", "application/scim+json");
    request
}

fn write(method: Method, target: &str, body: &Value) -> Request {
    let mut request = Request::new(method, target);
    request.headers.push("Accept", "application/scim+json");
    request.headers.push("Content-Type", "application/scim+json");
    request.body = Some(body.to_string().into_bytes());
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(seed: u64) -> Vec<(Kind, Request)> {
        let mut workload = Workload::new(seed, "m");
        workload.adopt("1", "a");
        workload.adopt("2", "b");
        (0..200).map(|_| workload.draw()).map(|call| (call.kind, call.request)).collect()
    }

    #[test]
    fn the_same_seed_draws_the_same_calls_and_every_kind() {
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
        for (kind, _) in MIX {
            assert!(drawn(7).iter().any(|(drawn, _)| *drawn == kind), "{kind:?}");
        }
    }

    #[test]
    fn a_fast_and_wrong_answer_is_a_fault() {
        let mut workload = Workload::new(1, "m");
        let create = workload.create();
        let answer = |status, body: &str| Response { body: body.as_bytes().to_vec(), ..Response::new(status) };
        assert_eq!(create.fault(&answer(201, r#"{"userName":"load.m.1@example.test"}"#)), None);
        assert_eq!(create.fault(&answer(409, "{}")).as_deref(), Some("create answered 409"));
        assert!(create.fault(&answer(201, r#"{"userName":"somebody else"}"#)).is_some());
        let look_up = Call { kind: Kind::LookUp, ..create };
        assert_eq!(
            look_up.fault(&answer(200, r#"{"totalResults":0,"Resources":[]}"#)).as_deref(),
            Some("look-up found 0 users instead of 1")
        );
    }
}
