//! What was done on the admin surface, by whom, to what, with what outcome: ids and codes only, no personal data
//! (COALESCE-SSO-014).

use std::collections::VecDeque;

/// As many entries are kept; older ones go.
const KEPT: usize = 10_000;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Counts from 1; never reused.
    pub seq: u64,
    /// `operator`, `anonymous`, or organization and user id.
    pub actor: String,
    /// The word of the action.
    pub action: &'static str,
    /// Ids of what it was done to.
    pub target: String,
    /// `done`, or the code of the refusal.
    pub outcome: &'static str,
}

/// The log.
#[derive(Debug, Default)]
pub struct Audit {
    entries: VecDeque<Entry>,
    last: u64,
}

impl Audit {
    /// Writes an entry; answers its number.
    pub fn write(&mut self, actor: String, action: &'static str, target: String, outcome: &'static str) -> u64 {
        self.last += 1;
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry { seq: self.last, actor, action, target, outcome });
        self.last
    }

    /// The entries after that number, oldest first.
    pub fn since(&self, seq: u64) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.seq > seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_numbered_and_bounded() {
        let mut audit = Audit::default();
        for _ in 0..KEPT + 5 {
            audit.write("operator".into(), "reset", String::new(), "done");
        }
        assert_eq!(audit.since(0).count(), KEPT);
        assert_eq!(audit.since(0).next().unwrap().seq, 6);
        let last = u64::try_from(KEPT).unwrap() + 4;
        assert_eq!(audit.since(last).map(|entry| entry.seq).collect::<Vec<_>>(), [last + 1]);
    }
}
