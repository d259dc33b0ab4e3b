//! List requests and answers (`RFC7644 §3.4.2`, `§3.4.3`): the parameters of a query or a SearchRequest, the ListResponse.
//!
//! It knows nothing of how many resources there are and how large a page a server allows.

use serde_json::{Value, json};

use super::address::member;
use super::filter::{self, Filter};
use super::path::AttrPath;
use super::project::{Projection, parse_list};
use super::{Object, ScimError, ScimType, urn};

/// What a client asks of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchRequest {
    /// Which attributes are wanted.
    pub projection: Projection,
    /// Which resources; parsed, not yet checked against a resource type.
    pub filter: Option<Filter>,
    /// By what they are sorted; a `sortBy` that is no path is ignored (I-33).
    pub sort_by: Option<AttrPath>,
    /// Whether the order is reversed; any other `sortOrder` than `descending` is ascending (I-33).
    pub descending: bool,
    /// The first resource of the page, from 1.
    pub start_index: usize,
    /// The most resources of the page; `None` leaves it to the server.
    pub count: Option<usize>,
    /// Where the page begins, empty for the first (`RFC9865 §2`); `None` is a page by `startIndex`.
    pub cursor: Option<String>,
    /// Whether there was a `startIndex`.
    pub indexed: bool,
}

impl Default for SearchRequest {
    fn default() -> Self {
        Self {
            projection: Projection::Default,
            filter: None,
            sort_by: None,
            descending: false,
            start_index: 1,
            count: None,
            cursor: None,
            indexed: false,
        }
    }
}

/// The most attributes that a projection may name: each is compared with every attribute of every answer.
const PATHS: usize = 1000;

/// The parameters as they came, before they are read. Lists are joined by commas.
#[derive(Default)]
struct Raw {
    attributes: Option<String>,
    excluded: Option<String>,
    filter: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<String>,
    start_index: Option<String>,
    count: Option<String>,
    cursor: Option<String>,
}

impl SearchRequest {
    /// Reads the parameters of a query, names and values already percent-decoded. Other parameters are ignored, of one that
    /// is repeated the last counts.
    ///
    /// # Errors
    /// `invalidFilter` for a filter that does not parse, also an empty one (I-85); `invalidValue` for a `startIndex` or
    /// `count` that is no integer (I-37), and for `attributes` together with `excludedAttributes` (I-38).
    pub fn from_query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, ScimError> {
        let mut raw = Raw::default();
        for (name, value) in pairs {
            if let Some(slot) = raw.slot(name) {
                *slot = Some(value.to_owned());
            }
        }
        raw.read()
    }

    /// Reads the body of a POST to `.search`.
    ///
    /// # Errors
    /// As [`Self::from_query`]; `invalidSyntax` when `schemas` does not name a SearchRequest, `invalidValue` for a member of
    /// another type.
    pub fn from_body(body: &Object) -> Result<Self, ScimError> {
        let is_search =
            |schema: &Value| schema.as_str().is_some_and(|text| text.eq_ignore_ascii_case(urn::SEARCH_REQUEST));
        if !member(body, "schemas").and_then(Value::as_array).is_some_and(|schemas| schemas.iter().any(is_search)) {
            return Err(ScimError::bad(ScimType::InvalidSyntax, format!("schemas must name {}", urn::SEARCH_REQUEST)));
        }
        let mut raw = Raw::default();
        for (name, value) in body {
            if let Some(slot) = raw.slot(name) {
                *slot = text(name, value)?;
            }
        }
        raw.read()
    }
}

