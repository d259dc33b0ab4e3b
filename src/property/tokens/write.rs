//! The requests of acts on accounts, what must come of them by the oracle, and the look at every token afterwards.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Act, Channel, PEOPLE, PROVIDERS};
use crate::model::{Accounts, Answer, Deed, Identity, Origin, TokenState};
use crate::profile::Deletion;
use crate::property::script::{Script, Step, basic};
use crate::property::suite::Setting;
use crate::scim::urn;

const ORGANIZATIONS: &str = "/admin/v1/organizations";

/// Why nothing else reads a write back.
const SHOWN: &str = "the tokens show it";

/// Writes one history. E-mail addresses are known to the oracle as the templates that become them.
pub(super) struct Writer<'a> {
    setting: &'a Setting,
    script: Script,
    accounts: Accounts,
    /// The provider of the first issuer.
    provider: usize,
    /// Issuers so far, one for each configuration.
    issuers: usize,
    scim: bool,
    /// The native record of each person.
    natives: BTreeMap<usize, usize>,
    /// Whose a record is.
    persons: Vec<usize>,
    /// Addresses that a stored user had: whether its user name followed the address is nowhere said.
    left: BTreeSet<String>,
    /// For new addresses, passwords and names.
    counter: usize,
}

/// What an act is about, for the laws that the look afterwards judges.
struct About {
    kind: Kind,
    record: Option<usize>,
    changed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Login,
    Refused,
    Time,
    Provider,
    Environment,
    Configuration,
    Frame,
    Disabled(Channel),
    Enabled,
    Deleted(Channel),
    Changed,
    Mfa,
}

fn hole(name: &str, n: usize) -> String {
    format!("{{{{ {name}{n} }}}}")
}

fn usual(person: usize) -> String {
    format!("{{{{ p{person}.email }}}}")
}

fn admin(name: impl Into<String>, line: impl Into<String>, body: Option<Value>) -> Step {
    let step = Step::new(name, line).on("admin");
    match body {
        Some(body) => step.body(body.to_string()).unread(SHOWN),
        None => step.unread(SHOWN),
    }
}

impl<'a> Writer<'a> {
    pub fn new(setting: &'a Setting, provider: usize) -> Self {
        let people: Vec<String> = (0..PEOPLE).map(|person| format!("p{person}")).collect();
        let mut script = Script::new("a random history of accounts and access tokens", &people, &["admin"]);
        let body = json!({"id": "{{ run.organization }}", "displayName": "{{ run.organization }}"});
        let make = admin("make an organization", format!("POST {ORGANIZATIONS}"), Some(body)).saves("org", "/id");
        script.push(make.undo("DELETE /admin/v1/organizations/{{ org }}"));
        Self {
            setting,
            script,
            accounts: Accounts::new(setting.profile.accounts),
            provider,
            issuers: 0,
            scim: false,
            natives: BTreeMap::new(),
            persons: Vec::new(),
            left: BTreeSet::new(),
            counter: 0,
        }
    }

    /// The script; empty where no token was issued.
    pub fn script(self) -> Script {
        if self.accounts.tokens().is_empty() { Script::default() } else { self.script }
    }

    pub fn play(&mut self, act: Act) {
        let before = self.accounts.clone();
        let Some(about) = self.write(act) else { return };
        self.look(&before, &about);
        if let (Kind::Environment, Some(newest)) = (about.kind, self.accounts.environments().checked_sub(1)) {
            self.look_at_environment(newest);
        }
    }

    fn next(&mut self) -> usize {
        self.counter += 1;
        self.counter
    }

    /// The record of that number among those that exist.
    fn existing(&self, number: usize) -> Option<usize> {
        let all: Vec<usize> = self.accounts.records().map(|(record, _)| record).collect();
        (!all.is_empty()).then(|| all[number % all.len()])
    }

    fn is_native(&self, record: usize) -> bool {
        self.accounts.record(record).is_some_and(|own| own.origin == Origin::Native)
    }

    /// Configures SSO at a provider, under an issuer of its own.
    fn configure(&mut self, provider: usize) {
        let issuer = self.issuers;
        self.issuers += 1;
        let word = PROVIDERS[provider];
        let body = json!({
            "protocol": "oidc", "issuer": format!("https://{word}{issuer}.example.test/{{{{ org }}}}"),
            "client_id": "scimproof", "subdomain": "{{ org }}", "provider": word, "enabled": true,
        });
        let step = admin(format!("SSO at {word}"), format!("PUT {ORGANIZATIONS}/{{{{ org }}}}/sso"), Some(body));
        let step = step.saves(format!("iss{issuer}"), "/issuer");
        self.script.push(if issuer > 0 { step.judges("COALESCE-SSO-017", "status = 200") } else { step });
        self.accounts.apply(&Deed::Configure(issuer));
    }

