//! What runs, what is skipped and why: scenarios, selection, capabilities and budget to a [`Plan`] of flows. It sends
//! nothing and knows nothing of HTTP, files or reports; the same arguments give the same plan.

mod demand;
mod estimate;
mod quick;
mod select;

pub use estimate::{Estimate, estimate};
pub use select::{Expression, ExpressionError};

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::flow::{Flow, SkipReason};
use crate::profile::Profile;
use crate::requirement::STANDARD;
use crate::scenario::{Draw, Scenario, ScenarioFlow, Settings};
use crate::wire::Lent;

/// Which scenarios are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Client profiles asked for (`okta/aiw`); `None` for all.
    pub clients: Option<Vec<String>>,
    /// Whether scenarios of a plain RFC client run.
    pub plain: bool,
    /// The requirement sets asked for (`--require`); `None` for those that the target's profile names.
    pub sets: Option<Vec<String>>,
    /// `--select`
    pub expression: Option<Expression>,
    /// Only these scenarios, by id: those of an earlier run.
    pub only: Option<BTreeSet<String>>,
    /// `--quick`: of what is selected, few that show every flow of these clients.
    pub quick: bool,
}

impl Default for Selection {
    fn default() -> Self {
        Self { clients: None, plain: true, sets: None, expression: None, only: None, quick: false }
    }
}

/// Everything that a plan depends on besides the scenarios.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// What is asked for.
    pub selection: Selection,
    /// The target's profile.
    pub profile: &'a Profile,
    /// The target's `/ServiceProviderConfig`, where it was read.
    pub config: Option<&'a Value>,
    /// The target's `/Schemas`, where they were read.
    pub schemas: Option<&'a Value>,
    /// The most users of the run that may exist at one time.
    pub max_users: Option<usize>,
    /// The seed of every drawn value and of the order.
    pub seed: u64,
    /// Unique text of this run, lower-case letters and digits; stands in every identifier.
    pub marker: String,
    /// The target's base URL.
    pub base_url: String,
    /// Whether the target has an admin surface.
    pub admin: bool,
    /// The credentials that the settings of the target add.
    pub lends: &'a [Lent],
    /// The SCIM base URL of the second tenant, where the settings name one.
    pub second_tenant: Option<&'a str>,
    /// The provisioning actions that are ticked at the identity provider; `None` for all that the profile has.
    pub ticked: Option<&'a [String]>,
}

/// What will run.
pub struct Plan {
    /// In the order of starting; those that need a quiet tenant are last.
    pub scenarios: Vec<PlannedScenario>,
    /// Selected, but not to be run; in the order of their ids.
    pub skipped: Vec<Skipped>,
    /// The seed.
    pub seed: u64,
    /// The run's unique text.
    pub marker: String,
}

/// A scenario that will run.
pub struct PlannedScenario {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The client profiles that its evidence counts for: its own, as far as they were asked for.
    pub clients: Vec<String>,
    /// The flows that it shows.
    pub flows: Vec<String>,
    /// Whether nothing may run beside it.
    pub alone: bool,
    /// What it costs at most, if nothing goes wrong.
    pub estimate: Estimate,
    /// The scenario, ready to be driven.
    pub flow: Box<dyn Flow>,
}

/// A scenario that was selected and will not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The client profiles that its evidence would have counted for.
    pub clients: Vec<String>,
    /// The flows that it would have shown.
    pub flows: Vec<String>,
    /// Why.
    pub reason: SkipReason,
}

impl Plan {
    /// What all planned scenarios cost together.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        self.scenarios.iter().fold(Estimate::default(), |sum, planned| Estimate {
            users: sum.users + planned.estimate.users,
            groups: sum.groups + planned.estimate.groups,
            requests: sum.requests + planned.estimate.requests,
        })
    }
}

