//! A request as a curl command that can be pasted into a shell; the token is the variable `$SCIMPROOF_TOKEN`, the
//! operator's `$SCIMPROOF_ADMIN_TOKEN`; those that the settings add have variables of their own.
//!
//! Passwords and tokens in the body are hidden, as in every report.

use super::mask;
use crate::wire::{Lent, Method, Request, Root};

/// The command on one line.
#[must_use]
pub fn command(request: &Request, url: &str) -> String {
    parts(request, url).join(" ")
}

/// The command in its parts, each of which may stand on a line of its own when joined by a backslash.
#[must_use]
pub fn parts(request: &Request, url: &str) -> Vec<String> {
    let body = request.body.as_deref().map(|bytes| match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(mask::text(text)),
        _ => Err(bytes),
    });
    // An argument cannot carry every byte, so such a body comes through a pipe.
    let mut first = match body {
        Some(Err(bytes)) => format!("printf '{}' | curl -sS", octal(bytes)),
        _ => "curl -sS".to_owned(),
    };
    if request.root == Root::Probe {
        return vec![format!("# by a probe of the configuration: {url}")];
    }
    match (&request.method, &body) {
        (Method::Get, None) => {}
        (Method::Other(word), None) if word == "HEAD" => first.push_str(" -I"),
        (method, _) => first.push_str(&format!(" -X {}", word(method.as_str()))),
    }
    // Without these curl expands brackets and resolves dots.
    if url.contains(['[', ']', '{', '}']) {
        first.push_str(" -g");
    }
    if url.contains("/.") {
        first.push_str(" --path-as-is");
    }
    let mut parts = vec![format!("{first} {}", quote(url))];
    let variable = match (&request.root, request.headers.get("Authorization")) {
        (_, Some(field)) => Lent::in_field(field).map(Lent::variable),
        (Root::Scim, None) => Some("SCIMPROOF_TOKEN"),
        (Root::Admin, None) => Some("SCIMPROOF_ADMIN_TOKEN"),
        (Root::SecondTenant, None) => Some(Lent::SecondTenant.variable()),
        _ => None,
    };
    parts.extend(variable.map(|name| format!("-H \"Authorization: Bearer ${name}\"")));
    let named = |name: &str, value: &str| {
        name.eq_ignore_ascii_case("Authorization") && (value.is_empty() || Lent::in_field(value).is_some())
    };
    for (name, value) in request.headers.iter().filter(|(name, value)| !named(name, value)) {
        let value = mask::header(name, value);
        let header = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        parts.push(format!("-H {}", quote(&header)));
    }
    if body.is_some() && request.headers.get("Content-Type").is_none() {
        parts.push("-H 'Content-Type:'".to_owned());
    }
    match body {
        Some(Ok(text)) => parts.push(format!("--data-raw {}", quote(&text))),
        Some(Err(_)) => parts.push("--data-binary @-".to_owned()),
        None => {}
    }
    parts
}

/// A text as one word of a POSIX shell.
#[must_use]
pub fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A text as one word of a shell, quoted where it must be.
#[must_use]
pub fn word(text: &str) -> String {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:".contains(&b)) {
        text.to_owned()
    } else {
        quote(text)
    }
}