    fn needs_sso(&mut self) {
        if self.issuers == 0 {
            self.configure(self.provider);
        }
    }

    fn needs_scim(&mut self) {
        self.needs_sso();
        if !self.scim {
            self.scim = true;
            let body = json!({"enabled": true});
            let step = admin("SCIM", format!("PUT {ORGANIZATIONS}/{{{{ org }}}}/scim"), Some(body));
            self.script.push(step.saves("scim", "/base_url").saves("credential", "/bearer_token"));
        }
    }

    /// Writes the request of an act; `None` where there is nothing to act on.
    fn write(&mut self, act: Act) -> Option<About> {
        let about = |kind| Some(About { kind, record: None, changed: true });
        match act {
            Act::Native(person) => self.native(person),
            Act::Login(person, wrong) => Some(self.login(person, wrong)),
            Act::Sso(person, other, old) => self.sso(person, other, old),
            Act::Active(..) | Act::Password(..) | Act::Email(..) | Act::Mfa(..) | Act::Delete(..) => self.event(act),
            Act::Name(number) => {
                let (record, name) = (self.existing(number)?, self.next());
                let body = json!({"family_name": format!("Berg {name}")});
                self.change(format!("rename the person of record {record}"), record, &body)
            }
            Act::Role(number) => {
                let record = self.existing(number)?;
                self.change(format!("record {record} becomes an admin"), record, &json!({"role": "Admin"}))
            }
            Act::Configure(provider) => {
                self.configure(provider);
                about(Kind::Configuration)
            }
            Act::Admit(person, assigned, enabled) => {
                self.needs_sso();
                let issuer = self.accounts.issuer()?;
                let line = format!("PUT /idp/v1/{}/users/{{{{ p{person}.uuid }}}}", hole("iss", issuer));
                let body = json!({"assigned": assigned, "enabled": enabled});
                let word = if assigned && enabled { "lets in" } else { "shuts out" };
                let step = admin(format!("the provider {word} person {person}"), line, Some(body));
                self.script.push(step.judges("PROP-TOK-05", "status = [200, 204]"));
                self.accounts.apply(&Deed::Admit((issuer, person), assigned && enabled));
                about(Kind::Provider)
            }
            Act::Clock(days) => {
                let body = json!({"advance_seconds": days * 86_400});
                let step = admin(format!("{days} days pass"), "POST /admin/v1/clock", Some(body));
                self.script.push(step.judges("PROP-TOK-04", "status = 200"));
                about(Kind::Time)
            }
            Act::Environment => {
                let (made, name) = (self.accounts.environments(), self.next());
                let body = json!({"org": "{{ org }}", "name": format!("Environment {name}")});
                let step = admin(format!("make environment {made}"), "POST /admin/v1/environments", Some(body));
                let step = step.judges("PROP-TOK-06", "status = 201").saves(format!("e{made}"), "/id");
                self.script.push(step);
                self.accounts.apply(&Deed::Environment);
                about(Kind::Environment)
            }
            Act::Cross(number) => {
                self.cross(number);
                None
            }
        }
    }

    fn native(&mut self, person: usize) -> Option<About> {
        let email = usual(person);
        if self.left.contains(&email) {
            return None;
        }
        let password = format!("Sunny-Day-{}", self.next());
        let body = json!({
            "org": "{{ org }}", "email": email, "password": password, "role": "User",
            "given_name": "Mara", "family_name": "Berg",
        });
        let step = admin(format!("make a native record of person {person}"), "POST /admin/v1/users", Some(body));
        let step = match self.accounts.apply(&Deed::Create(email, password)) {
            Answer::Made(record) => {
                self.natives.insert(person, record);
                self.persons.push(person);
                step.judges("COALESCE-SSO-005 COALESCE-SSO-007", "status = 201").saves(format!("r{record}"), "/id")
            }
            _ => step.judges("COALESCE-SSO-007", "status = 409").free(),
        };
        self.script.push(step);
        Some(About { kind: Kind::Frame, record: None, changed: true })
    }

