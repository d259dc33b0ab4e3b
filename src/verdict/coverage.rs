//! What of the catalogue is named, exercised and proven: three steps that a check must have gone before it can be relied
//! on. What names a requirement and what a run judged come as arguments; no run is started here.

use std::collections::{BTreeMap, BTreeSet};

use crate::requirement::{Actor, Catalogue, Level, Requirement, excuse};

/// What is known of the checks.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The requirements that a scenario row, a standing check or a law names.
    pub named: BTreeSet<String>,
    /// The requirements that a run judged; `None` without a run.
    pub judged: Option<BTreeSet<String>>,
    /// The requirements that a named fault turns red.
    pub proven: BTreeSet<String>,
}

/// One requirement and how far its check is.
#[derive(Debug, Clone, Copy)]
pub struct Rule<'a> {
    /// The requirement.
    pub requirement: &'a Requirement,
    /// Something names it.
    pub named: bool,
    /// The run judged it; `None` without a run.
    pub exercised: Option<bool>,
    /// A named fault turns it red.
    pub proven: bool,
    /// Why nothing names it, where nothing can.
    pub excuse: Option<&'a str>,
}

/// The counts of one source, or of all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requirements that were not withdrawn.
    pub rules: usize,
    /// Those of them that a test can see.
    pub observable: usize,
    /// Those of the observable that something names.
    pub named: usize,
    /// Those of the observable that the run judged; `None` without a run.
    pub exercised: Option<usize>,
    /// Those of the observable that a fault proves.
    pub proven: usize,
    /// Observable MUST and MUST NOT.
    pub must: usize,
    /// Those of them that a fault proves.
    pub must_proven: usize,
}

/// What a test could not see, in words; the catalogue says so of these rules.
const UNSEEN: &str = "not visible in requests and answers";

/// The coverage of the whole catalogue.
#[derive(Debug)]
pub struct Coverage<'a> {
    /// Every requirement that counts, the binding levels first, then by id.
    pub rules: Vec<Rule<'a>>,
}

impl<'a> Coverage<'a> {
    /// Looks at every requirement of a server. A rule about a client counts where something names or excuses it.
    #[must_use]
    pub fn of(catalogue: &'a Catalogue, known: &Known) -> Self {
        let mut rules: Vec<_> = catalogue
            .requirements()
            .filter(|it| it.level != Level::Retired)
            .filter(|it| it.actor == Actor::Server || known.named.contains(&it.id) || excuse(&it.id).is_some())
            .map(|it| rule(it, known))
            .collect();
        // Stable: ids stay in their order.
        rules.sort_by_key(|rule| (rule.requirement.level, rank(rule.requirement.document())));
        Self { rules }
    }

    /// The counts by source, the standards first.
    #[must_use]
    pub fn by_source(&self) -> Vec<(&'a str, Tally)> {
        let mut tallies = BTreeMap::<_, Tally>::new();
        for rule in &self.rules {
            let document = rule.requirement.document();
            tallies.entry((rank(document), document)).or_default().count(rule);
        }
        tallies.into_iter().map(|((_, document), tally)| (document, tally)).collect()
    }

    /// The counts over all sources.
    #[must_use]
    pub fn total(&self) -> Tally {
        let mut tally = Tally::default();
        self.rules.iter().for_each(|rule| tally.count(rule));
        tally
    }

    /// Observable and named by nothing.
    pub fn unnamed(&self) -> impl Iterator<Item = &Rule<'a>> {
        self.rules.iter().filter(|rule| rule.is_observable() && !rule.named)
    }

    /// Named, and not judged by the run; nothing without a run.
    pub fn unexercised(&self) -> impl Iterator<Item = &Rule<'a>> {
        self.rules.iter().filter(|rule| rule.named && rule.exercised == Some(false))
    }

    /// Named, and no fault turns it red.
    pub fn unproven(&self) -> impl Iterator<Item = &Rule<'a>> {
        self.rules.iter().filter(|rule| rule.named && !rule.proven)
    }

    /// What no test can see.
    pub fn excused(&self) -> impl Iterator<Item = (&Rule<'a>, &'a str)> {
        self.rules.iter().filter_map(|rule| Some((rule, rule.excuse?)))
    }
}

impl Rule<'_> {
    /// A test can see it.
    #[must_use]
    pub const fn is_observable(&self) -> bool {
        self.excuse.is_none()
    }
}

impl Tally {
    fn count(&mut self, rule: &Rule) {
        self.rules += 1;
        if let Some(exercised) = rule.exercised {
            *self.exercised.get_or_insert(0) += usize::from(exercised && rule.is_observable());
        }
        if !rule.is_observable() {
            return;
        }
        let must = rule.requirement.level.is_must();
        self.observable += 1;
        self.named += usize::from(rule.named);
        self.proven += usize::from(rule.proven);
        self.must += usize::from(must);
        self.must_proven += usize::from(must && rule.proven);
    }

    /// The proven share of the observable MUST and MUST NOT in tenths of a per cent, rounded down; `None` where there are none.
    #[must_use]
    pub const fn must_share(&self) -> Option<usize> {
        (self.must_proven * 1000).checked_div(self.must)
    }
}

fn rule<'a>(requirement: &'a Requirement, known: &Known) -> Rule<'a> {
    let named = known.named.contains(&requirement.id);
    let unseen = (requirement.testable == "not-observable").then_some(UNSEEN);
    Rule {
        requirement,
        named,
        exercised: known.judged.as_ref().map(|judged| judged.contains(&requirement.id)),
        proven: known.proven.contains(&requirement.id),
        // What is named can be seen, whatever a list says.
        excuse: excuse(&requirement.id).or(unseen).filter(|_| !named),
    }
}

/// The order of sources: the standards, the identity providers, everything else by name.
fn rank(document: &str) -> usize {
    const FIRST: [&str; 12] = [
        "RFC7642",
        "RFC7643",
        "RFC7644",
        "RFC9865",
        "RFC9944",
        "RFC9967",
        "HTTP",
        "OKTA",
        "ENTRA",
        "PING",
        "JUMPCLOUD",
        "PROP",
    ];
    FIRST.iter().position(|known| *known == document).unwrap_or(FIRST.len())
}
