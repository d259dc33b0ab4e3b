//! What a product keeps of its users, as the judge of rows sees it: a row about an attribute that the product declares to
//! drop says nothing of it, neither good nor bad. It knows nothing of servers, and shares no code with the bundled one.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::profile::{Users, ValuesKept};
use crate::scim::address::{self, Part};
use crate::scim::filter::{Filter, Literal};
use crate::scim::path::{AttrPath, PatchPath};
use crate::scim::{filter, schema, urn};
use crate::wire::{Exchange, Method, Request, Root};

/// What every user has whatever a product stores.
const ALWAYS: [&str; 6] = ["schemas", "id", "meta", "groups", "username", "active"];

/// Around users in lists and bulk answers.
const AROUND: [&str; 4] = ["resources", "operations", "response", "data"];

/// A product's users, and what was sent of them.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The stored attributes in lower case; empty: all.
    stored: Vec<AttrPath>,
    /// Only one value of a multi-valued attribute is stored.
    single: bool,
    /// What is stored was found in the target's own schemas, and is no promise to drop the rest.
    published: bool,
    /// What was sent as elements of which multi-valued attribute.
    sent: BTreeMap<String, BTreeSet<String>>,
}

impl Kept {
    /// `published`: whether what is stored is the target's own, by its schemas.
    pub fn new(users: &Users, published: bool) -> Self {
        let path = |text: &String| AttrPath::parse(&text.to_ascii_lowercase()).ok();
        Self {
            stored: users.stored.iter().filter_map(path).collect(),
            single: users.values == ValuesKept::Primary,
            published,
            sent: BTreeMap::new(),
        }
    }

    fn all(&self) -> bool {
        self.stored.is_empty() && !self.single
    }

    /// Whether a user's attribute, or a sub-attribute, is stored.
    fn stores(&self, extension: Option<&str>, name: &str, sub: Option<&str>) -> bool {
        if self.stored.is_empty()
            || (extension.is_none() && ALWAYS.iter().any(|always| always.eq_ignore_ascii_case(name)))
        {
            return true;
        }
        // Members of lists, bulk answers and errors are no attributes of users, and what no schema has nobody stores.
        let path = AttrPath { urn: extension.map(str::to_owned), name: name.to_owned(), sub: None };
        if schema::user().resolve(&path).is_none() {
            return true;
        }
        self.stored.iter().any(|path| {
            let own = path.urn.as_deref().filter(|own| !own.eq_ignore_ascii_case(urn::USER));
            let part = match (&path.sub, sub) {
                (Some(stored), Some(sub)) => stored.eq_ignore_ascii_case(sub),
                _ => true,
            };
            own.map(str::to_ascii_lowercase) == extension.map(str::to_ascii_lowercase)
                && path.name.eq_ignore_ascii_case(name)
                && part
        })
    }

    fn stores_path(&self, path: &AttrPath) -> bool {
        let extension = path.urn.as_deref().filter(|own| !own.eq_ignore_ascii_case(urn::USER));
        self.stores(extension, &path.name, path.sub.as_deref())
    }