    fn login(&mut self, person: usize, wrong: bool) -> About {
        let native = self.natives.get(&person).and_then(|record| self.accounts.record(*record));
        let email = native.map_or_else(|| usual(person), |own| own.email.clone());
        let known = self.natives.get(&person).and_then(|record| self.accounts.password(*record));
        let password = known.filter(|_| !wrong).unwrap_or("Rainy-Day-0").to_owned();
        let body = json!({"org": "{{ org }}", "username": email, "password": password});
        let step = admin(format!("person {person} signs in with a password"), "POST /auth/login", Some(body));
        let answer = self.accounts.apply(&Deed::Login(email, password));
        self.answered(step, answer, "COALESCE-SSO-008", "COALESCE-SSO-009 COALESCE-SSO-011")
    }

    fn sso(&mut self, person: usize, other: bool, old: bool) -> Option<About> {
        self.needs_sso();
        let current = self.accounts.issuer()?;
        let issuer = if old { current.saturating_sub(1) } else { current };
        let email = if other { format!("{{{{ run.marker }}}}-other{person}@example.com") } else { usual(person) };
        if !self.setting.profile.accounts.just_in_time && self.left.contains(&email) {
            return None;
        }
        let identity: Identity = (issuer, person);
        let body = json!({
            "org": "{{ org }}", "iss": hole("iss", issuer), "sub": format!("{{{{ p{person}.uuid }}}}"),
            "email": email, "email_verified": true, "given_name": "Mara", "family_name": "Berg",
        });
        let step = admin(format!("person {person} signs in by SSO"), "POST /auth/sso/callback", Some(body));
        let answer = self.accounts.apply(&Deed::Assert(identity, email));
        if let Answer::Issued(_, _, true) = answer {
            self.persons.push(person);
        }
        let refused = if issuer == current { "COALESCE-SSO-015 COALESCE-SSO-020" } else { "COALESCE-SSO-017" };
        Some(self.answered(step, answer, "COALESCE-SSO-003", refused))
    }

    /// Judges the answer to a login.
    fn answered(&mut self, step: Step, answer: Answer, works: &str, refused: &str) -> About {
        let (step, about) = match answer {
            Answer::Issued(token, record, fresh) => {
                let step = step.judges(&format!("PROP-TOK-01 {works}"), "status = 200");
                let step = step.saves(format!("t{token}"), "/access_token");
                let step = match fresh {
                    true => step.saves(format!("r{record}"), "/sub"),
                    false => step.judges(works, format!("at = \"/sub\", is = {}", basic(&hole("r", record)))),
                };
                (step, About { kind: Kind::Login, record: Some(record), changed: true })
            }
            answer => {
                let status = if answer == Answer::Unknown { 401 } else { 403 };
                let step = step.judges(refused, format!("status = {status}")).free();
                (step, About { kind: Kind::Refused, record: None, changed: true })
            }
        };
        self.script.push(step);
        about
    }

    /// A change that is no event for the tokens.
    fn change(&mut self, title: String, record: usize, body: &Value) -> Option<About> {
        let line = format!("PATCH /admin/v1/users/{}", hole("r", record));
        self.script.push(admin(title, line, Some(body.clone())).judges("COALESCE-SSO-028", "status = 200"));
        self.accounts.apply(&Deed::Other);
        Some(About { kind: Kind::Frame, record: Some(record), changed: true })
    }

