//! Whether credentials are wanted, whether these are accepted, and what is wrong with the way they are written.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use time::OffsetDateTime;

use super::Outcome;
use super::look::Look;
use crate::client::Auth;
use crate::wire::Response;

const USERS: &str = "/Users?count=1";

/// Are users closed to somebody without credentials?
pub(super) async fn anonymous(look: &mut Look<'_>) -> Outcome {
    let response = match look.get_anonymously(USERS).await {
        Ok(response) => response,
        Err(failure) => {
            return Outcome::warn(failure.reason, "A read without credentials should be answered with 401.");
        }
    };
    let status = response.status;
    let scheme = response.headers.get("WWW-Authenticate");
    match status {
        401 => Outcome::ok(scheme.map_or("401 to a read".to_owned(), |it| format!("401 to a read, {}", short(it)))),
        200..=299 => {
            let fix = "Whoever reaches this server can read its users; ask for credentials unless it is a test server.";
            Outcome::warn(format!("{status}: anybody can read users"), fix)
        }
        403 => {
            Outcome::warn("403 to a read", "Answer 401 with WWW-Authenticate where credentials are missing (RFC 9110).")
        }
        _ => Outcome::warn(
            format!("{status} to a read"),
            "Answer 401 where credentials are missing (RFC 7644, section 2).",
        ),
    }
}

/// Are these credentials accepted?
pub(super) async fn credentials(look: &mut Look<'_>) -> Outcome {
    let auth = look.patient.there().map_or(&Auth::None, |there| &there.auth);
    let (given, here) = (auth.name(), super::answer::is_here(look));
    let slip = slip(auth, look.clock());
    let response = match look.get(USERS).await {
        Ok(response) => response,
        Err(failure) => {
            return Outcome::cut_off(failure.reason, "Check the OAuth token URL, the client's id and its secret.");
        }
    };
    let outcome = judge(&response, given, here, slip);
    look.users = Some(response);
    outcome
}

fn judge(response: &Response, given: &str, here: bool, slip: Option<&'static str>) -> Outcome {
    let status = response.status;
    let told = response.headers.get("WWW-Authenticate").map_or(String::new(), |it| format!(", {}", short(it)));
    let none = given == Auth::None.name();
    let fix = match (status, none, slip) {
        (401 | 403, true, _) => "Name the variable that holds the token: --token-env NAME.",
        (401 | 403, false, Some(slip)) => slip,
        (401, ..) => {
            "Is the token complete, for this server and not expired? --auth header sends it without \"Bearer\", --auth \
             basic with --user as a password."
        }
        (403, ..) => "The credentials are known, but may not read users: check their scope or role.",
        (_, false, Some(slip)) => return Outcome::warn(format!("{status} with {given}, but they look wrong"), slip),
        _ if here => return Outcome::ok(format!("{status} with a bearer token")),
        (200..=299, ..) => return Outcome::ok(format!("{status} with {given}")),
        _ => return Outcome::ok(format!("{status} with {given}, which is no refusal")),
    };
    Outcome::cut_off(format!("{status} with {given}{told}"), fix)
}

/// A challenge, cut where it is long.
fn short(text: &str) -> String {
    let cut: String = text.chars().filter(|c| !c.is_control()).take(120).collect();
    format!("WWW-Authenticate: {cut}")
}

/// What is wrong with the form of the credentials, as the fix of it. Nothing of them is repeated.
fn slip(auth: &Auth, now: OffsetDateTime) -> Option<&'static str> {
    let (secret, bearer) = match auth {
        Auth::Bearer(token) => (token, true),
        Auth::Headers(headers) => {
            (&headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("Authorization"))?.1, false)
        }
        Auth::Basic { password, .. } => (password, false),
        Auth::None | Auth::OAuth(_) => return None,
    };
    let text = secret.expose();
    let lower = text.to_ascii_lowercase();
    let token = text.rsplit(' ').next().unwrap_or_default();
    if bearer && lower.starts_with("bearer ") {
        return Some("The token already begins with \"Bearer\": take that word out of the variable, it is added here.");
    }
    if bearer && lower.starts_with("basic ") {
        return Some("The token is a Basic credential: use --auth basic with --user, or --auth header.");
    }
    if bearer && lower.starts_with("authorization") {
        return Some("The variable holds the whole header: take out all but the token.");
    }
    if text.len() > 1
        && (text.starts_with('"') && text.ends_with('"') || text.starts_with('\'') && text.ends_with('\''))
    {
        return Some("The value is inside quotation marks: take them out of the variable.");
    }
    if bearer && text.contains(char::is_whitespace) {
        return Some("The token has white space inside: copy it anew, in one piece.");
    }
    let end = expiry(token)?;
    (end <= now.unix_timestamp()).then_some("The token is a JWT whose `exp` is past: have a new one issued.")
}

/// The `exp` of a JWT (`RFC7519 §4.1.4`), seconds since 1970; the signature is not looked at.
fn expiry(token: &str) -> Option<i64> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    claims["exp"].as_i64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Secret;

    #[test]
    fn slips_of_writing_are_found_and_good_tokens_are_left_alone() {
        let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
        let jwt = |exp: i64| {
            let payload = URL_SAFE_NO_PAD.encode(format!("{{\"exp\":{exp}}}"));
            format!("eyJhbGciOiJub25lIn0.{payload}.c2ln")
        };
        let rows = [
            ("abc123".to_owned(), None),
            ("Bearer abc123".to_owned(), Some("already begins")),
            ("bearer abc123".to_owned(), Some("already begins")),
            ("Basic abc123".to_owned(), Some("--auth basic")),
            ("Authorization: Bearer x".to_owned(), Some("whole header")),
            ("\"abc123\"".to_owned(), Some("quotation marks")),
            ("abc 123".to_owned(), Some("white space")),
            (jwt(1_799_999_999), Some("`exp` is past")),
            (jwt(1_800_000_001), None),
            ("a.b.c".to_owned(), None),
        ];
        for (token, expected) in rows {
            let found = slip(&Auth::Bearer(Secret::new(&token)), now);
            assert_eq!(found.is_some(), expected.is_some(), "{token}");
            assert!(found.unwrap_or_default().contains(expected.unwrap_or_default()), "{token}: {found:?}");
            // A header is sent as it stands, with its scheme.
            let header = Auth::Headers(vec![("Authorization".into(), Secret::new("Bearer abc123"))]);
            assert_eq!(slip(&header, now), None);
        }
    }
}
