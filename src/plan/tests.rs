//! Plans over small scenarios.

use serde_json::json;

use super::*;
use crate::scenario::{Context, parse};

fn scenario(id: &str, head: &str) -> Arc<Scenario> {
    let text = format!(
        r#"title = "t"
{head}
[[step]]
name = "create"
send = "POST /Users"
body = '{{}}'
times = 3
expect = [{{ req = "RFC7644-3.3-6", status = 201 }}]
[[step]]
name = "again"
repeat = "create"
[[step]]
name = "bulk"
send = "POST /Bulk"
body = '{{"Operations": [{{"method": "POST", "path": "/Users"}}, {{"method": "POST", "path": "/Groups"}}]}}'
[[step]]
name = "read"
send = "GET /Users"
walk = true
"#
    );
    Arc::new(
        parse(&format!("{id}.toml"), &text, &Context::embedded()).unwrap_or_else(|e| panic!("{}", e[0].rendered())),
    )
}

fn all() -> Vec<Arc<Scenario>> {
    vec![
        scenario("rfc/a", "tags = [\"users\"]"),
        scenario("rfc/b", "needs = [\"bulk\"]"),
        scenario("okta/c", "clients = [\"okta/aiw\", \"okta/oin\"]\nflows = [\"OKTA-F03\"]\nneeds = [\"patch\"]"),
        scenario("entra/d", "clients = [\"entra/legacy\"]\nactions = [\"entitlements\"]"),
    ]
}

/// The profile `rfc`, of a product without entitlements.
fn profile() -> Profile {
    let mut profile = Profile::named("rfc").unwrap();
    profile.actions.retain(|action| action != "entitlements");
    profile
}

fn options(profile: &Profile) -> Options<'_> {
    Options {
        selection: Selection::default(),
        profile,
        config: None,
        schemas: None,
        max_users: None,
        seed: 1,
        marker: "m".into(),
        base_url: "http://h".into(),
        admin: false,
        lends: &[],
        second_tenant: None,
        ticked: None,
    }
}

#[test]
fn what_a_setting_unlocks_is_not_observable_without_it_and_says_which() {
    let steps = |needs: &str| format!("needs = [\"{needs}\"]");
    let words = ["second-token", "expired-token", "second-tenant", "second-tenant-url"];
    let all: Vec<_> = words.iter().map(|word| scenario(word, &steps(word))).collect();
    let profile = profile();
    let why = |options: &Options| -> Vec<String> {
        let skipped = build(&all, options).skipped;
        skipped.iter().map(|it| format!("{}: {}", it.id, it.reason.phrase())).collect()
    };
    assert_eq!(
        why(&options(&profile)),
        [
            "expired-token: not-observable: there is no expired token (--expired-token-env)",
            "second-tenant: not-observable: there is no second tenant (--second-tenant and --second-tenant-token-env)",
            "second-tenant-url: not-observable: there is no second tenant (--second-tenant and --second-tenant-token-env)",
            "second-token: not-observable: there is no second token (--second-token-env)",
        ]
    );
    let same = Options { lends: &Lent::ALL, second_tenant: Some("http://h/"), ..options(&profile) };
    assert_eq!(
        why(&same),
        ["second-tenant-url: not-observable: the second tenant has no URL of its own (--second-tenant)"]
    );
    assert!(why(&Options { second_tenant: Some("http://h/two"), ..same }).is_empty());
}