    /// An event on a record.
    fn event(&mut self, act: Act) -> Option<About> {
        let number = match act {
            Act::Active(number, ..)
            | Act::Password(number, _)
            | Act::Email(number, _)
            | Act::Mfa(number, _)
            | Act::Delete(number, _) => number,
            _ => return None,
        };
        let record = self.existing(number)?;
        let own = self.accounts.record(record)?.clone();
        let native = self.is_native(record);
        let (line, title) = (format!("/admin/v1/users/{}", hole("r", record)), format!("record {record}"));
        let (kind, changed, deed, step) = match act {
            Act::Active(_, to, channel) => {
                let channel = if native { channel } else { Channel::Admin };
                let title = format!("{} {title}", if to { "enable" } else { "disable" });
                let step = match channel {
                    Channel::Admin => admin(title, format!("PATCH {line}"), Some(json!({"active": to}))),
                    Channel::Scim => {
                        let operation = json!({"op": "replace", "path": "active", "value": to});
                        let body = json!({"schemas": [urn::PATCH_OP], "Operations": [operation]});
                        let step = Step::new(format!("{title} by SCIM"), format!("PATCH /Users/{}", hole("r", record)));
                        self.by_scim(step.body(body.to_string()))
                    }
                };
                let kind = if to { Kind::Enabled } else { Kind::Disabled(channel) };
                (
                    kind,
                    own.active != to,
                    Deed::Activate(record, to),
                    step.judges("COALESCE-SSO-012", "status = [200, 204]"),
                )
            }
            Act::Password(_, same) => {
                let known = self.accounts.password(record).filter(|_| same).map(str::to_owned);
                let changed = known.is_none();
                let password = known.unwrap_or_else(|| format!("Sunny-Day-{}", self.counter + 1));
                self.counter += 1;
                let step = admin(
                    format!("{title} gets a password"),
                    format!("PUT {line}/password"),
                    Some(json!({"password": password})),
                );
                let step = step.judges("COALESCE-SSO-025", if native { "status = [200, 204]" } else { "status = 409" });
                (Kind::Changed, changed, Deed::Password(record, password), step)
            }
            Act::Email(_, same) => {
                let fresh = format!("{{{{ run.marker }}}}-new{}@example.com", self.next());
                let email = if same { own.email.clone() } else { fresh };
                if native && !same {
                    self.left.insert(own.email.clone());
                }
                let step = admin(
                    format!("{title} gets an e-mail address"),
                    format!("PATCH {line}"),
                    Some(json!({"email": email})),
                );
                (Kind::Changed, !same, Deed::Email(record, email), step.judges("COALESCE-SSO-025", "status = 200"))
            }
            Act::Mfa(_, same) => {
                let on = self.accounts.has_mfa(record) == same;
                let word = if on { "on" } else { "off" };
                let step =
                    admin(format!("MFA {word} for {title}"), format!("PUT {line}/mfa"), Some(json!({"enabled": on})));
                (Kind::Mfa, !same, Deed::Mfa(record, on), step.judges("COALESCE-SSO-026", "status = [200, 204]"))
            }
            Act::Delete(_, channel) => {
                let hard = self.setting.profile.users.deletion == Deletion::Hard;
                let channel = if native && hard { channel } else { Channel::Admin };
                let step = match channel {
                    Channel::Admin => admin(format!("delete {title}"), format!("DELETE {line}"), None),
                    Channel::Scim => {
                        let target = format!("DELETE /Users/{}", hole("r", record));
                        self.by_scim(Step::new(format!("delete {title} by SCIM"), target))
                    }
                };
                (Kind::Deleted(channel), true, Deed::Delete(record), step.judges("COALESCE-SSO-014", "status = 204"))
            }
            _ => return None,
        };
        let answer = self.accounts.apply(&deed);
        let (kind, step) = if answer == Answer::Conflict { (Kind::Frame, step.free()) } else { (kind, step) };
        self.script.push(if changed { step } else { step.free() });
        Some(About { kind, record: Some(record), changed })
    }

    fn by_scim(&mut self, step: Step) -> Step {
        self.needs_scim();
        step.on("{{ scim }}").header("Authorization", "Bearer {{ credential }}").unread(SHOWN)
    }

    fn introspect(&self, title: String, token: &str) -> Step {
        let step = Step::new(title, "POST /oauth2/introspect").on("admin").body(format!("token={token}"));
        step.header("Content-Type", "application/x-www-form-urlencoded").free()
    }

    /// Looks at every token ever issued.
    fn look(&mut self, before: &Accounts, about: &About) {
        for (n, token) in self.accounts.tokens().to_vec().iter().enumerate() {
            let laws = self.laws(before, about, n);
            let active = token.state == TokenState::Active;
            let step = self.introspect(format!("token {n}"), &hole("t", n));
            let mut step = step.judges(&laws, format!("at = \"/active\", is = {active}"));
            if active {
                let own = basic(&hole("r", token.record));
                step = step.judges("PROP-TOK-08", format!("at = \"/sub\", is = {own}"));
                step = step.judges("PROP-TOK-04 COALESCE-SSO-024", "at = \"/exp\", absent = true");
                for environment in 0..self.accounts.environments() {
                    let word = if token.covers(environment) { "has" } else { "has-not" };
                    let row = format!("at = \"environments\", {word} = {}", basic(&hole("e", environment)));
                    step = step.judges("PROP-TOK-06 COALESCE-SSO-029", row);
                }
            }
            self.script.push(step);
        }
    }

