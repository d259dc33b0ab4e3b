//! Defects of roles by team membership: the role that a user is shown with is computed here, wrongly, from the teams and the
//! mapping that the honest server tells.

use serde_json::{Map, Value, json};

use super::tools::{Object, Put, admin_path, body, each, id_below, is, operations_of, path};
use super::{Row, World};
use crate::scim::name::fold;
use crate::wire::{Method, Request, Response};

/// The defects.
pub const FAULTS: &[Row] = &[
    ("role-first-match", |world, request| {
        shown(world, request, |world, user| {
            user.teams(world).iter().find_map(|team| user.role_of(world, &team.name, folded))
        })
    }),
    ("role-last-match", |world, request| {
        shown(world, request, |world, user| {
            user.teams(world).iter().rev().find_map(|team| user.role_of(world, &team.name, folded))
        })
    }),
    ("role-min", |world, request| {
        shown(world, request, |world, user| {
            let teams = user.teams(world);
            let roles = teams.iter().filter_map(|team| user.role_of(world, &team.name, folded));
            roles.min_by_key(|role| rank(world, role))
        })
    }),
    ("role-latch", |world, request| {
        // A role that was shown once is never lowered.
        shown(world, request, |world, user| {
            let key = format!("highest {}", user.id);
            let before = world.noted(&key).and_then(|role| role.as_str().map(str::to_owned));
            let highest = before.into_iter().chain([user.role.clone()]).max_by_key(|role| rank(world, role))?;
            world.note(key, highest.as_str());
            Some(highest)
        })
    }),
    ("role-stale-on-rename", |world, request| {
        // A team is known by the name that it was first seen with.
        if let (Method::Patch | Method::Put, Some(id)) = (&request.method, id_below(&request, "/Groups")) {
            let key = format!("first {id}");
            if world.noted(&key).is_none() {
                let group = world.read(&format!("/Groups/{id}"));
                world.note(key, group["displayName"].clone());
            }
        }
        shown(world, request, |world, user| {
            user.highest(world, |team| {
                let first = world.noted(&format!("first {}", team.id));
                first.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_else(|| team.name.clone())
            })
        })
    }),
    ("role-stale-on-delete", |world, request| {
        // The members of a team that is deleted keep what it gave.
        if let (Method::Delete, Some(id)) = (&request.method, id_below(&request, "/Groups")) {
            let group = world.read(&format!("/Groups/{id}"));
            for member in group["members"].as_array().into_iter().flatten() {
                let key = format!("gone {}", member["value"].as_str().unwrap_or_default());
                let mut names = world.noted(&key).unwrap_or_else(|| json!([]));
                names.as_array_mut().into_iter().for_each(|names| names.push(group["displayName"].clone()));
                world.note(key, names);
            }
        }
        shown(world, request, |world, user| {
            let mut teams = user.teams(world);
            let gone = world.noted(&format!("gone {}", user.id)).unwrap_or_default();
            let names = gone.as_array().into_iter().flatten().filter_map(Value::as_str);
            teams.extend(names.map(|name| Team { id: String::new(), name: name.to_owned() }));
            best(world, teams.iter().filter_map(|team| user.role_of(world, &team.name, folded)))
        })
    }),
    ("role-by-exact-case", |world, request| {
        shown(world, request, |world, user| {
            let teams = user.teams(world);
            best(world, teams.iter().filter_map(|team| user.role_of(world, &team.name, str::to_owned)))
                .or_else(|| lowest(world))
        })
    }),
    ("role-from-body", |world, request| {
        // Whoever may write a user may choose its role.
        let asked = asked(&request);
        let one = id_below(&request, "/Users").map(str::to_owned);
        let create = is(&request, Method::Post, "/Users");
        if let (Some(id), Some(role)) = (&one, &asked) {
            world.note(format!("asked {id}"), role.as_str());
        }
        if let (true, Some(role)) = (create, &asked) {
            world.note("asked", role.as_str());
        }
        let response = shown(world, request, |world, user| {
            if let Some(role) = world.noted("asked") {
                world.forget("asked");
                world.note(format!("asked {}", user.id), role);
            }
            world.noted(&format!("asked {}", user.id)).and_then(|role| role.as_str().map(str::to_owned))
        });
        world.forget("asked");
        response
    }),
    ("role-kept-on-reactivate", |world, request| {
        // Who comes back has the role that was held when leaving.
        let one = id_below(&request, "/Users").map(str::to_owned).filter(|_| request.method != Method::Get);
        let before = one.map(|id| world.read(&format!("/Users/{id}"))).filter(|user| user["active"] != false);
        let response = world.pass(request.clone());
        if let Some(before) = before {
            let id = before["id"].as_str().unwrap_or_default();
            if world.read(&format!("/Users/{id}"))["active"] == false {
                world.note(format!("held {id}"), before["roles"][0]["value"].clone());
            }
        }
        redone(world, &request, response, |world, user| {
            world.noted(&format!("held {}", user.id)).and_then(|role| role.as_str().map(str::to_owned))
        })
    }),
    ("mapping-partial-apply", |world, request| {
        // What is good in a mapping that is refused is applied all the same.
        let put = request.method == Method::Put && admin_path(&request).ends_with("/role-mapping");
        let (sent, again) = (body(&request), request.clone());
        let honest = world.pass(request);
        if !put || honest.status != 400 {
            return honest;
        }
        let profile = world.profile();
        let known: Vec<&str> = profile.roles.iter().map(|rule| rule.name.as_str()).collect();
        let name = |team: &Value| team.as_str().is_some_and(|name| !name.is_empty());
        let good = |(role, teams): &(&String, &Value)| {
            known.contains(&role.as_str()) && teams.as_array().is_some_and(|teams| teams.iter().all(name))
        };
        let good: Object =
            sent.as_object().into_iter().flatten().filter(good).map(|(k, v)| (k.clone(), v.clone())).collect();
        if !good.is_empty() {
            let bytes = Value::Object(good).to_string().into_bytes();
            let mut again = again;
            again.headers.set("Content-Length", bytes.len().to_string());
            again.body = Some(bytes);
            let _ = world.pass(again);
        }
        honest
    }),
    ("mapping-order", |world, request| {
        // The entry that stands last in the document wins, not the highest.
        if request.method == Method::Put && admin_path(&request).ends_with("/role-mapping") {
            let sent = body(&request);
            let org = admin_path(&request).split('/').nth(4).unwrap_or_default().to_owned();
            let honest = world.pass(request);
            if honest.is_success() {
                let rows = sent.as_object().into_iter().flatten().map(|(role, teams)| json!([role, teams]));
                world.note(format!("document {org}"), rows.collect::<Value>());
            }
            return honest;
        }
        shown(world, request, |world, user| {
            let document = world.noted(&format!("document {}", organization(world)))?;
            let teams = user.teams(world);
            let has = |name: &Value| {
                let name = fold(name.as_str().unwrap_or_default());
                teams.iter().any(|team| fold(&team.name) == name)
            };
            let rows = document.as_array()?.iter().rev();
            let mut rows = rows.filter(|row| row[1].as_array().is_some_and(|names| names.iter().any(has)));
            rows.next().and_then(|row| row[0].as_str().map(str::to_owned))
        })
    }),
    ("role-of-any-team", |world, request| {
        // Whoever is put into a team is given the highest role, and keeps it.
        for member in body(&request)["members"].as_array().into_iter().flatten() {
            world.note(format!("put {}", member["value"].as_str().unwrap_or_default()), true);
        }
        shown(world, request, |world, user| {
            let highest = world.profile().roles.last().map(|rule| rule.name.clone());
            let put = world.noted(&format!("put {}", user.id)).is_some();
            highest.filter(|_| put || !user.teams(world).is_empty())
        })
    }),
    ("role-set-by-hand-stays", |world, request| {
        let id = admin_path(&request).strip_prefix("/admin/v1/users/").map(str::to_owned);
        let by_hand = body(&request)["role"].clone();
        let sets = request.method == Method::Patch && by_hand.is_string();
        let response = shown(world, request, |world, user| {
            world.noted(&format!("by hand {}", user.id)).and_then(|role| role.as_str().map(str::to_owned))
        });
        if let Some(id) = id.filter(|_| sets && response.is_success()) {
            world.note(format!("by hand {id}"), by_hand);
        }
        response
    }),
    ("nested-transitive", |world, request| {
        shown(world, request, |world, user| {
            let mut teams = user.teams(world);
            let mut next = 0;
            while let Some(id) = teams.get(next).map(|team| team.id.clone()) {
                let above =
                    teams_with(world, &id).into_iter().filter(|team| !teams.iter().any(|own| own.id == team.id));
                let above: Vec<Team> = above.collect();
                teams.extend(above);
                next = next.saturating_add(1);
            }
            best(world, teams.iter().filter_map(|team| user.role_of(world, &team.name, folded)))
        })
    }),
];

