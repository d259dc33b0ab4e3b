//! The text of JSON taken apart without being parsed: where members and elements begin and end. Scalars are not judged, and
//! names and texts keep their escapes. It is for text that was JSON when it was stored; it knows nothing of attributes.

use std::ops::Range;

/// The text cannot be taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is no JSON object")]
pub struct Damaged;

/// The text between the brackets of an object or array, if it is one.
#[must_use]
pub fn inside(text: &str, [open, close]: [char; 2]) -> Option<&str> {
    text.trim_ascii().strip_prefix(open)?.strip_suffix(close)
}

/// The members in the text between the braces of an object: the name as it stands between its quotes, and the value's text.
/// A [`Damaged`] is the last.
pub fn members(inside: &str) -> impl Iterator<Item = Result<(&str, &str), Damaged>> {
    let mut rest = inside.trim_ascii();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let part = member(rest).and_then(|(part, after)| match after.strip_prefix(',').map(str::trim_ascii_start) {
            None => after.is_empty().then_some((part, after)),
            Some(after) => (!after.is_empty()).then_some((part, after)),
        });
        rest = part.as_ref().map_or("", |(_, after)| after);
        Some(part.map(|(part, _)| part).ok_or(Damaged))
    })
}

/// Goes through what stands between the brackets that a text begins with: `part` takes one part from the beginning of the
/// text that it is given, and answers the text after it. The text after the brackets.
///
/// # Errors
/// [`Damaged`]; those of `part`.
pub fn each<'t>(
    text: &'t str,
    close: char,
    mut part: impl FnMut(&'t str) -> Result<&'t str, Damaged>,
) -> Result<&'t str, Damaged> {
    let mut rest = text.get(1..).ok_or(Damaged)?.trim_ascii_start();
    if let Some(after) = rest.strip_prefix(close) {
        return Ok(after);
    }
    loop {
        rest = part(rest)?.trim_ascii_start();
        match rest.strip_prefix(',') {
            Some(after) => rest = after.trim_ascii_start(),
            None => return rest.strip_prefix(close).ok_or(Damaged),
        }
    }
}

/// Where the members in the text between the braces of an object stand, for who looks at them again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index(Box<[(Range<usize>, Range<usize>)]>);

impl Index {
    /// # Errors
    /// [`Damaged`], as [`members`].
    pub fn of(inside: &str) -> Result<Self, Damaged> {
        let place = |part: &str| {
            let start = part.as_ptr().addr() - inside.as_ptr().addr();
            start..start + part.len()
        };
        members(inside)
            .map(|member| member.map(|(name, value)| (place(name), place(value))))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The members of that same text whose names' lengths are wanted. The text of others is not even touched.
    pub fn members<'t>(
        &'t self,
        inside: &'t str,
        wanted: impl Fn(usize) -> bool,
    ) -> impl Iterator<Item = (&'t str, &'t str)> {
        let all = self.0.iter().filter(move |(name, _)| wanted(name.len()));
        all.filter_map(|(name, value)| Some((inside.get(name.clone())?, inside.get(value.clone())?)))
    }
}

/// The member that a text begins with, and the text after it.
#[must_use]
pub fn member(text: &str) -> Option<((&str, &str), &str)> {
    let end = text.starts_with('"').then(|| string_end(text.as_bytes(), 0))?;
    let (name, rest) = (text.get(1..end)?, text.get(end + 1..)?);
    let (value, rest) = value(rest.trim_ascii_start().strip_prefix(':')?.trim_ascii_start())?;
    Some(((name, value), rest))
}

/// The value that a text begins with, and the text after it.
#[must_use]
pub fn value(text: &str) -> Option<(&str, &str)> {
    let (value, rest) = text.split_at_checked(value_end(text.as_bytes()))?;
    let value = value.trim_ascii_end();
    (!value.is_empty()).then_some((value, rest))
}

