//! A server in this process, behind a defect or without one, with people who were there before; scenarios are played
//! against it and judged as `run` does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use crate::check::standing;
use crate::client::{AdminSurface, Auth, BaseUrl, Handler, InProcess, Lending, Loan, SecondTenant, Transport};
use crate::conform;
use crate::fault::{Fault, Faulty};
use crate::flow::Outcome;
use crate::idp;
use crate::plan::{self, Selection};
use crate::profile::Profile;
use crate::requirement::{Catalogue, STANDARD};
use crate::run::{self, Opening, Options};
use crate::scenario::{Scenario, ScenarioError};
use crate::server::{self, Server, Tokens};
use crate::store::{MemoryStore, Store};
use crate::verdict::{Readiness, Settings, Verdict};
use crate::wire::{Lent, Method, Redactor, Request, Secret};
use serde_json::{Value, json};

/// The built-in scenarios; tests keep them free of mistakes.
static SCENARIOS: LazyLock<Vec<Arc<Scenario>>> =
    LazyLock::new(|| conform::embedded().unwrap_or_default().into_iter().map(Arc::new).collect());

/// What the server behind the defect lets in.
pub const TOKEN: &str = "token-of-the-fault-table";
/// That, a second one, one that has expired, and that of another tenant.
const TOKENS: [&str; 4] = [TOKEN, "second-token-of-the-fault-table", "expired-token-of-it", "token-of-another-tenant"];
const OPERATOR: &str = "token-of-the-operator";

/// The honest server, with people who were there before: an empty tenant hides defects.
#[must_use]
pub fn server(profile: &Profile) -> Server {
    let server = bare(profile, Arc::new(MemoryStore::new()));
    residents(&server, profile);
    server
}

/// The honest server with nobody in it.
#[must_use]
pub fn bare(profile: &Profile, store: Arc<dyn Store>) -> Server {
    let auth = server::Auth::of_two(&Tokens(TOKENS.map(Secret::new)), &profile.base_path);
    Server::new(profile.clone(), store, auth).with_admin(Secret::new(OPERATOR))
}

/// Creates something, without a run; gives the answer's body.
pub fn create(server: &Server, profile: &Profile, path: &str, body: &Value) -> Value {
    let mut request = Request::new(Method::Post, format!("{}{path}", profile.base_path));
    request.headers.set("Authorization", format!("Bearer {TOKEN}"));
    request.headers.set("Content-Type", "application/scim+json");
    request.headers.set("Host", "127.0.0.1");
    request.body = Some(body.to_string().into_bytes());
    server.handle(request).json().unwrap_or_default()
}

fn residents(server: &Server, profile: &Profile) {
    let ask = |path: &str, body: Value| create(server, profile, path, &body);
    let mut ids = Vec::new();
    for (number, family) in ["Ångström", "Łukasz", "O'Neil", "王", "Resident"].into_iter().enumerate() {
        let name = format!("resident{number}@example.com");
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "active": number != 2,
            "externalId": format!("resident-{number}"), "displayName": format!("Resi {family}"),
            "name": {"givenName": "Resi", "familyName": family},
            "emails": [{"value": name, "type": "work", "primary": true}],
        });
        ids.push(ask("/Users", user)["id"].clone());
    }
    let members: Vec<Value> = ids.iter().take(3).map(|id| json!({"value": id})).collect();
    let schemas = json!(["urn:ietf:params:scim:schemas:core:2.0:Group"]);
    ask("/Groups", json!({"schemas": schemas, "displayName": "Residents", "members": members}));
}

/// A way to a server in this process.
///
/// # Errors
/// The profile's base path is none.
pub fn transport(profile: &Profile, faulty: Faulty) -> Result<Arc<dyn Transport>, String> {
    let parsed = |url: &str| BaseUrl::parse(url).map_err(|error| error.to_string());
    let handler: Handler = Arc::new(move |request| faulty.handle(request));
    let base = parsed(&format!("http://127.0.0.1{}", profile.base_path))?;
    let operator = Auth::Bearer(Secret::new(OPERATOR));
    let redactor = Redactor::default();
    let admin = AdminSurface::new(parsed("http://127.0.0.1")?, operator, &redactor);
    let [own, second, expired, other] = TOKENS.map(|token| Auth::Bearer(Secret::new(token)));
    let there = parsed(&format!("http://127.0.0.1{}", server::Auth::second_base(&profile.base_path)))?;
    let tenant = InProcess::new(there, other.clone(), Arc::clone(&handler));
    let loan = Loan {
        second_token: Some(second),
        expired_token: Some(expired),
        tenant: Some(SecondTenant { transport: Arc::new(tenant), auth: other }),
    };
    Ok(Arc::new(Lending::new(Arc::new(InProcess::new(base, own, handler).with_admin(admin)), loan, &redactor)))
}

