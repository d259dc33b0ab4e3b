//! Made-up people of mixed kind, and what a filter's oracle must know of each: optional attributes missing, values that differ
//! only in case, accents, ideographs, quotes, percent signs, long ones, inactive ones. It knows nothing of filters.

use serde_json::{Map, Value, json};

use crate::scenario::draft::Step;
use crate::scim::urn;

/// One of them. Texts are as they are sent; what follows a name or an address in a request is the run's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    /// The variable that holds the id, `m001`.
    pub key: String,
    /// The beginning of the user name.
    pub name: String,
    /// What stands behind it, a hole.
    pub tail: &'static str,
    pub display: Option<String>,
    pub title: Option<&'static str>,
    pub kind: Option<&'static str>,
    pub given: Option<&'static str>,
    pub family: Option<&'static str>,
    /// `None`: not sent.
    pub active: Option<bool>,
    /// Type and beginning of the address; the first is primary.
    pub emails: Vec<(&'static str, String)>,
    /// Behind the run's marker.
    pub external: Option<String>,
}

/// Names to show. No two differ only in the case of a letter that is not ASCII: servers fold those in several ways.
const DISPLAY: [&str; 12] = [
    "Mara Lind",
    "MARA LIND",
    "Çelik 100% sure",
    "Dee \"D\" O'Hara",
    "漢字 名",
    "x' or '1'='1'; --",
    "Zoë Ärmel",
    "back\\slash",
    "%",
    "Head of R&D + sales",
    "Lind",
    "_",
];
const TITLES: [&str; 4] = ["Engineer", "engineer", "Manager", "Senior Engineer"];
const KINDS: [&str; 2] = ["Employee", "Contractor"];
const GIVEN: [&str; 5] = ["Ada", "bo", "Çiçek", "DEE", "Eli"];
const FAMILY: [&str; 4] = ["Zimt", "O'Hara", "zimt", "Łącki"];
const FIRST: [&str; 8] = ["ada", "Bo", "cy", "DEE", "eli", "Fay", "gus", "hal"];

/// A name of 240 letters.
fn long() -> String {
    "Long".repeat(60)
}

fn pick<T: Copy>(from: &[T], n: usize) -> T {
    from[n % from.len()]
}

/// Many people with plain user names and an address each, so that every product takes them: `m001` to `m256`.
pub(super) fn many(count: usize) -> Vec<Person> {
    let one = |n: usize| Person {
        key: format!("m{n:03}"),
        name: format!("m{n:03}"),
        tail: "{{ pop.identifier }}",
        display: match n % 16 {
            2 | 8 => None,
            6 => Some(long()),
            k => Some(pick(&DISPLAY, k).to_owned()),
        },
        title: (n % 4 == 1).then(|| pick(&TITLES, n / 4)),
        kind: None,
        given: (n % 3 != 2).then(|| pick(&GIVEN, n)),
        family: (n % 3 != 2).then(|| pick(&FAMILY, n)),
        active: if n % 7 == 6 { None } else { Some(n % 5 != 3) },
        emails: vec![("work", format!("m{n:03}."))],
        external: n.is_multiple_of(6).then(|| format!("Ext{n:03}")),
    };
    (1..=count).map(one).collect()
}

/// People for filters: every combination that tells one operator from another, user names in both cases.
pub(super) fn mixed(count: usize) -> Vec<Person> {
    let one = |n: usize| {
        let name = format!("{}{n:02}-", pick(&FIRST, n));
        let mails =
            [("work", format!("w.{}{n:02}.", pick(&FIRST, n))), ("home", format!("h.{}{n:02}.", pick(&FIRST, n)))];
        Person {
            key: format!("p{n:02}"),
            tail: "{{ pop.identifier }}",
            display: (!n.is_multiple_of(13))
                .then(|| if n == 20 { long() } else { pick(&DISPLAY, n * 5 + n / 12).to_owned() }),
            title: (n % 5 < 3).then(|| pick(&TITLES, n / 5 + n)),
            kind: (n % 4 != 3).then(|| pick(&KINDS, n / 3)),
            given: (n % 6 != 1).then(|| pick(&GIVEN, n / 2)),
            family: (n % 9 != 4).then(|| pick(&FAMILY, n / 4 + n)),
            active: Some(n % 3 != 1),
            emails: match n % 4 {
                0 => Vec::new(),
                1 => vec![mails[0].clone()],
                2 => vec![mails[1].clone()],
                _ => mails.to_vec(),
            },
            external: n.is_multiple_of(2).then(|| format!("Ext{n:02}")),
            name,
        }
    };
    (1..=count).map(one).collect()
}

impl Person {
    /// The step that creates it and saves its id.
    pub fn create(&self) -> Step {
        let mut body = Map::new();
        body.insert("schemas".into(), json!([urn::USER]));
        body.insert("userName".into(), format!("{}{}", self.name, self.tail).into());
        let mut put = |name: &str, value: Option<Value>| {
            body.extend(value.map(|value| (name.to_owned(), value)));
        };
        put("externalId", self.external.as_ref().map(|it| format!("{{{{ run.marker }}}}-{it}").into()));
        put("displayName", self.display.as_deref().map(Value::from));
        put("title", self.title.map(Value::from));
        put("userType", self.kind.map(Value::from));
        put("active", self.active.map(Value::from));
        let name: Map<String, Value> = [("givenName", self.given), ("familyName", self.family)]
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.into())))
            .collect();
        put("name", (!name.is_empty()).then(|| name.into()));
        let mail = |(n, (kind, start)): (usize, &(&str, String))| json!({"value": format!("{start}{{{{ pop.email }}}}"), "type": kind, "primary": n == 0});
        let mails: Vec<Value> = self.emails.iter().enumerate().map(mail).collect();
        put("emails", (!mails.is_empty()).then(|| mails.into()));
        Step::new(format!("create {}", self.key), "POST /Users")
            .body(Value::Object(body).to_string())
            .saves(&self.key, "id")
    }
}

/// The ids of people as the operand of a row: `["{{ m001 }}", "{{ m002 }}"]`.
pub(super) fn ids<'a>(people: impl IntoIterator<Item = &'a Person>) -> String {
    let all: Vec<String> = people.into_iter().map(|one| format!("\"{{{{ {} }}}}\"", one.key)).collect();
    format!("[{}]", all.join(", "))
}
