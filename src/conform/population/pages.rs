//! Pages over hundreds of people, and groups that have many members before anything is added or removed: the pages of every size
//! give everybody once, in an order that stays, and a page far behind is the one that a walk comes to.

use super::super::Written;
use super::people::{Person, ids, many};
use crate::scenario::Draft;
use crate::scenario::draft::Step;

/// How many people page through; more than any server's usual page.
const PEOPLE: usize = 256;

/// How many where nothing but the whole tenant can be listed.
const UNFILTERED: usize = 120;

/// How many members the large group has from the start.
const MEMBERS: usize = 120;

const OWN: &str = "filter=userName co \"{{ pop.identifier }}\"";

/// With a filter, and for servers that have none.
pub(super) fn written() -> Vec<Written> {
    vec![
        Written { id: "rfc/population/many".to_owned(), draft: filtered() },
        Written { id: "rfc/population/many-unfiltered".to_owned(), draft: unfiltered() },
    ]
}

fn draft(title: &str, need: &'static str, people: &[Person]) -> Draft {
    let mut draft = Draft::new(title, &["pop".to_owned()], &[need]);
    draft.tags = vec!["users", "population", "paging"];
    draft.actions = vec!["create-users"];
    draft.when = vec![("users.required", "[[]]")];
    draft.steps = people.iter().map(Person::create).collect();
    draft
}

fn get(name: &str, query: &str) -> Step {
    Step::new(name, format!("GET /Users?{OWN}{query}"))
}

fn walk(name: &str, query: &str) -> Step {
    get(name, query).key("walk", "true")
}

/// Exactly these ids, whatever the order.
fn exactly<'a>(step: Step, requirements: &str, people: impl IntoIterator<Item = &'a Person>) -> Step {
    let rows = format!("at = \"Resources.id\", exactly = {}", ids(people));
    step.judges(requirements, "status = 200").judges(requirements, rows)
}

fn filtered() -> Draft {
    let people = many(PEOPLE);
    let mut draft =
        draft("Pages over hundreds of people give everybody once, and groups of many stay whole", "filter", &people);
    draft.groups = vec!["large".to_owned(), "small".to_owned()];
    let total = format!("at = \"totalResults\", is = {PEOPLE}");
    let first =
        exactly(walk("pages of 50", "&count=50"), "RFC7644-3.4.2.4-13 RFC7644-3.4.2.4-16 RFC7644-3.4.2-13", &people);
    let first = first.judges("RFC7644-3.4.2-6", &total);
    let places = [1, 101, 201, PEOPLE];
    draft.steps.push(
        places
            .iter()
            .fold(first, |step, place| step.saves(format!("at{place}"), format!("/Resources/{}/id", place - 1))),
    );
    let again = walk("the same pages again", "&count=50").judges("RFC7644-3.4.2.4-18", "status = 200");
    draft.steps.push(again.judges("RFC7644-3.4.2.4-18", "at = \"Resources.id\", same-as = \"pages of 50\""));
    for (name, query, requirements) in [
        ("pages of 7", "&count=7&attributes=userName", "RFC7644-3.4.2.4-13 RFC7644-3.4.2-13"),
        ("pages as the server likes", "&attributes=userName", "RFC7644-3.4.2.4-9 RFC7644-3.4.2.4-13"),
        ("pages as large as can be", "&count=1000&attributes=userName", "RFC7644-3.4.2.4-8 RFC7644-3.4.2.4-13"),
    ] {
        draft.steps.push(exactly(walk(name, query), requirements, &people));
    }
    draft.steps.extend(far_behind(&total));
    let ordered = walk("pages in order", "&sortBy=userName&count=40&attributes=userName").key("needs", "[\"sort\"]");
    let ordered = ordered.judges("RFC7644-3.4.2.3-13", "status = 200");
    draft.steps.push(ordered.judges("RFC7644-3.4.2.3-13", format!("at = \"Resources.id\", is = {}", ids(&people))));
    let cursor = walk("pages by cursor", "&count=50&attributes=userName&cursor=").key("needs", "[\"cursor\"]");
    draft.steps.push(exactly(cursor, "RFC9865-2-9 RFC9865-2-17", &people));
    draft.steps.extend(chosen(&people));
    draft.steps.extend(groups(&people));
    draft
}

