//! What the profile makes of a user before it is stored (`profile.users`): which names are taken, what is dropped, which
//! values are held against others; and what `/Schemas` says of it. It knows nothing of storage or HTTP.

use serde_json::Value;

use super::context::resource_type;
use crate::profile::{Profile, RefusedName, Renaming, UserNames, Users, ValuesKept};
use crate::scim::address::member;
use crate::scim::name::fold;
use crate::scim::patch::{Operation, PatchRequest};
use crate::scim::path::{AttrPath, PatchPath};
use crate::scim::resource::settle_schemas;
use crate::scim::schema::{Attribute, Mutability, Schema, Uniqueness};
use crate::scim::{Object, ScimError, ScimType, urn};
use crate::store::{Held, Kind};

/// What every user has whatever the product stores: who it is, whether it may sign in, and what the server computes.
const ALWAYS: [&str; 6] = ["schemas", "id", "meta", "groups", "userName", "active"];

/// A user as the product keeps it. `old` is its state before, absent on a create.
///
/// # Errors
/// 400 `invalidValue` (or, where so declared, without a `scimType`) for a user name of another form (CATALYTIC-006); for a missing required attribute; 400 `mutability`
/// for a new name where names are fixed (CATALYTIC-025).
pub(super) fn fit(users: &Users, mut user: Object, old: Option<&Object>) -> Result<Object, ScimError> {
    let name = text(&user, "userName");
    let before = old.map(|old| text(old, "userName"));
    // A user who was there before the rule keeps its name (CATALYTIC-018).
    if before.is_none_or(|before| before != name) && !taken(users.user_names, name) {
        let detail = format!("userName: {}", alphabet(users.user_names));
        return Err(match users.refused_name {
            RefusedName::InvalidValue => ScimError::bad(ScimType::InvalidValue, detail),
            RefusedName::Plain => ScimError::new(400, detail),
        });
    }
    if users.renaming == Renaming::Refused && before.is_some_and(|before| fold(before) != fold(name)) {
        return Err(ScimError::bad(ScimType::Mutability, "userName: this server does not change user names"));
    }
    for path in paths(&users.required) {
        let had = old.is_none_or(|old| !texts(old, &path).is_empty());
        if had && texts(&user, &path).is_empty() {
            return Err(ScimError::bad(ScimType::InvalidValue, format!("{path}: required")));
        }
    }
    if !users.stored.is_empty() {
        drop_others(&paths(&users.stored), &mut user);
    }
    if users.values == ValuesKept::Primary {
        keep_primary(&mut user);
    }
    Ok(user)
}

fn text<'a>(user: &'a Object, name: &str) -> &'a str {
    user.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a user name has the form that the product takes.
fn taken(names: UserNames, name: &str) -> bool {
    let all = |test: fn(char) -> bool| !name.is_empty() && name.chars().all(test);
    match names {
        UserNames::Any => true,
        UserNames::Alphanumeric => all(|c| c.is_ascii_alphanumeric()),
        UserNames::LowerAlphanumeric => {
            all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()) && !name.starts_with(|c: char| c.is_ascii_digit())
        }
        UserNames::UnicodeAlphanumeric => all(char::is_alphanumeric),
    }
}

const fn alphabet(names: UserNames) -> &'static str {
    match names {
        UserNames::Any => "not a user name",
        UserNames::Alphanumeric => "only letters A to Z and digits are allowed",
        UserNames::LowerAlphanumeric => "only lower-case letters a to z and digits are allowed, a letter first",
        UserNames::UnicodeAlphanumeric => "only letters and digits are allowed",
    }
}

/// The paths of a list in the profile; what is no path names nothing.
fn paths(list: &[String]) -> Vec<AttrPath> {
    list.iter().filter_map(|path| AttrPath::parse(path).ok()).collect()
}

/// What a list of paths says of one attribute.
enum Kept<'p> {
    Whole,
    Subs(Vec<&'p str>),
    Nothing,
}

