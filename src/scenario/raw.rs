//! The scenario file as TOML gives it, every value with its span; nothing is judged here but keys and types.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// A table whose keys and values both know their place.
pub(super) type Table<V> = BTreeMap<Spanned<String>, Spanned<V>>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    pub id: Option<Spanned<String>>,
    pub title: Spanned<String>,
    #[serde(default)]
    pub clients: Vec<Spanned<String>>,
    #[serde(default)]
    pub flows: Vec<Spanned<String>>,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub needs: Vec<Spanned<String>>,
    #[serde(default)]
    pub actions: Vec<Spanned<String>>,
    #[serde(default)]
    pub sets: Vec<Spanned<String>>,
    #[serde(default)]
    pub products: Vec<Spanned<String>>,
    #[serde(default)]
    pub when: Table<toml::Value>,
    #[serde(default)]
    pub attributes: Vec<Spanned<String>>,
    pub people: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    pub groups: Vec<Spanned<String>>,
    #[serde(default)]
    pub alone: bool,
    pub note: Option<String>,
    #[serde(default)]
    pub vars: Table<toml::Value>,
    #[serde(default)]
    pub step: Vec<Spanned<Step>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    pub name: Spanned<String>,
    pub shape: Option<Spanned<String>>,
    pub send: Option<Spanned<String>>,
    pub on: Option<Spanned<String>>,
    pub with: Option<Spanned<String>>,
    pub repeat: Option<Spanned<String>>,
    #[serde(default)]
    pub headers: Table<String>,
    #[serde(rename = "as")]
    pub client: Option<Spanned<String>>,
    pub encoding: Option<crate::idp::Encoding>,
    pub body: Option<Spanned<String>>,
    pub base: Option<Spanned<String>>,
    pub times: Option<Spanned<i64>>,
    pub together: Option<Spanned<String>>,
    pub tally: Option<Spanned<Table<i64>>>,
    pub tally_req: Option<Spanned<String>>,
    #[serde(default)]
    pub either: Vec<Spanned<End>>,
    #[serde(default)]
    pub either_req: Vec<Spanned<String>>,
    pub walk: Option<Spanned<bool>>,
    #[serde(default)]
    pub expect: Vec<Spanned<Row>>,
    #[serde(default)]
    pub save: Table<String>,
    pub undo: Option<Spanned<String>>,
    pub wait: Option<Spanned<String>>,
    pub until: Option<Spanned<Until>>,
    #[serde(default)]
    pub needs: Vec<Spanned<String>>,
    pub unread: Option<Spanned<String>>,
    #[serde(rename = "note")]
    pub _note: Option<String>,
}

/// A row: its keys are judged one by one, because the one test word among them decides the rest.
pub(super) type Row = Table<toml::Value>;

/// One end of `either`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    pub reading: Option<Spanned<String>>,
    #[serde(default)]
    pub rows: Vec<Spanned<Row>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Until {
    pub tries: Spanned<i64>,
    pub every: Spanned<String>,
}
