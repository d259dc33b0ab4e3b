//! What "the same user name" means to a target: create, rename and filter must agree on it, and it must be an equivalence
//! (PROP-UNIQ-08, PROP-UNIQ-09). Certain pairs of the table of names have their verdict; about all others the target is asked
//! first, and must stay with its answer.

use std::sync::Arc;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use super::script::{Script, Step};
use super::suite::{Case, Cases, Enumerated, Heard, Need, Setting, Suite};
use crate::model::{Sameness, name_pairs, same_name, sameness};
use crate::profile::{Renaming, UserNames};
use crate::scim::urn;

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "names",
    title: "what the same user name is: create, rename and filter agree, over the table of names and random ones",
    laws: &["PROP-UNIQ-08", "PROP-UNIQ-09"],
    needs: &[Need::Capability("filter")],
    cases: Cases::Asked { questions, histories },
};

/// Random pairs beside the table.
const RANDOM: usize = 60;

/// The names of which all triples' relations are looked at (PROP-UNIQ-09).
const FAMILIES: [&[&str]; 4] = [
    &["jos\u{e9}", "jose\u{301}", "JOS\u{c9}"],
    &["stra\u{df}e", "STRASSE", "STRA\u{1e9e}E"],
    &["\u{130}stanbul", "istanbul", "i\u{307}stanbul"],
    &["\u{3bf}\u{3b4}\u{3bf}\u{3c2}", "\u{39f}\u{394}\u{39f}\u{3a3}", "\u{3bf}\u{3b4}\u{3bf}\u{3c3}"],
];

/// What random names are made of: letters with cases, marks, widths and looks of every kind, and marks of punctuation.
const ALPHABET: &[&str] = &[
    "a",
    "b",
    "i",
    "s",
    "z",
    "A",
    "I",
    "K",
    "S",
    "0",
    "9",
    ".",
    "+",
    "'",
    "_",
    "\u{e9}",
    "e\u{301}",
    "\u{c9}",
    "\u{df}",
    "\u{1e9e}",
    "\u{131}",
    "\u{130}",
    "\u{17f}",
    "\u{212a}",
    "\u{212b}",
    "\u{e5}",
    "\u{fb01}",
    "\u{3c3}",
    "\u{3c2}",
    "\u{3a3}",
    "\u{ff41}",
    "\u{ff76}",
    "\u{30ab}",
    "\u{13a0}",
    "\u{ab70}",
    "\u{b2}",
    "\u{2162}",
    "\u{430}",
    "\u{10d0}",
    "\u{1c90}",
    "%41",
    "\u{2019}",
    "\u{1f600}",
];

/// The names of one question after another: the first is created, the others are looked up.
fn groups(setting: &Setting) -> Vec<Vec<String>> {
    if setting.profile.users.user_names != UserNames::Any {
        return ["Erika", "a1B2", "xYz9"].iter().map(|name| vec![(*name).to_owned(), name.to_lowercase()]).collect();
    }
    let pairs = name_pairs().iter().map(|pair| vec![pair.one.clone(), pair.other.clone()]);
    let families = FAMILIES.iter().map(|family| family.iter().map(|name| (*name).to_owned()).collect());
    let mut rng = ChaCha8Rng::seed_from_u64(setting.draw.seed);
    let random = (0..RANDOM).map(move |_| {
        let pick = |rng: &mut ChaCha8Rng| ALPHABET[rng.random_range(0..ALPHABET.len())];
        let one: String = (0..rng.random_range(1..6)).map(|_| pick(&mut rng)).collect();
        let other = match rng.random_range(0..4) {
            0 => one.to_uppercase(),
            1 => one.to_lowercase(),
            2 => one.chars().rev().collect(),
            _ => format!("{}{}", one, pick(&mut rng)),
        };
        vec![one, other]
    });
    pairs.chain(families).chain(random).collect()
}

