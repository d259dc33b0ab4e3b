//! The people and groups of a scenario: drawn from seed, scenario and name, so that the same seed gives the same bytes
//! (law 9). All fictional; many names are not ASCII on purpose. It knows nothing of templates or requests.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::profile::Identifier;

/// Given names with their ASCII form.
const GIVEN: [(&str, &str); 24] = [
    ("Mara", "mara"),
    ("Zoë", "zoe"),
    ("Łukasz", "lukasz"),
    ("Søren", "soren"),
    ("美咲", "misaki"),
    ("Oona", "oona"),
    ("José", "jose"),
    ("Nadia", "nadia"),
    ("Þóra", "thora"),
    ("Anaïs", "anais"),
    ("Tariq", "tariq"),
    ("Şirin", "sirin"),
    ("Odd", "odd"),
    ("Ngozi", "ngozi"),
    ("Юлия", "yulia"),
    ("Piotr", "piotr"),
    ("Ünal", "unal"),
    ("Ines", "ines"),
    ("Διώνη", "dioni"),
    ("Ravi", "ravi"),
    ("Çağla", "cagla"),
    ("Hugo", "hugo"),
    ("Bríd", "brid"),
    ("Wanja", "wanja"),
];

/// Family names with their ASCII form.
const FAMILY: [(&str, &str); 24] = [
    ("Lindqvist", "lindqvist"),
    ("Ødegård", "odegard"),
    ("Wójcik", "wojcik"),
    ("O'Shea", "oshea"),
    ("田辺", "tanabe"),
    ("Müller-Ruß", "mullerruss"),
    ("Berg", "berg"),
    ("Núñez", "nunez"),
    ("de la Fuente", "delafuente"),
    ("Åkerman", "akerman"),
    ("Okafor", "okafor"),
    ("Černý", "cerny"),
    ("Haddad", "haddad"),
    ("Ó Briain", "obriain"),
    ("Kaya", "kaya"),
    ("Ивлева", "ivleva"),
    ("Sørlie", "sorlie"),
    ("Groß", "gross"),
    ("Ferré", "ferre"),
    ("Tan", "tan"),
    ("Żak", "zak"),
    ("Ibarra", "ibarra"),
    ("Van Dorn", "vandorn"),
    ("Quist", "quist"),
];

/// First and second word of a group's name.
const GROUP: ([&str; 8], [&str; 8]) = (
    ["Field", "Harbour", "Équipe", "Nordlicht", "Audit", "Café", "Release", "Œuvre"],
    ["Ops", "Planners", "Zürich", "Crew", "Desk", "Support", "Łódź", "Team"],
);

/// What every drawn value depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draw {
    /// The run's seed.
    pub seed: u64,
    /// Unique text of the run: lower-case letters and digits; stands in every identifier.
    pub marker: String,
    /// How user names look.
    pub identifier: Identifier,
}

impl Draw {
    /// The value of a person's field, for example `identifier`; `None` for an unknown field.
    /// `family` is the client family whose external ids are imitated (`okta`, `entra`, or empty).
    #[must_use]
    pub fn person(&self, scenario: &str, name: &str, family: &str) -> Value {
        let mut rng = self.rng(&["person", scenario, name]);
        let (given, given_ascii) = GIVEN[rng.random_range(0..GIVEN.len())];
        let (last, last_ascii) = FAMILY[rng.random_range(0..FAMILY.len())];
        let initial = given_ascii.get(..1).unwrap_or_default();
        let tag = tag(scenario, name);
        let local = format!("{initial}{last_ascii}.{}.{tag}", self.marker);
        let email = format!("{local}@example.com");
        let identifier = match self.identifier {
            Identifier::Email => email.clone(),
            Identifier::Alphanumeric => local.replace('.', ""),
        };
        json!({
            "identifier": identifier,
            "email": email,
            "givenName": given,
            "familyName": last,
            "displayName": format!("{given} {last}"),
            "externalId": if family == "okta" { format!("00u{}", letters(&mut rng, 17)) } else { uuid(&mut rng) },
            "uuid": uuid(&mut rng),
            "phone": format!("+1555555{:04}", rng.random_range(100..200)),
            "employeeNumber": rng.random_range(10_000..100_000).to_string(),
            "password": format!("q7-V{}", letters(&mut rng, 14)),
        })
    }

