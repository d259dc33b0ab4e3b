//! What comes in, decoded and bounded: query parameters, JSON bodies, media types. It knows nothing of resources.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::scim::{ScimError, ScimType};
use crate::wire::Request;

/// The query's parameters in order; `+` and `%20` are spaces, `%2B` is a plus (I-76).
///
/// # Errors
/// 400 `invalidSyntax` if a part does not decode to UTF-8.
pub(super) fn query(text: &str) -> Result<Vec<(String, String)>, ScimError> {
    let decode = |part: &str| {
        let spaced = if part.contains('+') { Cow::Owned(part.replace('+', " ")) } else { Cow::Borrowed(part) };
        let decoded = percent_decode_str(&spaced).decode_utf8().map(Cow::into_owned);
        decoded.map_err(|_| ScimError::bad(ScimType::InvalidSyntax, "the query is not UTF-8"))
    };
    let mut parameters = Vec::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        parameters.push((decode(name)?, decode(value)?));
    }
    Ok(parameters)
}

/// The JSON body of a request.
///
/// # Errors
/// 415 for another media type, 400 `invalidSyntax` for anything that is no JSON or nests too deep.
pub(super) fn json(request: &Request, depth: usize) -> Result<Value, ScimError> {
    if let Some(media_type) = request.headers.get("content-type")
        && !is_json(media_type)
    {
        return Err(ScimError::new(415, "the body must be application/scim+json or application/json, in UTF-8"));
    }
    let syntax = |detail: String| ScimError::bad(ScimType::InvalidSyntax, detail);
    let bytes = request.body.as_deref().unwrap_or_default();
    let text = std::str::from_utf8(bytes)
        .map_err(|error| syntax(format!("the body is not UTF-8 at byte {}", error.valid_up_to())))?;
    if nests_deeper(text, depth) {
        return Err(syntax(format!("the body nests deeper than {depth} levels")));
    }
    serde_json::from_str(text).map_err(|error| syntax(format!("the body is no JSON: {error}")))
}

/// Whether a media type is one of the two that SCIM bodies come in (`RFC7644 §3.8`), in UTF-8.
fn is_json(media_type: &str) -> bool {
    let mut parts = media_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_owned())
    });
    let json = ["application/scim+json", "application/json"].iter().any(|known| essence.eq_ignore_ascii_case(known));
    json && charset.is_none_or(|charset| charset.eq_ignore_ascii_case("utf-8"))
}

/// Whether an `Accept` header leaves room for an answer in JSON (I-64).
pub(super) fn accepts(accept: Option<&str>) -> bool {
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else { return true };
    let fits = ["*/*", "*", "application/*", "application/scim+json", "application/json"];
    let fits = |range: &str| fits.iter().any(|fit| range.eq_ignore_ascii_case(fit));
    // Most clients name one type and no more.
    fits(accept)
        || accept.split(',').any(|range| {
            let mut parts = range.split(';').map(str::trim);
            let range = parts.next().unwrap_or_default();
            let refused = parts.any(|part| {
                part.to_ascii_lowercase().strip_prefix("q=").and_then(|q| q.trim().parse::<f32>().ok()) == Some(0.0)
            });
            !refused && fits(range)
        })
}

/// Whether brackets outside of strings nest deeper than that; looks at every byte once.
fn nests_deeper(text: &str, limit: usize) -> bool {
    let (mut depth, mut string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if string => escaped = true,
            b'"' => string = !string,
            b'{' | b'[' if !string => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b'}' | b']' if !string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Method;

    #[test]
    fn queries_are_decoded() {
        let pairs = query("filter=userName+eq%20%22a%2Bb%22&count=2&&flag&%C3%A4=1").unwrap();
        let flat: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(flat, ["filter=userName eq \"a+b\"", "count=2", "flag=", "ä=1"]);
        assert!(query("a=%FF").is_err());
    }

    #[test]
    fn bodies_are_bounded() {
        let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels)).into_bytes();
        for (media_type, body, status) in [
            ("application/scim+json", b"{}".to_vec(), 200),
            ("APPLICATION/JSON; charset=\"UTF-8\"", b"{}".to_vec(), 200),
            ("application/json;charset=latin1", b"{}".to_vec(), 415),
            ("text/xml", b"{}".to_vec(), 415),
            ("application/jsonx", b"{}".to_vec(), 415),
            ("application/json", b"{".to_vec(), 400),
            ("application/json", Vec::new(), 400),
            ("application/json", b"\"\xff\"".to_vec(), 400),
            ("application/json", deep(5), 200),
            ("application/json", deep(6), 400),
            ("application/json", br#"["[[[[[[[[\"[[[["]"#.to_vec(), 200),
            ("application/json", deep(100_000), 400),
        ] {
            let mut request = Request::new(Method::Post, "/");
            request.headers.push("Content-Type", media_type);
            request.body = Some(body);
            assert_eq!(json(&request, 5).map_or_else(|error| error.status, |_| 200), status, "{media_type}");
        }
    }

    #[test]
    fn accept_leaves_room_or_not() {
        for (accept, room) in [
            (None, true),
            (Some(""), true),
            (Some("text/html, */*; q=0.1"), true),
            (Some("application/scim+json"), true),
            (Some("Application/JSON;q=0.2"), true),
            (Some("text/xml"), false),
            (Some("application/json;q=0, text/xml"), false),
        ] {
            assert_eq!(accepts(accept), room, "{accept:?}");
        }
    }
}
