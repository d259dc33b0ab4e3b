//! Standing checks of list answers (`RFC7644 §3.4.2`).

use std::collections::BTreeSet;

use serde_json::Value;

use super::seen::{Place, Seen, member, names};
use super::{Check, Said};
use crate::scim::{Object, urn};

pub(super) const CHECKS: [Check; 10] = [
    Check { name: "list has its schema", requirements: &["RFC7644-3.4.2-4"], judge: schema },
    Check { name: "list has its total", requirements: &["RFC7644-3.4.2-5"], judge: total },
    Check { name: "list numbers are integers", requirements: &["RFC7644-3.4.2.4-11"], judge: integers },
    Check { name: "list has its resources", requirements: &["RFC7644-3.4.2-7"], judge: resources },
    Check { name: "list is no longer than count", requirements: &["RFC7644-3.4.2.4-7"], judge: count },
    Check { name: "count zero asks for the total only", requirements: &["RFC7644-3.4.2.4-6"], judge: zero },
    Check { name: "partial list says how many", requirements: &["RFC7644-3.4.2-9"], judge: partial_items },
    Check { name: "partial list says where it starts", requirements: &["RFC7644-3.4.2-8"], judge: partial_start },
    Check { name: "itemsPerPage is the page's length", requirements: &["RFC7644-3.4.2.4-10"], judge: items },
    Check { name: "list has no resource twice", requirements: &["RFC7644-3.4.2-13"], judge: unique },
];

fn number(list: &Object, name: &str) -> Option<u64> {
    member(list, name).and_then(Value::as_u64)
}

/// `count` as asked for, negative as 0.
fn asked(seen: &Seen) -> Option<u64> {
    let count: i64 = seen.parameter("count")?.trim().parse().ok()?;
    u64::try_from(count.max(0)).ok()
}

/// Whether the page is one by cursor; the last of them may say nothing of it (`RFC9865 §2`).
fn cursor(seen: &Seen, list: &Object) -> bool {
    let asked = seen.parameter("cursor").is_some() && member(list, "startIndex").is_none();
    asked || member(list, "nextCursor").is_some() || member(list, "previousCursor").is_some()
}

/// Discovery ignores paging (`RFC7644 §4`), so only queries are judged by it.
fn query<'a>(seen: &'a Seen) -> Option<&'a Object> {
    seen.list().filter(|_| seen.place != Place::Discovery)
}

fn schema(seen: &Seen) -> Option<Said> {
    if !seen.wants_list() {
        return None;
    }
    const EXPECTED: &str = "a ListResponse with its schema";
    Some(match &seen.json {
        Some(Value::Object(list)) => {
            let got = member(list, "schemas").map_or("no schemas".to_owned(), Value::to_string);
            Said::when(names(list, urn::LIST_RESPONSE), EXPECTED, got)
        }
        Some(Value::Array(_)) => Said::fail(EXPECTED, "a bare array"),
        Some(other) => Said::fail(EXPECTED, other.to_string()),
        None => Said::fail(EXPECTED, "no JSON"),
    })
}

fn total(seen: &Seen) -> Option<Said> {
    let list = seen.list()?;
    Some(match member(list, "totalResults") {
        Some(Value::Number(number)) => Said::when(true, "totalResults", number.to_string()),
        _ if cursor(seen, list) => return None,
        Some(other) => Said::fail("totalResults as a number", other.to_string()),
        None => Said::fail("totalResults", "none"),
    })
}

fn integers(seen: &Seen) -> Option<Said> {
    let list = seen.list()?;
    let names = ["totalResults", "itemsPerPage", "startIndex"];
    let there: Vec<_> = names.iter().filter_map(|name| Some((*name, member(list, name)?))).collect();
    let bad = there.iter().find(|(_, value)| !value.is_null() && value.as_u64().is_none());
    if there.is_empty() {
        return None;
    }
    let got = bad.map_or("all of them".to_owned(), |(name, value)| format!("{name} {value}"));
    Some(Said::when(bad.is_none(), "integers that are not negative", got))
}

fn resources(seen: &Seen) -> Option<Said> {
    let list = seen.list()?;
    let total = number(list, "totalResults").filter(|total| *total > 0)?;
    let start = seen.parameter("startIndex").and_then(|text| text.parse::<i64>().ok()).unwrap_or(1);
    let beyond = u64::try_from(start).is_ok_and(|start| start > total);
    if asked(seen) == Some(0) || beyond || cursor(seen, list) {
        return None;
    }
    let there = member(list, "Resources").and_then(Value::as_array);
    let good = there.is_some_and(|items| !items.is_empty());
    let got = match member(list, "Resources") {
        None => "no Resources".to_owned(),
        Some(value) => super::super::short(&value.to_string()),
    };
    Some(Said::when(good, format!("Resources, as totalResults is {total}"), got))
}

fn count(seen: &Seen) -> Option<Said> {
    query(seen)?;
    let asked = asked(seen).filter(|count| *count > 0)?;
    let came = seen.elements().len();
    Some(Said::when(came as u64 <= asked, format!("at most {asked} resources"), format!("{came} resources")))
}

fn zero(seen: &Seen) -> Option<Said> {
    query(seen)?;
    asked(seen).filter(|count| *count == 0)?;
    let came = seen.elements().len();
    let number = if came == 0 { 1 } else { 2 };
    Some(Said::reads("I-35", number, "no resources, only totalResults", format!("{came} resources")))
}

/// The list, where it holds less than all matches.
fn partial<'a>(seen: &'a Seen) -> Option<&'a Object> {
    let list = query(seen).filter(|list| !cursor(seen, list))?;
    let total = number(list, "totalResults")?;
    (seen.elements().len() as u64 > 0 && (seen.elements().len() as u64) < total).then_some(list)
}

fn there(list: &Object, name: &str) -> Said {
    let value = member(list, name).filter(|value| !value.is_null());
    Said::when(value.is_some(), name, value.map_or("none".to_owned(), Value::to_string))
}

fn partial_items(seen: &Seen) -> Option<Said> {
    partial(seen).map(|list| there(list, "itemsPerPage"))
}

fn partial_start(seen: &Seen) -> Option<Said> {
    partial(seen).map(|list| there(list, "startIndex"))
}

fn items(seen: &Seen) -> Option<Said> {
    let list = query(seen)?;
    let said = number(list, "itemsPerPage")?;
    let came = seen.elements().len() as u64;
    if came == 0 {
        return Some(Said::reads("I-34", 1, "itemsPerPage 0", said.to_string()));
    }
    Some(Said::when(said == came, format!("itemsPerPage {came}"), said.to_string()))
}

fn unique(seen: &Seen) -> Option<Said> {
    query(seen)?;
    let ids: Vec<&str> = seen.elements().iter().filter_map(|element| element["id"].as_str()).collect();
    let mut known = BTreeSet::new();
    let twice = ids.iter().find(|id| !known.insert(**id));
    (!ids.is_empty()).then(|| {
        let got = twice.map_or("each once".to_owned(), |id| format!("{id} twice"));
        Said::when(twice.is_none(), "each id once", got)
    })
}