    /// A group's fields.
    #[must_use]
    pub fn group(&self, scenario: &str, name: &str) -> Value {
        let mut rng = self.rng(&["group", scenario, name]);
        let first = GROUP.0[rng.random_range(0..GROUP.0.len())];
        let second = GROUP.1[rng.random_range(0..GROUP.1.len())];
        json!({
            "displayName": format!("{first} {second} {} {}", self.marker, tag(scenario, name)),
            "externalId": uuid(&mut rng),
        })
    }

    /// The `random.uuid` of a step.
    #[must_use]
    pub fn uuid(&self, scenario: &str, step: &str) -> String {
        uuid(&mut self.rng(&["uuid", scenario, step]))
    }

    /// The id of a scenario's own organization: `sp7-abcdefghij`.
    #[must_use]
    pub fn organization(&self, scenario: &str) -> String {
        format!("{}-{}", self.marker, tag(scenario, "organization"))
    }

    fn rng(&self, words: &[&str]) -> ChaCha8Rng {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        for word in words {
            hash.update(word.as_bytes());
            hash.update([0]);
        }
        ChaCha8Rng::from_seed(hash.finalize().into())
    }
}

/// The fields of a person, as templates name them.
pub const PERSON: [&str; 10] = [
    "identifier",
    "email",
    "givenName",
    "familyName",
    "displayName",
    "externalId",
    "uuid",
    "phone",
    "employeeNumber",
    "password",
];

/// The fields of a group.
pub const GROUP_FIELDS: [&str; 2] = ["displayName", "externalId"];

/// Ten letters that tell this scenario's person from every other one of the run.
fn tag(scenario: &str, name: &str) -> String {
    let hash = Sha256::digest(format!("{scenario}\0{name}"));
    hash.iter().take(10).map(|byte| char::from(b'a' + byte % 26)).collect()
}

fn letters(rng: &mut ChaCha8Rng, count: usize) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    (0..count).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect()
}

fn uuid(rng: &mut ChaCha8Rng) -> String {
    uuid::Builder::from_random_bytes(rng.random()).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(seed: u64, identifier: Identifier) -> Draw {
        Draw { seed, marker: "m1x".into(), identifier }
    }

    #[test]
    fn one_seed_gives_one_person_and_no_two_share_an_identifier() {
        let a = draw(7, Identifier::Email);
        assert_eq!(a.person("s", "person", "okta"), a.person("s", "person", "okta"));
        let mut seen = std::collections::BTreeSet::new();
        for scenario in 0..200 {
            for name in ["person", "other"] {
                let person = a.person(&format!("s{scenario}"), name, "");
                let identifier = person["identifier"].as_str().unwrap().to_owned();
                assert!(identifier.contains("m1x") && identifier.is_ascii());
                assert!(seen.insert(identifier));
            }
        }
        assert_ne!(a.person("s", "person", ""), draw(8, Identifier::Email).person("s", "person", ""));
        assert_eq!(a.group("s", "group"), a.group("s", "group"));
    }

    #[test]
    fn the_profile_chooses_the_form_of_user_names() {
        let person = draw(1, Identifier::Alphanumeric).person("s", "person", "okta");
        assert!(person["identifier"].as_str().unwrap().chars().all(|c| c.is_ascii_alphanumeric()));
        assert!(person["externalId"].as_str().unwrap().starts_with("00u"));
        let mut fields: Vec<_> = person.as_object().unwrap().keys().cloned().collect();
        let mut named = PERSON.map(str::to_owned).to_vec();
        fields.sort();
        named.sort();
        assert_eq!(fields, named);
    }

    #[test]
    fn the_ascii_forms_are_ascii_letters() {
        for (_, ascii) in GIVEN.iter().chain(&FAMILY) {
            assert!(ascii.chars().all(|c| c.is_ascii_lowercase()), "{ascii}");
        }
    }
}