/// A member of a SearchRequest as the text that a query would carry. Texts in place of numbers and lists are no such member.
fn text(name: &str, value: &Value) -> Result<Option<String>, ScimError> {
    let is_list = matches!(name.to_ascii_lowercase().as_str(), "attributes" | "excludedattributes");
    let is_number = matches!(name.to_ascii_lowercase().as_str(), "startindex" | "count");
    match value {
        Value::Null => Ok(None),
        Value::String(text) if !is_list && !is_number => Ok(Some(text.clone())),
        Value::Number(number) if is_number => Ok(Some(number.to_string())),
        Value::Array(items) if is_list && items.iter().all(Value::is_string) => {
            Ok(Some(items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")))
        }
        _ => {
            let wanted = match (is_list, is_number) {
                (true, _) => "an array of strings",
                (_, true) => "an integer",
                _ => "a string",
            };
            Err(ScimError::bad(ScimType::InvalidValue, format!("{name} must be {wanted}")))
        }
    }
}

impl Raw {
    fn slot(&mut self, name: &str) -> Option<&mut Option<String>> {
        Some(match name.to_ascii_lowercase().as_str() {
            "attributes" => &mut self.attributes,
            "excludedattributes" => &mut self.excluded,
            "filter" => &mut self.filter,
            "sortby" => &mut self.sort_by,
            "sortorder" => &mut self.sort_order,
            "startindex" => &mut self.start_index,
            "count" => &mut self.count,
            "cursor" => &mut self.cursor,
            _ => return None,
        })
    }

    fn read(self) -> Result<SearchRequest, ScimError> {
        let filter = match self.filter {
            Some(text) => Some(filter::parse(&text).map_err(|error| {
                ScimError::bad(ScimType::InvalidFilter, format!("the filter is not valid {error}"))
            })?),
            None => None,
        };
        Ok(SearchRequest {
            projection: projection(self.attributes, self.excluded)?,
            filter,
            sort_by: self.sort_by.and_then(|text| AttrPath::parse(&text).ok()),
            descending: self.sort_order.is_some_and(|order| order.eq_ignore_ascii_case("descending")),
            indexed: self.start_index.is_some(),
            start_index: integer("startIndex", self.start_index)?.unwrap_or(1).max(1),
            count: integer("count", self.count)?,
            cursor: self.cursor,
        })
    }
}

/// An empty list is as good as none.
fn projection(attributes: Option<String>, excluded: Option<String>) -> Result<Projection, ScimError> {
    let named = |list: Option<String>| list.filter(|text| !text.trim().is_empty());
    match (named(attributes), named(excluded)) {
        (None, None) => Ok(Projection::Default),
        (Some(list), None) | (None, Some(list)) if list.split(',').nth(PATHS).is_some() => {
            Err(ScimError::bad(ScimType::InvalidValue, format!("attributes: more than {PATHS} names")))
        }
        (Some(list), None) => Ok(Projection::Only(parse_list(&list))),
        (None, Some(list)) => Ok(Projection::Without(parse_list(&list))),
        (Some(_), Some(_)) => {
            Err(ScimError::bad(ScimType::InvalidValue, "attributes and excludedAttributes exclude each other"))
        }
    }
}

/// An integer with negative ones as 0; what does not fit is as large as can be.
fn integer(name: &str, text: Option<String>) -> Result<Option<usize>, ScimError> {
    let Some(text) = text else { return Ok(None) };
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.as_str()),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ScimError::bad(ScimType::InvalidValue, format!("{name} must be an integer, not {text:?}")));
    }
    Ok(Some(if negative { 0 } else { digits.parse().unwrap_or(usize::MAX) }))
}

