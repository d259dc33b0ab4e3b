//! Reads the catalogue's TOML files and finds requirements by id.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Actor, Choice, Interpretation, Level, Requirement, Treatment};

/// All requirements and interpretations, by id.
#[derive(Debug, Default)]
pub struct Catalogue {
    requirements: BTreeMap<String, Requirement>,
    interpretations: BTreeMap<String, Interpretation>,
}

/// A catalogue file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// Not TOML, an unknown level or treatment, or a field missing.
    #[error("{file}: {reason}")]
    File {
        /// The file's name.
        file: String,
        /// The parser's words.
        reason: String,
    },
    /// Two rows with one id.
    #[error("{file}: {id} is defined twice")]
    Twice {
        /// The file's name.
        file: String,
        /// The id.
        id: String,
    },
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    document: Option<String>,
    #[serde(default)]
    requirement: Vec<Row>,
    #[serde(default)]
    interpretation: Vec<InterpretationRow>,
    #[serde(default)]
    choice: Vec<ChoiceRow>,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    #[serde(default)]
    section: String,
    level: String,
    #[serde(default)]
    actor: Option<String>,
    summary: String,
    #[serde(default)]
    testable: Option<String>,
    #[serde(default)]
    capability: Option<String>,
    #[serde(default)]
    link: Option<String>,
    #[serde(default)]
    interp: Vec<String>,
}

#[derive(Deserialize)]
struct InterpretationRow {
    id: String,
    question: String,
    readings: Vec<String>,
    preferred: usize,
    treatment: String,
    #[serde(default)]
    needs: BTreeMap<String, usize>,
    #[serde(default)]
    refs: String,
}

#[derive(Deserialize)]
struct ChoiceRow {
    id: String,
    question: String,
    #[serde(default)]
    switch: Option<String>,
    readings: Vec<NamedReading>,
}

#[derive(Deserialize)]
struct NamedReading {
    name: String,
    #[serde(default)]
    value: serde_json::Value,
    text: String,
}

impl Catalogue {
    /// Builds a catalogue from files given as `(name, text)`.
    ///
    /// # Errors
    /// [`CatalogueError`] names the file and what is wrong with it.
    pub fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, CatalogueError> {
        let mut catalogue = Self::default();
        for (name, text) in files {
            let fault = |reason: String| CatalogueError::File { file: name.to_owned(), reason };
            let twice = |id: &str| CatalogueError::Twice { file: name.to_owned(), id: id.to_owned() };
            let file: File = toml::from_str(text).map_err(|e| fault(e.to_string()))?;
            let document = file.document.unwrap_or_default();
            let source = file.source.unwrap_or_else(|| "RFC".to_owned());
            for row in file.requirement {
                let requirement = row.into_requirement(&source, &document).map_err(fault)?;
                let id = requirement.id.clone();
                if catalogue.requirements.insert(id.clone(), requirement).is_some() {
                    return Err(twice(&id));
                }
            }
            let choices = file.choice.into_iter().map(|row| Ok(row.into_interpretation()));
            let interpretations = file.interpretation.into_iter().map(InterpretationRow::into_interpretation);
            for interpretation in interpretations.chain(choices) {
                let interpretation = interpretation.map_err(fault)?;
                let id = interpretation.id.clone();
                if catalogue.interpretations.insert(id.clone(), interpretation).is_some() {
                    return Err(twice(&id));
                }
            }
        }
        Ok(catalogue)
    }

    /// The catalogue that is built into the binary (`fixtures/requirements`).
    ///
    /// # Panics
    /// Never in a released build: a test parses the embedded files.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the embedded files are parsed by a test")]
    pub fn embedded() -> &'static Self {
        static CATALOGUE: std::sync::LazyLock<Catalogue> = std::sync::LazyLock::new(|| {
            Catalogue::parse(FILES.iter().copied()).expect("the embedded catalogue is valid")
        });
        &CATALOGUE
    }

    /// The requirement with that id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Requirement> {
        self.requirements.get(id)
    }

    /// The interpretation with that id.
    #[must_use]
    pub fn interpretation(&self, id: &str) -> Option<&Interpretation> {
        self.interpretations.get(id)
    }

    /// All requirements in the order of their ids.
    pub fn requirements(&self) -> impl Iterator<Item = &Requirement> {
        self.requirements.values()
    }

    /// All interpretations in the order of their ids.
    pub fn interpretations(&self) -> impl Iterator<Item = &Interpretation> {
        self.interpretations.values()
    }
}

macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../fixtures/requirements/", $name)))),*]
    };
}

