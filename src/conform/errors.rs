//! Every error that `fixtures/requirements/errors.toml` lists, asked for by every operation and at every endpoint that can
//! give it: status and keyword, and that a user and a group are afterwards as they were. The shape of each answer is judged
//! by the standing checks. It knows nothing of servers.

use super::Written;
use crate::scenario::Draft;
use crate::scenario::draft::{End, Step};

/// A way to be refused: the step's name, what it needs of the target, the request and its body.
struct Try {
    name: &'static str,
    needs: &'static [&'static str],
    line: &'static str,
    body: &'static str,
}

/// What makes the server refuse, beside the request itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Request,
    NoCredentials,
    Type(&'static str),
    OldVersion,
}

/// One error.
struct Probe {
    id: &'static str,
    title: &'static str,
    /// As the table of errors has them.
    status: u16,
    keyword: &'static str,
    requirements: &'static str,
    /// Other refusals that are good enough.
    also: &'static [u16],
    /// Other keywords that say the same.
    keywords: &'static [&'static str],
    /// A success is a warning only: servers may put such a request right.
    soft: bool,
    needs: &'static [&'static str],
    by: By,
    tries: &'static [Try],
}

const fn at(name: &'static str, needs: &'static [&'static str], line: &'static str, body: &'static str) -> Try {
    Try { name, needs, line, body }
}

const USER: &str = r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{{ ghost.identifier }}", "displayName": "Ghost"}"#;
const GROUP: &str =
    r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "{{ spectre.displayName }}"}"#;