fn ids(plan: &Plan) -> Vec<&str> {
    let mut ids: Vec<_> = plan.scenarios.iter().map(|planned| planned.id.as_str()).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn products_switches_and_surfaces_decide_what_runs() {
    let products = "products = [\"CATALOG\", \"CATALYTIC\"]";
    let when = "when = { \"users.deletion\" = [\"hard\", \"soft\"], \"role_mapping.unmapped\" = \"keep\" }";
    let all = vec![
        scenario("a", products),
        scenario("b", when),
        scenario("c", "needs = [\"admin\", \"patch\"]"),
        scenario("okta/d", "clients = [\"okta/aiw\"]\nactions = [\"push-groups\"]"),
        scenario("e", "actions = [\"push-groups\"]"),
    ];
    let catalog = Profile::named("coalesce-catalog").unwrap();
    let mut keeps = catalog.clone();
    keeps.role_mapping.unmapped = crate::profile::UnmappedRole::Keep;
    let rfc = Profile::named("rfc").unwrap();
    let only = ["create-users".to_owned()];
    let rows = [
        (&catalog, true, None, vec!["a", "c", "e", "okta/d"]),
        (&keeps, false, None, vec!["a", "b", "e", "okta/d"]),
        (&rfc, true, None, vec!["c", "e", "okta/d"]),
        (&rfc, true, Some(only.as_slice()), vec!["c", "e"]),
    ];
    for (profile, admin, ticked, expected) in rows {
        let plan = build(&all, &Options { admin, ticked, ..options(profile) });
        assert_eq!(ids(&plan), expected, "{}", profile.name);
    }
    let plan = build(&all, &Options { ticked: Some(&only), ..options(&catalog) });
    let reasons: Vec<_> =
        plan.skipped.iter().map(|it| format!("{}: {}: {}", it.id, it.reason.as_str(), it.reason.phrase())).collect();
    assert_eq!(
        reasons,
        [
            "b: profile: profile coalesce-catalog has role_mapping.unmapped = \"lowest\", not \"keep\"",
            "c: not-observable: not-observable: there is no admin surface (--admin-url)",
            "okta/d: profile: action push-groups is not ticked (--actions)",
        ]
    );
    let SkipReason::NotObservable { requirements, .. } = &plan.skipped[1].reason else { panic!("not-observable") };
    assert_eq!(requirements, &["RFC7644-3.3-6"]);
    let reason = SkipReason::Profile("profile rfc is not of CATALOG or CATALYTIC".into());
    let another = |plan: &Plan| plan.skipped.iter().any(|skipped| skipped.reason == reason);
    assert!(!another(&build(&all, &options(&rfc))), "another product's rules are no gap");
    let selection = Selection { expression: Some("id(a)".parse().unwrap()), ..Selection::default() };
    assert!(another(&build(&all, &Options { selection, ..options(&rfc) })), "who asks for them is told why");
}

#[test]
fn what_the_target_lacks_is_skipped_with_the_reason() {
    let profile = profile();
    let plan = build(&all(), &options(&profile));
    assert_eq!(ids(&plan), ["okta/c", "rfc/a", "rfc/b"]);
    assert_eq!(plan.skipped[0].reason, SkipReason::Profile("profile rfc has no action entitlements".into()));
    let config = json!({"patch": {"supported": false}});
    let plan = build(&all(), &Options { config: Some(&config), ..options(&profile) });
    let skipped: Vec<_> = plan.skipped.iter().map(|skipped| (skipped.id.as_str(), skipped.reason.clone())).collect();
    let reason = SkipReason::Capability("patch: /ServiceProviderConfig says supported = false".into());
    assert_eq!(skipped[1], ("okta/c", reason));
    assert_eq!(plan.skipped[1].flows, ["OKTA-F03"]);
    let mut bare = profile.clone();
    bare.capabilities.bulk = false;
    let plan = build(&all(), &Options { config: Some(&config), ..options(&bare) });
    assert_eq!(plan.skipped[2].reason, SkipReason::Capability("bulk: not in profile rfc".into()));
    let better = json!({"bulk": {"supported": true}});
    assert!(ids(&build(&all(), &Options { config: Some(&better), ..options(&bare) })).contains(&"rfc/b"));
    let tried = json!({"search": {"supported": false}});
    for (need, config, reason) in [
        ("search", Some(&tried), Some("search: the target does not serve it")),
        ("search", None, None),
        ("no-search", Some(&tried), None),
        ("no-bulk", None, None),
        ("no-bulk", Some(&better), Some("for targets without bulk, and this one has it")),
    ] {
        assert_eq!(lacks(need, &bare, config).as_deref(), reason, "{need}");
    }
}

#[test]
fn a_step_with_needs_is_left_out_alone() {
    let profile = profile();
    let text = "title = \"t\"\n[[step]]\nname = \"a\"\nsend = \"GET /Users\"\n[[step]]\nname = \"b\"\nsend = \"GET /Users\"\nneeds = [\"sort\"]";
    let scenario = Arc::new(parse("rfc/x.toml", text, &Context::embedded()).unwrap());
    for (sorts, steps) in [(true, 2), (false, 1)] {
        let config = json!({"sort": {"supported": sorts}});
        let options = Options { config: Some(&config), ..options(&profile) };
        assert_eq!(able(&scenario, &options).steps.len(), steps);
        assert_eq!(ids(&build(&[Arc::clone(&scenario)], &options)), ["rfc/x"]);
    }
}

#[test]
fn who_makes_more_users_than_may_exist_at_a_time_does_not_run_and_takes_nobodys_place() {
    let profile = profile();
    let many = "title = \"t\"\n[[step]]\nname = \"a\"\nsend = \"POST /Users\"\nbody = '{}'\ntimes = 12\nunread = \"x\"";
    let mut scenarios = all();
    scenarios.push(Arc::new(parse("rfc/many.toml", many, &Context::embedded()).unwrap()));
    for (most, runs) in [(None, 4), (Some(12), 4), (Some(11), 3), (Some(5), 3), (Some(4), 0)] {
        let plan = build(&scenarios, &Options { max_users: most, ..options(&profile) });
        assert_eq!(plan.scenarios.len(), runs, "{most:?}");
        let reason = |users: usize| most.map(|most| format!("it makes {users} users, --max-users is {most}"));
        let told = |users: usize| plan.skipped.iter().any(|it| Some(it.reason.phrase()) == reason(users));
        assert_eq!((told(12), told(5)), (runs < 4, runs == 0), "{most:?}");
    }
    let plan = build(&all(), &options(&profile));
    assert_eq!(plan.scenarios[0].estimate, Estimate { users: 5, groups: 1, requests: 7 });
    assert_eq!(plan.estimate().users, 15);
}

#[test]
fn the_order_follows_the_seed_alone() {
    let profile = profile();
    let order = |seed: u64, scenarios: &[Arc<Scenario>]| -> Vec<String> {
        let plan = build(scenarios, &Options { seed, ..options(&profile) });
        plan.scenarios.into_iter().map(|planned| planned.id).collect()
    };
    let mut reversed = all();
    reversed.reverse();
    assert_eq!(order(5, &all()), order(5, &reversed));
    let mut quiet = all();
    quiet[0] = scenario("rfc/a", "alone = true");
    assert!((0..20).all(|seed| order(seed, &quiet).last().is_some_and(|id| id == "rfc/a")));
    assert!((0..20).any(|seed| order(seed, &all()) != order(5, &all())));
}

#[test]
fn clients_and_expressions_select() {
    let profile = profile();
    let selected = |expression: &str| {
        let expression = Some(expression.parse().unwrap());
        let selection = Selection { expression, ..Selection::default() };
        ids(&build(&all(), &Options { selection, ..options(&profile) })).join(" ")
    };
    for (expression, wanted) in [
        ("rfc/", "rfc/a rfc/b"),
        ("rfc/?", "rfc/a rfc/b"),
        ("?fc", ""),
        ("okta or tag(users)", "okta/c rfc/a"),
        ("not idp(okta)", "rfc/a rfc/b"),
        ("idp(okta/*) and req(RFC7644-3.3-*)", "okta/c"),
        ("idp(rfc) and not (tag(u*s) or flow(X))", "rfc/b"),
        ("id(*c)", "okta/c"),
        ("shape(*)", ""),
    ] {
        assert_eq!(selected(expression), wanted, "{expression}");
    }
    let clients = Some(vec!["okta/oin".to_owned()]);
    let selection = Selection { clients, plain: false, sets: None, expression: None, only: None, quick: false };
    let plan = build(&all(), &Options { selection, ..options(&profile) });
    assert_eq!((plan.scenarios.len(), plan.scenarios[0].clients.as_slice()), (1, ["okta/oin".to_owned()].as_slice()));
}

#[test]
fn requirement_sets_decide_which_plain_scenarios_play() {
    let mut scenarios = all();
    scenarios.push(scenario("interop/e", "sets = [\"interop\"]"));
    scenarios.push(scenario("both/f", "sets = [\"interop\", \"rfc\"]"));
    let (rfc, mut interop) = (profile(), profile());
    interop.require = vec!["interop".into()];
    let clients = Some(vec!["okta/oin".to_owned()]);
    let rows = [
        (&rfc, None, None, "both/f okta/c rfc/a rfc/b"),
        (&rfc, Some("rfc,interop"), None, "both/f interop/e okta/c rfc/a rfc/b"),
        (&rfc, Some("interop"), None, "both/f interop/e"),
        (&rfc, Some("interop"), clients.clone(), "both/f interop/e okta/c"),
        (&rfc, Some("ipsie-al1"), None, ""),
        (&interop, None, None, "both/f interop/e"),
        (&interop, Some("rfc"), clients, "both/f okta/c rfc/a rfc/b"),
    ];
    for (profile, sets, clients, wanted) in rows {
        let sets = sets.map(|names| names.split(',').map(str::to_owned).collect());
        let selection = Selection { sets, clients, ..Selection::default() };
        let plan = build(&scenarios, &Options { selection, ..options(profile) });
        assert_eq!(ids(&plan).join(" "), wanted);
        assert!(plan.skipped.iter().all(|it| it.id == "entra/d"));
    }
    // Who names it is told why it does not play.
    let selection = Selection { expression: Some("interop".parse().unwrap()), ..Selection::default() };
    let plan = build(&scenarios, &Options { selection, ..options(&rfc) });
    assert_eq!((plan.scenarios.len(), plan.skipped.len()), (0, 1));
    assert_eq!(plan.skipped[0].reason.phrase(), "belongs to interop, which is not asked for (--require)");
}

#[test]
fn a_bad_expression_says_where() {
    for (text, message) in [
        ("", "at 0: expected a word, `not`, `(` or a function such as `tag(users)`"),
        ("a and", "at 5: expected a word, `not`, `(` or a function such as `tag(users)`"),
        ("a b", "at 2: expected `and`, `or` or the end, not `b`"),
        ("(a", "at 2: expected `)`"),
        ("tag()", "at 4: expected what `tag` should match"),
        ("tags(x)", "at 0: unknown function `tags`; known: id, idp, tag, req, flow, shape"),
    ] {
        assert_eq!(text.parse::<Expression>().unwrap_err().to_string(), message);
    }
    assert!("(".repeat(100_000).parse::<Expression>().is_err());
}

#[test]
fn a_quick_plan_shows_every_flow_by_few_requests_and_says_why_one_is_not_seen() {
    let flows = |id: &str, flows: &str, more: &str| {
        scenario(id, &format!("clients = [\"okta/aiw\"]\nflows = [{flows}]\n{more}"))
    };
    let mut scenarios = all();
    scenarios.extend([
        scenario("rfc/smoke", "tags = [\"smoke\"]"),
        flows("okta/both", "\"OKTA-F03\", \"OKTA-F04\"", ""),
        flows("okta/one", "\"OKTA-F04\"", ""),
        flows("okta/cannot", "\"OKTA-F05\"", "actions = [\"entitlements\"]"),
    ]);
    let profile = profile();
    let selection = Selection { quick: true, clients: Some(vec!["okta/aiw".into()]), ..Selection::default() };
    let plan = build(&scenarios, &Options { selection, ..options(&profile) });
    let mut ids: Vec<_> = plan.scenarios.iter().map(|planned| planned.id.as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["okta/both", "rfc/smoke"]);
    let skipped: Vec<_> = plan.skipped.iter().map(|skipped| skipped.id.as_str()).collect();
    assert_eq!(skipped, ["okta/cannot"]);
}

#[test]
fn who_demands_members_of_every_group_is_sent_none_without() {
    let group = |members: &str| {
        let body = format!("body = '{{ \"displayName\": \"x\"{members} }}'");
        let steps = format!("[[step]]\nname = \"s\"\nsend = \"POST /Groups\"\nunread = \"x\"\n{body}\n");
        let text = format!("title = \"t\"\n{steps}expect = [{{ req = \"RFC7644-3.3-6\", status = 201 }}]\n");
        Arc::new(crate::scenario::parse("scenarios/g.toml", &text, &crate::scenario::Context::embedded()).unwrap())
    };
    let schemas = serde_json::json!({"Resources": [{"id": crate::scim::urn::GROUP, "attributes": [
        {"name": "displayName", "required": true}, {"name": "members", "multiValued": true, "required": true},
    ]}]});
    let profile = Profile::named("rfc").unwrap();
    let plan = |members: &str| {
        let options = Options { schemas: Some(&schemas), ..options(&profile) };
        build(&[group(members)], &options).skipped.first().map(|one| format!("{:?}", one.reason))
    };
    for members in ["", ", \"members\": []"] {
        let why = "groups without members (step";
        assert!(plan(members).is_some_and(|said| said.contains(why)), "{:?}", plan(members));
    }
    assert_eq!(plan(", \"members\": [{ \"value\": \"1\" }]"), None);
}