/// Single pages at the places that a walk came to, and beyond.
fn far_behind(total: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    for place in [101, 201] {
        let step = get(&format!("the page that begins with number {place}"), &format!("&startIndex={place}&count=3"));
        let step = step.judges("RFC7644-3.4.2.4-2", "status = 200");
        let step = step.judges(
            "RFC7644-3.4.2.4-2 RFC7644-3.4.2.4-18",
            format!("at = \"/Resources/0/id\", is = \"{{{{ at{place} }}}}\""),
        );
        let step = step.judges("RFC7644-3.4.2.4-12", format!("at = \"startIndex\", is = {place}"));
        steps.push(step.judges("RFC7644-3.4.2.4-15", total));
    }
    let last = get("the page that begins with the last", &format!("&startIndex={PEOPLE}&count=50"));
    let last = last.judges("RFC7644-3.4.2.4-14", "status = 200");
    let last = last.judges("RFC7644-3.4.2.4-14", format!("at = \"Resources.id\", is = \"{{{{ at{PEOPLE} }}}}\""));
    steps.push(last.judges("RFC7644-3.4.2.4-15", total));
    for (name, query, requirement) in [
        ("the page behind the last", format!("&startIndex={}&count=50", PEOPLE + 1), "RFC7644-3.4.2.4-4"),
        ("fewer than none", "&count=-1".to_owned(), "RFC7644-3.4.2.4-5"),
        ("fewer than none, far behind", "&startIndex=201&count=-1".to_owned(), "RFC7644-3.4.2.4-5"),
    ] {
        let step = get(name, &query).judges(requirement, "status = 200");
        steps.push(step.judges(requirement, "at = \"Resources\", absent = true").judges(requirement, total));
    }
    for start in [0, -1] {
        let step = get(&format!("the page that begins with number {start}"), &format!("&startIndex={start}&count=3"));
        let step = step.judges("RFC7644-3.4.2.4-3", "status = 200");
        steps.push(step.judges("RFC7644-3.4.2.4-3", "at = \"/Resources/0/id\", is = \"{{ at1 }}\""));
    }
    steps
}

/// Filters whose matches lie far apart, page by page.
fn chosen(people: &[Person]) -> Vec<Step> {
    let is = |start: &'static str| move |one: &&Person| one.name.starts_with(start);
    let both = "RFC7644-3.4.2.4-16 RFC7644-3.4.2.2-3 RFC7644-3.4.2.2-4";
    let step = |name: &str, filter: &str| {
        Step::new(name, format!("GET /Users?{OWN} and ({filter})&count=30&attributes=userName")).key("walk", "true")
    };
    let last = step("the last of them, by name", "userName sw \"m2\"");
    let ends = step("the first and the last", "userName sw \"m00\" or userName sw \"m25\"");
    let rest = step("all but the first hundred", "not (userName sw \"m0\")");
    let of = |step: Step, people: Vec<&Person>| {
        let rows = format!("at = \"Resources.id\", exactly = {}", ids(people));
        step.judges(both, "status = 200, soft = true").judges(both, rows)
    };
    vec![
        of(last, people.iter().filter(is("m2")).collect()),
        of(ends, people.iter().filter(|one| is("m00")(one) || is("m25")(one)).collect()),
        of(rest, people.iter().filter(|one| !is("m0")(one)).collect()),
    ]
}

