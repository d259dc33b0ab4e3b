//! The simulator of identity providers (A14): who is assigned and enabled there. It makes no account and touches no token.

use serde_json::Value;

use super::Row;
use super::call::{Call, Reply};
use crate::product::{Action, Assignment, Identity, Refusal};
use crate::scim::Object;

pub(super) const ROWS: &[Row] =
    &[Row { method: "PUT", path: "/idp/v1/{iss}/users/{sub}", action: Action::IdpWrite, handler: put }];

fn put(call: &Call<'_>) -> Result<Reply, Refusal> {
    let body = call.object()?;
    let assignment = Assignment {
        assigned: flag(&body, "assigned")?,
        enabled: flag(&body, "enabled")?,
        email: body.get("email").and_then(Value::as_str).map(ToOwned::to_owned),
    };
    let identity = Identity { iss: call.part("iss")?.to_owned(), sub: call.part("sub")?.to_owned() };
    call.core.products.lock().accounts.assign(identity, assignment);
    Ok(Reply::empty())
}

/// A member that is true unless somebody says otherwise.
fn flag(body: &Object, name: &str) -> Result<bool, Refusal> {
    match body.get(name) {
        None => Ok(true),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(Refusal::invalid(format!("/{name}"), format!("{name}: true or false is wanted"))),
    }
}