/// The ordered pairs of all groups: who is created, who is looked up, in the order of the questions.
fn directions(setting: &Setting) -> Vec<(String, String)> {
    let pairs = groups(setting).into_iter().flat_map(|group| {
        let places = (0..group.len()).flat_map(move |one| (0..one).map(move |other| (other, one)));
        places
            .flat_map(|(one, other)| [(one, other), (other, one)])
            .map(move |(one, other)| (group[one].clone(), group[other].clone()))
            .collect::<Vec<_>>()
    });
    pairs.collect()
}

/// A text inside the name of this run: in front of it, so that marks and final letters stay what they are.
fn name(setting: &Setting, text: &str) -> String {
    let dash = if setting.profile.users.user_names == UserNames::Any { "-" } else { "n" };
    format!("{{{{ run.marker }}}}{dash}{text}")
}

fn create(setting: &Setting, title: &str, text: &str) -> Step {
    let body = json!({"schemas": [urn::USER], "userName": name(setting, text)});
    Step::new(title, "POST /Users").body(with_required(setting, body).to_string())
}

/// A user whose name no group of names can have.
fn somebody_else(setting: &Setting) -> Step {
    let body = json!({"schemas": [urn::USER], "userName": "else{{ run.marker }}"});
    Step::new("create somebody else", "POST /Users").body(with_required(setting, body).to_string())
}

/// What the profile demands of every create.
fn with_required(setting: &Setting, mut body: serde_json::Value) -> serde_json::Value {
    for required in &setting.profile.users.required {
        match required.as_str() {
            "displayName" => body["displayName"] = "Mara Berg".into(),
            "name.givenName" => body["name"]["givenName"] = "Mara".into(),
            "name.familyName" => body["name"]["familyName"] = "Berg".into(),
            "emails" | "emails.value" => {
                let value = format!("{{{{ run.marker }}}}.{}@example.com", body.to_string().len());
                body["emails"] = json!([{"value": value, "primary": true}]);
            }
            _ => {}
        }
    }
    body
}

fn look_up(setting: &Setting, title: &str, text: &str) -> Step {
    // Inside a string literal of a filter.
    let quoted = name(setting, &text.replace('\\', "\\\\").replace('"', "\\\""));
    Step::new(title, format!("GET /Users?filter=userName eq \"{quoted}\""))
}

fn questions(setting: &Arc<Setting>) -> Vec<Script> {
    let question = |(one, other): (String, String)| {
        let mut script = Script::new("is it the same user name?", &[], &["filter"]);
        script.push(create(setting, "create the one", &one));
        script.push(look_up(setting, "look the other up", &other));
        script
    };
    directions(setting).into_iter().map(question).collect()
}

/// What a target said of an ordered pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Said {
    /// The first was created.
    taken: bool,
    /// It was found by the second; `None` where the filter was refused.
    found: Option<bool>,
}

fn histories(setting: &Arc<Setting>, heard: &Heard) -> Enumerated {
    let directions = directions(setting);
    let said: Vec<Said> = (0..directions.len())
        .map(|n| {
            let total = heard.answer(n, 1).filter(|answer| answer.status == 200).and_then(|answer| answer.json());
            let total = total.and_then(|body| body.get("totalResults")?.as_u64());
            Said {
                taken: heard.answer(n, 0).is_some_and(|answer| answer.status == 201),
                found: total.map(|total| total > 0),
            }
        })
        .collect();
    let mut scripts: Vec<Box<dyn Case>> = Vec::new();
    for (n, (one, other)) in directions.iter().enumerate() {
        // Questions come in twos: a pair, and the pair turned round.
        let back = said[n ^ 1];
        let both = said[n].taken && back.taken;
        // Beyond ASCII a target that declares nothing may have a way of its own (I-57), as long as it stays with it.
        let known = both && (!setting.profile.open || (one.is_ascii() && other.is_ascii()));
        let same = match (same_name(one, other), sameness(one, other)) {
            (Some(certain), _) if known => certain,
            // Names that look alike are one, or one of them is refused.
            (_, Some(Sameness::CollideOrRefuse)) if known => true,
            _ => bridged(&directions, &said, n),
        };
        scripts.push(Box::new(script(setting, (one, other), said[n].taken, back.taken, same)));
    }
    Box::new(scripts.into_iter())
}