/// Looks an attribute up in a list of paths; `extension` is the URN that it lives behind.
fn kept<'p>(paths: &'p [AttrPath], extension: Option<&str>, name: &str) -> Kept<'p> {
    let here = |path: &&AttrPath| {
        let own = path.urn.as_deref().filter(|own| !own.eq_ignore_ascii_case(urn::USER));
        let place = match (own, extension) {
            (Some(own), Some(extension)) => own.eq_ignore_ascii_case(extension),
            (None, None) => true,
            _ => false,
        };
        place && path.name.eq_ignore_ascii_case(name)
    };
    let mut subs = Vec::new();
    for path in paths.iter().filter(here) {
        match &path.sub {
            Some(sub) => subs.push(sub.as_str()),
            None => return Kept::Whole,
        }
    }
    if subs.is_empty() { Kept::Nothing } else { Kept::Subs(subs) }
}

fn always(name: &str) -> bool {
    ALWAYS.iter().any(|always| always.eq_ignore_ascii_case(name))
}

/// Drops what is not stored (CATALOG-004, CATALYTIC-009), also from within complex values and extensions.
fn drop_others(paths: &[AttrPath], user: &mut Object) {
    let kind = resource_type(Kind::User);
    user.retain(|name, value| match (kind.extension(name), value) {
        (Some(extension), Value::Object(content)) => {
            content.retain(|name, value| trim(kept(paths, Some(&extension.urn), name), value));
            !content.is_empty()
        }
        (_, value) => always(name) || trim(kept(paths, None, name), value),
    });
    settle_schemas(user, kind);
}

/// Cuts a value down to what is kept of it; false if nothing is left.
fn trim(kept: Kept<'_>, value: &mut Value) -> bool {
    let subs = match kept {
        Kept::Whole => return true,
        Kept::Nothing => return false,
        Kept::Subs(subs) => subs,
    };
    let cut = |value: &mut Value| match value {
        Value::Object(content) => {
            content.retain(|name, _| subs.iter().any(|sub| sub.eq_ignore_ascii_case(name)));
            !content.is_empty()
        }
        _ => false,
    };
    match value {
        Value::Array(elements) => {
            elements.retain_mut(cut);
            !elements.is_empty()
        }
        value => cut(value),
    }
}

/// Of several elements only the primary one stays, else the first (CATALYTIC-011).
fn keep_primary(user: &mut Object) {
    for (_, value) in user.iter_mut().filter(|(name, _)| !always(name)) {
        if let Value::Array(elements) = value {
            let primary = |element: &Value| element.get("primary") == Some(&Value::Bool(true));
            let chosen = elements.iter().position(primary).unwrap_or_default();
            if chosen < elements.len() {
                *elements = vec![elements.swap_remove(chosen)];
            }
        }
    }
}

/// The values that no other user may have (CATALYTIC-014): every stored one, `primary` or not, of any type (PROP-UNIQ-13).
pub(super) fn held(users: &Users, user: &Object) -> Vec<Held> {
    let mut held = Vec::new();
    for unique in &users.unique {
        let Ok(path) = AttrPath::parse(&unique.attribute) else { continue };
        for text in texts(user, &path) {
            let key = if unique.case_exact { text } else { fold(&text) };
            let one = Held { attribute: unique.attribute.clone(), key };
            if !held.contains(&one) {
                held.push(one);
            }
        }
    }
    held
}

/// The values at a path as text; of a complex one without sub-attribute its `value`, else all of it.
fn texts(user: &Object, path: &AttrPath) -> Vec<String> {
    let outside = path.urn.as_deref().filter(|own| !own.eq_ignore_ascii_case(urn::USER));
    let container = match outside {
        Some(urn) => member(user, urn).and_then(Value::as_object),
        None => Some(user),
    };
    let elements = match container.and_then(|container| member(container, &path.name)) {
        Some(Value::Array(elements)) => elements.as_slice(),
        Some(value) => std::slice::from_ref(value),
        None => &[],
    };
    let one = |element: &Value| {
        let value = match (element, &path.sub) {
            (Value::Object(content), Some(sub)) => member(content, sub),
            (Value::Object(content), None) => member(content, "value").or(Some(element)),
            (element, None) => Some(element),
            (_, Some(_)) => None,
        }?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned)).filter(|text| !text.is_empty())
    };
    elements.iter().filter_map(one).collect()
}

