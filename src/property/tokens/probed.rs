//! Events of SCIM and the tokens of those whom they concern, where logins and tokens are seen by probes of the configuration:
//! a server without our admin surface is judged so. Nothing but SCIM and the probes is asked.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::profile::{Reactivation, Repetition};
use crate::property::products::all;
use crate::property::script::{Script, Step};
use crate::property::suite::{Cases, Enumerated, Need, Setting, Suite};
use crate::scim::urn;

/// The suite.
pub(in crate::property) const PROBED: Suite = Suite {
    name: "tokens-probed",
    title: "each event of SCIM that may concern tokens, seen by the probes of logins and tokens",
    laws: &["PROP-TOK-01", "PROP-TOK-02", "PROP-TOK-03", "PROP-TOK-07", "PROP-TOK-10"],
    needs: &[Need::Product("COALESCE-SSO"), Need::SignIn],
    cases: Cases::All(events),
};

/// What becomes of the tokens of the user whom an event is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Revokes,
    Keeps,
    /// As the profile says of an event that changes nothing.
    Repeats,
}

/// An event by SCIM.
struct Event {
    /// `deactivate a`
    title: &'static str,
    /// The capabilities that it takes.
    needs: &'static [&'static str],
    effect: Effect,
    /// What it shows of the user's own tokens.
    laws: &'static str,
    step: fn() -> Step,
}

const EVENTS: [Event; 11] = [
    event("deactivate a", Effect::Revokes, "PROP-TOK-10 PROP-TOK-02 COALESCE-SSO-025", || {
        patch(&json!([replace("active", &json!(false))]))
    }),
    Event {
        title: "deactivate a by PUT",
        needs: &[],
        effect: Effect::Revokes,
        laws: "PROP-TOK-10 PROP-TOK-02 COALESCE-SSO-025",
        step: || put(&json!({"active": false})),
    },
    Event {
        title: "delete a",
        needs: &[],
        effect: Effect::Revokes,
        laws: "PROP-TOK-10 PROP-TOK-02 COALESCE-SSO-021",
        step: || Step::new("", "DELETE /Users/{{ ua }}"),
    },
    Event {
        needs: &["patch", "changePassword"],
        ..event("change the password of a", Effect::Revokes, "PROP-TOK-02 COALESCE-SSO-025", || {
            patch(&json!([replace("password", &json!("{{ b.password }}"))]))
        })
    },
    event("change the address of a", Effect::Revokes, "PROP-TOK-02 COALESCE-SSO-025", || {
        patch(&json!([replace("emails[type eq \"work\"].value", &json!("neu-{{ a.email }}"))]))
    }),
    event("rename a", Effect::Keeps, "COALESCE-SSO-028 PROP-TOK-02", || {
        patch(&json!([replace("name.familyName", &json!("{{ b.familyName }}"))]))
    }),
    event("change the title of a", Effect::Keeps, "COALESCE-SSO-028 PROP-TOK-02", || {
        patch(&json!([replace("title", &json!("Lotsin"))]))
    }),
    event("change what a is shown as", Effect::Keeps, "COALESCE-SSO-028 PROP-TOK-02", || {
        patch(&json!([replace("displayName", &json!("{{ b.displayName }}"))]))
    }),
    event("change the provider's id of a", Effect::Keeps, "COALESCE-SSO-028 PROP-TOK-02", || {
        patch(&json!([replace("externalId", &json!("{{ b.externalId }}"))]))
    }),
    event("activate a, who is active", Effect::Keeps, "PROP-TOK-02 COALESCE-SSO-025", || {
        patch(&json!([replace("active", &json!(true))]))
    }),
    event("set the address that a has", Effect::Repeats, "PROP-TOK-07", || {
        patch(&json!([replace("emails[type eq \"work\"].value", &json!("{{ a.email }}"))]))
    }),
];

/// An event by PATCH.
const fn event(title: &'static str, effect: Effect, laws: &'static str, step: fn() -> Step) -> Event {
    Event { title, needs: &["patch"], effect, laws, step }
}

fn replace(path: &str, value: &Value) -> Value {
    json!({"op": "replace", "path": path, "value": value})
}

fn patch(operations: &Value) -> Step {
    let body = json!({"schemas": [urn::PATCH_OP], "Operations": operations});
    Step::new("", "PATCH /Users/{{ ua }}").body(body.to_string())
}

fn put(more: &Value) -> Step {
    Step::new("", "PUT /Users/{{ ua }}").body(user("a", more).to_string())
}

/// A user with more attributes, over what every one of these has.
fn user(who: &str, more: &Value) -> Value {
    let of = |what: &str| format!("{{{{ {who}.{what} }}}}");
    let mut body = json!({
        "schemas": [urn::USER], "userName": of("identifier"), "externalId": of("externalId"), "active": true,
        "name": {"givenName": of("givenName"), "familyName": of("familyName")}, "displayName": of("displayName"),
        "emails": [{"value": of("email"), "type": "work", "primary": true}],
    });
    if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
        body.extend(more.clone());
    }
    body
}

