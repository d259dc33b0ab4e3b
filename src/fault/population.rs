//! Defects that show only over many people, or in filters that nobody thought of.

use serde_json::{Value, json};

use super::tools::{Put, each_of, edit, is_one, lists, parameter, path, with_parameter};
use super::{Row, World};
use crate::wire::{Method, Request, Response};

pub const FAULTS: &[Row] = &[
    ("a-user-comes-again-behind-the-hundredth", |world, request| {
        let far = start(&request).filter(|start| lists(&request) && *start > 100);
        let Some(far) = far else { return world.pass(request) };
        let earlier = with_parameter(request, "startIndex", Some(&(far - 1).to_string()));
        edit(world.pass(earlier), |list| list.put("startIndex", far))
    }),
    ("a-user-is-lost-behind-the-two-hundredth", |world, request| {
        let far = start(&request).filter(|start| lists(&request) && *start > 200);
        let Some(far) = far else { return world.pass(request) };
        let later = with_parameter(request, "startIndex", Some(&(far + 1).to_string()));
        edit(world.pass(later), |list| list.put("startIndex", far))
    }),
    ("no-more-than-two-hundred-are-counted", |world, request| {
        let list = lists(&request);
        let response = world.pass(request);
        let many = response.json().and_then(|list| list["totalResults"].as_u64()).is_some_and(|total| total > 200);
        if list && many { edit(response, |list| list.put("totalResults", 200)) } else { response }
    }),
    ("long-lists-change-their-order-from-walk-to-walk", |world, request| {
        if !lists(&request) || parameter(&request, "sortBy").is_some() || parameter(&request, "cursor").is_some() {
            return world.pass(request);
        }
        let response = world.pass(request.clone());
        let Some(list) = response.json() else { return response };
        let total = list["totalResults"].as_u64().and_then(|it| usize::try_from(it).ok()).unwrap_or_default();
        let size = list["Resources"].as_array().map_or(0, Vec::len);
        let at = start(&request).unwrap_or(1).max(1);
        let query = parameter(&request, "filter").unwrap_or_default();
        let walks =
            if at == 1 { world.tick(&query) } else { world.noted(&query).and_then(|it| it.as_u64()).unwrap_or(1) };
        if total <= 100 || walks % 2 == 1 {
            return response;
        }
        let all = with_parameter(with_parameter(request, "startIndex", None), "count", Some("1000"));
        let all = world.pass(all).json().unwrap_or_default();
        let items = all["Resources"].as_array().cloned().unwrap_or_default();
        let page: Vec<Value> = items.into_iter().rev().skip(at - 1).take(size).collect();
        edit(response, |list| list.put("Resources", page))
    }),
    ("sorting-ends-at-the-hundredth", |world, request| {
        let far = start(&request).is_some_and(|start| start > 100);
        let sorted = lists(&request) && far && parameter(&request, "sortBy").is_some();
        let response = world.pass(request);
        if !sorted {
            return response;
        }
        edit(response, |list| {
            if let Some(items) = list["Resources"].as_array_mut() {
                items.reverse();
            }
        })
    }),
    ("cursors-end-at-the-hundredth", |world, request| {
        let cursor = parameter(&request, "cursor").filter(|_| lists(&request));
        let Some(cursor) = cursor else { return world.pass(request) };
        let seen = world.noted(&cursor).and_then(|it| it.as_u64()).unwrap_or_default();
        edit(world.pass(request), |list| {
            let seen = seen + list["Resources"].as_array().map_or(0, |items| items.len() as u64);
            match list["nextCursor"].as_str().map(str::to_owned) {
                Some(_) if seen >= 100 => {
                    if let Some(list) = list.as_object_mut() {
                        list.shift_remove("nextCursor");
                    }
                }
                Some(next) => world.note(next, seen),
                None => {}
            }
        })
    }),
    ("a-group-shows-a-hundred-members-at-most", |world, request| {
        each_of(world, request, "/Groups", |group| {
            if let Some(members) = group.get_mut("members").and_then(Value::as_array_mut) {
                members.truncate(100);
            }
        })
    }),
    ("removing-a-member-of-many-removes-all-behind", |world, request| {
        if !is_one(&request, Method::Patch, "/Groups") {
            return world.pass(request);
        }
        let group = path(&request).to_owned();
        let before = world.read(&group);
        let members = before["members"].as_array().cloned().unwrap_or_default();
        let response = world.pass(request);
        let after = world.read(&group);
        let left = after["members"].as_array().cloned().unwrap_or_default();
        if members.len() > 50 && left.len() < members.len() && response.is_success() {
            let gone = members.iter().position(|it| !left.iter().any(|own| own["value"] == it["value"]));
            let kept: Vec<&Value> = members.iter().take(gone.unwrap_or_default()).collect();
            let operation = json!({"op": "replace", "path": "members", "value": kept});
            let schemas = json!(["urn:ietf:params:scim:api:messages:2.0:PatchOp"]);
            world.ask(Method::Patch, &group, Some(json!({"schemas": schemas, "Operations": [operation]})));
        }
        response
    }),
    ("inner-brackets-of-a-filter-are-ignored", |world, request| rewritten(world, request, flattened)),
    ("not-of-several-negates-the-first", |world, request| {
        rewritten(world, request, |filter| {
            let at = filter.find("not (")?;
            let inner = &filter[at + 5..at + 5 + closing(&filter[at + 5..])?];
            let (first, word) = [" or ", " and "].iter().find_map(|word| Some((top_level(inner, word)?, *word)))?;
            let rest = &inner[first + word.len()..];
            let tail = &filter[at + 6 + inner.len()..];
            Some(format!("{}((not ({})){word}{rest}){tail}", &filter[..at], &inner[..first]))
        })
    }),
    ("the-third-of-several-alternatives-is-ignored", |world, request| {
        rewritten(world, request, |filter| {
            let first = filter.find(" or ")?;
            let second = first + 4 + top_level(&filter[first + 4..], " or ")?;
            let end = closing(&filter[second..]).map_or(filter.len(), |end| second + end);
            Some(format!("{}{}", &filter[..second], &filter[end..]))
        })
    }),
    ("not-of-an-unassigned-attribute-is-unknown", |world, request| {
        rewritten(world, request, |filter| {
            let at = filter.find("not (")?;
            let inner = &filter[at + 5..at + 5 + closing(&filter[at + 5..])?];
            let (name, test) = inner.split_once(' ')?;
            let plain = name.bytes().all(|byte| byte.is_ascii_alphabetic()) && !test.starts_with("pr");
            let alone = !inner.contains(" and ") && !inner.contains(" or ");
            let tail = &filter[at + 6 + inner.len()..];
            (plain && alone).then(|| format!("{}({name} pr and not ({inner})){tail}", &filter[..at]))
        })
    }),
    ("a-percent-sign-in-a-filter-stands-for-anything", |world, request| wild(world, request, '%')),
    ("an-underscore-in-a-filter-stands-for-any-letter", |world, request| wild(world, request, '_')),
    ("negated-types-of-values-are-ignored", |world, request| {
        rewritten(world, request, |filter| {
            let at = filter.find("[not (")?;
            let end = at + 6 + closing(&filter[at + 6..])?;
            let name = filter[..at].rfind([' ', '(']).map_or(0, |space| space + 1);
            Some(format!("{}{} pr{}", &filter[..name], &filter[name..at], &filter[end + 2..]))
        })
    }),
];

