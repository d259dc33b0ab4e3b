//! What `prove` found, for people: every law with how far it was tested, and the smallest history that breaks it.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::terminal::wrap;
use crate::flow::Outcome;
use crate::property::{Law, Moment, Proof, State};
use crate::requirement::Catalogue;

/// The name of the JSON format (`reports/schema/scimproof.proof.v1.schema.json`), append-only from here on.
pub const SCHEMA: &str = "scimproof.proof/1";

/// What a JSON report says beside the proof.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// The base URL; `None` for the bundled server.
    pub target: Option<&'a str>,
    /// The profile of the target.
    pub profile: &'a str,
    /// The seed.
    pub seed: u64,
    /// How the process ends.
    pub exit_code: u8,
}

/// What is left of a law's counter-example.
#[derive(Debug, Clone)]
pub struct Left {
    /// The scenario file.
    pub file: String,
    /// The command that plays it again on the same target.
    pub again: String,
}

/// The JSON report: every key is always present, unknown is `null`. `left` is as in [`text`].
#[must_use]
pub fn value(subject: &Subject, proof: &Proof, left: &dyn Fn(&Law) -> Option<Left>, catalogue: &Catalogue) -> Value {
    let outcomes = [Outcome::Pass, Outcome::Fail, Outcome::Inconclusive, Outcome::NotObservable];
    let counts: serde_json::Map<String, Value> =
        outcomes.into_iter().map(|outcome| (outcome.as_str().to_owned(), proof.count(outcome).into())).collect();
    json!({
        "schema": SCHEMA,
        "target": { "url": subject.target, "profile": subject.profile },
        "seed": subject.seed,
        "exit_code": subject.exit_code,
        "summary": {
            "laws": counts,
            "histories": proof.histories(),
            "leftovers": proof.leftovers.len(),
            "interrupted": proof.interrupted,
            "out_of_time": proof.out_of_time,
        },
        "laws": proof.laws.iter().map(|law| json!({
            "id": law.id,
            "level": catalogue.get(&law.id).map(|requirement| requirement.level.as_str()),
            "outcome": law.outcome().as_str(),
            "reason": match &law.state {
                State::Inconclusive(reason) | State::NotObservable(reason) => Some(reason),
                State::Holds | State::Fails(_) => None,
            },
            "judged": law.judged,
            "inconclusive": law.inconclusive,
            "exhaustive": law.exhaustive,
            "counter_example": law.counter_example().map(|found| json!({
                "suite": found.suite,
                "seed": found.seed,
                "case": found.case,
                "requests": found.requests,
                "set_up": found.set_up,
                "repeats": found.repeats,
                "run_fails": found.run_fails(),
                "file": left(law).map(|left| left.file),
                "scenario": found.scenario,
                "findings": found.findings.iter().map(|finding| json!({
                    "requirement": finding.requirement,
                    "step": finding.step,
                    "expected": finding.expected,
                    "got": finding.got,
                })).collect::<Vec<_>>(),
            })),
        })).collect::<Vec<_>>(),
        "suites": proof.suites.iter().map(|suite| json!({
            "name": suite.name,
            "title": suite.title,
            "histories": suite.histories,
            "exhaustive": suite.exhaustive,
            "skipped": suite.skipped,
        })).collect::<Vec<_>>(),
        "readings": proof.readings.iter().map(|(id, number)| {
            let choice = catalogue.interpretation(id).and_then(|point| point.choice.as_ref());
            let place = number.wrapping_sub(1);
            json!({
                "id": id,
                "reading": number,
                "name": choice.and_then(|choice| choice.names.get(place)),
                "switch": choice.and_then(|choice| choice.switch.as_ref()),
                "value": choice.and_then(|choice| choice.values.get(place)),
                "declared": proof.declared.get(id),
            })
        }).collect::<Vec<_>>(),
        "leftovers": proof.leftovers,
    })
}

/// How many findings of a counter-example are shown.
const SHOWN: usize = 3;

/// The text. `left` says what is left of a law's counter-example.
#[must_use]
pub fn text(
    heading: &str,
    proof: &Proof,
    left: &dyn Fn(&Law) -> Option<Left>,
    catalogue: &Catalogue,
    width: usize,
) -> String {
    let mut text = format!("{heading}\n\n");
    // Writing to a String cannot fail.
    for suite in proof.suites.iter().filter(|suite| suite.skipped.is_none()) {
        let kind = if suite.exhaustive { "all there are" } else { "drawn from the seed" };
        let said = wrap(&suite.title, width, 18);
        let _ = writeln!(text, "{:16}  {}", suite.name, said.trim_start());
        let _ = writeln!(text, "{:16}  {}, {kind}", "", histories(suite.histories));
    }
    for law in proof.laws.iter().filter(|law| law.outcome() == Outcome::Fail) {
        broken(&mut text, law, left(law), catalogue, width);
    }
    let mut held: Vec<&Law> = proof.laws.iter().filter(|law| law.outcome() == Outcome::Pass).collect();
    held.sort_by_key(|law| !law.exhaustive);
    if !held.is_empty() {
        text.push('\n');
    }
    for law in held {
        let kind = if law.exhaustive { "exhaustively, " } else { "" };
        let sentence = catalogue.get(&law.id).map_or("", |requirement| requirement.summary.as_str());
        let said = format!("{sentence} ({kind}{} rows)", law.judged);
        let _ = writeln!(text, "holds {}  {}", law.id, wrap(&said, width, 8 + law.id.len()).trim_start());
    }
    for law in &proof.laws {
        let (word, reason) = match &law.state {
            State::Inconclusive(reason) => ("open ", reason),
            State::NotObservable(reason) => ("not observable", reason),
            State::Holds | State::Fails(_) => continue,
        };
        let _ = writeln!(text, "{word} {}  {reason}", law.id);
    }
    readings(&mut text, proof, catalogue);
    conclude(&mut text, proof);
    text
}