/// Makes a plan: the selected scenarios, without those that the target cannot serve or the budget does not cover,
/// in an order drawn from the seed.
#[must_use]
pub fn build(scenarios: &[Arc<Scenario>], options: &Options) -> Plan {
    // What the target publishes is its own to choose, where the profile leaves it open.
    let profile = &options.profile.narrowed(options.schemas);
    let demanded = options.schemas.filter(|_| profile.open).map(demand::of).unwrap_or_default();
    let selection = options.selection.clone().settled(profile);
    let options = &Options { selection, profile, ..options.clone() };
    let unable = |scenario: &Scenario| unable(scenario, options).or_else(|| undemanding(scenario, &demanded));
    // Rules of another product or set, or of a reading that this one does not take, are no gap; who asks for them is told why.
    let concerned = |scenario: &&Arc<Scenario>| {
        options.selection.expression.is_some()
            || (scenario.products.is_empty() || other_product(scenario, options.profile).is_none())
                && unasked(scenario, &options.selection).is_none()
    };
    let taken = scenarios.iter().filter(|scenario| options.selection.takes(scenario));
    let mut selected: Vec<&Arc<Scenario>> = taken.filter(concerned).collect();
    if options.selection.quick {
        selected = quick::enough(selected, &options.selection, |scenario| unable(scenario).is_none());
    }
    selected.sort_by(|a, b| a.id.cmp(&b.id));
    selected.shuffle(&mut ChaCha8Rng::seed_from_u64(options.seed));
    // Who waits longest begins first, so that the others run meanwhile.
    let waits = |scenario: &Scenario| scenario.steps.iter().filter_map(|step| step.wait).sum::<Duration>();
    selected.sort_by_key(|scenario| (scenario.alone, std::cmp::Reverse(waits(scenario))));
    let draw = Draw { seed: options.seed, marker: options.marker.clone(), identifier: options.profile.identifier };
    let settings = Settings { draw, base_url: options.base_url.clone() };
    let mut plan =
        Plan { scenarios: Vec::new(), skipped: Vec::new(), seed: options.seed, marker: options.marker.clone() };
    for scenario in selected {
        let clients = options.selection.clients_of(scenario);
        let reason = unable(scenario).or_else(|| over_budget(scenario, options));
        match reason {
            Some(reason) => plan.skipped.push(Skipped {
                id: scenario.id.clone(),
                title: scenario.title.clone(),
                clients,
                flows: scenario.flows.clone(),
                reason,
            }),
            None => {
                let playable = able(scenario, options);
                let cost = estimate(&playable);
                let mut flow = ScenarioFlow::new(playable, &settings);
                // What a product does with its users is judged by its own scenarios, whole.
                if scenario.products.is_empty() {
                    flow = flow.keeping(&options.profile.users, options.profile.open);
                }
                plan.scenarios.push(PlannedScenario {
                    id: scenario.id.clone(),
                    title: scenario.title.clone(),
                    clients,
                    flows: scenario.flows.clone(),
                    alone: scenario.alone,
                    estimate: cost,
                    flow: Box::new(flow),
                });
            }
        }
    }
    plan.skipped.sort_by(|a, b| a.id.cmp(&b.id));
    plan
}

/// A scenario that by itself makes more users than may exist at one time; others wait for each other while they run.
fn over_budget(scenario: &Scenario, options: &Options) -> Option<SkipReason> {
    let (most, users) = (options.max_users?, estimate(scenario).users);
    (users > most).then(|| SkipReason::Budget(format!("it makes {users} users, --max-users is {most}")))
}

/// The scenario without the steps that this target cannot take.
fn able(scenario: &Arc<Scenario>, options: &Options) -> Arc<Scenario> {
    let lacking =
        |need: &String| lacks(need, options.profile, options.config).is_some() || not_lent(need, options).is_some();
    if !scenario.steps.iter().any(|step| step.needs.iter().any(lacking)) {
        return Arc::clone(scenario);
    }
    let mut rest = Scenario::clone(scenario);
    rest.steps.retain(|step| !step.needs.iter().any(lacking));
    Arc::new(rest)
}

/// The first thing that the scenario needs and the target does not have.
fn unable(scenario: &Scenario, options: &Options) -> Option<SkipReason> {
    let action = scenario.actions.iter().find(|action| !options.profile.actions.contains(action));
    if let Some(action) = action {
        return Some(SkipReason::Profile(format!("profile {} has no action {action}", options.profile.name)));
    }
    // A client never sends what is not ticked; the standard asks regardless of any client.
    let unticked = |action: &&String| options.ticked.is_some_and(|ticked| !ticked.contains(action));
    if let Some(action) = scenario.actions.iter().find(unticked).filter(|_| !scenario.clients.is_empty()) {
        return Some(SkipReason::Profile(format!("action {action} is not ticked (--actions)")));
    }
    if let Some(why) = unasked(scenario, &options.selection).or_else(|| other_product(scenario, options.profile)) {
        return Some(SkipReason::Profile(why));
    }
    if let Some(why) = scenario.needs.iter().find_map(|need| not_lent(need, options)) {
        let mut requirements: Vec<String> = select::requirements(scenario).map(str::to_owned).collect();
        requirements.sort_unstable();
        requirements.dedup();
        return Some(SkipReason::NotObservable { why, requirements });
    }
    if let Some(missing) = scenario.attributes.iter().find(|name| !defined(name, options.schemas)) {
        return Some(SkipReason::Capability(format!("the target's schemas have no {missing}")));
    }
    let (need, lacking) =
        scenario.needs.iter().find_map(|need| Some((need, lacks(need, options.profile, options.config)?)))?;
    Some(if need.starts_with("no-") { SkipReason::Profile(lacking) } else { SkipReason::Capability(lacking) })
}

/// A scenario that sends less of a user or a group than the target's schemas demand.
fn undemanding(scenario: &Scenario, demanded: &[demand::Demand]) -> Option<SkipReason> {
    demand::unmet(scenario, demanded).map(SkipReason::Capability)
}

