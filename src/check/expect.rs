//! One row's test over one exchange: a pure function from exchange to outcome, with what was expected and what came as
//! phrases. It knows nothing of files, steps or variables.

use regex::Regex;
use serde_json::Value;

use super::compare::{equal, holds, is_unassigned, unchanged};
use super::phrase;
use crate::flow::Outcome;
use crate::scim::{address, datetime};
use crate::wire::{Exchange, Method, Response};

/// The test words of a row. `status` and `body` are subject and test at once.
pub const WORDS: [&str; 22] = [
    "status",
    "body",
    "is",
    "is-not",
    "has",
    "has-not",
    "lacks",
    "like",
    "type",
    "present",
    "absent",
    "count",
    "at-least",
    "at-most",
    "same-as",
    "not-same-as",
    "unchanged-since",
    "any-of",
    "equals-ignoring-case",
    "exactly",
    "distinct",
    "the-status",
];

/// The words of `type`.
const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "array", "object", "dateTime"];

/// What a test looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The status code.
    Status,
    /// A header's first value.
    Header(String),
    /// The body as a whole.
    Body,
    /// Values in the body by SCIM address.
    At(String),
}

/// A test of the values found.
#[derive(Debug, Clone)]
pub enum Test {
    /// One of these statuses.
    Status(Vec<u16>),
    /// An empty body.
    BodyEmpty,
    /// A body that is JSON.
    BodyJson,
    /// Exactly this value; an array is compared in order.
    Is(Value),
    /// Not this value.
    IsNot(Value),
    /// Some value holds this one; an object holds its named members.
    Has(Value),
    /// No value holds this one.
    HasNot(Value),
    /// No value holds this text anywhere, whatever its case: for secrets that must not be echoed.
    Lacks(String),
    /// Every value matches, and there is one.
    Like(Regex),
    /// Every value is of this JSON or SCIM type, and there is one.
    Type(&'static str),
    /// Some value is there.
    Present,
    /// No value is there: missing, null, `[]` and `""` are one state.
    Absent,
    /// This many values.
    Count(usize),
    /// A number not below this.
    AtLeast(f64),
    /// A number not above this.
    AtMost(f64),
    /// The values found at the same address of another step's answer.
    SameAs(String, Vec<Value>),
    /// Other values than those.
    NotSameAs(String, Vec<Value>),
    /// The resource of another step's answer, but for `meta` and the order of values.
    UnchangedSince(String, Vec<Value>),
    /// One of these values.
    AnyOf(Vec<Value>),
    /// This text, whatever its case.
    EqualsIgnoringCase(String),
    /// These values and no others, in any order, each as often as it stands here.
    Exactly(Vec<Value>),
    /// No value twice.
    Distinct,
    /// The status code of the answer itself, as text or as a number (I-18).
    TheStatus,
}

/// A subject and its test.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// What is looked at.
    pub subject: Subject,
    /// What must hold.
    pub test: Test,
}

/// What a test came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Pass, fail, inconclusive or not applicable.
    pub outcome: Outcome,
    /// What was expected: `userName is "a"`.
    pub expected: String,
    /// What came: `"b"`.
    pub got: String,
}

impl Test {
    /// The test of a word and its operand. `same-as` and `not-same-as` start without values: the caller sets them.
    ///
    /// # Errors
    /// A sentence when the operand does not suit the word.
    pub fn new(word: &str, operand: &Value) -> Result<Self, String> {
        let text = || operand.as_str().map(str::to_owned).ok_or_else(|| format!("`{word}` takes a string"));
        // A variable stands in the file as text.
        let digits = || operand.as_str().and_then(|text| text.parse::<f64>().ok());
        let number = || operand.as_f64().or_else(digits).ok_or_else(|| format!("`{word}` takes a number"));
        let truth = |test: Self| match operand {
            Value::Bool(true) => Ok(test),
            _ => Err(format!("`{word}` takes `true`; for the opposite use the other word")),
        };
        Ok(match word {
            "status" => Self::Status(statuses(operand)?),
            "body" => match operand.as_str() {
                Some("empty") => Self::BodyEmpty,
                Some("json") => Self::BodyJson,
                _ => return Err("`body` takes \"empty\" or \"json\"".into()),
            },
            "is" => Self::Is(operand.clone()),
            "is-not" => Self::IsNot(operand.clone()),
            "has" => Self::Has(operand.clone()),
            "has-not" => Self::HasNot(operand.clone()),
            "lacks" => match text()? {
                text if text.is_empty() => return Err("`lacks` takes some text".into()),
                text => Self::Lacks(text.to_lowercase()),
            },
            "like" => Self::Like(Regex::new(&text()?).map_err(|error| regex_reason(&error))?),
            "type" => {
                let wanted = text()?;
                let known = TYPES.iter().find(|known| **known == wanted);
                Self::Type(known.ok_or_else(|| format!("unknown type `{wanted}`; known: {}", TYPES.join(", ")))?)
            }
            "present" => truth(Self::Present)?,
            "absent" => truth(Self::Absent)?,
            "count" => {
                let count = operand.as_u64().or_else(|| operand.as_str()?.parse().ok());
                let count = count.and_then(|n| usize::try_from(n).ok());
                Self::Count(count.ok_or("`count` takes a whole number from 0")?)
            }
            "at-least" => Self::AtLeast(number()?),
            "at-most" => Self::AtMost(number()?),
            "same-as" => Self::SameAs(text()?, Vec::new()),
            "not-same-as" => Self::NotSameAs(text()?, Vec::new()),
            "unchanged-since" => Self::UnchangedSince(text()?, Vec::new()),
            "any-of" => match operand {
                Value::Array(items) if !items.is_empty() => Self::AnyOf(items.clone()),
                _ => return Err("`any-of` takes an array with at least one value".into()),
            },
            "equals-ignoring-case" => Self::EqualsIgnoringCase(text()?),
            "exactly" => match operand {
                Value::Array(items) => Self::Exactly(items.clone()),
                _ => return Err("`exactly` takes an array".into()),
            },
            "distinct" => truth(Self::Distinct)?,
            "the-status" => truth(Self::TheStatus)?,
            other => return Err(format!("unknown test word `{other}`; known: {}", WORDS.join(", "))),
        })
    }

