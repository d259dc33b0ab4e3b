//! The table of suites: which laws each judges, what it needs of the target, how its histories are drawn or enumerated.
//! It says nothing of how they are played.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use proptest::strategy::BoxedStrategy;
use serde_json::Value;

use super::script::{Script, Step, bare, basic};
use crate::profile::Profile;
use crate::scenario::Draw;
use crate::wire::{Exchange, Response};

/// Histories that judge some laws.
#[derive(Clone, Copy)]
pub struct Suite {
    /// `user-names`
    pub name: &'static str,
    /// A sentence.
    pub title: &'static str,
    /// The requirements that its rows judge. One that no row judged in a whole run is inconclusive, never held.
    pub laws: &'static [&'static str],
    /// What the target must have; where it has not, the laws are not observable.
    pub needs: &'static [Need],
    /// Where the histories come from.
    pub cases: Cases,
}

/// Where histories come from.
#[derive(Clone, Copy)]
pub enum Cases {
    /// Drawn from the seed; proptest shrinks the abstract history behind the script, then the history itself says what is
    /// smaller. A script without steps does not count.
    Random {
        /// The suite's share of all random histories, compared with the other suites.
        weight: u32,
        /// A strategy of abstract histories.
        histories: fn(&Arc<Setting>) -> BoxedStrategy<Box<dyn Case>>,
    },
    /// Every history there is, in the same order each time.
    All(fn(&Arc<Setting>) -> Enumerated),
    /// Every history there is, once the target was asked how it decides what is left to it: the histories then expect of it
    /// that it stays with that.
    Asked {
        /// What is asked, one script for each question; nothing is judged by them.
        questions: fn(&Arc<Setting>) -> Vec<Script>,
        /// The histories, the same for the same answers.
        histories: fn(&Arc<Setting>, &Heard) -> Enumerated,
    },
    /// Questions alone: what the target decides is reported, and nothing is judged.
    Classified {
        /// What is asked, one script for each question.
        questions: fn(&Arc<Setting>) -> Vec<Script>,
        /// What the answers say: interpretation and number of the reading.
        readings: Readings,
    },
}

/// The answers to a suite's questions, in their order.
#[derive(Debug, Default)]
pub struct Heard(pub(super) Vec<Vec<Arc<Exchange>>>);

impl Heard {
    /// The answer to a step of a question, both counted from 0; `None` where none came.
    #[must_use]
    pub fn answer(&self, question: usize, step: usize) -> Option<&Response> {
        self.0.get(question)?.get(step)?.response()
    }

    /// The answer to the step of that name; `None` where it was not sent or not answered.
    #[must_use]
    pub fn named(&self, question: usize, name: &str) -> Option<&Response> {
        self.0.get(question)?.iter().find(|exchange| bare(&exchange.step) == name)?.response()
    }
}

/// What a target's answers say: interpretation or choice, and the number of its reading.
pub type Readings = fn(&Arc<Setting>, &Heard) -> Vec<(String, usize)>;

/// Enumerated histories, made as they are asked for.
pub type Enumerated = Box<dyn Iterator<Item = Box<dyn Case>> + Send>;

/// One history.
pub trait Case: Send + Sync {
    /// The script that plays it.
    fn script(&self) -> Script;

    /// Histories that are a little smaller, the smallest first; for shrinking.
    fn smaller(&self) -> Vec<Box<dyn Case>> {
        Vec::new()
    }
}

impl Case for Script {
    fn script(&self) -> Script {
        self.clone()
    }
}

impl From<Script> for Box<dyn Case> {
    fn from(script: Script) -> Self {
        Box::new(script)
    }
}

impl Debug for dyn Case {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.script())
    }
}