/// What only a setting of the target unlocks, with that setting, where it is not there.
fn not_lent(need: &str, options: &Options) -> Option<String> {
    let there = |lent| options.lends.contains(&lent);
    let (there, why) = match need {
        "admin" => (options.admin, "there is no admin surface (--admin-url)"),
        "second-token" => (there(Lent::SecondToken), "there is no second token (--second-token-env)"),
        "expired-token" => (there(Lent::ExpiredToken), "there is no expired token (--expired-token-env)"),
        "second-tenant" | "second-tenant-url" if !there(Lent::SecondTenant) => {
            (false, "there is no second tenant (--second-tenant and --second-tenant-token-env)")
        }
        "second-tenant-url" => {
            let own = options.base_url.trim_end_matches('/');
            let apart = options.second_tenant.is_some_and(|url| url.trim_end_matches('/') != own);
            (apart, "the second tenant has no URL of its own (--second-tenant)")
        }
        _ => return None,
    };
    (!there).then(|| why.to_owned())
}

/// Whether the target's schemas define an attribute, named with its schema's URN in front; unknown schemas define all.
fn defined(name: &str, schemas: Option<&Value>) -> bool {
    let (Some(schemas), Some((urn, name))) = (schemas, name.rsplit_once(':')) else { return true };
    let mut all = schemas["Resources"].as_array().map_or(&[][..], Vec::as_slice).iter();
    let same = |value: &Value, text: &str| value.as_str().is_some_and(|own| own.eq_ignore_ascii_case(text));
    all.find(|schema| same(&schema["id"], urn)).is_some_and(|schema| {
        schema["attributes"].as_array().is_some_and(|all| all.iter().any(|one| same(&one["name"], name)))
    })
}

/// A phrase where none of the scenario's requirement sets is asked for.
fn unasked(scenario: &Scenario, selection: &Selection) -> Option<String> {
    let sets = sets_of(scenario);
    let asked = |asked: &Vec<String>| sets.is_empty() || sets.iter().any(|set| asked.iter().any(|own| own == set));
    let silent = selection.sets.as_ref().is_some_and(|all| !asked(all));
    silent.then(|| format!("belongs to {}, which is not asked for (--require)", sets.join(" and ")))
}

/// The requirement sets that a scenario belongs to; what clients send and what products promise is in none.
fn sets_of(scenario: &Scenario) -> Vec<&str> {
    match scenario.sets.as_slice() {
        [] if scenario.clients.is_empty() && scenario.products.is_empty() => vec![STANDARD],
        named => named.iter().map(String::as_str).collect(),
    }
}

/// A phrase where the profile is of another product, or chose otherwise.
fn other_product(scenario: &Scenario, profile: &Profile) -> Option<String> {
    let own = |product: &String| profile.product.as_ref() == Some(product);
    if !scenario.products.is_empty() && !scenario.products.iter().any(own) {
        return Some(format!("profile {} is not of {}", profile.name, scenario.products.join(" or ")));
    }
    let other = scenario.when.iter().find(|when| !profile.has_setting(&when.path, &when.values))?;
    let wanted: Vec<_> = other.values.iter().map(ToString::to_string).collect();
    let has = profile.setting(&other.path).unwrap_or_default();
    Some(format!("profile {} has {} = {has}, not {}", profile.name, other.path, wanted.join(" or ")))
}

/// A phrase where a capability is missing: `/ServiceProviderConfig` decides, the profile where that is silent. `no-bulk`
/// needs a target without it.
#[must_use]
pub fn lacks(need: &str, target: &Profile, config: Option<&Value>) -> Option<String> {
    if let Some(need) = need.strip_prefix("no-") {
        let there = lacks(need, target, config).is_none();
        return there.then(|| format!("for targets without {need}, and this one has it"));
    }
    let announced = match need {
        // `RFC9865 §4`: who says nothing has none.
        "cursor" => config.map(|config| config["pagination"]["cursor"] == true),
        need => config.and_then(|config| config.get(need)?.get("supported")?.as_bool()),
    };
    let profile = &target.capabilities;
    let documented = match need {
        "patch" => profile.patch,
        "bulk" => profile.bulk,
        "filter" => profile.filter,
        "sort" => profile.sort,
        "etag" => profile.etag,
        "changePassword" => profile.change_password,
        "groups" => profile.groups,
        "me" => profile.me,
        // What the standard does not know is not assumed of a target of which nothing is known.
        "custom" => profile.custom && !target.open,
        "cursor" => profile.cursor && !target.open,
        _ => true,
    };
    match announced {
        Some(true) => None,
        Some(false) if matches!(need, "me" | "search" | "root" | "custom" | "groups") => {
            Some(format!("{need}: the target does not serve it"))
        }
        Some(false) if need == "cursor" => Some("cursor: /ServiceProviderConfig has no pagination.cursor".to_owned()),
        Some(false) => Some(format!("{need}: /ServiceProviderConfig says supported = false")),
        None if documented => None,
        None => Some(format!("{need}: not in profile {}", target.name)),
    }
}

#[cfg(test)]
mod tests;
