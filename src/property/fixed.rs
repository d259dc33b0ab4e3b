//! Short fixed histories for laws that random ones seldom meet or cannot judge: swaps of names, unique values, duplicates in
//! bulk, extensions nobody knows, two primary values.

use std::sync::Arc;

use serde_json::{Value, json};

use super::script::{Script, Step};
use super::suite::{Case, Cases, Enumerated, Heard, Need, Setting, Suite};
use crate::model::Rules;
use crate::profile::{Profile, Renaming};
use crate::scim::urn;

/// One script as all histories of a suite.
macro_rules! suite {
    ($constant:ident, $name:literal, $title:literal, [$($law:literal),+], [$($need:expr),*], $script:ident) => {
        #[doc = $title]
        pub(super) const $constant: Suite = Suite {
            name: $name,
            title: $title,
            laws: &[$($law),+],
            needs: &[$($need),*],
            cases: Cases::All(|setting| one($script(setting))),
        };
    };
}

const RENAMES: Need = Need::Profile(|profile| profile.users.renaming == Renaming::Allowed, "names do not change");
const DECLARED: Need = Need::Profile(|profile| !profile.open, "what is unique is left open");
const MAILS: Need = Need::Profile(mails, "e-mail addresses are not stored");
const UNIQUE_MAILS: Need =
    Need::Profile(|profile| Rules::of(profile).unique_emails == Some(true), "e-mail addresses are not unique");

fn mails(profile: &Profile) -> bool {
    Rules::of(profile).stores("emails.value")
}

suite!(SWAP, "swap", "two users swap names", ["PROP-UNIQ-05"], [Need::Capability("patch"), RENAMES], swap);
suite!(
    ADDRESSES,
    "addresses",
    "one e-mail address for two users",
    ["PROP-UNIQ-12"],
    [Need::Capability("filter"), Need::Capability("patch"), DECLARED, MAILS],
    addresses
);
suite!(
    UNIQUE_ADDRESSES,
    "unique addresses",
    "an address counts whatever its type and case, and with its tag",
    ["PROP-UNIQ-13"],
    [UNIQUE_MAILS, MAILS],
    unique_addresses
);
suite!(
    EXTERNAL_IDS,
    "external ids",
    "one external id for two users",
    ["PROP-UNIQ-14"],
    [Need::Capability("filter"), DECLARED],
    external_ids
);
suite!(
    GROUP_NAMES,
    "group names",
    "one name for two groups",
    ["PROP-UNIQ-21"],
    [Need::Capability("groups"), DECLARED],
    group_names
);
suite!(
    BULK,
    "bulk",
    "two creates of one name in one bulk request",
    ["PROP-UNIQ-20"],
    [Need::Capability("bulk"), Need::Capability("filter")],
    bulk
);
suite!(EXTENSION, "extension", "an extension nobody knows", ["PROP-ATTR-01"], [], extension);
suite!(
    PRIMARIES,
    "primaries",
    "two primary values of one attribute",
    ["PROP-ATTR-02"],
    [Need::Profile(|profile| !profile.open, "how it treats them is left open"), MAILS],
    primaries
);

/// A duplicate that is invalid, too: refused the same way every time.
pub(super) const TWICE: Suite = Suite {
    name: "twice",
    title: "a body that is both invalid and a duplicate is refused the same way every time",
    laws: &["PROP-UNIQ-17"],
    needs: &[],
    cases: Cases::Asked { questions: |_| vec![twice(None)], histories: refused_again },
};

fn one(script: Script) -> Enumerated {
    Box::new(std::iter::once(Box::new(script) as Box<dyn Case>))
}