    /// True for tests that hold when nothing is there, so that an error answer must not satisfy them.
    fn holds_of_nothing(&self) -> bool {
        match self {
            Self::Absent | Self::HasNot(_) | Self::Lacks(_) | Self::IsNot(_) | Self::Count(0) | Self::NotSameAs(..) => {
                true
            }
            Self::Exactly(values) => values.is_empty(),
            Self::Distinct => true,
            _ => false,
        }
    }

    /// True where the text that must not stand there is a short number, such as an id that counts from 1: a status, a time or
    /// a name may hold it.
    fn too_common(&self) -> bool {
        matches!(self, Self::Lacks(text) if text.len() < 12 && text.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// The phrase behind the subject.
    fn phrase(&self) -> String {
        let list = |values: &[Value]| phrase::values(&values.iter().collect::<Vec<_>>());
        match self {
            Self::Status(codes) => phrase::alternatives(codes.iter().map(u16::to_string)),
            Self::BodyEmpty => "empty".into(),
            Self::BodyJson => "is JSON".into(),
            Self::Is(value) => format!("is {}", phrase::value(value)),
            Self::IsNot(value) => format!("is not {}", phrase::value(value)),
            Self::Has(value) => format!("has {}", phrase::value(value)),
            Self::HasNot(value) => format!("has no {}", phrase::value(value)),
            Self::Lacks(text) => format!("holds no \"{}\" anywhere", phrase::short(text)),
            Self::Like(regex) => format!("matches {}", phrase::short(regex.as_str())),
            Self::Type(name) => format!("is of type {name}"),
            Self::Present => "is there".into(),
            Self::Absent => "is absent".into(),
            Self::Count(count) => format!("has {count} values"),
            Self::AtLeast(number) => format!("is at least {number}"),
            Self::AtMost(number) => format!("is at most {number}"),
            Self::SameAs(step, values) => format!("is as in step \"{step}\": {}", list(values)),
            Self::NotSameAs(step, values) => format!("is not as in step \"{step}\": {}", list(values)),
            Self::UnchangedSince(step, _) => format!("is as in step \"{step}\", but for meta"),
            Self::AnyOf(values) => format!("is {}", phrase::alternatives(values.iter().map(phrase::value))),
            Self::EqualsIgnoringCase(text) => format!("is \"{}\" in any case", phrase::short(text)),
            Self::Exactly(values) if values.is_empty() => "has no value".into(),
            Self::Exactly(values) => {
                format!("has these {} in any order, and no others: {}", values.len(), list(values))
            }
            Self::Distinct => "has no value twice".into(),
            Self::TheStatus => "is the status of the answer".into(),
        }
    }

    /// Whether the values found in an answer of that status satisfy the test.
    fn holds(&self, found: &[&Value], status: u16) -> bool {
        let assigned: Vec<&Value> = found.iter().copied().filter(|value| !is_unassigned(value)).collect();
        let is = |wanted: &Value| match wanted {
            Value::Array(items) if found.len() != 1 || !found[0].is_array() => {
                assigned.len() == items.len() && assigned.iter().zip(items).all(|(a, b)| equal(a, b))
            }
            _ if is_unassigned(wanted) => assigned.is_empty(),
            _ => matches!(found, [one] if equal(one, wanted)),
        };
        let has = |wanted: &Value| elements(&assigned).any(|value| holds(value, wanted));
        match self {
            Self::Status(_) | Self::BodyEmpty | Self::BodyJson => false,
            Self::Is(wanted) => is(wanted),
            Self::IsNot(wanted) => !is(wanted),
            Self::Has(wanted) => has(wanted),
            Self::HasNot(wanted) => !has(wanted),
            Self::Lacks(text) => !found.iter().any(|value| mentions(value, text)),
            Self::Like(regex) => {
                !assigned.is_empty()
                    && assigned.iter().all(|value| match value {
                        Value::String(text) => regex.is_match(text),
                        other => regex.is_match(&other.to_string()),
                    })
            }
            Self::Type(name) => !found.is_empty() && found.iter().all(|value| has_type(value, name)),
            Self::Present => !assigned.is_empty(),
            Self::Absent => assigned.is_empty(),
            Self::Count(count) => elements(&assigned).count() == *count,
            Self::AtLeast(least) => matches!(found, [one] if one.as_f64().is_some_and(|n| n >= *least)),
            Self::AtMost(most) => matches!(found, [one] if one.as_f64().is_some_and(|n| n <= *most)),
            Self::SameAs(_, values) | Self::NotSameAs(_, values) => {
                let same = found.len() == values.len() && found.iter().zip(values).all(|(a, b)| equal(a, b));
                same == matches!(self, Self::SameAs(..))
            }
            Self::UnchangedSince(_, values) => {
                found.len() == values.len() && found.iter().zip(values).all(|(now, then)| unchanged(now, then))
            }
            Self::AnyOf(values) => values.iter().any(is),
            Self::EqualsIgnoringCase(text) => {
                matches!(found, [Value::String(one)] if one.to_lowercase() == text.to_lowercase())
            }
            Self::Exactly(values) => {
                matches!(apart(&assigned, values), (missing, more) if missing.is_empty() && more.is_empty())
            }
            Self::Distinct => {
                let all: Vec<&Value> = elements(&assigned).collect();
                all.iter().enumerate().all(|(n, one)| !all[..n].iter().any(|other| equal(one, other)))
            }
            Self::TheStatus => match found {
                [Value::String(text)] => *text == status.to_string(),
                [other] => other.as_u64() == Some(u64::from(status)),
                _ => false,
            },
        }
    }
}

impl Expectation {
    /// Judges an exchange. Inconclusive when there is no answer; not applicable when a `PATCH` was answered `204`,
    /// whose missing body says nothing of the resource (`RFC7644 §3.5.2`).
    #[must_use]
    pub fn judge(&self, exchange: &Exchange) -> Judged {
        let expected = self.phrase();
        let judged = |outcome: Outcome, got: String| Judged { outcome, expected: expected.clone(), got };
        let response = match &exchange.answer {
            Ok(response) => response,
            Err(failure) => return judged(Outcome::Inconclusive, format!("no answer: {}", failure.reason)),
        };
        let verdict = |holds: bool| if holds { Outcome::Pass } else { Outcome::Fail };
        match &self.subject {
            Subject::Status => {
                let good = matches!(&self.test, Test::Status(codes) if codes.contains(&response.status));
                judged(verdict(good), format!("status {}", response.status))
            }
            Subject::Body => {
                let good = match self.test {
                    Test::BodyEmpty => response.body.is_empty(),
                    _ => response.json().is_some(),
                };
                judged(verdict(good), body_phrase(response))
            }
            Subject::Header(name) => {
                let value = response.headers.get(name).map(|text| Value::String(text.to_owned()));
                let found: Vec<&Value> = value.iter().collect();
                judged(verdict(self.test.holds(&found, response.status)), phrase::values(&found))
            }
            Subject::At(path) => {
                let Some(body) = response.json() else {
                    // What is not there, or is no JSON, can be searched for a text all the same.
                    if let Test::Lacks(text) = &self.test {
                        let there = String::from_utf8_lossy(&response.body).to_lowercase().contains(text);
                        let chance = there && self.test.too_common();
                        return judged(
                            if chance { Outcome::Inconclusive } else { verdict(!there) },
                            body_phrase(response),
                        );
                    }
                    let silent = response.status == 204 && exchange.request.method == Method::Patch;
                    let outcome = if silent { Outcome::NotApplicable } else { Outcome::Fail };
                    return judged(outcome, format!("status {} with {}", response.status, body_phrase(response)));
                };
                match address::find(&body, path) {
                    Ok(found) if !self.test.holds(&found, response.status) && self.test.too_common() => {
                        judged(Outcome::Inconclusive, "it may stand there by chance".into())
                    }
                    Ok(found) => {
                        let got = match &self.test {
                            Test::Exactly(values) if response.is_success() => apart_phrase(&found, values),
                            _ => got_phrase(response, &found),
                        };
                        judged(verdict(self.test.holds(&found, response.status)), got)
                    }
                    Err(error) => judged(Outcome::Inconclusive, format!("the address is faulty: {error}")),
                }
            }
        }
    }

    /// True when an answer outside 2xx, which nobody asked for, would satisfy the test by having nothing.
    #[must_use]
    pub fn satisfied_by_nothing(&self) -> bool {
        matches!(self.subject, Subject::At(_)) && self.test.holds_of_nothing()
    }

    /// The name of the kind of check: `status`, `at userName is`, `header ETag present`.
    #[must_use]
    pub fn name(&self, word: &str) -> String {
        match &self.subject {
            Subject::Status => "status".into(),
            Subject::Body => "body".into(),
            Subject::Header(name) => format!("header {name} {word}"),
            Subject::At(path) => format!("at {} {word}", phrase::short(path)),
        }
    }

    fn phrase(&self) -> String {
        let test = self.test.phrase();
        match &self.subject {
            Subject::Status => format!("status {test}"),
            Subject::Body => format!("body {test}"),
            Subject::Header(name) => format!("header {name} {test}"),
            Subject::At(path) if path.is_empty() => format!("the body {test}"),
            Subject::At(path) => format!("{} {test}", phrase::short(path)),
        }
    }
}

fn got_phrase(response: &Response, found: &[&Value]) -> String {
    let values = phrase::values(found);
    if response.is_success() { values } else { format!("{values} (status {})", response.status) }
}

fn apart_phrase(found: &[&Value], values: &[Value]) -> String {
    let found: Vec<&Value> = found.iter().copied().filter(|value| !is_unassigned(value)).collect();
    let (missing, more) = apart(&found, values);
    let count = elements(&found).count();
    match (missing.as_slice(), more.as_slice()) {
        ([], []) => phrase::values(&found),
        (missing, []) => format!("{count} values without {}", phrase::values(missing)),
        ([], more) => format!("{count} values with {} beside them", phrase::values(more)),
        (missing, more) => {
            format!("{count} values without {} and with {} beside them", phrase::values(missing), phrase::values(more))
        }
    }
}

fn body_phrase(response: &Response) -> String {
    match response.body.len() {
        0 => "no body".into(),
        length if response.json().is_some() => format!("JSON of {length} bytes"),
        length => format!("{length} bytes that are no JSON"),
    }
}

/// What of these values was not found, and what was found beside them or more often.
fn apart<'a>(found: &'a [&'a Value], wanted: &'a [Value]) -> (Vec<&'a Value>, Vec<&'a Value>) {
    let mut missing: Vec<&Value> = wanted.iter().collect();
    let mut more = Vec::new();
    for value in elements(found) {
        match missing.iter().position(|wanted| equal(value, wanted)) {
            Some(place) => _ = missing.remove(place),
            None => more.push(value),
        }
    }
    (missing, more)
}

/// Arrays flattened by one level: a whole multi-valued attribute counts as its elements.
fn elements<'a>(found: &'a [&'a Value]) -> impl Iterator<Item = &'a Value> {
    found.iter().flat_map(|value| match value {
        Value::Array(items) => items.iter().collect::<Vec<_>>(),
        other => vec![*other],
    })
}

/// True when a string in the value, or a member's name, holds the text, which is in lower case.
fn mentions(value: &Value, text: &str) -> bool {
    match value {
        Value::String(one) => one.to_lowercase().contains(text),
        Value::Array(items) => items.iter().any(|item| mentions(item, text)),
        Value::Object(members) => {
            members.iter().any(|(name, value)| name.to_lowercase().contains(text) || mentions(value, text))
        }
        other => other.to_string().contains(text),
    }
}

fn has_type(value: &Value, name: &str) -> bool {
    match (name, value) {
        ("string", Value::String(_))
        | ("number", Value::Number(_))
        | ("boolean", Value::Bool(_))
        | ("array", Value::Array(_))
        | ("object", Value::Object(_)) => true,
        ("integer", Value::Number(number)) => number.is_i64() || number.is_u64(),
        ("dateTime", Value::String(text)) => datetime::parse(text).is_some(),
        _ => false,
    }
}

fn statuses(operand: &Value) -> Result<Vec<u16>, String> {
    let one = |value: &Value| {
        value
            .as_u64()
            .and_then(|code| u16::try_from(code).ok())
            .filter(|code| (100..600).contains(code))
            .ok_or_else(|| format!("{value} is no status code"))
    };
    match operand {
        Value::Array(items) if !items.is_empty() => items.iter().map(one).collect(),
        Value::Number(_) => Ok(vec![one(operand)?]),
        _ => Err("`status` takes a status code or a list of them".into()),
    }
}

fn regex_reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    format!("bad regular expression: {}", last.trim_start_matches("error: "))
}
