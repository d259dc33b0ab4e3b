//! Filters that were drawn over a population of mixed kind: every operator, then combinations of them. Each must find
//! exactly those whom the oracle names: who matches and who does not is known of everybody.

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::super::Written;
use super::oracle::{Filter, How, Text};
use super::people::{Person, ids, mixed};
use crate::scenario::Draft;
use crate::scenario::draft::Step;

/// How many people are told apart.
const PEOPLE: usize = 48;

/// How many combinations are drawn.
const DRAWN: usize = 60;

/// What the filters are drawn from: always the same, so that a scenario is the same in every run.
const SEED: u64 = 7644;

/// The attributes of the core schema that they speak of.
const ATTRIBUTES: [&str; 6] = ["displayName", "title", "userType", "name", "emails", "active"];

const TEXTS: [Text; 6] = [Text::UserName, Text::Display, Text::Title, Text::Kind, Text::Given, Text::Family];

/// Times long ago and far ahead, with another offset and a fraction.
const TIMES: [(&str, &str, &str, bool); 4] = [
    ("meta.created", "gt", "2011-05-13T04:42:34Z", true),
    ("meta.created", "lt", "2011-05-13T04:42:34.5-11:00", false),
    ("meta.lastModified", "le", "2211-01-01T00:00:00+14:00", true),
    ("meta.lastModified", "ge", "2211-01-01T00:00:00.001Z", false),
];

/// The scenario.
pub(super) fn written() -> Written {
    let people = mixed(PEOPLE);
    let title = "Filters that were drawn find exactly those who match, of people of mixed kind";
    let mut draft = Draft::new(title, &["pop".to_owned()], &["filter"]);
    draft.tags = vec!["users", "population", "filter"];
    draft.actions = vec!["create-users"];
    draft.attributes = ATTRIBUTES.iter().map(|name| format!("{}:{name}", crate::scim::urn::USER)).collect();
    draft.when = vec![("users.required", "[[]]"), ("users.user_names", "\"any\"")];
    draft.steps = people.iter().map(Person::create).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let filters = filters(&people, &mut rng);
    draft.steps.extend(filters.iter().enumerate().map(|(n, filter)| step(n + 1, filter, &people, &mut rng)));
    Written { id: "rfc/population/drawn-filters".to_owned(), draft }
}

/// Every operator on every attribute that it suits, then combinations, each finding some and not others.
fn filters(people: &[Person], rng: &mut ChaCha8Rng) -> Vec<Filter> {
    let mut all: Vec<Filter> = Vec::new();
    for text in TEXTS {
        for how in How::ALL {
            // The order of letters is the same everywhere only for ASCII user names.
            let ordered = matches!(how, How::Gt | How::Ge | How::Lt | How::Le);
            let whole = text == Text::UserName && matches!(how, How::Co | How::Ew);
            if !(ordered && text != Text::UserName || whole) {
                all.extend((0..3).map(|_| compared(&text, how, people, rng)).find(|it| splits(it, people)));
            }
        }
    }
    // Letters that mean something to a database or to the grammar.
    all.extend(["%", "_", "\\", "\"", "'"].map(|sign| Filter::Text(Text::Display, How::Co, sign.to_owned())));
    let present =
        ["displayName", "title", "userType", "externalId", "name", "name.givenName", "name.familyName", "emails"];
    all.extend(present.map(Filter::Present));
    all.extend([Filter::Active(true), Filter::Active(false), Filter::NotNamed(people[3].name.clone())]);
    all.extend(TIMES.map(|(attribute, word, time, everybody)| Filter::Time(attribute, word, time, everybody)));
    for kind in ["work", "home"] {
        all.extend([Filter::MailType(kind), Filter::MailBut(kind)]);
    }
    all.extend([Filter::External("Ext02".to_owned()), Filter::External("EXT02".to_owned())]);
    let mut drawn = Vec::new();
    while drawn.len() < DRAWN {
        let filter = combined(2 + drawn.len() % 2, people, rng);
        if splits(&filter, people) && !drawn.contains(&filter) && filter.text().len() < 500 {
            drawn.push(filter);
        }
    }
    all.extend(drawn);
    all
}

/// True when it finds some and not others.
fn splits(filter: &Filter, people: &[Person]) -> bool {
    let found = people.iter().filter(|one| filter.finds(one)).count();
    found > 0 && found < people.len()
}

/// A comparison with something that somebody has.
fn compared(text: &Text, how: How, people: &[Person], rng: &mut ChaCha8Rng) -> Filter {
    let some: Vec<&str> = people.iter().filter_map(|one| text.of(one)).collect();
    let value = some.choose(rng).copied().unwrap_or_default();
    let letters: Vec<char> = value.chars().take(40).collect();
    let part = |from: usize, to: usize| letters[from..to].iter().collect::<String>();
    let length = rng.random_range(1..=letters.len().min(6));
    let start = rng.random_range(0..=letters.len() - length);
    let operand = match how {
        How::Eq => value.to_owned(),
        How::Co => part(start, start + length),
        How::Sw => part(0, length),
        How::Ew => value.chars().skip(value.chars().count() - length).collect(),
        How::Gt | How::Ge | How::Lt | How::Le => part(0, 1),
    };
    Filter::Text(text.clone(), how, if rng.random() { flipped(&operand) } else { operand })
}