/// A group that a user is in.
struct Team {
    id: String,
    name: String,
}

/// A user who is shown with a role.
struct Shown {
    id: String,
    /// The honest one.
    role: String,
}

impl Shown {
    /// The user's teams, by name: the order in which a database gives them.
    fn teams(&self, world: &World) -> Vec<Team> {
        let mut teams = teams_with(world, &self.id);
        teams.sort_by(|left, right| left.name.cmp(&right.name));
        teams
    }

    /// The role that the mapping gives a team of that name, names compared by that key.
    fn role_of(&self, world: &World, team: &str, key: fn(&str) -> String) -> Option<String> {
        let mapping = mapping(world);
        let has = |names: &Value| {
            names.as_array().into_iter().flatten().any(|name| key(name.as_str().unwrap_or_default()) == key(team))
        };
        best(world, mapping.iter().filter(|(_, names)| has(names)).map(|(role, _)| role.clone()))
    }

    /// The highest role of the teams, under the names that they are given.
    fn highest(&self, world: &World, name: impl Fn(&Team) -> String) -> Option<String> {
        let teams = self.teams(world);
        best(world, teams.iter().filter_map(|team| self.role_of(world, &name(team), folded))).or_else(|| lowest(world))
    }
}

fn folded(name: &str) -> String {
    fold(name)
}