/// Judges a server of that profile behind that defect by those scenarios (all, if none is named).
///
/// # Errors
/// As [`play`].
pub fn judge(profile: &Profile, fault: Fault, plays: &[String]) -> Result<Verdict, String> {
    let faulty = Faulty::new(server(profile)).behind("under test", fault);
    play(transport(profile, faulty)?, profile, &Options::default(), plays)
}

/// The ids of the built-in scenarios for which that holds.
pub fn scenarios(wanted: impl Fn(&Scenario) -> bool) -> Vec<String> {
    SCENARIOS.iter().filter(|it| wanted(it)).map(|it| it.id.clone()).collect()
}

/// Judges whatever answers there, of which that profile is assumed, by those scenarios (all, if none is named).
///
/// # Errors
/// A scenario that is not known, and as [`judge_at`].
pub fn play(
    transport: Arc<dyn Transport>,
    profile: &Profile,
    options: &Options,
    plays: &[String],
) -> Result<Verdict, String> {
    let scenarios: Vec<_> =
        SCENARIOS.iter().filter(|it| plays.is_empty() || plays.contains(&it.id)).map(Arc::clone).collect();
    let known = |id: &&String| id.starts_with(conform::schema::IDS) || scenarios.iter().any(|it| it.id == **id);
    let strange = plays.iter().find(|id| !known(id));
    if let Some(id) = strange {
        return Err(format!("there is no scenario {id}"));
    }
    let walks = |id: &str| plays.is_empty() || plays.iter().any(|it| it == id);
    // Writing them takes longer than playing a few others.
    let any = plays.is_empty() || plays.iter().any(|id| id.starts_with(conform::schema::IDS));
    judge_at(transport, profile, options, &scenarios, any.then_some(&walks as &dyn Fn(&str) -> bool))
}

/// As [`play`], by scenarios of the caller's own, and by those written from the target's schemas that `walks` takes; `None`: none is written.
///
/// # Errors
/// The target could not be judged: it refused before the first scenario, or a scenario broke off by our fault.
pub fn judge_at(
    transport: Arc<dyn Transport>,
    profile: &Profile,
    options: &Options,
    scenarios: &[Arc<Scenario>],
    walks: Option<&dyn Fn(&str) -> bool>,
) -> Result<Verdict, String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let events = runtime.block_on(async {
        let found = run::wait_until_reachable(&transport, "a bearer token", options, Duration::ZERO).await;
        let found = found.map_err(|error| error.to_string())?;
        let mut scenarios = scenarios.to_vec();
        if let Some(walks) = walks {
            let written = conform::schema::scenarios(&found.resource_types, &found.schemas);
            let written = written.map_err(|errors| errors.first().map(ScenarioError::rendered).unwrap_or_default())?;
            scenarios.extend(written.into_iter().filter(|it| walks(&it.id)).map(Arc::new));
        }
        let plan = plan::build(
            &scenarios,
            &plan::Options {
                selection: Selection::default(),
                profile,
                config: Some(&found.service_provider_config).filter(|config| config.is_object()),
                schemas: Some(&found.schemas).filter(|schemas| schemas.is_object()),
                max_users: None,
                seed: 7,
                marker: "sp7".to_owned(),
                base_url: transport.base_url().to_owned(),
                admin: transport.admin_url().is_some(),
                lends: &Lent::ALL.into_iter().filter(|lent| transport.lends(*lent)).collect::<Vec<_>>(),
                second_tenant: transport.second_tenant_url(),
                ticked: None,
            },
        );
        let opening = Opening {
            profile: profile.name.clone(),
            capabilities: found.service_provider_config,
            exchanges: found.exchanges,
            ..Opening::default()
        };
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        let (_keep, cancel) = tokio::sync::watch::channel(false);
        let inspect: run::Inspect = Arc::new(standing::of(&profile.users));
        let broken = run::execute(plan, opening, transport, inspect, options.clone(), sender, cancel).await;
        if !broken.is_empty() {
            return Err(format!("broke off in {}", broken.join(", ")));
        }
        let mut events = Vec::new();
        while let Ok(event) = receiver.try_recv() {
            events.push(event);
        }
        Ok::<_, String>(events)
    })?;
    let mut settings = Settings::new(profile.actions.clone(), time::macros::date!(2026 - 01 - 01));
    settings.product.clone_from(&profile.product);
    settings.require.clone_from(&profile.require);
    settings.clientless = !settings.requires(STANDARD);
    Ok(Verdict::judge(&events, Catalogue::embedded(), idp::clients(), &settings))
}

/// The requirements of that outcome.
#[must_use]
pub fn ids(verdict: &Verdict, outcome: Outcome) -> BTreeSet<String> {
    verdict.requirements.iter().filter(|it| it.outcome == outcome).map(|it| it.id.clone()).collect()
}

/// Readiness by client.
#[must_use]
pub fn readiness(verdict: &Verdict) -> BTreeMap<String, Readiness> {
    verdict.clients.iter().map(|it| (it.id.clone(), it.readiness)).collect()
}