/// The embedded files, by name.
const FILES: &[(&str, &str)] = embedded![
    "rfc7642.toml",
    "rfc7643.toml",
    "rfc7644.toml",
    "rfc9865.toml",
    "rfc9944.toml",
    "rfc9967.toml",
    "http.toml",
    "drafts.toml",
    "okta.toml",
    "entra.toml",
    "ping.toml",
    "jumpcloud.toml",
    "catalog.toml",
    "catalytic.toml",
    "coalesce-sso.toml",
    "properties.toml",
    "interpretations.toml",
    "choices.toml",
];

impl Row {
    fn into_requirement(self, source: &str, document: &str) -> Result<Requirement, String> {
        let level = level(&self.level).ok_or_else(|| format!("{}: unknown level {}", self.id, self.level))?;
        let actor = match self.actor.as_deref() {
            None | Some("server") => Actor::Server,
            Some("client") => Actor::Client,
            Some(other) => return Err(format!("{}: unknown actor {other}", self.id)),
        };
        let link = self.link.or_else(|| rfc_link(document, &self.section));
        Ok(Requirement {
            id: self.id,
            source: source.into(),
            section: self.section,
            level,
            actor,
            summary: self.summary.into(),
            testable: self.testable.unwrap_or_else(|| "black-box".to_owned()),
            capability: self.capability,
            link,
            interpretations: self.interp,
        })
    }
}

impl InterpretationRow {
    fn into_interpretation(self) -> Result<Interpretation, String> {
        let treatment = match self.treatment.as_str() {
            "either" => Treatment::Either,
            "prefer" => Treatment::Prefer,
            "profile" => Treatment::Profile,
            other => return Err(format!("{}: unknown treatment {other}", self.id)),
        };
        if self.preferred == 0 || self.preferred > self.readings.len() {
            return Err(format!("{}: preferred names no reading", self.id));
        }
        if let Some((family, _)) = self.needs.iter().find(|(_, number)| **number == 0 || **number > self.readings.len())
        {
            return Err(format!("{}: {family} needs no reading of it", self.id));
        }
        Ok(Interpretation {
            id: self.id,
            question: self.question,
            readings: self.readings,
            preferred: self.preferred,
            treatment,
            needs: self.needs,
            refs: self.refs,
            choice: None,
        })
    }
}

impl ChoiceRow {
    fn into_interpretation(self) -> Interpretation {
        let names = self.readings.iter().map(|reading| reading.name.clone()).collect();
        let values = self.readings.iter().map(|reading| reading.value.clone()).collect();
        Interpretation {
            id: self.id,
            question: self.question,
            readings: self.readings.into_iter().map(|reading| reading.text).collect(),
            preferred: 1,
            treatment: Treatment::Either,
            needs: BTreeMap::new(),
            refs: String::new(),
            choice: Some(Choice { switch: self.switch, names, values }),
        }
    }
}

fn level(word: &str) -> Option<Level> {
    Some(match word {
        "MUST" | "M" => Level::Must,
        "MUST NOT" => Level::MustNot,
        "SHOULD" | "S" | "LIMIT" => Level::Should,
        "SHOULD NOT" => Level::ShouldNot,
        "MAY" | "OPTIONAL" => Level::May,
        "states" => Level::States,
        "LENIENCY" | "L" | "ACCEPT" => Level::Leniency,
        "RETIRED" => Level::Retired,
        _ => return None,
    })
}

fn rfc_link(document: &str, section: &str) -> Option<String> {
    let number = document.strip_prefix("RFC")?;
    if section.is_empty() {
        return Some(format!("https://www.rfc-editor.org/rfc/rfc{number}.html"));
    }
    Some(format!("https://www.rfc-editor.org/rfc/rfc{number}.html#section-{section}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_catalogue_parses_and_its_references_exist() {
        let catalogue = Catalogue::parse(FILES.iter().copied()).unwrap();
        assert!(catalogue.requirements().count() > 800);
        for requirement in catalogue.requirements() {
            for id in &requirement.interpretations {
                assert!(catalogue.interpretation(id).is_some(), "{} names {id}", requirement.id);
            }
        }
    }

    #[test]
    fn a_row_defined_twice_and_an_unknown_level_are_refused() {
        let row = "[[requirement]]\nid = \"A-1\"\nlevel = \"MUST\"\nsummary = \"s\"\n";
        let error = Catalogue::parse([("a.toml", row), ("b.toml", row)]).unwrap_err();
        assert_eq!(error.to_string(), "b.toml: A-1 is defined twice");
        let error = Catalogue::parse([("a.toml", row.replace("MUST", "OUGHT").as_str())]).unwrap_err();
        assert_eq!(error.to_string(), "a.toml: A-1: unknown level OUGHT");
    }
}
