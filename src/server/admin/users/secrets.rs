//! Passwords and multi-factor authentication of an account (A10).

use serde_json::Value;

use super::super::call::{Call, Reply, text};
use super::Subject;
use crate::product::{Action, Refusal};

/// A record of SSO has no password, and trying to set one is no event.
pub(super) fn set_password(call: &Call<'_>) -> Result<Reply, Refusal> {
    let subject = Subject::of(call, Action::PasswordWrite)?;
    let body = call.object()?;
    let password = text(&body, "password")?;
    if subject.account.record.is_some() {
        return Err(Refusal::new(409, "sso_account", "this account signs in by SSO and has no password"));
    }
    let choices = subject.core.profile.accounts;
    let accounts = &mut call.core.products.lock().accounts;
    accounts.set_password(&subject.holder, password, rand::random(), &choices);
    Ok(Reply::empty())
}

/// COALESCE-SSO-027: nobody turns it off for himself, not even an administrator.
pub(super) fn set_mfa(call: &Call<'_>) -> Result<Reply, Refusal> {
    let body = call.object()?;
    let enabled = body.get("enabled").and_then(Value::as_bool);
    let action = if enabled == Some(false) { Action::MfaOff } else { Action::MfaOn };
    let subject = Subject::of(call, action)?;
    let enabled = enabled.ok_or_else(|| Refusal::invalid("/enabled", "true or false is wanted"))?;
    if !enabled && call.principal.user() == Some((subject.holder.org.as_str(), subject.holder.id.as_str())) {
        return Err(Refusal::denied("another administrator has to turn MFA off"));
    }
    let choices = subject.core.profile.accounts;
    call.core.products.lock().accounts.set_mfa(&subject.holder, enabled, &choices);
    Ok(Reply::empty())
}
