//! Wrapping and colour. Every text reads the same without colour.

use anstyle::{AnsiColor, Style};

/// What a colour stands for.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) enum Tone {
    Good,
    Bad,
    Doubt,
    Strong,
    Faint,
}

/// Paints, or does not.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) struct Paint(pub bool);

impl Paint {
    pub fn apply(self, tone: Tone, text: &str) -> String {
        if !self.0 {
            return text.to_owned();
        }
        let style = match tone {
            Tone::Good => AnsiColor::Green.on_default().bold(),
            Tone::Bad => AnsiColor::Red.on_default().bold(),
            Tone::Doubt => AnsiColor::Yellow.on_default().bold(),
            Tone::Strong => Style::new().bold(),
            Tone::Faint => Style::new().dimmed(),
        };
        format!("{style}{text}{style:#}")
    }
}

/// Words in lines of at most `width` characters, each after `indent` spaces. A word that is longer than a line is cut.
#[must_use]
pub fn wrap(text: &str, width: usize, indent: usize) -> String {
    let room = width.saturating_sub(indent).max(20);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + word.len() > room {
            lines.push(String::new());
            used = 0;
        }
        while word.len() > room {
            let rest = word.split_off(room);
            if let Some(line) = lines.last_mut() {
                line.extend(word);
            }
            lines.push(String::new());
            word = rest;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            used += word.len();
            line.extend(word);
        }
    }
    let pad = " ".repeat(indent);
    lines.iter().map(|line| format!("{pad}{line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_words_are_cut_and_short_ones_kept_together() {
        assert_eq!(wrap("a b", 80, 2), "  a b");
        assert_eq!(wrap(&"x".repeat(45), 22, 2), format!("  {0}\n  {0}\n  {1}", "x".repeat(20), "x".repeat(5)));
        assert_eq!(wrap("", 80, 2), "  ");
    }

    proptest! {
        #[test]
        fn no_line_is_too_long_and_nothing_is_lost(text in "([a-z]{1,50} ){0,12}", width in 30_usize..100) {
            let wrapped = wrap(&text, width, 4);
            prop_assert!(wrapped.lines().all(|line| line.chars().count() <= width));
            let squeezed = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(squeezed(&wrapped), squeezed(&text));
        }
    }
}
