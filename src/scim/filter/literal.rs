//! JSON literals inside a filter (`RFC7644 §3.4.2.2`, compValue; `RFC8259`): read exactly, with every escape.

use serde_json::Number;

use super::Literal;
use crate::scim::syntax::{Cursor, SyntaxError, error_at};

/// Takes a literal from where the cursor stands.
pub(super) fn scan(cursor: &mut Cursor<'_>) -> Result<Literal, SyntaxError> {
    if cursor.peek() == Some('"') {
        return string(cursor).map(Literal::String);
    }
    let start = cursor.position();
    let word = cursor.clone().word();
    let literal = match word {
        "true" => Literal::Bool(true),
        "false" => Literal::Bool(false),
        "null" => Literal::Null,
        "" => return cursor.expected("a value: a string in double quotes, a number, true, false or null"),
        _ => match number(word) {
            Some(number) => Literal::Number(number),
            None => {
                let reason =
                    format!("{word:?} is no value: strings stand in double quotes, true, false and null in lower case");
                return error_at(start, reason);
            }
        },
    };
    cursor.word();
    Ok(literal)
}

/// A number by JSON's grammar; what exceeds 64 bits becomes the nearest double, as JSON readers do.
fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, rest) = digits.split_at(digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len()));
    if whole.is_empty() || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    if rest.is_empty() {
        if text == "-0" {
            return Number::from_f64(-0.0);
        }
        if let Ok(value) = text.parse::<u64>() {
            return Some(value.into());
        }
        if let Ok(value) = text.parse::<i64>() {
            return Some(value.into());
        }
    }
    let mut cursor = Cursor::new(rest);
    if cursor.eat('.') && cursor.take(|c| c.is_ascii_digit()).is_empty() {
        return None;
    }
    if cursor.eat('e') || cursor.eat('E') {
        let _ = cursor.eat('+') || cursor.eat('-');
        if cursor.take(|c| c.is_ascii_digit()).is_empty() {
            return None;
        }
    }
    if cursor.peek().is_some() {
        return None;
    }
    text.parse().ok().and_then(Number::from_f64)
}

fn string(cursor: &mut Cursor<'_>) -> Result<String, SyntaxError> {
    let start = cursor.position();
    cursor.eat('"');
    let mut text = String::new();
    loop {
        text.push_str(cursor.take(|c| c != '"' && c != '\\' && c >= ' '));
        let place = cursor.position();
        match cursor.bump() {
            Some('"') => return Ok(text),
            Some('\\') => text.push(escape(cursor, place)?),
            Some(c) => return error_at(place, format!("the control character {c:?} must be escaped")),
            None => return error_at(start, "the string does not end"),
        }
    }
}

fn escape(cursor: &mut Cursor<'_>, place: usize) -> Result<char, SyntaxError> {
    Ok(match cursor.bump() {
        Some(c @ ('"' | '\\' | '/')) => c,
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('u') => return unicode(cursor, place),
        Some(c) => return error_at(place, format!("\\{c} is no escape of JSON")),
        None => return error_at(place, "the string ends in an escape"),
    })
}

fn unicode(cursor: &mut Cursor<'_>, place: usize) -> Result<char, SyntaxError> {
    let mut code = hex(cursor, place)?;
    if (0xD800..0xDC00).contains(&code) && cursor.eat('\\') && cursor.eat('u') {
        let low = hex(cursor, place)?;
        if !(0xDC00..0xE000).contains(&low) {
            return error_at(place, "a high surrogate must be followed by a low one");
        }
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    match char::from_u32(code) {
        Some(c) => Ok(c),
        None => error_at(place, "a lone surrogate is no character"),
    }
}

fn hex(cursor: &mut Cursor<'_>, place: usize) -> Result<u32, SyntaxError> {
    let mut code = 0;
    for _ in 0..4 {
        match cursor.bump().and_then(|c| c.to_digit(16)) {
            Some(digit) => code = code * 16 + digit,
            None => return error_at(place, "\\u takes four hexadecimal digits"),
        }
    }
    Ok(code)
}