fn start(request: &Request) -> Option<usize> {
    parameter(request, "startIndex")?.parse().ok()
}

/// A list whose filter is taken for another one.
fn rewritten(world: &World, request: Request, other: impl Fn(&str) -> Option<String>) -> Response {
    let filter = parameter(&request, "filter").filter(|_| lists(&request) && path(&request) == "/Users");
    match filter.as_deref().and_then(other) {
        Some(other) => world.pass(with_parameter(request, "filter", Some(&other))),
        None => world.pass(request),
    }
}

/// The characters of a filter that stand outside its literals, each with its place and how deep in brackets it stands.
fn outside(filter: &str) -> impl Iterator<Item = (usize, char, usize)> + '_ {
    let (mut open, mut escaped, mut depth) = (false, false, 0_usize);
    filter.char_indices().filter_map(move |(at, c)| {
        let inside = open;
        match c {
            _ if escaped => escaped = false,
            '\\' if open => escaped = true,
            '"' => open = !open,
            '(' | '[' if !open => depth += 1,
            ')' | ']' if !open => depth = depth.saturating_sub(1),
            _ => {}
        }
        (!inside && c != '"').then_some((at, c, depth))
    })
}

/// Where the bracket closes in which the text begins.
fn closing(text: &str) -> Option<usize> {
    let mut open = 1_usize;
    for (at, c, _) in outside(text) {
        match c {
            '(' | '[' => open += 1,
            ')' | ']' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
    }
    None
}

/// Where a word stands that is in no further bracket and no literal.
fn top_level(text: &str, word: &str) -> Option<usize> {
    outside(text).find(|(at, _, depth)| *depth == 0 && text[*at..].starts_with(word)).map(|(at, ..)| at)
}

/// The filter without the brackets that stand inside others, but for those of `not` and of values.
fn flattened(filter: &str) -> Option<String> {
    let mut bare = String::new();
    let mut kept: Vec<bool> = Vec::new();
    let mut dropped = false;
    let places: Vec<(usize, char)> = outside(filter).map(|(at, c, _)| (at, c)).collect();
    for (at, c) in filter.char_indices() {
        let structural = places.binary_search_by_key(&at, |(place, _)| *place).is_ok();
        let keep = match c {
            '(' | '[' if structural => {
                let keep = c == '[' || kept.is_empty() || filter[..at].to_lowercase().ends_with("not ");
                kept.push(keep);
                keep
            }
            ')' | ']' if structural => kept.pop().unwrap_or(true),
            _ => true,
        };
        dropped |= !keep;
        if keep {
            bare.push(c);
        }
    }
    dropped.then_some(bare)
}

/// `displayName co "%"` finds whoever has a name to show.
fn wild(world: &World, request: Request, sign: char) -> Response {
    rewritten(world, request, |filter| {
        let found = ["co", "sw", "ew", "eq"].iter().find_map(|word| {
            let term = format!("displayName {word} \"{sign}\"");
            filter.contains(&term).then_some(term)
        })?;
        Some(filter.replace(&found, "displayName pr"))
    })
}
