//! Thresholds: `p99<50ms,errors<0.1%`. Names that there are not are refused, so that a slip does not pass for a promise kept.

use std::fmt;
use std::str::FromStr;

use super::{Act, Measured};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Metric {
    /// A percentile of the response times, of the service times if so; 100 is the largest.
    Percentile { percent: f64, service: bool },
    /// The part of requests that failed.
    Errors,
    /// Answers a second.
    Rate,
}

/// The percentiles that have a name.
const NAMED: [(&str, f64); 8] = [
    ("p50", 50.0),
    ("p75", 75.0),
    ("p90", 90.0),
    ("p95", 95.0),
    ("p99", 99.0),
    ("p99.9", 99.9),
    ("p99.99", 99.99),
    ("max", 100.0),
];

/// One threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    text: String,
    act: Option<Act>,
    metric: Metric,
    below: bool,
    limit: f64,
}

/// Thresholds that must all be kept.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Slo(pub Vec<Threshold>);

/// How a threshold was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// As it was written.
    pub expression: String,
    /// What was measured, with its unit; `nothing` where there was nothing.
    pub value: String,
    /// Whether it was kept.
    pub kept: bool,
}

impl Slo {
    /// Every threshold beside what was measured.
    #[must_use]
    pub fn judge(&self, measured: &Measured) -> Vec<Kept> {
        self.0.iter().map(|it| it.judge(measured)).collect()
    }

    /// Whether a threshold speaks of errors; else every error counts.
    #[must_use]
    pub fn names_errors(&self) -> bool {
        self.0.iter().any(|it| it.metric == Metric::Errors)
    }
}

impl Threshold {
    fn judge(&self, measured: &Measured) -> Kept {
        let operation = match self.act {
            None => Some(&measured.total),
            Some(act) => measured.operations.iter().find(|(it, _)| *it == act).map(|(_, it)| it),
        };
        let seen = match (self.metric, operation) {
            (Metric::Rate, _) => Some((measured.completed, format!("{:.1}/s", measured.completed))),
            (Metric::Errors, Some(it)) => {
                let part = match self.act {
                    None => measured.error_part(),
                    Some(_) => it.errors as f64 / it.response.count().max(1) as f64,
                };
                Some((part, format!("{:.3} %", part * 100.0)))
            }
            (Metric::Percentile { percent, service }, Some(it)) => {
                let values = if service { &it.service } else { &it.response };
                let value = if percent >= 100.0 { values.max() } else { values.at(percent) };
                (values.count() > 0).then(|| (value.as_secs_f64(), format!("{value:.1?}")))
            }
            (_, None) => None,
        };
        let (value, kept) = match seen {
            Some((value, text)) => (text, if self.below { value < self.limit } else { value > self.limit }),
            None => ("nothing".to_owned(), false),
        };
        Kept { expression: self.text.clone(), value, kept }
    }
}

impl FromStr for Slo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',').map(|part| part.trim().parse()).collect::<Result<Vec<_>, _>>().map(Slo)
    }
}

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let place = text.find(['<', '>']).ok_or_else(|| format!("{text}: write it as p99<50ms or rate>100"))?;
        let (name, limit) = (text[..place].trim(), text[place + 1..].trim());
        let below = text[place..].starts_with('<');
        let (act, name) = match name.split_once(':') {
            Some((act, name)) => (Some(named(act.trim())?), name.trim()),
            None => (None, name),
        };
        let (service, word) = match name.strip_prefix("service.") {
            Some(rest) => (true, rest),
            None => (false, name),
        };
        let percentile = NAMED.iter().find(|(known, _)| *known == word).map(|(_, percent)| *percent);
        let (metric, limit) = match (word, percentile, service) {
            (_, Some(percent), _) => (Metric::Percentile { percent, service }, time(limit)?),
            ("errors", _, false) => (Metric::Errors, part(limit)?),
            ("rate", _, false) if act.is_none() => (Metric::Rate, number(limit.trim_end_matches("/s"))?),
            _ => return Err(unknown(name)),
        };
        Ok(Self { text: text.to_owned(), act, metric, below, limit })
    }
}

fn unknown(name: &str) -> String {
    let known = NAMED.map(|(name, _)| name).join(", ");
    format!(
        "{name}: there is no such threshold; known are {known}, errors, rate; `service.p99` and `create user: p99` too"
    )
}

fn named(word: &str) -> Result<Act, String> {
    let acts = || (0..Act::COUNT).filter_map(Act::at);
    acts().find(|act| act.name() == word).ok_or_else(|| {
        let known: Vec<_> = acts().map(Act::name).collect();
        format!("{word}: there is no such operation; known are {}", known.join(", "))
    })
}

fn number(text: &str) -> Result<f64, String> {
    let number: f64 = text.trim().parse().map_err(|_| format!("{text}: a number is wanted"))?;
    if number.is_finite() && number >= 0.0 { Ok(number) } else { Err(format!("{text}: not below 0")) }
}

fn part(text: &str) -> Result<f64, String> {
    match text.strip_suffix('%') {
        Some(percent) => number(percent).map(|it| it / 100.0),
        None => number(text),
    }
}

/// Seconds.
fn time(text: &str) -> Result<f64, String> {
    let units = [("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0)];
    let found = units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)));
    let (value, factor) = found.ok_or_else(|| format!("{text}: write a time as 500us, 50ms or 1s"))?;
    Ok(number(value)? * factor)
}

impl fmt::Display for Slo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.iter().map(|it| it.text.as_str()).collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::engine::Arrivals;
    use super::super::record::Sample;
    use super::super::{Record, Schedule};
    use super::*;

    /// A hundred answers of 1 to 100 ms in one second, of which two failed.
    fn measured() -> Measured {
        let mut record = Record::new(Duration::ZERO);
        for n in 1..=100 {
            let done = Duration::from_millis(n);
            record.sent(Duration::ZERO);
            let wrong = (n <= 2).then(|| super::super::Wrong { kind: "read user: 500".into(), example: String::new() });
            let sample = Sample { act: Act::ReadUser, intended: Duration::ZERO, sent: done / 2, done };
            record.done(sample, wrong);
        }
        let arrivals = Arrivals::Open(Schedule::constant(100.0, Duration::from_secs(1)));
        Measured::new(record, &arrivals, Some(Duration::ZERO), 0, Duration::from_secs(1))
    }

    #[test]
    fn thresholds_are_kept_or_crossed_as_they_say() {
        let rows = [
            ("p99<100ms", true),
            ("p99<50ms", false),
            ("service.p99<51ms", true),
            ("max<0.2s", true),
            ("p50>10ms", true),
            ("errors<2.5%", true),
            ("errors<0.01", false),
            ("rate>99", true),
            ("rate>101/s", false),
            ("read user: p99<100ms", true),
            ("create user: p99<100ms", false),
            ("p99<100ms , errors<1%", false),
        ];
        let measured = measured();
        for (text, expected) in rows {
            let slo: Slo = text.parse().unwrap();
            assert_eq!(slo.judge(&measured).iter().all(|it| it.kept), expected, "{text}: {:?}", slo.judge(&measured));
        }
    }

    #[test]
    fn what_there_is_not_is_refused_by_name() {
        let rows = [
            ("p98<1ms", "there is no such threshold"),
            ("p99", "write it as"),
            ("p99<50", "write a time"),
            ("p99<-1ms", "not below 0"),
            ("eat user: p99<1ms", "there is no such operation"),
            ("service.errors<1%", "there is no such threshold"),
            ("", "write it as"),
            ("errors<many", "a number is wanted"),
        ];
        for (text, expected) in rows {
            let error = text.parse::<Slo>().unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