const PATCH: &str = r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace", "path": "displayName", "value": "Ghost"}]}"#;
const SEARCH: &str = r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "count": 1}"#;
const BULK: &str = r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [{"method": "POST", "path": "/Users", "bulkId": "a", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{{ ghost.identifier }}"}}]}"#;
/// No JSON once its hole is filled: markers begin with a letter.
const BROKEN: &str = r#"{"schemas": [{{ run.marker }}]}"#;

/// A PATCH with one operation.
macro_rules! patch {
    ($operation:literal) => {
        concat!(r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": ["#, $operation, "]}")
    };
}

const G: &[&str] = &["groups"];
const P: &[&str] = &["patch"];
const GP: &[&str] = &["groups", "patch"];

const PROBES: &[Probe] = &[
    Probe {
        id: "all-401",
        title: "Without credentials every operation is refused at every endpoint",
        status: 401,
        keyword: "",
        requirements: "RFC7644-3.12-10",
        also: &[],
        keywords: &[],
        soft: false,
        needs: &[],
        by: By::NoCredentials,
        tries: &[
            at("create a user", &[], "POST /Users", USER),
            at("patch a user", P, "PATCH /Users/{{ user }}", PATCH),
            at("list groups", G, "GET /Groups", ""),
            at("read a group", G, "GET /Groups/{{ group }}", ""),
            at("create a group", G, "POST /Groups", GROUP),
            at("replace a group", G, "PUT /Groups/{{ group }}", GROUP),
            at("patch a group", GP, "PATCH /Groups/{{ group }}", PATCH),
            at("delete a group", G, "DELETE /Groups/{{ group }}", ""),
            at("search users", &["search"], "POST /Users/.search", SEARCH),
            at("send a job", &["bulk"], "POST /Bulk", BULK),
        ],
    },
    Probe {
        id: "all-404",
        title: "What is not there answers 404 to every operation at every endpoint",
        status: 404,
        keyword: "",
        requirements: "RFC7644-3.12-12",
        also: &[],
        keywords: &[],
        soft: false,
        needs: &[],
        by: By::Request,
        tries: &[
            // Users need not be deleted: rfc/delete/not-there asks where they are.
            at("read a user", &[], "GET /Users/{{ random.uuid }}", ""),
            at("replace a user", &[], "PUT /Users/{{ random.uuid }}", USER),
            at("patch a user", P, "PATCH /Users/{{ random.uuid }}", PATCH),
            at("read a group", G, "GET /Groups/{{ random.uuid }}", ""),
            at("replace a group", G, "PUT /Groups/{{ random.uuid }}", GROUP),
            at("patch a group", GP, "PATCH /Groups/{{ random.uuid }}", PATCH),
            at("delete a group", G, "DELETE /Groups/{{ random.uuid }}", ""),
        ],
    },
    Probe {
        id: "all-400-invalid-syntax",
        title: "A body that is no JSON is refused by every operation at every endpoint",
        status: 400,
        keyword: "invalidSyntax",
        requirements: "RFC7644-3.12-9 RFC7644-3.8-12",
        also: &[],
        keywords: &["invalidValue"],
        soft: false,
        needs: &[],
        by: By::Request,
        tries: &[
            at("create a user", &[], "POST /Users", BROKEN),
            at("replace a user", &[], "PUT /Users/{{ user }}", BROKEN),
            at("create a group", G, "POST /Groups", BROKEN),
            at("replace a group", G, "PUT /Groups/{{ group }}", BROKEN),
            at("search users", &["search"], "POST /Users/.search", BROKEN),
            at("send a job", &["bulk"], "POST /Bulk", BROKEN),
        ],
    },
    Probe {
        id: "all-400-invalid-value",
        title: "A resource without what is required is refused by every operation at every endpoint",
        status: 400,
        keyword: "invalidValue",
        requirements: "RFC7644-3.12-25",
        also: &[],
        keywords: &["invalidSyntax"],
        soft: true,
        needs: &[],
        by: By::Request,
        tries: &[
            at(
                "create a user",
                &[],
                "POST /Users",
                r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "displayName": "Ghost"}"#,
            ),
            at(
                "patch a user",
                P,
                "PATCH /Users/{{ user }}",
                patch!(r#"{"op": "replace", "path": "active", "value": {"no": "truth"}}"#),
            ),
            at(
                "patch a group",
                GP,
                "PATCH /Groups/{{ group }}",
                patch!(r#"{"op": "replace", "path": "displayName", "value": {"no": "text"}}"#),
            ),
        ],
    },
    Probe {
        id: "all-400-invalid-path",
        title: "A path that cannot be read is refused for users and groups",
        status: 400,
        keyword: "invalidPath",
        requirements: "RFC7644-3.12-9 RFC7644-3.12-23",
        also: &[],
        keywords: &["invalidFilter"],
        soft: false,
        needs: P,
        by: By::Request,
        tries: &[
            at(
                "a user",
                P,
                "PATCH /Users/{{ user }}",
                patch!(r#"{"op": "replace", "path": "emails[type eq", "value": "x"}"#),
            ),
            at("a group", GP, "PATCH /Groups/{{ group }}", patch!(r#"{"op": "remove", "path": "members[value eq"}"#)),
        ],
    },
    Probe {
        id: "all-400-no-target",
        title: "To remove without saying what is refused for users and groups",
        status: 400,
        keyword: "noTarget",
        requirements: "RFC7644-3.5.2.2-1 RFC7644-3.12-24",
        also: &[],
        keywords: &[],
        soft: false,
        needs: P,
        by: By::Request,
        tries: &[
            at("a user", P, "PATCH /Users/{{ user }}", patch!(r#"{"op": "remove"}"#)),
            at("a group", GP, "PATCH /Groups/{{ group }}", patch!(r#"{"op": "remove"}"#)),
        ],
    },
    Probe {
        id: "all-400-mutability",
        title: "What the server decides is not changed, in users and groups",
        status: 400,
        keyword: "mutability",
        requirements: "RFC7644-3.12-21",
        also: &[],
        keywords: &[],
        soft: true,
        needs: P,
        by: By::Request,
        tries: &[
            at(
                "the id of a user",
                P,
                "PATCH /Users/{{ user }}",
                patch!(r#"{"op": "replace", "path": "id", "value": "{{ random.uuid }}"}"#),
            ),
            at(
                "the id of a group",
                GP,
                "PATCH /Groups/{{ group }}",
                patch!(r#"{"op": "replace", "path": "id", "value": "{{ random.uuid }}"}"#),
            ),
            at(
                "when a group was made",
                GP,
                "PATCH /Groups/{{ group }}",
                patch!(r#"{"op": "replace", "path": "meta.created", "value": "2001-01-01T00:00:00Z"}"#),
            ),
        ],
    },
    Probe {
        id: "all-400-invalid-filter",
        title: "A filter that cannot be read is refused wherever filters are",
        status: 400,
        keyword: "invalidFilter",
        requirements: "RFC7644-3.12-18",
        also: &[],
        keywords: &[],
        soft: false,
        needs: &["filter"],
        by: By::Request,
        tries: &[
            at("of users", &[], "GET /Users?filter=(userName eq \"x\"", ""),
            at("of groups", G, "GET /Groups?filter=(displayName eq \"x\"", ""),
            at("of members", G, "GET /Groups?filter=displayName eq", ""),
            at(
                "in a search",
                &["search"],
                "POST /Users/.search",
                r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "userName eq", "count": 1}"#,
            ),
        ],
    },
    Probe {
        id: "all-409-uniqueness",
        title: "A name that somebody has is given to nobody else, whichever way it is asked for",
        status: 409,
        keyword: "uniqueness",
        requirements: "RFC7644-3.12-20",
        also: &[400],
        keywords: &["mutability"],
        soft: false,
        needs: &[],
        by: By::Request,
        tries: &[
            at(
                "create a user",
                &[],
                "POST /Users",
                r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{{ own.identifier }}", "displayName": "Ghost"}"#,
            ),
            at(
                "replace another",
                &[],
                "PUT /Users/{{ other }}",
                r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{{ own.identifier }}", "displayName": "Ghost"}"#,
            ),
            at(
                "patch another",
                P,
                "PATCH /Users/{{ other }}",
                patch!(r#"{"op": "replace", "path": "userName", "value": "{{ own.identifier }}"}"#),
            ),
            at(
                "patch another without a path",
                P,
                "PATCH /Users/{{ other }}",
                patch!(
                    r#"{"op": "replace", "value": {"userName": "{{ own.identifier | upper }}", "displayName": "Ghost"}}"#
                ),
            ),
        ],
    },
    Probe {
        id: "all-412",
        title: "A change of a group that rests on an old version is refused and not done",
        status: 412,
        keyword: "",
        requirements: "RFC7644-3.14-9",
        also: &[],
        keywords: &[],
        soft: false,
        needs: &["etag", "groups"],
        by: By::OldVersion,
        tries: &[
            at("replace a group", G, "PUT /Groups/{{ group }}", GROUP),
            at("patch a group", GP, "PATCH /Groups/{{ group }}", PATCH),
            at("delete a group", G, "DELETE /Groups/{{ group }}", ""),
        ],
    },
    Probe {
        id: "all-415",
        title: "A body in another language is refused by every operation at every endpoint",
        status: 415,
        keyword: "",
        requirements: "RFC7644-3.8-13",
        also: &[400],
        keywords: &[],
        soft: false,
        needs: &[],
        by: By::Type("application/xml"),
        tries: &[
            at("create a user", &[], "POST /Users", "{{ run.marker }}"),
            at("replace a user", &[], "PUT /Users/{{ user }}", "{{ run.marker }}"),
            at("patch a user", P, "PATCH /Users/{{ user }}", "{{ run.marker }}"),
            at("create a group", G, "POST /Groups", "{{ run.marker }}"),
            at("replace a group", G, "PUT /Groups/{{ group }}", "{{ run.marker }}"),
            at("patch a group", GP, "PATCH /Groups/{{ group }}", "{{ run.marker }}"),
            at("search users", &["search"], "POST /Users/.search", "{{ run.marker }}"),
            at("send a job", &["bulk"], "POST /Bulk", "{{ run.marker }}"),
        ],
    },
    Probe {
        id: "all-405",
        title: "A method that an endpoint does not have is refused there, with the methods that it has",
        status: 405,
        keyword: "",
        requirements: "RFC7644-3.12-30",
        also: &[501, 404, 403, 400],
        keywords: &[],
        soft: false,
        needs: &[],
        by: By::Request,
        tries: &[
            at("post to a user", &[], "POST /Users/{{ user }}", USER),
            at("put to the groups", G, "PUT /Groups", GROUP),
            at("post to a group", G, "POST /Groups/{{ group }}", GROUP),
            at("put to the search", &["search"], "PUT /Users/.search", SEARCH),
            at("post to the schemas", &[], "POST /Schemas", USER),
            at("post to the resource types", &[], "POST /ResourceTypes", USER),
            at("put to the configuration", &[], "PUT /ServiceProviderConfig", USER),
        ],
    },
];

/// A scenario for each.
pub(super) fn written() -> Vec<Written> {
    PROBES.iter().map(|probe| Written { id: format!("rfc/errors/{}", probe.id), draft: probe.draft() }).collect()
}

impl Probe {
    fn draft(&self) -> Draft {
        let people = ["own", "second", "ghost"].map(str::to_owned);
        let mut draft = Draft::new(self.title, &people, self.needs);
        draft.groups = vec!["team".to_owned(), "spectre".to_owned()];
        draft.tags = vec!["errors"];
        draft.actions = vec!["create-users"];
        draft.when = vec![("users.required", "[[]]")];
        let user = |name: &str, field: &str| {
            format!(
                r#"{{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{{{{ {name}.identifier }}}}", "{field}": "{{{{ {name}.displayName }}}}"}}"#
            )
        };
        let create = |step: &str, line: &str, body: String, saved: &str| {
            let step = Step::new(step, line).body(body).judges("RFC7644-3.3-6", "status = 201");
            step.saves(saved, "id").unread("it is read when all was refused")
        };
        let mentions = |variable: &str| self.tries.iter().any(|it| it.line.contains(&format!("{{{{ {variable} }}}}")));
        let group = mentions("group");
        let mut kept = vec![("user", "/Users")];
        draft.steps.push(create("create", "POST /Users", user("own", "displayName"), "user"));
        if mentions("other") {
            draft.steps.push(create("create another", "POST /Users", user("second", "displayName"), "other"));
            kept.push(("other", "/Users"));
        }
        if group {
            let body = r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "{{ team.displayName }}", "members": [{"value": "{{ user }}"}]}"#;
            let step = create("create a team", "POST /Groups", body.to_owned(), "group").key("needs", "[\"groups\"]");
            draft.steps.push(if self.by == By::OldVersion { step.saves("old", "meta.version") } else { step });
            kept.push(("group", "/Groups"));
        }
        if self.by == By::OldVersion {
            let body = r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "{{ team.displayName }}", "externalId": "{{ team.externalId }}"}"#;
            let change =
                Step::new("change the team", "PUT /Groups/{{ group }}").body(body).key("needs", "[\"groups\"]");
            draft.steps.push(change.judges("RFC7644-3.5.1-16", "status = 200"));
        }
        let needs = |path: &str| if path == "/Groups" { "[\"groups\"]" } else { "[]" };
        for (name, path) in &kept {
            let step = Step::new(format!("the {name} before"), format!("GET {path}/{{{{ {name} }}}}"));
            draft.steps.push(step.key("needs", needs(path)));
        }
        draft.steps.extend(self.tries.iter().map(|one| self.step(one)));
        for (name, path) in &kept {
            let step = Step::new(format!("the {name} after"), format!("GET {path}/{{{{ {name} }}}}"))
                .key("needs", needs(path));
            let step = step.judges("RFC7644-3.12-29", "status = 200");
            // Where a success is tolerable it may change something, too.
            let soft = if self.soft { ", soft = true" } else { "" };
            let step =
                step.judges("RFC7644-3.12-29", format!("at = \"\", unchanged-since = \"the {name} before\"{soft}"));
            let row = format!("at = \"meta.lastModified\", same-as = \"the {name} before\"{soft}");
            draft.steps.push(step.judges("RFC7644-3.12-29", row));
        }
        let ghost = Step::new("nobody was made", "GET /Users?filter=userName eq \"{{ ghost.identifier }}\"");
        draft.steps.push(ghost.key("needs", "[\"filter\"]").judges("RFC7644-3.12-29", "at = \"totalResults\", is = 0"));
        let spectre = Step::new("no group was made", "GET /Groups?filter=displayName eq \"{{ spectre.displayName }}\"");
        draft.steps.push(
            spectre.key("needs", "[\"filter\", \"groups\"]").judges("RFC7644-3.12-29", "at = \"totalResults\", is = 0"),
        );
        draft
    }

    fn step(&self, one: &Try) -> Step {
        let mut step = Step::new(one.name, one.line);
        if !one.body.is_empty() {
            step = step.body(one.body);
        }
        if !one.needs.is_empty() {
            let needs: Vec<String> = one.needs.iter().map(|need| format!("\"{need}\"")).collect();
            step = step.key("needs", format!("[{}]", needs.join(", ")));
        }
        if !one.line.starts_with("GET") {
            step = step.unread("it is refused, and what it would change is read at the end");
        }
        step = match self.by {
            By::Request => step,
            By::NoCredentials => step.header("Authorization", ""),
            By::Type(media) => step.header("Content-Type", media),
            By::OldVersion => step.header("If-Match", "{{ old }}"),
        };
        if self.status == 405 {
            // Whoever says 405 says what else there is (`RFC9110 §15.5.6`).
            let said =
                End { reading: None, rows: vec!["status = 405".into(), "header = \"Allow\", present = true".into()] };
            let also: Vec<String> = self.also.iter().map(u16::to_string).collect();
            let other = End { reading: None, rows: vec![format!("status = [{}]", also.join(", "))] };
            return step.either(&[self.requirements.to_owned()], vec![said, other]);
        }
        let statuses: Vec<String> = std::iter::once(&self.status).chain(self.also).map(u16::to_string).collect();
        let soft = if self.soft { ", soft = true" } else { "" };
        step = step.judges(self.requirements, format!("status = [{}]{soft}", statuses.join(", ")));
        if self.by == By::NoCredentials {
            step = step.judges("RFC7644-2-3 HTTP-6750-3-1", "header = \"WWW-Authenticate\", present = true");
        }
        if self.keyword.is_empty() {
            return step;
        }
        let words = std::iter::once(&self.keyword).chain(self.keywords);
        let keywords: Vec<String> = words.map(|word| format!("\"{word}\"")).collect();
        step.judges(self.requirements, format!("at = \"scimType\", any-of = [{}], soft = true", keywords.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Table {
        outcome: Vec<Outcome>,
    }

    #[derive(Deserialize)]
    struct Outcome {
        status: u16,
        #[serde(rename = "scimType")]
        keyword: String,
        when: String,
        operations: Vec<String>,
    }

    /// What is asked for elsewhere, or by nobody, and why.
    const ELSEWHERE: [(u16, &str, &str); 14] = [
        (307, "", "nobody can make a server redirect"),
        (308, "", "nobody can make a server redirect"),
        (304, "", "rfc/versions/reads"),
        (400, "tooMany", "a server that refuses long lists is met, not made: the walks stop there"),
        (400, "uniqueness", "the same refusal as 409"),
        (400, "invalidVers", "a target has one base path"),
        (400, "sensitive", "a server's choice; no request must be refused so"),
        (400, "invalidCursor", "rfc/cursor/errors"),
        (400, "expiredCursor", "rfc/cursor/errors"),
        (400, "invalidCount", "rfc/cursor/errors"),
        (403, "", "rfc/discovery/parameters; what a client may not do is the server's secret"),
        (403, "sensitive", "a server's choice; no request must be refused so"),
        (409, "", "the older reading of 412, and rfc/bulk/refer-circular"),
        (413, "", "rfc/bulk/too-many, rfc/bulk/too-large"),
    ];

    #[test]
    fn every_error_of_the_table_is_asked_for_or_stands_apart() {
        let table: Table = toml::from_str(include_str!("../../fixtures/requirements/errors.toml")).unwrap();
        for outcome in table.outcome.iter().filter(|outcome| outcome.status >= 300) {
            let probe = PROBES.iter().find(|it| it.status == outcome.status && it.keyword == outcome.keyword);
            let apart =
                ELSEWHERE.iter().any(|(status, word, _)| (*status, *word) == (outcome.status, &*outcome.keyword));
            // What the server cannot do, or does wrong, cannot be asked for.
            let own = matches!(outcome.status, 500 | 501);
            assert!(probe.is_some() || apart || own, "{} {}: {}", outcome.status, outcome.keyword, outcome.when);
        }
        for probe in PROBES {
            let listed: Vec<&String> = (table.outcome.iter())
                .filter(|it| it.status == probe.status && it.keyword == probe.keyword)
                .flat_map(|it| &it.operations)
                .collect();
            let listed_for = |operation: &str| listed.iter().any(|it| *it == operation);
            for one in probe.tries {
                let method = one.line.split(' ').next().unwrap();
                let operation = match one.line {
                    line if line.contains("/.search") => "SEARCH",
                    line if line.ends_with("/Bulk") => "BULK",
                    _ => method,
                };
                let known = listed_for(operation) || listed_for(method) || probe.status == 409;
                assert!(known, "{}: {} is not in the table for {operation}", probe.id, one.name);
            }
        }
    }
}
