//! Bare names of extension attributes, given their URN: `manager eq "7"` as Entra ID asks it (I-52).

use super::Filter;
use crate::scim::path::AttrPath;
use crate::scim::schema::ResourceType;

/// The same filter with the extension's URN before every bare name that only an extension of the type defines. A name
/// that the core schema defines, or nobody, stays as it is.
#[must_use]
pub fn qualify(filter: Filter, kind: &ResourceType) -> Filter {
    let all = |terms: Vec<Filter>| terms.into_iter().map(|term| qualify(term, kind)).collect();
    match filter {
        Filter::Compare(path, op, literal) => Filter::Compare(name(path, kind), op, literal),
        Filter::Present(path) => Filter::Present(name(path, kind)),
        Filter::And(terms) => Filter::And(all(terms)),
        Filter::Or(terms) => Filter::Or(all(terms)),
        Filter::Not(inner) => Filter::Not(Box::new(qualify(*inner, kind))),
        // Paths inside the brackets are relative to an element.
        Filter::Value { attr, filter, trailing } => Filter::Value { attr: name(attr, kind), filter, trailing },
    }
}

fn name(path: AttrPath, kind: &ResourceType) -> AttrPath {
    if path.urn.is_some() || kind.resolve(&path).is_some() {
        return path;
    }
    let owner = kind.extensions.iter().find(|(schema, _)| schema.attribute(&path.name).is_some());
    AttrPath { urn: owner.map(|(schema, _)| schema.urn.clone()), ..path }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::filter::parse;
    use crate::scim::schema;

    #[test]
    fn only_names_of_an_extension_alone_are_qualified() {
        let rows = [
            ("manager eq \"7\"", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq \"7\""),
            (
                "not (id eq \"1\" and department pr)",
                "not (id eq \"1\" and urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department pr)",
            ),
            ("userName eq \"a\" or nosuch pr", "userName eq \"a\" or nosuch pr"),
            ("emails[type eq \"work\"]", "emails[type eq \"work\"]"),
        ];
        for (before, after) in rows {
            assert_eq!(qualify(parse(before).unwrap(), schema::user()), parse(after).unwrap(), "{before}");
        }
    }
}
