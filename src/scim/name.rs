//! When two user names are the same (`RFC7644 §5`, `§7.8`): one comparison key for create, rename and filter.
//!
//! The key follows PRECIS UsernameCaseMapped (`RFC8265`) where that accepts a name: width mapping, lower case of the whole
//! text (so that a final sigma is the same letter), NFC. A name that PRECIS would refuse still gets a key, unless two users
//! could look alike by it: what cannot be seen, and spaces at the edges, are refused; kinds of space count as one; Latin and
//! Armenian ligatures count as their letters. Case mapping is that of the pinned Rust toolchain. It knows nothing of users.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::decompose_compatible;

/// Why a text cannot be a user name. Positions are bytes from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameError {
    /// Nothing there.
    Empty,
    /// A space at the start or the end.
    EdgeSpace,
    /// A character that cannot be seen.
    Invisible {
        /// The character.
        character: char,
        /// Where it stands.
        position: usize,
    },
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a user name is not empty"),
            Self::EdgeSpace => f.write_str("a user name neither starts nor ends with a space"),
            Self::Invisible { character, position } => {
                write!(
                    f,
                    "the invisible character U+{:04X} at {position} is not allowed in a user name",
                    u32::from(*character)
                )
            }
        }
    }
}

impl std::error::Error for NameError {}

/// The comparison key of a user name: two names are the same exactly when their keys are equal.
///
/// # Errors
/// The text cannot be a user name.
pub fn user_name_key(text: &str) -> Result<String, NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if let Some((position, character)) = text.char_indices().find(|(_, c)| is_invisible(*c)) {
        return Err(NameError::Invisible { character, position });
    }
    if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        return Err(NameError::EdgeSpace);
    }
    Ok(fold(text))
}

/// The mapping of [`user_name_key`] without its refusals: for parts of names and for whatever a filter holds.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut mapped = String::with_capacity(text.len());
    text.chars().for_each(|c| map(c, &mut mapped));
    let composed: String = mapped.nfc().collect();
    composed.to_lowercase().nfc().collect()
}

/// Width mapping that is a shift by block: first, last, and what the first becomes. Half-width Hangul and the full-width
/// macron are here because their compatibility decomposition goes further than the width.
const SHIFTED: [(char, char, u32); 7] = [
    ('\u{FF01}', '\u{FF5E}', 0x21),
    ('\u{FFA1}', '\u{FFBE}', 0x3131),
    ('\u{FFC2}', '\u{FFC7}', 0x314F),
    ('\u{FFCA}', '\u{FFCF}', 0x3155),
    ('\u{FFD2}', '\u{FFD7}', 0x315B),
    ('\u{FFDA}', '\u{FFDC}', 0x3161),
    ('\u{FFE3}', '\u{FFE3}', 0xAF),
];

/// Full-width and half-width forms become the usual ones (`RFC8265 §3.3.2`), spaces become one, ligatures letters.
fn map(c: char, out: &mut String) {
    let block = SHIFTED.iter().find(|(first, last, _)| (*first..=*last).contains(&c));
    match (block, c) {
        (Some((first, _, to)), _) => {
            out.push(char::from_u32(u32::from(c) - u32::from(*first) + to).unwrap_or(c));
        }
        (None, '\u{FF5F}'..='\u{FFEF}' | '\u{FB00}'..='\u{FB17}') => decompose_compatible(c, |c| out.push(c)),
        (None, c) if c.is_whitespace() => out.push(' '),
        (None, c) => out.push(c),
    }
}

/// Controls and the default ignorable code points of Unicode.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests;