/// The request without the operations on what is not stored, where it has such: those have nothing to work on, and that
/// is no error (CATALYTIC-009).
pub(super) fn without_dropped(users: &Users, request: &PatchRequest) -> Option<PatchRequest> {
    if users.stored.is_empty() {
        return None;
    }
    let paths = paths(&users.stored);
    let operations: Vec<Operation> = request.operations.iter().filter_map(|one| lighter(&paths, one)).collect();
    let lighter = PatchRequest { operations };
    (lighter != *request).then_some(lighter)
}

fn lighter(paths: &[AttrPath], operation: &Operation) -> Option<Operation> {
    match (&operation.path, &operation.value) {
        (Some(path), _) => stays(paths, path).then(|| operation.clone()),
        (None, Some(Value::Object(values))) => {
            let mut values = values.clone();
            values.retain(|name, _| PatchPath::parse(name).map_or(true, |path| stays(paths, &path)));
            (!values.is_empty()).then(|| Operation { value: Some(Value::Object(values)), ..operation.clone() })
        }
        (None, _) => Some(operation.clone()),
    }
}

/// Whether a path leads to something that is stored.
fn stays(paths: &[AttrPath], path: &PatchPath) -> bool {
    let (attribute, sub) = match path {
        PatchPath::Attr(path) => (path, path.sub.as_deref()),
        PatchPath::Value { attr, sub, .. } => (attr, sub.as_deref()),
        PatchPath::Schema(_) => return true,
    };
    let extension = attribute.urn.as_deref().filter(|own| !own.eq_ignore_ascii_case(urn::USER));
    if extension.is_none() && always(&attribute.name) {
        return true;
    }
    match (kept(paths, extension, &attribute.name), sub) {
        (Kept::Whole, _) | (Kept::Subs(_), None) => true,
        (Kept::Subs(subs), Some(sub)) => subs.iter().any(|one| one.eq_ignore_ascii_case(sub)),
        (Kept::Nothing, _) => false,
    }
}

/// A schema as it is served: of the users' only what is stored, with what is required, unique and fixed. `None` if
/// nothing of it is left.
pub(super) fn served(profile: &Profile, schema: &Schema) -> Option<Schema> {
    let users = &profile.users;
    let extension = resource_type(Kind::User).extension(&schema.urn).map(|extension| extension.urn.as_str());
    if extension.is_none() && schema.urn != urn::USER {
        return Some(schema.clone());
    }
    let mut schema = schema.clone();
    if !users.stored.is_empty() {
        let paths = paths(&users.stored);
        let computed = |name: &str| match name {
            "groups" => profile.capabilities.groups,
            "roles" => !profile.roles.is_empty(),
            _ => always(name),
        };
        schema.attributes.retain_mut(|attribute| match kept(&paths, extension, &attribute.name) {
            Kept::Whole => true,
            Kept::Subs(subs) => {
                attribute.subs.retain(|sub| subs.iter().any(|name| name.eq_ignore_ascii_case(&sub.name)));
                true
            }
            Kept::Nothing => extension.is_none() && computed(&attribute.name),
        });
    }
    let mut mark = |path: &AttrPath, change: fn(&mut Attribute)| {
        let own = path.urn.as_deref().filter(|own| !own.eq_ignore_ascii_case(urn::USER));
        if own.map(str::to_ascii_lowercase) != extension.map(str::to_ascii_lowercase) {
            return;
        }
        let same = |attribute: &&mut Attribute, name: &str| attribute.name.eq_ignore_ascii_case(name);
        let Some(found) = schema.attributes.iter_mut().find(|one| same(one, &path.name)) else { return };
        match &path.sub {
            None => change(found),
            Some(sub) => {
                if let Some(found) = found.subs.iter_mut().find(|one| same(one, sub)) {
                    change(found);
                }
            }
        }
    };
    paths(&users.required).iter().for_each(|path| mark(path, |attribute| attribute.required = true));
    let unique: Vec<String> = users.unique.iter().map(|unique| unique.attribute.clone()).collect();
    paths(&unique).iter().for_each(|path| mark(path, |attribute| attribute.uniqueness = Uniqueness::Server));
    if users.renaming == Renaming::Refused {
        mark(&AttrPath::name("userName"), |attribute| attribute.mutability = Mutability::Immutable);
    }
    (!schema.attributes.is_empty()).then_some(schema)
}
