//! What a template becomes in every place it may stand.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn lookup(name: &str) -> Option<Value> {
    Some(match name {
        "q" => json!("a\"b\\c"),
        "amp" => json!("R&D = 1/2 [ü]"),
        "n" => json!(7),
        "yes" => json!(true),
        "mail" => json!("Mara@example.com"),
        "uuid" => json!("0b6e4d1f-93c2"),
        _ => return None,
    })
}

fn parse(text: &str) -> Template {
    Template::parse(text).unwrap()
}

#[test]
fn a_value_is_written_as_its_place_demands() {
    let json = |text: &str| parse(text).json(&lookup).unwrap();
    for (text, wanted) in [
        (r#"{"a":"{{ q }}"}"#, r#"{"a":"a\"b\\c"}"#),
        (r#"{"a":{{ q | json }},"b":{{n}},"c":{{ yes }}}"#, r#"{"a":"a\"b\\c","b":7,"c":true}"#),
        (
            r#"{"path":"members[value eq \"{{ q }}\"]","x":"{{ q }}"}"#,
            r#"{"path":"members[value eq \"a\\\"b\\\\c\"]","x":"a\"b\\c"}"#,
        ),
        (
            r#"{"a":"{{ mail | upper }} {{ mail | local | lower }} {{ uuid | hex }}"}"#,
            r#"{"a":"MARA@EXAMPLE.COM mara 0b6e4d1f93c2"}"#,
        ),
    ] {
        assert_eq!(json(text), wanted);
        serde_json::from_str::<Value>(&json(text)).unwrap();
    }
    assert_eq!(parse("^{{ mail }}$").regex(&lookup).unwrap(), r"^Mara@example\.com$");
    assert_eq!(
        parse(r#"emails[value eq "{{ q }}"].type"#).address(&lookup).unwrap(),
        r#"emails[value eq "a\"b\\c"].type"#
    );
    assert_eq!(parse("{{ yes }}").value(&lookup).unwrap(), json!(true));
    assert_eq!(parse("{{ yes }}!").value(&lookup).unwrap(), json!("true!"));
    assert_eq!(parse("a {{ gone }}").plain(&lookup), Err(Missing("gone".into())));
}

#[test]
fn a_target_is_encoded_as_the_client_does() {
    let target = |text: &str, encoding| parse(text).target(&lookup, encoding).unwrap();
    for (text, percent) in [
        (
            r#"/Users?filter=userName eq "{{ mail }}"&startIndex=1&count=100"#,
            "/Users?filter=userName%20eq%20%22Mara%40example.com%22&startIndex=1&count=100",
        ),
        (r#"/Users/{{ amp }}?attributes=id,name"#, "/Users/R%26D%20%3D%201%2F2%20%5B%C3%BC%5D?attributes=id%2Cname"),
        (r#"/G?filter=displayName eq "R&D=x"&count=1"#, "/G?filter=displayName%20eq%20%22R%26D%3Dx%22&count=1"),
        (r#"/U?filter=x eq "{{ q }}""#, "/U?filter=x%20eq%20%22a%5C%22b%5C%5Cc%22"),
        (
            r#"/U?filter=emails[type eq "work"].value eq "{{ amp }}""#,
            "/U?filter=emails%5Btype%20eq%20%22work%22%5D.value%20eq%20%22R%26D%20%3D%201%2F2%20%5B%C3%BC%5D%22",
        ),
        ("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"),
    ] {
        assert_eq!(target(text, Encoding::Percent), percent);
    }
    assert_eq!(target(r#"/U?filter=a eq "{{ mail }}""#, Encoding::Form), "/U?filter=a+eq+%22Mara%40example.com%22");
}

#[test]
fn bad_templates_say_where() {
    for (text, at, word) in [
        ("a {{ b", 2..4, "never closed"),
        ("{{ }}", 0..5, "names no variable"),
        ("x{{ a b }}", 1..10, "names no variable"),
        ("{{ a | shout }}", 0..15, "unknown filter `shout`"),
    ] {
        let error = Template::parse(text).unwrap_err();
        assert_eq!(error.at, at);
        assert!(error.reason.contains(word), "{}", error.reason);
    }
}

proptest! {
    #[test]
    fn any_value_survives_body_query_and_filter_literal(value in ".*") {
        let lookup = |_: &str| Some(Value::String(value.clone()));
        let body = parse(r#"{"a":"{{ v }}"}"#).json(&lookup).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Value>(&body).unwrap()["a"], &json!(value));
        let nested = parse(r#"{"p":"x[v eq \"{{ v }}\"]"}"#).json(&lookup).unwrap();
        let path = serde_json::from_str::<Value>(&nested).unwrap()["p"].as_str().unwrap().to_owned();
        let literal = &path[7..path.len() - 1];
        prop_assert_eq!(serde_json::from_str::<String>(literal).unwrap(), value.clone());
        for encoding in [Encoding::Percent, Encoding::Form] {
            let target = parse(r#"/U/{{ v }}?f=x eq "{{ v }}"&n={{ v }}"#).target(&lookup, encoding).unwrap();
            let (_, query) = target.split_once('?').unwrap();
            let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            prop_assert_eq!(pairs.len(), 2);
            prop_assert_eq!(&pairs[1].1, &value);
            prop_assert_eq!(serde_json::from_str::<String>(&pairs[0].1[5..]).unwrap(), value.clone());
        }
    }

    #[test]
    fn no_text_breaks_the_parser(text in r"[{} |a-c.]{0,20}") {
        if let Ok(template) = Template::parse(&text) {
            prop_assert_eq!(template.filler().len(), text.len());
        }
    }
}

#[test]
fn a_text_stands_as_often_as_a_variable_says() {
    let template = parse(r#"["{{ mail | local | repeat n }}"]"#);
    assert_eq!(template.holes().map(|hole| hole.name.as_str()).collect::<Vec<_>>(), ["mail", "n"]);
    let lookup = |count: Value| move |name: &str| if name == "n" { Some(count.clone()) } else { lookup(name) };
    assert_eq!(template.json(&lookup(json!(3))), Ok(r#"["MaraMaraMara"]"#.into()));
    let objects = |name: &str| if name == "n" { Some(json!(2)) } else { Some(json!("{\"a\":1}")) };
    assert_eq!(parse("[{{ x | repeat n }}, 0]").json(&objects), Ok(r#"[{"a":1},{"a":1}, 0]"#.into()));
    assert_eq!(template.json(&lookup(json!(0))), Ok(r#"[""]"#.into()));
    for count in [json!(u32::MAX), json!(u64::MAX), json!(-1), json!("many")] {
        assert_eq!(template.json(&lookup(count.clone())), Err(Missing("n".into())), "{count}");
    }
    assert!(Template::parse("{{ mail | repeat }}").is_err());
}