    fn stores_extension(&self, urn: &str) -> bool {
        let inside = |path: &AttrPath| path.urn.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(urn));
        self.stored.is_empty() || self.stored.iter().any(inside)
    }

    /// Whether a filter asks only for what is stored.
    fn answers(&self, filter: &Filter) -> bool {
        match filter {
            Filter::Compare(path, ..) | Filter::Present(path) => self.stores_path(path),
            Filter::And(terms) | Filter::Or(terms) => terms.iter().all(|term| self.answers(term)),
            Filter::Not(inner) => self.answers(inner),
            Filter::Value { attr, filter, .. } => self.stores_path(attr) && self.chooses(attr, filter),
        }
    }

    /// Whether a filter in brackets behind an attribute chooses only by parts of it that are stored.
    fn chooses(&self, attr: &AttrPath, filter: &Filter) -> bool {
        match filter {
            Filter::Compare(part, ..) | Filter::Present(part) => {
                self.stores_path(&AttrPath { sub: Some(part.name.clone()), ..attr.clone() })
            }
            Filter::And(terms) | Filter::Or(terms) => terms.iter().all(|term| self.chooses(attr, term)),
            Filter::Not(inner) => self.chooses(attr, inner),
            Filter::Value { .. } => true,
        }
    }

    /// Whether anything can be said of the answer to a request: not where it filters or sorts by what is not stored.
    pub fn answers_request(&self, request: &Request) -> bool {
        let path = request.path().trim_matches('/');
        if self.stored.is_empty() || path.starts_with("Groups") {
            return true;
        }
        let good = |name: &str, text: &str| match name.to_ascii_lowercase().as_str() {
            // A bare name may be an extension's (I-52).
            "filter" => filter::parse(text).map_or(true, |it| self.answers(&filter::qualify(it, schema::user()))),
            "sortby" => AttrPath::parse(text).map_or(true, |path| self.stores_path(&path)),
            _ => true,
        };
        let mut pairs = request.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
        let query = pairs.all(|(name, value)| good(name, &decoded(value)));
        let search = path.ends_with(".search").then(|| body(request)).flatten();
        let members = search.as_ref().and_then(Value::as_object);
        let search =
            members.is_none_or(|all| all.iter().all(|(name, value)| good(name, value.as_str().unwrap_or_default())));
        query && search
    }

    /// Keeps in mind which elements of multi-valued attributes were sent.
    pub fn learn(&mut self, request: &Request) {
        if !self.single || !request.method.writes() {
            return;
        }
        if let Some(body) = body(request) {
            self.learn_from(&body);
        }
    }

    fn learn_from(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                let path = members.get("path").and_then(Value::as_str);
                if let (Some(path), Some(value)) = (path, members.get("value")) {
                    self.learn_at(path, value);
                }
                for (name, value) in members {
                    self.learn_at(name, value);
                    self.learn_from(value);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn_from(item)),
            _ => {}
        }
    }

    /// What was sent below a name or path, where that is a multi-valued attribute of users.
    fn learn_at(&mut self, path: &str, value: &Value) {
        let (attribute, chosen) = match PatchPath::parse(path) {
            Ok(PatchPath::Attr(path)) => (path, None),
            Ok(PatchPath::Value { attr, filter, .. }) => (attr, Some(filter.to_string())),
            _ => return,
        };
        let multi = schema::user().resolve(&AttrPath { sub: None, ..attribute.clone() });
        if !multi.is_some_and(|found| found.attribute.multi) {
            return;
        }
        let sent = self.sent.entry(attribute.name.to_ascii_lowercase()).or_default();
        match (chosen, value) {
            (Some(filter), _) => _ = sent.insert(filter),
            (None, Value::Array(items)) => {
                let kind = |item: &Value| match (item.get("type"), item.get("value")) {
                    (Some(kind), _) => format!("type eq {kind}"),
                    (None, value) => value.unwrap_or(item).to_string(),
                };
                let mut seen: Vec<String> = items.iter().map(kind).collect();
                seen.sort_unstable();
                if seen.windows(2).any(|pair| pair[0] == pair[1]) {
                    seen.push("and another".into());
                }
                sent.extend(seen);
            }
            _ => {}
        }
    }

    /// Something that a refused write of a user sent and that the target's schemas do not have: to refuse it is one of two
    /// readings (I-43, I-44). `None` where all was known, or was not refused as wrong.
    pub fn unknown_in(&self, exchange: &Exchange) -> Option<String> {
        let request = &exchange.request;
        let refused = exchange.response().is_some_and(|response| response.status == 400);
        let place = request.path().trim_matches('/').split('/').next().unwrap_or_default();
        if !self.published || self.stored.is_empty() || !refused || !request.method.writes() || place != "Users" {
            return None;
        }
        let body = body(request)?;
        match body["Operations"].as_array() {
            Some(all) if request.method == Method::Patch => all.iter().find_map(|one| self.unknown_operation(one)),
            _ => self.unknown_member(body.as_object()?),
        }
    }

    fn unknown_operation(&self, operation: &Value) -> Option<String> {
        let value = &operation["value"];
        let Some(path) = operation["path"].as_str() else { return self.unknown_member(value.as_object()?) };
        self.unknown_at(path, value)
    }

    /// Among the members of a user, or of the value of an operation without path, whose names may be paths.
    fn unknown_member(&self, members: &serde_json::Map<String, Value>) -> Option<String> {
        members.iter().find_map(|(name, value)| match schema::user().extension(name) {
            Some(extension) => {
                let inner =
                    |(sub, value): (&String, &Value)| self.unknown_at(&format!("{}:{sub}", extension.urn), value);
                let whole = (!self.stores_extension(&extension.urn)).then(|| extension.urn.clone());
                whole.or_else(|| value.as_object()?.iter().find_map(inner))
            }
            None if name.eq_ignore_ascii_case("schemas") => {
                let named = value.as_array()?.iter().filter_map(Value::as_str);
                named.filter(|urn| !self.names_stored(urn)).map(str::to_owned).next()
            }
            None => self.unknown_at(name, value),
        })
    }

    /// At a path that a value was sent to, or among the parts of that value.
    fn unknown_at(&self, path: &str, value: &Value) -> Option<String> {
        let attr = match PatchPath::parse(path).ok()? {
            PatchPath::Attr(attr) => attr,
            PatchPath::Value { attr, filter, .. } if !self.chooses(&attr, &filter) => return Some(path.to_owned()),
            PatchPath::Value { attr, .. } => attr,
            PatchPath::Schema(_) => return None,
        };
        if !self.stores_path(&attr) {
            return Some(path.to_owned());
        }
        let parts = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice).iter();
        let names = parts.filter_map(Value::as_object).flat_map(serde_json::Map::keys);
        let mut subs = names.map(|sub| AttrPath { sub: Some(sub.clone()), ..attr.clone() });
        subs.find(|sub| attr.sub.is_none() && !self.stores_path(sub)).map(|sub| sub.to_string())
    }

    /// Whether a row at an address of the answer to a request can be judged. `operand` is what it compares with.
    pub fn shows(&self, request: &Request, at: &str, operand: &Value) -> bool {
        if self.all() || request.root != Root::Scim {
            return true;
        }
        let Ok(parts) = address::parts(at) else { return true };
        let path = request.path().trim_matches('/').to_owned();
        let first = path.split('/').next().unwrap_or_default();
        match first {
            "Groups" | "ServiceProviderConfig" => true,
            "Schemas" => self.shows_schema(&parts),
            "ResourceTypes" => operand.as_str().is_none_or(|urn| self.names_stored(urn)),
            _ => self.shows_user(&parts, operand),
        }
    }

    /// False for the URN of an extension of which nothing is stored.
    fn names_stored(&self, text: &str) -> bool {
        schema::user().extension(text).is_none_or(|extension| self.stores_extension(&extension.urn))
    }

    fn shows_user(&self, parts: &[Part], operand: &Value) -> bool {
        let around = |part: &&Part| AROUND.iter().any(|name| part.name.eq_ignore_ascii_case(name)) || index(part);
        let known = |part: &Part| part.filter.as_ref().is_none_or(|filter| self.answers(filter));
        if !parts.iter().take_while(around).all(known) {
            return false;
        }
        let mut rest = parts.iter().skip_while(around).filter(|part| !index(part));
        let Some(first) = rest.next() else { return true };
        let whole = first.urn.as_ref().map_or_else(|| first.name.clone(), |urn| format!("{urn}:{}", first.name));
        let (extension, part) = match schema::user().extension(&whole) {
            Some(extension) if !self.stores_extension(&extension.urn) => return false,
            Some(extension) => match rest.next() {
                Some(part) => (Some(extension.urn.as_str()), part),
                None => return true,
            },
            None => (first.urn.as_deref().filter(|own| !own.eq_ignore_ascii_case(urn::USER)), first),
        };
        if part.name.eq_ignore_ascii_case("schemas") {
            return operand.as_str().is_none_or(|urn| self.names_stored(urn));
        }
        let sub = rest.next().map(|part| part.name.as_str());
        let several = self.sent.get(&part.name.to_ascii_lowercase()).is_some_and(|sent| sent.len() > 1);
        let attr = AttrPath { urn: extension.map(str::to_owned), name: part.name.clone(), sub: None };
        let chosen = part.filter.as_ref().is_none_or(|filter| self.chooses(&attr, filter));
        self.stores(extension, &part.name, sub) && chosen && !several
    }

    /// A row at `Resources[id eq "…:User"].attributes[name eq "title"]…`
    fn shows_schema(&self, parts: &[Part]) -> bool {
        let named = |part: &Part, key: &str| match &part.filter {
            Some(Filter::Compare(path, _, Literal::String(text))) if path.name.eq_ignore_ascii_case(key) => {
                Some(text.clone())
            }
            _ => None,
        };
        let schema = parts.iter().find_map(|part| named(part, "id"));
        let mut names = parts.iter().filter_map(|part| named(part, "name"));
        let Some(schema) = schema else { return true };
        let extension = schema::user().extension(&schema).map(|extension| extension.urn.as_str());
        if extension.is_none() && !schema.eq_ignore_ascii_case(urn::USER) {
            return true;
        }
        match (names.next(), names.next()) {
            (Some(name), sub) => self.stores(extension, &name, sub.as_deref()),
            (None, _) => extension.is_none_or(|urn| self.stores_extension(urn)),
        }
    }
}