/// Where the value ends that a text begins with: at the first comma or closing bracket outside of strings and brackets.
fn value_end(text: &[u8]) -> usize {
    let (mut place, mut depth) = (0, 0_usize);
    while let Some(byte) = text.get(place) {
        match byte {
            b'"' => place = string_end(text, place),
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 0 => depth -= 1,
            b',' | b'}' | b']' if depth == 0 => return place,
            _ => {}
        }
        place += 1;
    }
    place
}

/// The place of the quote that ends the string that begins at `start`, or beyond the text.
fn string_end(text: &[u8], start: usize) -> usize {
    let mut place = start + 1;
    while let Some(rest) = text.get(place..) {
        let Some(special) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')) else { break };
        place += special;
        if rest.get(special) == Some(&b'"') {
            return place;
        }
        place += 2;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::scim::Object;

    #[test]
    fn a_text_is_taken_apart_or_refused() {
        for (text, parts) in [
            ("", Some("")),
            ("  ", Some("")),
            (r#""a":1"#, Some("a=1")),
            ("\"a\" : [1, {\"b\": \"]}\\\"\"}] ,\n\"c\":null ", Some("a=[1, {\"b\": \"]}\\\"\"}] c=null")),
            (r#""a\"b":1"#, Some(r#"a\"b=1"#)),
            (r#""a":1,"#, None),
            (r#""a":"#, None),
            (r#""a""#, None),
            (r#""a":1}"#, None),
            (r#""a":"1"#, None),
            (r#""a":"1\"#, None),
            (r#""a"#, None),
            ("a:1", None),
        ] {
            let each: Result<Vec<_>, _> = members(text).collect();
            let each = each.map(|each| each.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>());
            assert_eq!(each.ok().map(|each| each.join(" ")).as_deref(), parts, "{text}");
        }
        for (text, parts) in [
            ("[1, [2,3] ,\"4,\" ], 5", Ok((", 5", "1 [2,3] \"4,\""))),
            ("[ ]", Ok(("", ""))),
            ("[1,,2]", Err(Damaged)),
            ("[1,]", Err(Damaged)),
            ("[1", Err(Damaged)),
            ("[1}", Err(Damaged)),
            ("", Err(Damaged)),
        ] {
            let mut values = Vec::new();
            let rest = each(text, ']', |rest| {
                let (part, rest) = value(rest).ok_or(Damaged)?;
                values.push(part);
                Ok(rest)
            });
            assert_eq!(
                rest.map(|rest| (rest, values.join(" "))),
                parts.map(|(rest, all)| (rest, all.to_owned())),
                "{text}"
            );
        }
        assert_eq!((inside(" {1} ", ['{', '}']), inside("[1]", ['{', '}'])), (Some("1"), None));
    }

    proptest! {
        #[test]
        fn the_parts_of_a_text_are_the_members_of_its_object(
            parts in proptest::collection::vec(("[a-z:.\"é]{1,4}", "[a-c\"\\\\{}\\[\\],: é\n]{0,8}", 0..4), 0..6),
            pretty: bool,
        ) {
            let value = |text: &str, form: i32| match form {
                0 => Value::from(text),
                1 => serde_json::json!([text, {text: text}, {}, []]),
                2 => serde_json::json!({text: [text], "x": -1.5e3}),
                _ => Value::Bool(text.is_empty()),
            };
            let object: Object = parts.iter().map(|(name, text, form)| (name.clone(), value(text, *form))).collect();
            let text = if pretty { serde_json::to_string_pretty(&object) } else { serde_json::to_string(&object) };
            let text = text.unwrap();
            let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
            let parts = members(inside(&text, ['{', '}']).unwrap()).map(|part| part.unwrap());
            let parts = parts.map(|(name, value)| (read(&format!("\"{name}\"")), read(value)));
            prop_assert_eq!(parts.map(|(name, value)| (name.as_str().unwrap().to_owned(), value)).collect::<Object>(), object);
        }
    }
}