/// Why nothing else reads a write back.
const SHOWN: &str = "the tokens show it";

/// Writes a history; tokens are numbered as they are issued.
struct Writer {
    script: Script,
    tokens: usize,
}

impl Writer {
    fn new(title: &str, needs: &[&'static str]) -> Self {
        let people = ["a", "b"].map(str::to_owned);
        Self { script: Script::new(title, &people, needs), tokens: 0 }
    }

    fn create(&mut self, who: &str) {
        let body = user(who, &json!({"password": format!("{{{{ {who}.password }}}}")}));
        let step = Step::new(format!("create {who}"), "POST /Users").body(body.to_string());
        self.script.push(step.judges("PROP-TOK-01", "status = 201").saves(format!("u{who}"), "id").unread(SHOWN));
    }

    /// Signs a user in. A refusal is no verdict: what rests on the token then has nothing to rest on.
    fn login(&mut self, who: &str) -> usize {
        let (token, own) = (self.tokens, |what: &str| format!("{{{{ {who}.{what} }}}}"));
        self.tokens += 1;
        let body =
            json!({"id": format!("{{{{ u{who} }}}}"), "userName": own("identifier"), "password": own("password")});
        let step = Step::new(format!("{who} signs in"), "POST /login").on("probe").body(body.to_string());
        self.script.push(step.saves(format!("t{token}"), "/access_token").free());
        token
    }

    /// Asks about a token.
    fn look(&mut self, token: usize, laws: &str, active: bool) {
        let body = json!({"token": format!("{{{{ t{token} }}}}")});
        let step = Step::new(format!("token {token}"), "POST /token").on("probe").body(body.to_string());
        self.script.push(step.judges(laws, format!("at = \"/active\", is = {active}")).free());
    }

    fn send(&mut self, mut step: Step, title: &str, laws: &str) {
        step.name = title.to_owned();
        self.script.push(step.judges(laws, "status = [200, 204]").unread(SHOWN));
    }
}

fn events(setting: &Arc<Setting>) -> Enumerated {
    let has = |word: &'static str| setting.lacks(&[Need::Capability(word)]).is_none();
    let seen = EVENTS.iter().filter(|event| event.needs.iter().all(|&word| has(word)));
    let back = has("patch").then(|| reactivation(setting));
    all(std::iter::once(logins()).chain(seen.map(|event| happening(setting, event))).chain(back))
}

/// A token is valid, and stays so while the same and other people sign in.
fn logins() -> Script {
    let mut writer = Writer::new("tokens stay valid across other logins", &[]);
    writer.create("a");
    let first = writer.login("a");
    writer.look(first, "PROP-TOK-01 COALESCE-SSO-022", true);
    let second = writer.login("a");
    writer.look(second, "PROP-TOK-01 COALESCE-SSO-022", true);
    writer.look(first, "PROP-TOK-01 COALESCE-SSO-023", true);
    writer.create("b");
    let other = writer.login("b");
    writer.look(other, "PROP-TOK-01 COALESCE-SSO-022", true);
    writer.look(first, "PROP-TOK-01 COALESCE-SSO-023", true);
    writer.script
}

/// Two tokens of one user, one of a bystander, and an event of the first user.
fn happening(setting: &Setting, event: &Event) -> Script {
    let mut writer = Writer::new(event.title, event.needs);
    writer.create("a");
    let own = [writer.login("a"), writer.login("a")];
    writer.create("b");
    let other = writer.login("b");
    // A token that was never valid says nothing by not being so later.
    for token in own.into_iter().chain([other]) {
        writer.look(token, "PROP-TOK-01", true);
    }
    writer.send((event.step)(), event.title, event.laws);
    let repeats = setting.profile.accounts.repetition == Repetition::Revokes;
    let kept = match event.effect {
        Effect::Revokes => false,
        Effect::Keeps => true,
        Effect::Repeats => !repeats,
    };
    for token in own {
        writer.look(token, event.laws, kept);
    }
    writer.look(other, "PROP-TOK-02 COALESCE-SSO-025", true);
    writer.script
}

/// A user who comes back: tokens of before, and a new one.
fn reactivation(setting: &Setting) -> Script {
    let mut writer = Writer::new("a comes back", &["patch"]);
    writer.create("a");
    let before = writer.login("a");
    writer.look(before, "PROP-TOK-01", true);
    for (title, active) in [("deactivate a", false), ("activate a", true)] {
        writer.send(patch(&json!([replace("active", &json!(active))])), title, "COALESCE-SSO-012");
    }
    let resumes = setting.profile.accounts.reactivation == Reactivation::Resume;
    let laws = if resumes { "COALESCE-SSO-013" } else { "COALESCE-SSO-013 PROP-TOK-03" };
    writer.look(before, laws, resumes);
    let after = writer.login("a");
    writer.look(after, "PROP-TOK-01 COALESCE-SSO-012", true);
    writer.look(before, laws, resumes);
    writer.script
}