fn index(part: &Part) -> bool {
    part.name.bytes().all(|byte| byte.is_ascii_digit())
}

fn body(request: &Request) -> Option<Value> {
    serde_json::from_slice(request.body.as_deref()?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kept(stored: &[&str], values: ValuesKept) -> Kept {
        let stored = stored.iter().map(ToString::to_string).collect();
        Kept::new(&Users { stored, values, ..Users::default() }, false)
    }

    fn get(target: &str) -> Request {
        Request::new(Method::Get, target)
    }

    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    #[test]
    fn rows_about_what_is_dropped_are_not_judged_and_all_others_are() {
        let some = kept(&["userName", "name.givenName", "emails"], ValuesKept::All);
        let whole = kept(&[&format!("{ENTERPRISE}:department")], ValuesKept::All);
        for (target, at, shown) in [
            ("/Users/1", "userName", true),
            ("/Users/1", "active", true),
            ("/Users/1", "id", true),
            ("/Users/1", "meta.version", true),
            ("/Users/1", "", true),
            ("/Users/1", "title", false),
            ("/Users/1", "TITLE", false),
            ("/Me", "title", false),
            ("/Users/1", "name", true),
            ("/Users/1", "name.givenName", true),
            ("/Users/1", "name.formatted", false),
            ("/Users/1", "/name/formatted", false),
            ("/Users/1", "emails[type eq \"work\"].value", true),
            ("/Users/1", "/emails/0/value", true),
            ("/Users/1", "addresses[type eq \"work\"].country", false),
            ("/Users/1", "/addresses", false),
            ("/Users/1", "urn:ietf:params:scim:schemas:core:2.0:User:title", false),
            ("/Users/1", "urn:ietf:params:scim:schemas:core:2.0:User:userName", true),
            ("/Users/1", &format!("{ENTERPRISE}:department"), false),
            ("/Users/1", &format!("{ENTERPRISE}:manager.value"), false),
            ("/Users/1", ENTERPRISE, false),
            ("/Users?count=1", "totalResults", true),
            ("/Users?count=1", "Resources", true),
            ("/Users", "scimType", true),
            ("/Users", "detail", true),
            ("/Users?count=1", "Resources.userName", true),
            ("/Users?count=1", "Resources.title", false),
            ("/Users?count=1", "/Resources/0/title", false),
            ("/Users?count=1", "Resources[userName eq \"x\"].emails.value", true),
            ("/Users?count=1", "Resources[userName eq \"x\"].title", false),
            ("/Users?count=1", "Resources[title eq \"x\"].id", false),
            ("/Bulk", "Operations[bulkId eq \"1\"].status", true),
            ("/Bulk", "Operations.response.title", false),
            ("/Groups/1", "displayName", true),
            ("/Groups/1", "externalId", true),
            ("/ServiceProviderConfig", "patch.supported", true),
            (
                "/Schemas",
                "Resources[id eq \"urn:ietf:params:scim:schemas:core:2.0:User\"].attributes[name eq \"emails\"]",
                true,
            ),
            (
                "/Schemas",
                "Resources[id eq \"urn:ietf:params:scim:schemas:core:2.0:User\"].attributes[name eq \"title\"]",
                false,
            ),
            (
                "/Schemas",
                "Resources[id eq \"urn:ietf:params:scim:schemas:core:2.0:Group\"].attributes[name eq \"displayName\"]",
                true,
            ),
            ("/Schemas", "Resources.attributes.mutability", true),
        ] {
            assert_eq!(some.shows(&get(target), at, &Value::Null), shown, "{target} {at}");
            assert!(Kept::default().shows(&get(target), at, &Value::Null), "{target} {at}: where all is stored");
        }
        // Who has mails without a type cannot be asked for the one at work.
        let untyped = kept(&["userName", "emails.value", "emails.primary"], ValuesKept::All);
        for (at, shown) in [
            ("emails[type eq \"work\"].value", false),
            ("emails[primary eq true].value", true),
            ("emails[value pr and not (type eq \"work\")].value", false),
            ("emails.value", true),
        ] {
            assert_eq!(untyped.shows(&get("/Users/1"), at, &Value::Null), shown, "{at}");
            let filter = format!("/Users?filter={}", at.replace(' ', "%20").replace("].value", "]"));
            assert_eq!(untyped.answers_request(&get(&filter)), shown, "{filter}");
        }
        for (at, operand, shown) in [
            (&format!("{ENTERPRISE}:department"), json!("x"), true),
            (&format!("{ENTERPRISE}:costCenter"), json!("x"), false),
            (&"schemas".to_owned(), json!(ENTERPRISE), true),
        ] {
            assert_eq!(whole.shows(&get("/Users/1"), at, &operand), shown, "{at}");
        }
        assert!(!some.shows(&get("/Users/1"), "schemas", &json!(ENTERPRISE)));
        assert!(!some.shows(&get("/ResourceTypes"), "Resources.schemaExtensions.schema", &json!(ENTERPRISE)));
        let mut elsewhere = get("/Users/1");
        elsewhere.root = Root::Admin;
        assert!(some.shows(&elsewhere, "title", &Value::Null), "the admin surface is no SCIM resource");
    }

    #[test]
    fn what_looks_for_something_dropped_is_not_judged() {
        let some = kept(&["userName", "name.givenName"], ValuesKept::All);
        for (target, judged) in [
            ("/Users?filter=userName%20eq%20%22x%22", true),
            ("/Users?filter=title+eq+%22x%22", false),
            ("/Users?filter=userName%20eq%20%22x%22%20and%20emails.value%20pr", false),
            ("/Users?filter=emails%5Btype%20eq%20%22work%22%5D", false),
            ("/Users?filter=name.givenName%20pr&sortBy=userName", true),
            ("/Users?sortBy=title", false),
            ("/Users?filter=manager%20eq%20%22x%22", false),
            ("/Users?filter=title%20%20%20gibberish", true),
            ("/Groups?filter=displayName%20eq%20%22x%22", true),
        ] {
            assert_eq!(some.answers_request(&get(target)), judged, "{target}");
            assert!(Kept::default().answers_request(&get(target)), "{target}");
        }
        let mut search = Request::new(Method::Post, "/Users/.search");
        search.body = Some(json!({"filter": "title eq \"x\""}).to_string().into_bytes());
        assert!(!some.answers_request(&search));
    }

    #[test]
    fn several_values_of_an_attribute_are_not_judged_where_one_is_kept() {
        let emails = |body: Value| {
            let mut request = Request::new(Method::Post, "/Users");
            request.body = Some(body.to_string().into_bytes());
            request
        };
        let work = json!({"value": "a@x.example.com", "type": "work"});
        for (bodies, judged) in [
            (vec![json!({"emails": [work]})], true),
            (vec![json!({"emails": [work]}), json!({"emails": [{"value": "b@x.example.com", "type": "work"}]})], true),
            (vec![json!({"emails": [work, {"value": "b@x.example.com", "type": "home"}]})], false),
            (vec![json!({"emails": [work, work]})], false),
            (
                vec![
                    json!({"emails": [work]}),
                    json!({"Operations": [{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "c"}]}),
                ],
                true,
            ),
            (
                vec![
                    json!({"emails": [work]}),
                    json!({"Operations": [{"op": "add", "path": "emails[type eq \"home\"].value", "value": "c"}]}),
                ],
                false,
            ),
            (
                vec![
                    json!({"emails": [work]}),
                    json!({"Operations": [{"op": "add", "value": {"emails[type eq \"home\"].value": "c"}}]}),
                ],
                false,
            ),
        ] {
            let (mut one, mut every) = (kept(&[], ValuesKept::Primary), kept(&["emails"], ValuesKept::All));
            for body in &bodies {
                one.learn(&emails(body.clone()));
                every.learn(&emails(body.clone()));
            }
            assert_eq!(one.shows(&get("/Users/1"), "emails.value", &Value::Null), judged, "{bodies:?}");
            assert!(one.shows(&get("/Users/1"), "userName", &Value::Null));
            assert!(every.shows(&get("/Users/1"), "emails.value", &Value::Null), "{bodies:?}");
        }
    }
}