/// A large and a small group; what changes one leaves the other as it is.
fn groups(people: &[Person]) -> Vec<Step> {
    let value = |one: &Person| format!("{{\"value\": \"{{{{ {} }}}}\"}}", one.key);
    let create = |name: &str, members: &[&Person]| {
        let members: Vec<String> = members.iter().map(|one| value(one)).collect();
        let body = format!(
            "{{\"schemas\": [\"urn:ietf:params:scim:schemas:core:2.0:Group\"], \"displayName\": \"{{{{ {name}.displayName }}}}\", \
             \"members\": [{}]}}",
            members.join(", ")
        );
        let step =
            Step::new(format!("create the {name} group"), "POST /Groups").body(body).saves(format!("{name}_id"), "id");
        step.key("needs", "[\"groups\"]").judges("RFC7644-3.3-6", "status = 201")
    };
    let read = |name: &str, step: &str, needs: &str, requirement: &str, members: &[&Person]| {
        let rows = format!("at = \"members.value\", exactly = {}", ids(members.iter().copied()));
        let step = Step::new(step, format!("GET /Groups/{{{{ {name}_id }}}}")).key("needs", needs);
        step.judges(requirement, "status = 200").judges(requirement, rows)
    };
    let patch = |step: &str, requirement: &str, operation: String| {
        let body = format!(
            "{{\"schemas\": [\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"], \"Operations\": [{operation}]}}"
        );
        let step = Step::new(step, "PATCH /Groups/{{ large_id }}").body(body).key("needs", "[\"groups\", \"patch\"]");
        step.judges(requirement, "status = [200, 204]")
    };
    let none = |name: &str| {
        let line =
            format!("GET /Groups?filter=displayName eq \"{{{{ {name}.displayName }}}}\"&excludedAttributes=members");
        let step = Step::new(format!("the {name} group without its members"), line).key("needs", "[\"groups\"]");
        let step = step.judges("RFC7644-3.4.2.5-2", "status = 200");
        let step = step.judges("RFC7644-3.4.2.5-2", "at = \"Resources.members\", absent = true");
        step.judges("RFC7644-3.4.2.5-2", format!("at = \"Resources.id\", is = \"{{{{ {name}_id }}}}\""))
    };
    let mut large: Vec<&Person> = people.iter().take(MEMBERS).collect();
    let small = [&people[0], &people[1], &people[PEOPLE - 1]];
    let both = "[\"groups\", \"patch\"]";
    let mut steps = vec![
        create("large", &large),
        create("small", &small),
        read("large", "all are members", "[\"groups\"]", "RFC7643-4.2-6 RFC7643-4.2-10", &large),
    ];
    steps.extend(["large", "small"].map(none));
    steps.push(patch(
        "one more joins",
        "RFC7644-3.5.2.1-5",
        format!("{{\"op\": \"add\", \"path\": \"members\", \"value\": [{}]}}", value(&people[PEOPLE - 1])),
    ));
    large.push(&people[PEOPLE - 1]);
    steps.push(read("large", "one member more", both, "RFC7644-3.5.2.1-5", &large));
    let gone = large.remove(100);
    let path = format!("members[value eq \\\"{{{{ {} }}}}\\\"]", gone.key);
    steps.push(patch(
        "one leaves from the middle",
        "RFC7644-3.5.2.2-4",
        format!("{{\"op\": \"remove\", \"path\": \"{path}\"}}"),
    ));
    steps.push(read("large", "one member fewer", both, "RFC7644-3.5.2.2-4", &large));
    steps.push(read("small", "the small group is as it was", both, "RFC7643-4.2-6", &small));
    steps
}

fn unfiltered() -> Draft {
    let people = many(UNFILTERED);
    let mut draft = draft("Pages over all users give everybody once, where there are no filters", "no-filter", &people);
    draft.when.push(("users.listing", "\"all\""));
    draft.alone = true;
    for (name, query) in [("pages of 50", "?count=50"), ("pages of 7", "?count=7"), ("pages as the server likes", "")] {
        let step = Step::new(name, format!("GET /Users{query}")).key("walk", "true");
        let both = "RFC7644-3.4.2.4-13 RFC7644-3.4.2-13";
        let own = "at = 'Resources[userName co \"{{ pop.identifier }}\"].id'";
        let step = step.judges(both, "status = 200").judges(both, format!("{own}, exactly = {}", ids(&people)));
        draft.steps.push(step.judges("RFC7644-3.4.2-13", "at = \"Resources.id\", distinct = true"));
    }
    draft
}