/// A page of a list (`RFC7644 §3.4.2`). `Resources` is there also when empty (I-34).
#[must_use]
pub fn list_response(total: usize, start_index: usize, items: Vec<Object>) -> Object {
    let mut body = Object::new();
    body.insert("schemas".into(), json!([urn::LIST_RESPONSE]));
    body.insert("totalResults".into(), json!(total));
    body.insert("startIndex".into(), json!(start_index));
    body.insert("itemsPerPage".into(), json!(items.len()));
    body.insert("Resources".into(), items.into_iter().map(Value::Object).collect());
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Result<SearchRequest, ScimError> {
        SearchRequest::from_query(text.split('&').filter_map(|pair| pair.split_once('=')))
    }

    fn body(value: Value) -> Result<SearchRequest, ScimError> {
        let mut body = json!({"schemas": [urn::SEARCH_REQUEST]}).as_object().cloned().expect("object");
        body.extend(value.as_object().cloned().expect("object"));
        SearchRequest::from_body(&body)
    }

    #[test]
    fn pages() {
        let rows = [
            ("", 1, None),
            ("startIndex=11&count=10", 11, Some(10)),
            ("STARTINDEX=2&Count=0", 2, Some(0)),
            ("startIndex=0&count=-5", 1, Some(0)),
            ("startIndex=-3&count=-0", 1, Some(0)),
            ("count=99999999999999999999999", 1, Some(usize::MAX)),
            ("count=1&count=2&unknown=x", 1, Some(2)),
        ];
        for (text, start_index, count) in rows {
            let indexed = text.to_lowercase().contains("startindex");
            let expected = SearchRequest { start_index, count, indexed, ..SearchRequest::default() };
            assert_eq!(query(text), Ok(expected), "{text}");
        }
        for (text, cursor) in
            [("cursor", Some("")), ("cursor=&count=2", Some("")), ("Cursor=a-1", Some("a-1")), ("", None)]
        {
            let pairs = text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
            let read = SearchRequest::from_query(pairs).expect(text);
            assert_eq!(read.cursor.as_deref(), cursor, "{text}");
        }
        assert_eq!(body(json!({"cursor": "x"})).map(|it| it.cursor), Ok(Some("x".into())));
    }

    #[test]
    fn a_body_says_the_same_as_a_query() {
        let rows = [
            (
                "attributes=userName,name.givenName&filter=a pr&sortBy=userName&sortOrder=descending&startIndex=2&count=3",
                json!({"attributes": ["userName", "name.givenName"], "filter": "a pr", "sortBy": "userName",
                       "sortOrder": "descending", "startIndex": 2, "count": 3}),
            ),
            ("excludedAttributes=emails&attributes=", json!({"excludedAttributes": ["emails"], "attributes": []})),
            ("sortBy=a[b&sortOrder=up", json!({"SORTBY": "a[b", "sortOrder": "up", "count": null})),
            ("count=-1", json!({"count": -1, "other": true})),
        ];
        for (text, value) in rows {
            assert_eq!(query(text).expect(text), body(value).expect(text), "{text}");
        }
        let full = query("attributes=userName,name.givenName&sortBy=userName&sortOrder=Descending").expect("query");
        assert_eq!(full.projection, Projection::Only(parse_list("userName,name.givenName")));
        assert_eq!((full.sort_by, full.descending), (Some(AttrPath::name("userName")), true));
    }

    #[test]
    fn refusals_carry_their_keyword() {
        let rows = [
            (query("count=ten"), "invalidValue"),
            (query(&format!("attributes={}", "a,".repeat(1000))), "invalidValue"),
            (query(&format!("excludedAttributes={}", "a,".repeat(1000))), "invalidValue"),
            (query("count=1.5"), "invalidValue"),
            (query("count="), "invalidValue"),
            (query("startIndex=+1"), "invalidValue"),
            (query("filter="), "invalidFilter"),
            (query("filter=a eq"), "invalidFilter"),
            (query("attributes=a&excludedAttributes=b"), "invalidValue"),
            (body(json!({"count": "1"})), "invalidValue"),
            (body(json!({"count": 1.5})), "invalidValue"),
            (body(json!({"startIndex": true})), "invalidValue"),
            (body(json!({"attributes": "userName"})), "invalidValue"),
            (body(json!({"attributes": [1]})), "invalidValue"),
            (body(json!({"filter": 1})), "invalidValue"),
            (body(json!({"filter": "a"})), "invalidFilter"),
            (body(json!({"schemas": [urn::PATCH_OP]})), "invalidSyntax"),
            (SearchRequest::from_body(&Object::new()), "invalidSyntax"),
        ];
        for (index, (result, keyword)) in rows.into_iter().enumerate() {
            let error = result.expect_err(&format!("row {index}"));
            assert_eq!((error.status, error.scim_type.map(ScimType::as_str)), (400, Some(keyword)), "row {index}");
        }
    }

    #[test]
    fn a_page_counts_its_items() {
        let item = json!({"id": "1"}).as_object().cloned().expect("object");
        assert_eq!(
            Value::Object(list_response(7, 3, vec![item])).to_string(),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":7,"startIndex":3,"itemsPerPage":1,"Resources":[{"id":"1"}]}"#
        );
        assert_eq!(list_response(0, 1, Vec::new())["Resources"], json!([]));
    }
}
