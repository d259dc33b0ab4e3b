//! Hides passwords and tokens in bodies and credentials in headers. Bodies keep their text otherwise.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::wire::SECRET_MEMBERS;

/// What stands in the place of a secret.
const STARS: &str = "***";

/// Header fields whose values are credentials.
const CREDENTIALS: [&str; 5] = ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"];

/// True for `password` as an attribute name, plain, dotted or with its schema's URN, and for names of tokens.
fn is_secret(name: &str) -> bool {
    let is = |last: &str| SECRET_MEMBERS.iter().any(|secret| last.eq_ignore_ascii_case(secret));
    name.rsplit([':', '.']).next().is_some_and(is)
}

/// Hides the values of `password` and of tokens, also as the target of a PATCH operation.
pub fn value(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(self::value),
        Value::Object(members) => {
            let path = members.iter().find(|(name, _)| name.eq_ignore_ascii_case("path"));
            let targets = path.and_then(|(_, path)| path.as_str()).is_some_and(is_secret);
            for (name, member) in members.iter_mut() {
                let hidden = is_secret(name) || (targets && name.eq_ignore_ascii_case("value"));
                if hidden && !matches!(member, Value::Null | Value::Bool(_) | Value::Object(_)) {
                    *member = Value::from(STARS);
                } else {
                    self::value(member);
                }
            }
        }
        _ => {}
    }
}

/// Hides passwords and tokens in a body's text, JSON or form data; spacing and order stay as they were sent where that is possible.
#[expect(clippy::expect_used, reason = "the expression is compiled by every test of this module")]
pub fn text(body: &str) -> String {
    static MEMBER: LazyLock<Regex> = LazyLock::new(|| {
        let names = SECRET_MEMBERS.join("|");
        Regex::new(&format!(r#"(?i)("(?:[^"\\]*[:.])?(?:{names})"\s*:\s*")(?:[^"\\]|\\.)*"#))
            .expect("a valid expression")
    });
    static FORM: LazyLock<Regex> = LazyLock::new(|| {
        let names = SECRET_MEMBERS.join("|");
        Regex::new(&format!("(?i)((?:^|&)(?:{names})=)[^&]*")).expect("a valid expression")
    });
    let body = MEMBER.replace_all(body, format!("${{1}}{STARS}")).into_owned();
    let Ok(parsed) = serde_json::from_str::<Value>(&body) else {
        return FORM.replace_all(&body, format!("${{1}}{STARS}")).into_owned();
    };
    let mut masked = parsed.clone();
    value(&mut masked);
    if masked == parsed { body } else { masked.to_string() }
}

/// A header's value, or stars where it is a credential.
pub fn header<'a>(name: &str, value: &'a str) -> &'a str {
    if CREDENTIALS.iter().any(|word| name.eq_ignore_ascii_case(word)) { STARS } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hidden_and_nothing_else() {
        for (body, expected) in [
            (r#"{ "userName": "a",  "password": "s3\"x" }"#, r#"{ "userName": "a",  "password": "***" }"#),
            (
                r#"{"urn:x:User:password":"s","changePassword":{"supported":true}}"#,
                r#"{"urn:x:User:password":"***","changePassword":{"supported":true}}"#,
            ),
            (
                r#"{"op":"replace","path":"password","value":"s"}"#,
                r#"{"op":"replace","path":"password","value":"***"}"#,
            ),
            (
                r#"{"Operations":[{"op":"Replace","path":"Password","value":7}]}"#,
                r#"{"Operations":[{"op":"Replace","path":"Password","value":"***"}]}"#,
            ),
            (r#"{"password":["a","b"]}"#, r#"{"password":"***"}"#),
            // Broken JSON is masked as text.
            (r#"{"password": "s3cret", "#, r#"{"password": "***", "#),
            (r#"{"path":"title","value":"password"}"#, r#"{"path":"title","value":"password"}"#),
            ("password", "password"),
            (
                r#"{"access_token":"a.b","token_type":"Bearer","session_id":"s1","scim":{"bearer_token":"t"}}"#,
                r#"{"access_token":"***","token_type":"Bearer","session_id":"***","scim":{"bearer_token":"***"}}"#,
            ),
            ("token=a%2Fb&resource=e1", "token=***&resource=e1"),
            ("resource=e1&access_token=x&tokens=y", "resource=e1&access_token=***&tokens=y"),
        ] {
            assert_eq!(text(body), expected);
        }
        assert_eq!((header("authorization", "x"), header("Accept", "x")), ("***", "x"));
    }
}