/// Something that a suite cannot do without.
#[derive(Debug, Clone, Copy)]
pub enum Need {
    /// A capability, a word of a scenario's `needs`.
    Capability(&'static str),
    /// A provisioning action of the target's profile.
    Action(&'static str),
    /// The target's profile is one of that product: `CATALOG`.
    Product(&'static str),
    /// The admin surface is configured.
    Admin,
    /// A user's role can be read.
    RoleReadOut,
    /// A user can sign in by a probe, and a probe says whether a token is valid.
    SignIn,
    /// The target's profile maps teams to roles.
    RoleMapping,
    /// The target's profile fulfils a condition of the suite's own; the text says which.
    Profile(fn(&Profile) -> bool, &'static str),
}

/// What histories may know of the target.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The target's documented subset and choices.
    pub profile: Profile,
    /// `/ServiceProviderConfig`, or `Null`.
    pub capabilities: serde_json::Value,
    /// Where a user's role is read, if anywhere.
    pub role: Option<RoleReadOut>,
    /// The admin surface is there.
    pub admin: bool,
    /// What probes say of logins and tokens.
    pub sign_in: SignIn,
    /// Seed, marker, form of user names.
    pub draw: Draw,
}

#[cfg(test)]
impl Setting {
    /// A target of that profile with its admin surface, no role read-out and no probes.
    pub fn of(profile: Profile) -> Self {
        let draw = Draw { seed: 3, marker: "sp3".to_owned(), identifier: profile.identifier };
        let capabilities = serde_json::Value::Null;
        Self { profile, capabilities, role: None, admin: true, sign_in: SignIn::default(), draw }
    }
}

/// Which probes of sign-ins there are, see [`crate::wire::Root::Probe`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SignIn {
    /// A user can sign in: `POST /login`.
    pub login: bool,
    /// A token can be asked about: `POST /token`.
    pub token: bool,
}

/// Where a user's role is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleReadOut {
    /// In the SCIM User, at a SCIM path or JSON Pointer: `roles.value`.
    At(String),
    /// In the answer to a GET.
    Get {
        /// Below the root of the admin surface; else below the SCIM base.
        admin: bool,
        /// Path and query with `{id}` and `{userName}`: `/admin/v1/users/{id}`.
        path: String,
        /// JSON Pointer into the answer.
        pointer: String,
    },
    /// By a probe that the transport answers, see [`crate::wire::Root::Probe`].
    Probe {
        /// JSON Pointer into the answer.
        pointer: String,
    },
}

impl Setting {
    /// The PATCH operation as the profile takes it: with the path that its only member names, where it wants one (I-101).
    #[must_use]
    pub fn addressed(&self, operation: Value) -> Value {
        if !self.profile.switches.patch.path_required || operation.get("path").is_some() {
            return operation;
        }
        let (mut path, mut value) = (Vec::new(), &operation["value"]);
        while let Some((name, inner)) = value.as_object().filter(|it| it.len() == 1).and_then(|it| it.iter().next()) {
            path.push(name.as_str());
            value = inner;
        }
        serde_json::json!({"op": operation["op"], "path": path.join("."), "value": value})
    }

    /// A step that reads the role of the user whose id and user name are in these variables; rows are added by
    /// [`Setting::role`].
    #[must_use]
    pub fn read_role(&self, name: &str, id: &str, user_name: &str) -> Step {
        let (id, user_name) = (format!("{{{{ {id} }}}}"), format!("{{{{ {user_name} }}}}"));
        let step = |line: &str| Step::new(name, line.replace("{id}", &id).replace("{userName}", &user_name));
        match &self.role {
            None | Some(RoleReadOut::At(_)) => step("GET /Users/{id}"),
            Some(RoleReadOut::Get { admin: false, path, .. }) => step(&format!("GET {path}")).wide(),
            Some(RoleReadOut::Get { admin: true, path, .. }) => step(&format!("GET {path}")).on("admin"),
            Some(RoleReadOut::Probe { .. }) => step("GET /role?id={id}&userName={userName}").on("probe").wide(),
        }
    }

    /// Where the role stands in the answer to [`Setting::read_role`].
    #[must_use]
    pub fn role_address(&self) -> &str {
        match &self.role {
            Some(
                RoleReadOut::At(address)
                | RoleReadOut::Get { pointer: address, .. }
                | RoleReadOut::Probe { pointer: address },
            ) => address,
            None => "roles.value",
        }
    }

    /// The test of a row that the role is this one, or that there is none.
    #[must_use]
    pub fn role(&self, role: Option<&str>) -> String {
        let address = basic(self.role_address());
        match role {
            Some(role) => format!("at = {address}, is = {}", basic(role)),
            None => format!("at = {address}, absent = true"),
        }
    }

    /// The first thing that a suite needs and the target does not have, as a phrase.
    #[must_use]
    pub fn lacks(&self, needs: &[Need]) -> Option<String> {
        let name = &self.profile.name;
        needs.iter().find_map(|need| match need {
            Need::Capability(word) => crate::plan::lacks(word, &self.profile, Some(&self.capabilities)),
            Need::Action(action) if !self.profile.actions.iter().any(|known| known == action) => {
                Some(format!("profile {name} has no action {action}"))
            }
            Need::Product(product) if self.profile.product.as_deref() != Some(product) => {
                Some(format!("profile {name} is not one of {product}"))
            }
            Need::Admin if !self.admin => Some(
                "no admin surface is configured (--admin-url), where mappings, logins and tokens are seen".to_owned(),
            ),
            Need::RoleReadOut if self.role.is_none() => {
                Some("no role can be read (--role-at, or [probe.role] in scimproof.toml)".to_owned())
            }
            Need::SignIn if !self.sign_in.login => {
                Some("no user can sign in ([probe.login] in scimproof.toml, or --admin-url)".to_owned())
            }
            Need::SignIn if !self.sign_in.token => {
                Some("no token can be asked about ([probe.token] in scimproof.toml, or --admin-url)".to_owned())
            }
            Need::RoleMapping if self.profile.roles.is_empty() => {
                Some(format!("profile {name} maps no teams to roles"))
            }
            Need::Profile(holds, condition) if !holds(&self.profile) => Some(format!("profile {name}: {condition}")),
            _ => None,
        })
    }
}
