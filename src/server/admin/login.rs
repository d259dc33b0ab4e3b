//! Logins with user name or e-mail address and password (A12), and what every login gives out.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::Row;
use super::call::{Call, Reply, of_scim, text};
use crate::product::{Action, Coverage, Fresh, Holder, Refusal};
use crate::server::account;
use crate::server::core::fresh_token;

pub(super) const ROWS: &[Row] =
    &[Row { method: "POST", path: "/auth/login", action: Action::Login, handler: with_password }];

/// How often a login that something overtook is tried anew.
pub(super) const ATTEMPTS: usize = 100;

/// The values that a login gives out.
pub(super) struct Values {
    token: String,
    session: String,
    id: String,
    now: OffsetDateTime,
}

impl Values {
    pub fn new(call: &Call<'_>) -> Self {
        let random = || fresh_token().expose().to_owned();
        let id = uuid::Uuid::new_v4().to_string();
        Self { token: random(), session: random(), id, now: call.core.now() }
    }

    pub fn fresh(&self) -> Fresh<'_> {
        Fresh { token: &self.token, session: &self.session, id: &self.id, now: self.now }
    }

    /// The answer of a login (`RFC6749 §5.1`, without an end).
    pub fn reply(&self, org: &str, id: &str) -> Reply {
        let body = json!({
            "access_token": self.token,
            "token_type": "Bearer",
            "session_id": self.session,
            "sub": id,
        });
        Reply::new(200, body).about(format!("{org}/{id}"))
    }
}

/// 503: a login that was overtaken by too many changes.
pub(super) fn overtaken() -> Refusal {
    Refusal::new(503, "temporarily_unavailable", "the account is being changed by too many requests at once")
}

fn with_password(call: &Call<'_>) -> Result<Reply, Refusal> {
    let body = call.object()?;
    let (org, name) = (text(&body, "org")?, text(&body, "username")?);
    let password = body.get("password").and_then(Value::as_str);
    let password = password.ok_or_else(|| Refusal::invalid("/password", "password: a text is wanted"))?;
    let unknown = || Refusal::new(401, "invalid_grant", "user name or password is wrong");
    if !call.core.products.lock().organizations.contains_key(org) {
        return Err(unknown());
    }
    let values = Values::new(call);
    for _ in 0..ATTEMPTS {
        let Some((holder, epoch)) = verified(call, org, name, password)? else { return Err(unknown()) };
        let Some(record) = account::user(call.core, &holder).map_err(of_scim)? else { return Err(unknown()) };
        if !account::is_active(record.body.object().map_err(crate::server::answer::refused).map_err(of_scim)?) {
            return Err(Refusal::denied("the account is deactivated; an administrator can activate it"));
        }
        let issued = call.core.products.lock().accounts.issue(&holder, epoch, Coverage::All, values.fresh());
        if issued {
            return Ok(values.reply(org, &holder.id));
        }
    }
    Err(overtaken())
}

/// The one user of that name or address whose password it is, with the epoch that was read before the user.
fn verified(call: &Call<'_>, org: &str, name: &str, password: &str) -> Result<Option<(Holder, u64)>, Refusal> {
    let named = account::named(call.core, org, name).map_err(of_scim)?;
    let accounts = &mut call.core.products.lock().accounts;
    let mut found = named.iter().filter_map(|record| {
        let holder = Holder::new(org, &record.id);
        let epoch = accounts.epoch(&holder)?;
        let own = accounts.get(&holder).and_then(|account| account.password.as_ref());
        own.is_some_and(|own| own.accepts(password)).then_some((holder, epoch))
    });
    let (first, second) = (found.next(), found.next());
    Ok(first.filter(|_| second.is_none()))
}