/// Whether two names must be one to a target that said so of them: directly, turned round, or by way of a third.
fn bridged(directions: &[(String, String)], said: &[Said], n: usize) -> bool {
    let (one, other) = &directions[n];
    let says = |a: &String, b: &String| {
        let place = directions.iter().position(|(x, y)| (x, y) == (a, b));
        place.is_some_and(|place| said[place].taken && said[place].found == Some(true))
    };
    let thirds = directions.iter().map(|(third, _)| third);
    let linked = |a: &String, b: &String| says(a, b) || says(b, a);
    linked(one, other)
        || thirds
            .filter(|third| *third != one && *third != other)
            .any(|third| linked(one, third) && linked(third, other))
}

/// The script that holds the target to a verdict, the first name created first.
fn script(setting: &Setting, (one, other): (&str, &str), takes_one: bool, takes_other: bool, same: bool) -> Script {
    let title = format!("{one:?} and {other:?} are {} user name", if same { "one" } else { "not one" });
    let mut script = Script::new(&title, &[], if renames(setting) { &["filter", "patch"] } else { &["filter"] });
    let law = "PROP-UNIQ-08";
    if !takes_one {
        let step = create(setting, "create the one", one).judges(law, "status = 400").free();
        script.push(step);
        script.push(look_up(setting, "nobody has it", one).judges(law, "status = [200, 400]"));
        return script;
    }
    let finds = |step: Step, laws: &str, user: Option<&str>| match user {
        None => step.judges(laws, "at = \"totalResults\", is = 0"),
        Some(user) => step
            .judges(laws, "at = \"totalResults\", is = 1")
            .judges(laws, format!("at = \"Resources.id\", is = \"{{{{ {user} }}}}\"")),
    };
    script.push(create(setting, "create the one", one).judges(law, "status = 201").saves("one", "id"));
    script.push(finds(look_up(setting, "the one is found", one), "PROP-UNIQ-09", Some("one")));
    script.push(somebody_else(setting).judges(law, "status = 201").saves("else", "id").free());
    if !takes_other {
        script.push(look_up(setting, "look the other up", other).judges(law, "status = [200, 400]"));
        rename(&mut script, setting, other, "400");
        script.push(create(setting, "create the other", other).judges(law, "status = 400").free());
        script.push(finds(look_up(setting, "the one is still found", one), law, Some("one")));
        return script;
    }
    let holder = same.then_some("one");
    script.push(finds(look_up(setting, "look the other up", other), "PROP-UNIQ-08 PROP-UNIQ-09", holder));
    if same {
        rename(&mut script, setting, other, "[409, 400]");
        script.push(create(setting, "create the other", other).judges(law, "status = 409").free());
        script.push(finds(look_up(setting, "still one has it", other), law, Some("one")));
    } else if renames(setting) {
        rename(&mut script, setting, other, "[200, 204]");
        script.push(finds(look_up(setting, "the other is found", other), law, Some("else")));
        script.push(create(setting, "create the other", other).judges(law, "status = 409").free());
        script.push(finds(look_up(setting, "the one is still found", one), law, Some("one")));
    } else {
        script.push(create(setting, "create the other", other).judges(law, "status = 201").saves("other", "id"));
        script.push(finds(look_up(setting, "the other is found", other), law, Some("other")));
    }
    script
}

fn renames(setting: &Setting) -> bool {
    setting.profile.users.renaming == Renaming::Allowed && setting.lacks(&[Need::Capability("patch")]).is_none()
}

/// Renames somebody else, where names may change.
fn rename(script: &mut Script, setting: &Setting, to: &str, status: &str) {
    if !renames(setting) {
        return;
    }
    let operation = json!({"op": "replace", "path": "userName", "value": name(setting, to)});
    let body = json!({"schemas": [urn::PATCH_OP], "Operations": [operation]});
    let step = Step::new("rename somebody else to the other", "PATCH /Users/{{ else }}").body(body.to_string());
    let step = step.judges("PROP-UNIQ-08", format!("status = {status}"));
    let refused = !status.contains("200");
    script.push(if refused { step.free() } else { step });
}