fn teams_with(world: &World, id: &str) -> Vec<Team> {
    let groups = world.find("/Groups", &format!("members.value eq \"{id}\""));
    let text = |group: &Value, name: &str| group[name].as_str().unwrap_or_default().to_owned();
    groups.iter().map(|group| Team { id: text(group, "id"), name: text(group, "displayName") }).collect()
}

/// The organization that the request's base belongs to.
fn organization(world: &World) -> String {
    let own = format!("/{}", world.profile().base_path.trim_matches('/'));
    let name = world.base().strip_suffix(own.as_str()).unwrap_or_default().trim_matches('/');
    if name.is_empty() { "default".to_owned() } else { name.to_owned() }
}

/// The mapping in force: what the admin surface says, else the profile's.
fn mapping(world: &World) -> Object {
    let place = format!("/admin/v1/organizations/{}/role-mapping", organization(world));
    let said = world.ask_operator(Method::Get, &place, None);
    let known = |object: &Object| object.values().any(Value::is_array);
    if let Some(Value::Object(said)) = said.json().filter(|_| said.is_success()) {
        let inner = said.get("mapping").and_then(Value::as_object).cloned();
        return inner.or_else(|| Some(said).filter(known)).unwrap_or_default();
    }
    let profile = world.profile();
    let rules = profile.roles.iter();
    rules.map(|rule| (rule.name.clone(), json!(rule.teams))).collect::<Map<_, _>>()
}

fn rank(world: &World, role: &str) -> usize {
    world.profile().roles.iter().position(|rule| rule.name == role).unwrap_or_default()
}

fn best(world: &World, roles: impl Iterator<Item = String>) -> Option<String> {
    roles.max_by_key(|role| rank(world, role))
}

fn lowest(world: &World) -> Option<String> {
    world.profile().roles.first().map(|rule| rule.name.clone())
}

/// The role that a body asks for.
fn asked(request: &Request) -> Option<String> {
    let role = |value: &Value| {
        value[0]["value"].as_str().or_else(|| value["value"].as_str()).or(value.as_str()).map(str::to_owned)
    };
    if !path(request).starts_with("/Users") {
        return None;
    }
    let own = body(request).get("roles").and_then(role);
    own.or_else(|| {
        operations_of(request).iter().find_map(|operation| {
            let named = operation["path"].as_str().is_some_and(|path| path.to_ascii_lowercase().starts_with("roles"));
            if named { role(&operation["value"]) } else { operation["value"].get("roles").and_then(role) }
        })
    })
}

/// The answer with every user's role replaced, where there is another.
fn shown(world: &World, request: Request, role: impl Fn(&World, &Shown) -> Option<String>) -> Response {
    let asked = request.clone();
    let response = world.pass(request);
    redone(world, &asked, response, role)
}

fn redone(
    world: &World,
    request: &Request,
    response: Response,
    role: impl Fn(&World, &Shown) -> Option<String>,
) -> Response {
    if path(request).starts_with("/Users") {
        return each(response, |user| {
            let id = user.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
            let honest = user.get("roles").map(|roles| roles[0]["value"].clone()).unwrap_or_default();
            world.note(format!("base {id}"), world.base());
            let own = Shown { id, role: honest.as_str().unwrap_or_default().to_owned() };
            if let Some(other) = role(world, &own).filter(|other| *other != own.role) {
                user.insert("roles".into(), json!([{"value": other, "primary": true}]));
            }
        });
    }
    let own = |user: &Value| user["id"].is_string() && user["role"].is_string();
    if request.method != Method::Get || !admin_path(request).starts_with("/admin/v1/users") {
        return response;
    }
    super::tools::edit_where(response, own, |user| {
        let id = user["id"].as_str().unwrap_or_default().to_owned();
        // Who was not seen through SCIM has no role by team.
        let Some(base) = world.noted(&format!("base {id}")) else { return };
        let own = Shown { id, role: user["role"].as_str().unwrap_or_default().to_owned() };
        let other = world.at(base.as_str().unwrap_or_default(), |world| role(world, &own));
        if let Some(other) = other {
            user.put("role", other);
        }
    })
}
