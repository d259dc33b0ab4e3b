//! Changes of an account by hand (A9): checked as a whole, then written; a stored user by a PATCH of SCIM's own code.

use serde_json::{Value, json};

use super::super::call::{Call, Reply, of_scim};
use super::{ASK, Role, Subject, email_taken, optional, role, view};
use crate::product::{Action, Refusal, Source, Trigger, same_email};
use crate::profile::{Renaming, Users};
use crate::scim::{Object, urn};
use crate::server::account;
use crate::server::answer::refused;
use crate::server::core::Core;
use crate::server::write;
use crate::store::Kind;

const MEMBERS: [&str; 7] = ["active", "email", "userName", "role", "given_name", "family_name", "onboarding"];

/// What a request wants.
struct Wish<'a> {
    active: Option<bool>,
    email: Option<&'a str>,
    user_name: Option<&'a str>,
    given_name: Option<&'a str>,
    family_name: Option<&'a str>,
    onboarding: Option<bool>,
    role: Option<Role>,
    /// `role: null` takes back what was set by hand.
    no_role: bool,
}

impl<'a> Wish<'a> {
    fn of(core: &Core, body: &'a Object) -> Result<Self, Refusal> {
        if let Some(name) = body.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            let pointer = crate::product::pointer_part(name);
            return Err(Refusal::invalid(pointer, "this cannot be changed here"));
        }
        let flag = |name: &str| match body.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(Refusal::invalid(format!("/{name}"), format!("{name}: true or false is wanted"))),
        };
        Ok(Self {
            active: flag("active")?,
            email: optional(body, "email")?,
            user_name: optional(body, "userName")?,
            given_name: optional(body, "given_name")?,
            family_name: optional(body, "family_name")?,
            onboarding: flag("onboarding")?,
            role: role(core, body)?,
            no_role: body.get("role") == Some(&Value::Null),
        })
    }
}

pub(super) fn modify(call: &Call<'_>) -> Result<Reply, Refusal> {
    let subject = Subject::of(call, Action::UserWrite)?;
    let body = call.object()?;
    let wish = Wish::of(&subject.core, &body)?;
    if subject.account.record.is_some() {
        record(&subject, &wish)?;
    } else {
        stored(&subject, &wish)?;
    }
    let mut state = call.core.products.lock();
    if let (Some(Role::App(role)), Some(account)) = (&wish.role, state.accounts.touch(&subject.holder)) {
        account.app_role = *role;
    }
    if let (Some(_), Some(account)) = (wish.onboarding, state.accounts.touch(&subject.holder)) {
        account.onboarding = wish.onboarding;
    }
    if let Ok(organization) = state.organization(&subject.holder.org) {
        match wish.role {
            Some(Role::Catalog(role)) => organization.roles.set_manual(&subject.holder.id, Some(role)),
            None if wish.no_role => organization.roles.set_manual(&subject.holder.id, None),
            _ => {}
        }
    }
    drop(state);
    let shown = view::shown(&subject.core, &subject.holder)?.ok_or_else(|| Refusal::missing("user"))?;
    Ok(Reply::new(200, shown))
}

/// A record of SSO lives in the products' state alone.
fn record(subject: &Subject, wish: &Wish<'_>) -> Result<(), Refusal> {
    if wish.user_name.is_some() {
        return Err(Refusal::invalid("/userName", "an account of SSO has its e-mail address for a user name"));
    }
    let (holder, choices) = (&subject.holder, subject.core.profile.accounts);
    let accounts = &mut subject.core.products.lock().accounts;
    if let (Some(email), Some(identity)) = (wish.email, &subject.account.identity)
        && accounts.is_taken_for(holder, identity, email, &choices)
    {
        return Err(email_taken());
    }
    let account = accounts.touch(holder).ok_or_else(|| Refusal::missing("user"))?;
    let renamed = wish.email.map(|email| !account.has_email(email));
    if let Some(email) = wish.email {
        account.email = Some(email.to_owned());
    }
    let Some(record) = &mut account.record else { return Err(Refusal::missing("user")) };
    let switched = wish.active.map(|active| std::mem::replace(&mut record.active, active) != active);
    let names = [(&mut record.given_name, wish.given_name), (&mut record.family_name, wish.family_name)];
    for (own, name) in names {
        if let Some(name) = name {
            *own = Some(name.to_owned());
        }
    }
    if let (Some(active), Some(changed)) = (wish.active, switched) {
        accounts.settle(holder, if active { Trigger::Activated } else { Trigger::Disabled }, changed, &choices);
    }
    if let Some(changed) = renamed {
        accounts.settle(holder, Trigger::Email, changed, &choices);
    }
    Ok(())
}

/// A stored user is changed by a PATCH; what follows for the tokens follows from that, and from repetition here.
fn stored(subject: &Subject, wish: &Wish<'_>) -> Result<(), Refusal> {
    let (core, holder) = (&subject.core, &subject.holder);
    let record = account::user(core, holder).map_err(of_scim)?.ok_or_else(|| Refusal::missing("user"))?;
    let user = record.body.object().map_err(refused).map_err(of_scim)?;
    let before = account::email(user);
    let native = subject.account.source == Source::Native;
    let choices = core.profile.accounts;
    let changed = wish.email.is_some_and(|email| before.is_none_or(|before| !same_email(before, email)));
    let operations = operations(&core.profile.users, user, wish, native);
    if !operations.is_empty() {
        let patch = json!({ "schemas": [urn::PATCH_OP], "Operations": operations });
        write::modify(&subject.context(), Kind::User, &holder.id, &ASK, &patch).map_err(of_scim)?;
    }
    let accounts = &mut core.products.lock().accounts;
    // A change has had its effect; that of nothing may have one (PROP-TOK-07).
    if wish.email.is_some() && !changed {
        accounts.settle(holder, Trigger::Email, false, &choices);
    }
    if wish.active == Some(false) && !account::is_active(user) {
        accounts.settle(holder, Trigger::Disabled, false, &choices);
    }
    Ok(())
}

/// The PATCH operations of a wish.
fn operations(users: &Users, user: &Object, wish: &Wish<'_>, native: bool) -> Vec<Value> {
    let mut operations = Vec::new();
    let mut put = |path: &str, value: Value| operations.push(json!({ "op": "replace", "path": path, "value": value }));
    if let Some(active) = wish.active {
        put("active", json!(active));
    }
    let keeps_emails = account::keeps_emails(users);
    let mut user_name = wish.user_name;
    if let Some(email) = wish.email {
        // Where the user name is the address, it follows.
        let same = account::user_name(user).zip(account::email(user)).is_some_and(|(name, own)| same_email(name, own));
        if !keeps_emails || (native && same && users.renaming == Renaming::Allowed) {
            user_name = user_name.or(Some(email));
        }
        if keeps_emails {
            put("emails", with_address(user, email));
        }
    }
    if let Some(name) = user_name {
        put("userName", json!(name));
    }
    for (name, path) in [(wish.given_name, "name.givenName"), (wish.family_name, "name.familyName")] {
        if let Some(name) = name {
            put(path, json!(name));
        }
    }
    operations
}

/// The user's addresses with another one in place of the one that counts.
fn with_address(user: &Object, email: &str) -> Value {
    let mut all = user.get("emails").and_then(Value::as_array).cloned().unwrap_or_default();
    let primary = all.iter().position(|element| element.get("primary") == Some(&Value::Bool(true)));
    match all.get_mut(primary.unwrap_or(0)) {
        Some(element) => element["value"] = json!(email),
        None => all.push(json!({ "value": email, "type": "work", "primary": true })),
    }
    Value::Array(all)
}