/// ASCII letters in the other case.
fn flipped(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect()
}

fn single(people: &[Person], rng: &mut ChaCha8Rng) -> Filter {
    let start = |rng: &mut ChaCha8Rng| {
        let mails: Vec<&String> = people.iter().flat_map(|one| one.emails.iter().map(|(_, value)| value)).collect();
        mails
            .choose(rng)
            .map(|value| value.chars().take(rng.random_range(1..5)).collect::<String>())
            .unwrap_or_default()
    };
    let kind = if rng.random() { "work" } else { "home" };
    match rng.random_range(0..12) {
        0 => Filter::Active(rng.random()),
        1 => Filter::Present(["displayName", "title", "userType", "emails", "name.givenName"][rng.random_range(0..5)]),
        2 => Filter::MailType(kind),
        3 => Filter::MailStarts(start(rng)),
        4 => Filter::MailOf(kind, start(rng)),
        5 => Filter::MailOfNot(kind, start(rng)),
        6 => Filter::External(format!("Ext{:02}", rng.random_range(1..=PEOPLE))),
        _ => {
            let text = &TEXTS[rng.random_range(0..TEXTS.len())];
            let hows: &[How] = match text {
                Text::UserName => &[How::Eq, How::Sw, How::Gt, How::Le],
                _ => &[How::Eq, How::Co, How::Sw, How::Ew],
            };
            compared(text, hows[rng.random_range(0..hows.len())], people, rng)
        }
    }
}

fn combined(depth: usize, people: &[Person], rng: &mut ChaCha8Rng) -> Filter {
    if depth == 0 || rng.random_range(0..4) == 0 && depth < 2 {
        return single(people, rng);
    }
    let several = |rng: &mut ChaCha8Rng| {
        let count = rng.random_range(2..=3);
        (0..count).map(|_| combined(depth - 1, people, rng)).collect::<Vec<_>>()
    };
    match rng.random_range(0..5) {
        0 | 1 => Filter::And(several(rng)),
        2 | 3 => Filter::Or(several(rng)),
        _ => Filter::Not(Box::new(combined(depth - 1, people, rng))),
    }
}

fn step(n: usize, filter: &Filter, people: &[Person], rng: &mut ChaCha8Rng) -> Step {
    let (own, text) = ("userName co \"{{ pop.identifier }}\"", filter.text());
    // Others may match too: they are kept out by a second condition, before or behind.
    let whole = if rng.random() { format!("{own} and ({text})") } else { format!("({text}) and {own}") };
    let line = format!("GET /Users?filter={whole}&attributes=userName");
    let step = Step::new(format!("filter {n}"), line).key("walk", "true");
    let mut requirements = filter.requirements();
    requirements.extend(["RFC7644-3.4.2.2-3", "RFC7644-3.4.2.2-4"]);
    let requirements = requirements.join(" ");
    let rows = format!("at = \"Resources.id\", exactly = {}", ids(people.iter().filter(|one| filter.finds(one))));
    // An attribute and an operator that do not go together on a server may be refused (`RFC7644 §3.12`, table 9).
    step.judges(&requirements, "status = 200, soft = true").judges(&requirements, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_is_read_as_it_was_meant() {
        let people = mixed(PEOPLE);
        let all = filters(&people, &mut ChaCha8Rng::seed_from_u64(SEED));
        for filter in &all {
            let text = filter.text();
            let read = crate::scim::filter::parse(&text.replace("{{ pop.identifier }}", "x"));
            assert!(read.is_ok(), "{text}: {read:?}");
        }
        let splitting = all.iter().filter(|it| splits(it, &people)).count();
        assert!(all.len() > 100 && splitting + TIMES.len() + 1 >= all.len(), "{} of {}", splitting, all.len());
    }

    #[test]
    fn the_oracle_knows_precedence_and_what_is_missing() {
        let people = mixed(PEOPLE);
        let found = |filter: &Filter| people.iter().filter(|one| filter.finds(one)).count();
        let none = Filter::Not(Box::new(Filter::Present("title")));
        assert_eq!(found(&none) + found(&Filter::Present("title")), PEOPLE);
        let missing = Filter::Not(Box::new(Filter::Text(Text::Title, How::Eq, "MANAGER".to_owned())));
        assert!(found(&missing) > found(&none));
        let both =
            Filter::Or(vec![Filter::Active(true), Filter::And(vec![Filter::Active(false), Filter::MailType("work")])]);
        assert_eq!(both.text(), "active eq true or active eq false and emails.type eq \"work\"");
        let inside = Filter::And(vec![both, Filter::Present("name")]);
        assert_eq!(inside.text(), "(active eq true or active eq false and emails.type eq \"work\") and name pr");
    }
}
