//! The documents of the surface say what the surface does: the OpenAPI description against the table of routes, and the
//! page for people against the permission table.

use std::collections::BTreeSet;

use super::*;
use crate::product::{Action, Reach};
use crate::server::admin::rows;

#[test]
fn the_openapi_description_has_exactly_the_routes() {
    let text = include_str!("../../../../docs/admin-api.openapi.json");
    let document: Value = serde_json::from_str(text).unwrap();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters") {
            described.insert(format!("{} {path} {}", method.to_uppercase(), operation["x-action"].as_str().unwrap()));
            assert!(operation["summary"].is_string() && operation["responses"].is_object(), "{method} {path}");
            let named: BTreeSet<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
            let parameters = item["parameters"].as_array().into_iter().flatten();
            let declared: BTreeSet<&str> = parameters.filter_map(|it| it["name"].as_str()).collect();
            assert_eq!(named, declared, "{path}");
        }
    }
    let served: BTreeSet<String> =
        rows().map(|row| format!("{} {} {}", row.method, row.path, row.action.word())).collect();
    assert_eq!(described, served);
}

#[test]
fn the_page_shows_the_permission_table() {
    let page = include_str!("../../../../docs/admin.md");
    for action in Action::ALL {
        let words = action.row().map(|reach| match reach {
            Reach::Never => "no",
            Reach::Itself => "itself",
            Reach::Organization => "own organization",
            Reach::Everywhere => "yes",
        });
        let row = format!("| `{}` | {} |", action.word(), words.join(" | "));
        assert!(page.contains(&row), "docs/admin.md lacks the row\n{row}");
    }
}
