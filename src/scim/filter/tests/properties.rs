//! What holds for any filter, any text and any JSON.

use proptest::prelude::*;
use serde_json::{Number, Value};

use crate::scim::address;
use crate::scim::filter::{Filter, Literal, Op, check, element_matches, matches, parse, untyped_matches};
use crate::scim::path::{AttrPath, PatchPath};
use crate::scim::schema::{group, user};
use crate::scim::urn;

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "userName",
            "active",
            "emails",
            "name",
            "title",
            "meta",
            "schemas",
            "id",
            "value",
            "type",
            "primary",
            "created",
            "givenName",
            "password",
            "not",
            "and",
            "or",
            "eq",
            "pr",
            "true",
            "$ref",
            "x509Certificates",
            "members",
        ])
        .prop_map(str::to_owned),
        "[A-Za-z$][A-Za-z0-9$_-]{0,5}",
    ]
}

fn path() -> impl Strategy<Value = AttrPath> {
    let urns = prop::sample::select(vec![urn::USER, urn::ENTERPRISE_USER, "URN:x:2.0", "urn:a-b:c.d/e"]);
    (prop::option::weighted(0.2, urns), name(), prop::option::weighted(0.4, name()))
        .prop_map(|(urn, name, sub)| AttrPath { urn: urn.map(str::to_owned), name, sub })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a-c]{0,3}", Just("True".to_owned()), Just("2024-01-01T00:00:00Z".to_owned())]
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        any::<f64>().prop_filter_map("finite", Number::from_f64),
    ]
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        text().prop_map(Literal::String),
        number().prop_map(Literal::Number),
        any::<bool>().prop_map(Literal::Bool),
        Just(Literal::Null),
    ]
}

fn test(path: impl Strategy<Value = AttrPath> + Clone + 'static) -> impl Strategy<Value = Filter> + Clone {
    let path = path.boxed();
    prop_oneof![
        3 => (path.clone(), prop::sample::select(Op::ALL.to_vec()), literal()).prop_map(|(p, op, l)| Filter::Compare(p, op, l)),
        1 => path.prop_map(Filter::Present),
    ]
}

fn joined(leaf: impl Strategy<Value = Filter> + 'static) -> BoxedStrategy<Filter> {
    leaf.prop_recursive(4, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::Or),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
    .boxed()
}

fn simple() -> impl Strategy<Value = AttrPath> + Clone {
    name().boxed().prop_map(|name| AttrPath::name(&name))
}

fn filter() -> BoxedStrategy<Filter> {
    let value = (path(), joined(test(path().boxed())), prop::option::of(test(simple()))).prop_map(
        |(attr, filter, trailing)| Filter::Value { attr, filter: Box::new(filter), trailing: trailing.map(Box::new) },
    );
    joined(prop_oneof![3 => test(path().boxed()), 1 => value])
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number().prop_map(Value::Number),
        text().prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let key = prop_oneof![4 => name(), 1 => Just(urn::ENTERPRISE_USER.to_owned())];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((key, inner), 0..5).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Texts that are nearly filters: tokens in any order.
fn tokens() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "userName", "emails", "[", "]", "(", ")", " ", " ", " eq ", " pr", " and ", " or ", "not ", "\"x\"", "\"",
        "\\", "\\u", "d800", "1", "-", ".", ":", "urn:x:", "true", "null", "é", "\u{0}", "e9",
    ]);
    prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same(filter in filter()) {
        prop_assert_eq!(parse(&filter.to_string()), Ok(filter));
    }

    #[test]
    fn patch_paths_print_and_parse(attr in path(), inner in joined(test(path().boxed())), sub in prop::option::of(name())) {
        let plain = PatchPath::Attr(attr.clone());
        prop_assert_eq!(PatchPath::parse(&plain.to_string()), Ok(plain));
        prop_assert_eq!(AttrPath::parse(&attr.to_string()), Ok(attr.clone()));
        let value = PatchPath::Value { attr: AttrPath { sub: None, ..attr }, filter: inner, sub };
        prop_assert_eq!(PatchPath::parse(&value.to_string()), Ok(value));
    }

    #[test]
    fn no_text_makes_the_parsers_panic(text in prop_oneof![any::<String>(), tokens()], bytes in any::<Vec<u8>>()) {
        for text in [text, String::from_utf8_lossy(&bytes).into_owned()] {
            for position in [parse(&text).err(), PatchPath::parse(&text).err(), address::check(&text).err()]
                .into_iter()
                .flatten()
                .map(|error| error.position)
            {
                prop_assert!(position <= text.len() && text.is_char_boundary(position));
            }
            if let Ok(filter) = parse(&text) {
                prop_assert_eq!(parse(&filter.to_string()), Ok(filter));
            }
        }
    }

    #[test]
    fn evaluation_ends_for_any_filter_and_json(filter in filter(), value in json()) {
        let emails = user().base.attribute("emails").expect("emails");
        let _ = (check(&filter, user()), element_matches(&filter, &value, emails));
        let untyped = untyped_matches(&filter, &value);
        let not = Filter::Not(Box::new(filter.clone()));
        prop_assert_eq!(untyped_matches(&not, &value), !untyped);
        if let Value::Object(resource) = &value {
            for kind in [user(), group()] {
                prop_assert_eq!(matches(&not, resource, kind), !matches(&filter, resource, kind));
            }
        }
    }
}