/// Bytes for the format of `printf`: letters and digits as they are, the rest in octal.
fn octal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(*byte).to_string(),
            other => format!("\\{other:03o}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The words of a command as a POSIX shell reads them; only what this module writes.
    fn unquote(command: &str) -> Vec<String> {
        let (mut words, mut word, mut begun) = (Vec::new(), String::new(), false);
        let mut rest = command.chars();
        while let Some(c) = rest.next() {
            match c {
                ' ' | '\n' if begun => {
                    words.push(std::mem::take(&mut word));
                    begun = false;
                }
                ' ' | '\n' => {}
                '\'' => {
                    begun = true;
                    word.extend(rest.by_ref().take_while(|c| *c != '\''));
                }
                '"' => {
                    begun = true;
                    word.extend(rest.by_ref().take_while(|c| *c != '"'));
                }
                '\\' => match rest.next() {
                    // A line that goes on.
                    Some('\n') => {}
                    next => {
                        begun = true;
                        word.extend(next);
                    }
                },
                other => {
                    begun = true;
                    word.push(other);
                }
            }
        }
        if begun {
            words.push(word);
        }
        words
    }

    #[test]
    fn a_command_says_everything_about_its_request() {
        let mut request = Request::new(Method::Patch, "/Users/1");
        request.headers.push("Accept", "application/scim+json");
        request.headers.push("X-Empty", "");
        request.body = Some(b"@it's \"x\"\n".to_vec());
        let command = command(&request, "http://h/v2/Users/1?filter=emails[type]");
        insta::assert_snapshot!(command);
        let bare = |method: Method, url: &str| super::command(&Request::new(method, "/"), url);
        let auth = "-H \"Authorization: Bearer $SCIMPROOF_TOKEN\"";
        assert_eq!(bare(Method::Get, "http://h/Users"), format!("curl -sS 'http://h/Users' {auth}"));
        assert_eq!(bare(Method::Other("HEAD".into()), "http://h/"), format!("curl -sS -I 'http://h/' {auth}"));
        assert_eq!(
            bare(Method::Other("A;B".into()), "http://h/../x"),
            format!("curl -sS -X 'A;B' --path-as-is 'http://h/../x' {auth}")
        );
        let mut admin = Request { root: Root::Admin, ..Request::new(Method::Get, "/admin/v1/audit") };
        let url = "http://h/admin/v1/audit";
        assert_eq!(
            super::command(&admin, url),
            format!("curl -sS '{url}' -H \"Authorization: Bearer $SCIMPROOF_ADMIN_TOKEN\"")
        );
        admin.headers.push("Authorization", "Bearer s3cret");
        for root in [Root::Admin, Root::At("http://h/o".into())] {
            admin.root = root;
            assert_eq!(super::command(&admin, url), format!("curl -sS '{url}' -H 'Authorization: ***'"));
        }
        let mut lent = Request { root: Root::SecondTenant, ..Request::new(Method::Get, "/Users") };
        let with = |name: &str| format!("curl -sS '{url}' -H \"Authorization: Bearer ${name}\"");
        assert_eq!(super::command(&lent, url), with("SCIMPROOF_SECOND_TENANT_TOKEN"));
        for root in [Root::SecondTenant, Root::Scim] {
            lent.root = root;
            lent.headers.set("Authorization", Lent::ExpiredToken.placeholder());
            assert_eq!(super::command(&lent, url), with("SCIMPROOF_EXPIRED_TOKEN"));
            lent.headers.set("Authorization", "");
            assert_eq!(super::command(&lent, url), format!("curl -sS '{url}'"), "none is none");
        }
        let probe = Request { root: Root::Probe, ..Request::new(Method::Get, "/role?id=1") };
        assert_eq!(super::command(&probe, "probe:/role?id=1"), "# by a probe of the configuration: probe:/role?id=1");
        let mut raw = Request::new(Method::Post, "/Users");
        raw.body = Some(vec![b'a', 0, 0xff]);
        assert_eq!(
            super::command(&raw, "http://h/Users"),
            format!(
                r"printf 'a\000\377' | curl -sS -X POST 'http://h/Users' {auth} -H 'Content-Type:' --data-binary @-"
            )
        );
    }

    proptest! {
        #[test]
        fn a_shell_reads_back_what_was_sent(body in "[^\0]{0,60}", value in "[ -~]{1,20}", path in "[!-~]{0,20}") {
            prop_assume!(!body.to_ascii_lowercase().contains("password"));
            let mut request = Request::new(Method::Put, path.clone());
            request.headers.push("Content-Type", value.clone());
            request.body = Some(body.clone().into_bytes());
            let words = unquote(&command(&request, &path));
            prop_assert_eq!(words.last(), Some(&body));
            let header = format!("Content-Type: {value}");
            prop_assert!(words.contains(&header));
            prop_assert!(words.contains(&path));
            let lines = parts(&request, &path).join(" \\\n  ");
            prop_assert_eq!(unquote(&lines), words);
        }
    }
}