/// How the target reads what is left to it. Where its profile declares another reading, that is said: it is no failure.
fn readings(text: &mut String, proof: &Proof, catalogue: &Catalogue) {
    if !proof.readings.is_empty() {
        text.push_str("\nreadings\n");
    }
    for (id, number) in &proof.readings {
        let Some(point) = catalogue.interpretation(id) else { continue };
        let place = number.wrapping_sub(1);
        let Some(choice) = &point.choice else {
            let Some(reading) = point.readings.get(place) else { continue };
            let _ = writeln!(text, "  {id}/{number}  {}: {reading}", point.question);
            continue;
        };
        let Some(name) = choice.names.get(place) else { continue };
        let _ = write!(text, "  {id} {name}");
        match (&choice.switch, choice.values.get(place)) {
            (Some(switch), Some(Value::Object(row))) => {
                let row = row.iter().map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>();
                let _ = write!(text, " ({switch} has {})", row.join(", "));
            }
            (Some(switch), Some(value)) if !value.is_null() => {
                let _ = write!(text, " ({switch} = {value})");
            }
            _ => {}
        }
        let declared = proof.declared.get(id).filter(|declared| *declared != number);
        if let Some(declared) = declared.and_then(|declared| choice.names.get(declared.wrapping_sub(1))) {
            let _ = write!(text, "; the profile declares {declared}");
        }
        text.push('\n');
    }
}

fn histories(count: u64) -> String {
    if count == 1 { "1 history".to_owned() } else { format!("{count} histories") }
}

fn broken(text: &mut String, law: &Law, left: Option<Left>, catalogue: &Catalogue, width: usize) {
    let Some(found) = law.counter_example() else { return };
    let sentence = catalogue.get(&law.id).map_or("", |requirement| requirement.summary.as_str());
    let _ = writeln!(text, "\nFALSE {}  {}", law.id, wrap(sentence, width, 8 + law.id.len()).trim_start());
    let place = match found.set_up {
        0 => String::new(),
        count => format!(" after {count} to set up"),
    };
    let (requests, case, suite) = (found.requests, found.case, &found.suite);
    let _ = writeln!(text, "      smallest   {requests} requests{place}, from history {case} of {suite}");
    if !found.repeats {
        let _ = writeln!(text, "      note       it did not fail again when it was played once more");
    }
    for finding in found.findings.iter().take(SHOWN) {
        let _ = writeln!(text, "      step       {}", finding.step);
        let _ = writeln!(text, "      expected   {} ({})", finding.expected, finding.requirement);
        let _ = writeln!(text, "      got        {}", finding.got);
    }
    if found.findings.len() > SHOWN {
        let _ = writeln!(text, "      and        {} more rows", found.findings.len() - SHOWN);
    }
    time_line(text, &found.moments, width);
    if let Some(Left { file, again }) = left {
        let _ = writeln!(text, "      scenario   {file}");
        let _ = writeln!(text, "      again      {again}");
        if found.repeats && !found.run_fails() {
            let said = format!(
                "run sends the same and passes: each answer may be right by itself, only together they are not. \
                 prove --law {} --seed {} judges that",
                law.id, found.seed
            );
            let _ = writeln!(text, "      note       {}", wrap(&said, width, 17).trim_start());
        }
    }
}

/// What was sent at once: a line for each request, from its start to its end.
fn time_line(text: &mut String, moments: &[Moment], width: usize) {
    let Some(last) = moments.iter().map(|moment| moment.end.as_micros()).max() else { return };
    let name = moments.iter().map(|moment| moment.step.chars().count()).max().unwrap_or_default().min(32);
    let room = width.saturating_sub(name + 36).clamp(10, 40) as u128;
    let _ = writeln!(text, "      at once");
    for moment in moments {
        let place = |at: u128| usize::try_from(at * (room - 1) / last.max(1)).unwrap_or_default();
        let (start, end) = (place(moment.start.as_micros()), place(moment.end.as_micros()));
        let bar = format!("{}[{}]", " ".repeat(start), "=".repeat(end.saturating_sub(start)));
        let ms = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
        let step: String = moment.step.chars().take(name).collect();
        let room = usize::try_from(room).unwrap_or_default() + 1;
        let (from, to) = (ms(moment.start), ms(moment.end));
        let _ = writeln!(text, "        {step:name$}  {bar:room$}  {from:.1} to {to:.1} ms  {}", moment.answer);
    }
}