    /// Asks for the use of every active token in one environment.
    fn look_at_environment(&mut self, environment: usize) {
        for (n, token) in self.accounts.tokens().to_vec().iter().enumerate() {
            if token.state == TokenState::Active {
                let text = format!("{}&resource={}", hole("t", n), hole("e", environment));
                let step = self.introspect(format!("token {n} in environment {environment}"), &text);
                let row = format!("at = \"/active\", is = {}", token.covers(environment));
                self.script.push(step.judges("PROP-TOK-06 COALESCE-SSO-029", row));
            }
        }
    }

    /// The laws that the look at a token speaks of after an act.
    fn laws(&self, before: &Accounts, about: &About, n: usize) -> String {
        let token = &self.accounts.tokens()[n];
        let was = before.tokens().get(n).map(|token| token.state);
        let own = about.record == Some(token.record);
        let twin =
            about.record.is_some_and(|record| !own && self.persons.get(record) == self.persons.get(token.record));
        let mut laws: Vec<&str> = match about.kind {
            Kind::Login if was.is_none() => vec!["PROP-TOK-01", "COALESCE-SSO-022"],
            Kind::Login if token.state == TokenState::Revoked && was != Some(TokenState::Revoked) => {
                vec!["PROP-TOK-02", "COALESCE-SSO-025"]
            }
            Kind::Login => vec!["PROP-TOK-01", "COALESCE-SSO-023"],
            Kind::Refused | Kind::Frame => vec!["COALESCE-SSO-028"],
            Kind::Time => vec!["PROP-TOK-04", "COALESCE-SSO-024"],
            Kind::Provider => vec!["PROP-TOK-05", "COALESCE-SSO-020"],
            Kind::Environment => vec!["PROP-TOK-06", "COALESCE-SSO-029"],
            Kind::Configuration => vec!["COALESCE-SSO-017", "COALESCE-SSO-028"],
            _ if twin => vec!["PROP-TOK-08", "PROP-TOK-02", "COALESCE-SSO-010"],
            _ if !own => vec!["PROP-TOK-02", "COALESCE-SSO-025"],
            _ if !about.changed => vec!["PROP-TOK-07"],
            Kind::Disabled(Channel::Admin) => vec!["PROP-TOK-02", "COALESCE-SSO-025"],
            Kind::Disabled(Channel::Scim) => vec!["PROP-TOK-10", "PROP-TOK-02", "COALESCE-SSO-025"],
            Kind::Deleted(Channel::Admin) => vec!["PROP-TOK-02", "COALESCE-SSO-021"],
            Kind::Deleted(Channel::Scim) => vec!["PROP-TOK-10", "PROP-TOK-02", "COALESCE-SSO-021"],
            Kind::Enabled => vec!["COALESCE-SSO-013"],
            Kind::Changed => vec!["PROP-TOK-02", "COALESCE-SSO-025"],
            Kind::Mfa => vec!["PROP-TOK-02", "COALESCE-SSO-026"],
        };
        if was == Some(TokenState::Revoked) {
            laws.push("PROP-TOK-03");
        }
        laws.join(" ")
    }

    /// PROP-TOK-09: the SCIM credential among access tokens, and an access token at SCIM.
    fn cross(&mut self, number: usize) {
        let active = |(_, token): &(usize, &crate::model::Token)| token.state == TokenState::Active;
        let tokens: Vec<usize> = self.accounts.tokens().iter().enumerate().filter(active).map(|(n, _)| n).collect();
        if tokens.is_empty() {
            return;
        }
        self.needs_scim();
        let law = "PROP-TOK-09";
        let step = self.introspect("the SCIM credential is no access token".to_owned(), "{{ credential }}");
        self.script.push(step.judges(law, "at = \"/active\", is = false"));
        let session = Step::new("the SCIM credential has no session", "GET /auth/session").on("admin");
        let session = session.header("Authorization", "Bearer {{ credential }}");
        self.script.push(session.judges(law, "status = 401"));
        let token = hole("t", tokens[number % tokens.len()]);
        let step = Step::new("an access token is no SCIM credential", "GET /Users?count=1").on("{{ scim }}");
        let step = step.header("Authorization", format!("Bearer {token}"));
        self.script.push(step.judges(law, "status = [401, 403]"));
    }
}
