//! Writes under one version, and pages that are read while others write.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Joint, PLAYS};
use crate::property::home;
use crate::property::script::{Script, Step, bare};
use crate::property::suite::{Cases, Enumerated, Need, Setting, Suite};
use crate::scim::urn;

/// Writes under one version (`RFC7644 §3.14`).
pub(in crate::property) const VERSIONS: Suite = Suite {
    name: "versions",
    title: "of several writes under one version one is done",
    laws: &["PROP-CONC-10"],
    needs: &[Need::Capability("etag")],
    cases: Cases::All(|setting| one(versions(setting))),
};

/// Pages of a list (`RFC7644 §3.4.2.4`).
pub(in crate::property) const PAGES: Suite = Suite {
    name: "pages",
    title: "pages show everybody once, and under writes whoever is there throughout",
    laws: &["PROP-CONC-11"],
    needs: &[],
    cases: Cases::All(|setting| {
        let under_writes = setting.admin.then(|| under_writes(setting));
        Box::new([Some(quiet(setting)), under_writes].into_iter().flatten().map(|script| Box::new(script) as _))
    }),
};

/// Users whose pages are read.
const USERS: usize = 6;

fn one(script: Script) -> Enumerated {
    Box::new(std::iter::once(Box::new(script) as _))
}

fn people() -> Vec<String> {
    (0..=USERS).map(|n| format!("p{n}")).collect()
}

fn user(setting: &Setting, n: usize, family: &str) -> Value {
    let mut body = json!({
        "schemas": [urn::USER], "userName": format!("{{{{ p{n}.identifier }}}}"),
        "name": {"givenName": "Mara", "familyName": family}, "displayName": "Mara Berg",
    });
    if setting.profile.users.required.iter().any(|required| required.starts_with("emails")) {
        body["emails"] = json!([{"value": format!("{{{{ p{n}.email }}}}"), "type": "work", "primary": true}]);
    }
    body
}

fn create(setting: &Setting, n: usize) -> Step {
    let step = Step::new(format!("create user {n}"), "POST /Users").body(user(setting, n, "Berg").to_string());
    step.judges("RFC7644-3.3-6", "status = 201").saves(format!("u{n}"), "id")
}

fn versions(setting: &Setting) -> Script {
    let law = "PROP-CONC-10";
    let mut script = Script::new("several writes under one version", &people(), &["etag"]);
    script.plays = PLAYS;
    script.push(create(setting, 0).saves("version", "meta.version"));
    let put = |title: &str, family: &str| {
        let step = Step::new(title, "PUT /Users/{{ u0 }}").body(user(setting, 0, family).to_string());
        step.header("If-Match", "{{ version }}")
    };
    script.push(put("put four times under one version", "Berg{{ n }}").times(4, law, "200 = 1, 412 = 3"));
    let read = script.push(Step::new("read it", "GET /Users/{{ u0 }}").judges(law, "status = 200"));
    script.push(put("put under the old version", "Berg-Late").judges(law, "status = 412").free());
    let again = Step::new("it is unchanged", "GET /Users/{{ u0 }}");
    let same = format!("at = \"name.familyName\", same-as = {}", crate::property::script::basic(&read));
    script.push(again.judges(law, same));
    script
}

/// Nobody writes: each user stands on one page, once.
fn quiet(setting: &Setting) -> Script {
    let law = "PROP-CONC-11";
    let mut script = Script::new("pages without writes in between", &people(), &[]);
    script.alone = true;
    let own = setting.admin;
    if own {
        home::make(&mut script, setting);
    }
    let at = |step: Step| if own { home::at(step) } else { step };
    (0..USERS).for_each(|n| _ = script.push(at(create(setting, n))));
    // A target that has others too is read in larger steps.
    let count = if own { 2 } else { 50 };
    let walk = Step::new("read page by page", format!("GET /Users?count={count}")).key("walk", "true");
    let walk = (0..USERS).fold(at(walk), |walk, n| {
        walk.judges(law, format!("at = 'Resources[id eq \"{{{{ u{n} }}}}\"].id', count = 1"))
    });
    script.push(walk);
    script
}

/// Others change users and add one: whoever is there throughout is seen.
fn under_writes(setting: &Setting) -> Script {
    let law = "PROP-CONC-11";
    let mut script = Script::new("pages while others write", &people(), &[]);
    script.plays = PLAYS;
    home::make(&mut script, setting);
    let there: Vec<String> = (0..USERS).map(|n| bare(&script.push(home::at(create(setting, n)))).to_owned()).collect();
    let mut pages = Vec::new();
    for page in 0..USERS / 2 {
        let line = format!("GET /Users?startIndex={}&count=2", 2 * page + 1);
        let read = home::at(Step::new(format!("read page {page}"), line)).together("at once");
        pages.push(bare(&script.push(read.judges(law, "status = 200"))).to_owned());
        let body = user(setting, page, "Berg-New").to_string();
        let write = Step::new(format!("change user {page}"), format!("PUT /Users/{{{{ u{page} }}}}")).body(body);
        script.push(home::at(write).together("at once").judges("RFC7644-3.5.1-16", "status = 200"));
    }
    script.push(home::at(create(setting, USERS)).together("at once"));
    script.push(home::at(Step::new("read them all", "GET /Users?count=1")).judges(law, "status = 200"));
    script.joint = Some(Arc::new(Joint::Pages { pages, there }));
    script
}