fn conclude(text: &mut String, proof: &Proof) {
    text.push('\n');
    if !proof.leftovers.is_empty() {
        let _ = writeln!(text, "  leftovers  {}", proof.leftovers.join(" "));
    }
    if proof.interrupted {
        let _ = writeln!(text, "  interrupted: not everything was played");
    } else if proof.out_of_time {
        let _ = writeln!(text, "  the time budget ended before everything was played");
    }
    let _ = writeln!(
        text,
        "  {}, {}: {} hold, {} do not, {} open, {} not observable",
        super::counted(proof.laws.len(), "law"),
        histories(proof.histories()),
        proof.count(Outcome::Pass),
        proof.count(Outcome::Fail),
        proof.count(Outcome::Inconclusive),
        proof.count(Outcome::NotObservable),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Evidence, Finding, Position};
    use crate::property::{CounterExample, Moment, Played};
    use crate::wire::ExchangeId;

    #[test]
    fn a_false_law_shows_its_smallest_history() {
        let finding = Finding {
            requirement: "PROP-UNIQ-02".into(),
            outcome: Outcome::Fail,
            check: "status".into(),
            scenario: "user-names".into(),
            step: "3. create N0".into(),
            position: Position::File { file: "user-names.toml".into(), line: 29, column: 5 },
            expected: "status 409".into(),
            got: "status 201".into(),
            evidence: Evidence::of(&ExchangeId("user-names#3".into())),
        };
        let moment = |step: &str, start, end, answer: &str| Moment {
            step: step.into(),
            start: std::time::Duration::from_micros(start),
            end: std::time::Duration::from_micros(end),
            answer: answer.into(),
        };
        let together = Finding { position: Position::Check("property::races"), ..finding.clone() };
        let law =
            |id: &str, state, judged, exhaustive| Law { id: id.into(), state, judged, inconclusive: 0, exhaustive };
        let found = CounterExample {
            suite: "user-names".into(),
            seed: 7,
            case: 12,
            scenario: String::new(),
            requests: 3,
            set_up: 3,
            findings: vec![finding],
            moments: vec![moment("create n0 (1)", 0, 1800, "201"), moment("create n0 (2)", 200, 2400, "201")],
            repeats: true,
        };
        let joint = CounterExample { findings: vec![together], ..found.clone() };
        assert!(found.run_fails() && !joint.run_fails());
        let suite = |name: &str, exhaustive, skipped: Option<&str>| Played {
            name: name.into(),
            title: "a law in words".into(),
            histories: 64,
            exhaustive,
            skipped: skipped.map(str::to_owned),
        };
        let proof = Proof {
            laws: vec![
                law("PROP-UNIQ-02", State::Fails(Box::new(found)), 12, false),
                law("PROP-CONC-02", State::Fails(Box::new(joint)), 4, false),
                law("CATALOG-022", State::Holds, 640, true),
                law("PROP-UNIQ-04", State::Holds, 64, false),
                law("PROP-ROLE-20", State::NotObservable("no admin surface is configured".into()), 0, false),
                law("PROP-UNIQ-11", State::Inconclusive("no history came to judge it".into()), 0, false),
            ],
            suites: vec![suite("user-names", false, None), suite("roles", true, None), suite("x", false, Some("y"))],
            readings: vec![
                ("CATALOG-027".into(), 1),
                ("CATALOG-033".into(), 1),
                ("CATALOG-034".into(), 2),
                ("I-46".into(), 2),
                ("PROP-UNIQ-12".into(), 1),
                ("PROP-UNIQ-14".into(), 2),
            ],
            declared: [("CATALOG-027".into(), 1), ("CATALOG-034".into(), 1), ("PROP-UNIQ-12".into(), 2)].into(),
            leftovers: vec!["/Users/7".into()],
            interrupted: false,
            out_of_time: true,
        };
        let left = |law: &Law| {
            let file = format!(".scimproof/proofs/scenarios/{}-7.toml", law.id.to_lowercase());
            Some(Left { again: format!("scimproof run --fault dup-400 {file}"), file })
        };
        insta::assert_snapshot!(text("scimproof", &proof, &left, Catalogue::embedded(), 80));
        let schema = include_str!("../../reports/schema/scimproof.proof.v1.schema.json");
        let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
        let subject = Subject { target: None, profile: "rfc", seed: 7, exit_code: 1 };
        let mut value = value(&subject, &proof, &left, Catalogue::embedded());
        assert_eq!(schema.iter_errors(&value).map(|error| error.to_string()).collect::<Vec<_>>(), [""; 0]);
        value["laws"][0]["outcome"] = "perhaps".into();
        assert!(!schema.is_valid(&value));
    }
}