fn people(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A user of that name, with more attributes.
fn user(name: &str, more: Value) -> Value {
    let mut body = json!({"schemas": [urn::USER], "userName": name, "name": {"givenName": "Mara", "familyName": "Berg"}, "displayName": "Mara Berg"});
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    body
}

fn create(title: &str, body: &Value) -> Step {
    Step::new(title, "POST /Users").body(body.to_string())
}

fn mail(value: &str, kind: &str, primary: bool) -> Value {
    json!({"emails": [{"value": value, "type": kind, "primary": primary}]})
}

fn rename(who: &str, to: &str) -> Step {
    let operation = json!({"op": "replace", "path": "userName", "value": to});
    let body = json!({"schemas": [urn::PATCH_OP], "Operations": [operation]});
    Step::new(format!("rename {who}"), format!("PATCH /Users/{{{{ {who} }}}}")).body(body.to_string())
}

fn swap(_: &Arc<Setting>) -> Script {
    let law = "PROP-UNIQ-05";
    let mut script = Script::new("two users swap names", &people(&["a", "b", "c"]), &["patch"]);
    for who in ["a", "b"] {
        let step = create(&format!("create {who}"), &user(&format!("{{{{ {who}.identifier }}}}"), Value::Null));
        script.push(step.judges(law, "status = 201").saves(format!("u{who}"), "id"));
    }
    script.push(rename("ua", "{{ b.identifier }}").judges(law, "status = [409, 400]").free());
    for (who, to) in [("ua", "c"), ("ub", "a"), ("ua", "b")] {
        script.push(rename(who, &format!("{{{{ {to}.identifier }}}}")).judges(law, "status = [200, 204]"));
    }
    for (who, name) in [("ua", "b"), ("ub", "a")] {
        let step = Step::new(format!("read {who}"), format!("GET /Users/{{{{ {who} }}}}"));
        let name = format!("at = \"userName\", equals-ignoring-case = \"{{{{ {name}.identifier }}}}\"");
        script.push(step.judges(law, format!("at = \"id\", is = \"{{{{ {who} }}}}\"")).judges(law, name));
    }
    script
}

/// Two users with one value of something: refused or not, as the rules say; the first, where it is refused, deactivated.
fn shared(setting: &Setting, law: &str, unique: bool, more: [Value; 2]) -> Script {
    let mut script = Script::new("two users share a value", &people(&["a", "b"]), &["filter"]);
    let [first, second] = more;
    let step = create("create a", &user("{{ a.identifier }}", first));
    script.push(step.judges(law, "status = 201").saves("ua", "id"));
    if unique && setting.lacks(&[Need::Capability("patch")]).is_none() {
        let operation = json!({"op": "replace", "path": "active", "value": false});
        let body = json!({"schemas": [urn::PATCH_OP], "Operations": [operation]});
        let step = Step::new("deactivate a", "PATCH /Users/{{ ua }}").body(body.to_string());
        script.push(step.judges(law, "status = [200, 204]").free());
    }
    let step = create("create b", &user("{{ b.identifier }}", second));
    if unique {
        let step = step.judges(law, "status = 409").judges(law, "at = \"scimType\", is = \"uniqueness\"");
        script.push(step.free());
    } else {
        script.push(step.judges(law, "status = 201").saves("ub", "id"));
    }
    for (who, found) in [("a", Some("ua")), ("b", (!unique).then_some("ub"))] {
        let line = format!("GET /Users?filter=userName eq \"{{{{ {who}.identifier }}}}\"");
        let step = Step::new(format!("who is {who}"), line);
        script.push(match found {
            None => step.judges(law, "at = \"totalResults\", is = 0"),
            Some(id) => step.judges(law, format!("at = \"Resources.id\", is = \"{{{{ {id} }}}}\"")),
        });
    }
    script
}

fn addresses(setting: &Arc<Setting>) -> Script {
    let unique = Rules::of(&setting.profile).unique_emails == Some(true);
    let address = || mail("{{ a.email }}", "work", true);
    shared(setting, "PROP-UNIQ-12", unique, [address(), address()])
}

fn external_ids(setting: &Arc<Setting>) -> Script {
    let unique = Rules::of(&setting.profile).unique_external_ids == Some(true);
    let id = || json!({"externalId": "{{ run.marker }}-a"});
    shared(setting, "PROP-UNIQ-14", unique, [id(), id()])
}

fn unique_addresses(_: &Arc<Setting>) -> Script {
    let law = "PROP-UNIQ-13";
    let mut script = Script::new(
        "an address in another case and type is the same, with a tag another",
        &people(&["a", "b", "c"]),
        &[],
    );
    let step = create("create a", &user("{{ a.identifier }}", mail("{{ a.email }}", "home", false)));
    script.push(step.judges(law, "status = 201").saves("ua", "id"));
    let step = create("create b", &user("{{ b.identifier }}", mail("{{ a.email | upper }}", "work", true)));
    script.push(step.judges(law, "status = 409").free());
    let step = create("create c", &user("{{ c.identifier }}", mail("tag+{{ a.email }}", "work", true)));
    script.push(step.judges(law, "status = 201").saves("uc", "id").free());
    let read = Step::new("read c", "GET /Users/{{ uc }}");
    script.push(read.judges(law, "at = \"emails.value\", equals-ignoring-case = \"tag+{{ a.email }}\""));
    script
}

fn group_names(setting: &Arc<Setting>) -> Script {
    let law = "PROP-UNIQ-21";
    let unique = setting.profile.switches.group_name_unique;
    let mut script = Script::new("two groups share a name", &[], &["groups"]);
    let create = |title: &str, name: &str| {
        let body = json!({"schemas": [urn::GROUP], "displayName": name});
        Step::new(title, "POST /Groups").body(body.to_string())
    };
    let step = create("create the first", "{{ run.marker }} crew");
    script.push(step.judges(law, "status = 201").saves("one", "id"));
    let step = create("create the second", "{{ run.marker | upper }} CREW");
    script.push(match unique {
        true => step.judges(law, "status = 409").free(),
        false => step.judges(law, "status = 201").saves("two", "id").free(),
    });
    let read = Step::new("read the first", "GET /Groups/{{ one }}");
    script.push(read.judges(law, "at = \"displayName\", is = \"{{ run.marker }} crew\""));
    script
}

fn bulk(_: &Arc<Setting>) -> Script {
    let law = "PROP-UNIQ-20";
    let mut script = Script::new("two creates of one name in one bulk request", &people(&["a"]), &["bulk", "filter"]);
    let operation = |id: &str, name: &str| json!({"method": "POST", "path": "/Users", "bulkId": id, "data": user(name, Value::Null)});
    let operations = [operation("one", "{{ a.identifier }}"), operation("two", "{{ a.identifier | upper }}")];
    let body = json!({"schemas": [urn::BULK_REQUEST], "Operations": operations});
    let step = Step::new("create both", "POST /Bulk").body(body.to_string()).judges(law, "status = 200");
    let step = step.judges(law, "at = \"Operations.status\", has = \"201\"");
    script.push(step.judges(law, "at = \"Operations.status\", has = \"409\""));
    let look_up = Step::new("one has it", "GET /Users?filter=userName eq \"{{ a.identifier }}\"");
    script.push(look_up.judges(law, "at = \"totalResults\", is = 1"));
    script
}

fn extension(setting: &Arc<Setting>) -> Script {
    let law = "PROP-ATTR-01";
    let schema = "urn:example:params:scim:schemas:extension:unknown:2.0:User";
    let mut script = Script::new("an extension nobody knows is ignored or refused", &people(&["a"]), &[]);
    let mut body = user("{{ a.identifier }}", json!({schema: {"shoeSize": "44", "hat": {"size": 7}}}));
    body["schemas"] = json!([urn::USER, schema]);
    let step = create("create a", &body).judges(law, "status = [201, 400]").saves("ua", "id");
    script.push(step);
    let read = Step::new("read a", "GET /Users/{{ ua }}");
    let pointer = format!("/{schema}/shoeSize");
    // A server that stores what it does not know, and says so of nothing else, is warned.
    let soft = if setting.profile.open { ", soft = true" } else { "" };
    script.push(read.judges(law, format!("at = \"{pointer}\", absent = true{soft}")));
    script
}

fn primaries(_: &Arc<Setting>) -> Script {
    let law = "PROP-ATTR-02";
    let mut script = Script::new("no stored user has two primary addresses", &people(&["a", "b"]), &[]);
    let two = json!({"emails": [
        {"value": "{{ a.email }}", "type": "work", "primary": true},
        {"value": "{{ b.email }}", "type": "home", "primary": true},
    ]});
    let one = mail("{{ a.email }}", "work", true);
    let step = create("create a", &user("{{ a.identifier }}", one));
    script.push(step.judges(law, "status = 201").saves("ua", "id"));
    let step = Step::new("give a two primary addresses", "PUT /Users/{{ ua }}")
        .body(user("{{ a.identifier }}", two).to_string());
    script.push(step.judges(law, "status = [200, 204, 400]"));
    let read = Step::new("read a", "GET /Users/{{ ua }}");
    script.push(read.judges(law, "at = \"emails[primary eq true].value\", count = 1"));
    script
}

/// A create that is invalid and a duplicate; what it must answer, once it is known.
fn twice(status: Option<u16>) -> Script {
    let law = "PROP-UNIQ-17";
    let mut script = Script::new("an invalid duplicate is refused the same way every time", &people(&["a"]), &[]);
    let step = create("create a", &user("{{ a.identifier }}", Value::Null));
    script.push(step.judges(law, "status = 201").saves("ua", "id"));
    let invalid =
        create("create a again", &user("{{ a.identifier }}", json!({"name": "no object", "active": {"a": 1}})));
    let times = if status.is_some() { 3 } else { 1 };
    for _ in 0..times {
        let expected = status.map_or("[400, 409]".to_owned(), |status| status.to_string());
        script.push(invalid.clone().judges(law, format!("status = {expected}")).free());
    }
    script.push(Step::new("read a", "GET /Users/{{ ua }}").judges(law, "status = 200"));
    script
}

fn refused_again(_: &Arc<Setting>, heard: &Heard) -> Enumerated {
    let status = heard.answer(0, 1).map(|answer| answer.status).filter(|status| [400, 409].contains(status));
    // Any other answer is wrong by itself: the first refusal is judged then.
    one(twice(status))
}
