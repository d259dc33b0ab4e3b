//! An organization: its SSO and SCIM settings, environments, projects, role assignments, and what provisioned users get
//! at creation. Accounts and tokens are kept elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use time::OffsetDateTime;

use super::Refusal;
use super::rbac::{AppRole, EnvironmentRole, Grant, OrganizationRole, ProjectRole, migrated};
use super::role::Roles;
use crate::profile::Profile;
use crate::wire::Secret;

/// The SSO configuration (A2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sso {
    /// `oidc` or `saml`
    pub protocol: String,
    /// The provider's issuer.
    pub issuer: String,
    /// The client id at the provider.
    pub client_id: String,
    /// The organization's own sign-in page (COALESCE-SSO-018).
    pub subdomain: String,
    /// `okta`, `entra`, `ping`, `jumpcloud`, `generic`
    pub provider: String,
}

/// The SCIM side (A3, A4). Its token stays the same once it is made (CATALYTIC-003).
#[derive(Debug, Clone, Default)]
pub struct Scim {
    /// Whether requests are served.
    pub enabled: bool,
    /// Made when SCIM is switched on first.
    pub token: Option<Secret>,
}

/// An environment (A15).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: OffsetDateTime,
}

/// A project (A24).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What users get when SCIM creates them (A27, CATALYTIC-022).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Defaults {
    /// `EMAIL` or `UNSUBSCRIBE` by the preference's name.
    pub notification_preferences: BTreeMap<String, String>,
    /// Whether the first-user experience is shown; `None` where nobody said.
    pub onboarding: Option<bool>,
}

/// An organization.
#[derive(Debug, Clone)]
pub struct Organization {
    /// Its id, which is also the name of its tenant in the store.
    pub id: String,
    /// Its name for humans.
    pub display_name: String,
    /// Its own profile; `None` follows the server's.
    pub profile: Option<Arc<Profile>>,
    /// Whether the server was started with it: it cannot be deleted.
    pub fixed: bool,
    /// SSO, once it is configured.
    pub sso: Option<Sso>,
    /// SCIM.
    pub scim: Scim,
    /// Roles by team.
    pub roles: Roles,
    /// In the order of creation.
    pub environments: Vec<Environment>,
    /// In the order of creation.
    pub projects: Vec<Project>,
    /// Who has which RBAC role where.
    pub grants: Vec<(String, Grant)>,
    /// What provisioned users get.
    pub defaults: Defaults,
}

impl Organization {
    /// An organization without any setting.
    #[must_use]
    pub fn new(id: impl Into<String>, display_name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            display_name: display_name.into(),
            profile: None,
            fixed: false,
            sso: None,
            scim: Scim::default(),
            roles: Roles::default(),
            environments: Vec::new(),
            projects: Vec::new(),
            grants: Vec::new(),
            defaults: Defaults::default(),
        }
    }

    /// Switches SCIM on or off; `token` is taken only the first time. `needs_sso` is `accounts.sso_before_scim`.
    ///
    /// # Errors
    /// 409 `sso_not_configured` (CATALYTIC-001).
    pub fn switch_scim(
        &mut self,
        enabled: bool,
        needs_sso: bool,
        token: impl FnOnce() -> Secret,
    ) -> Result<(), Refusal> {
        if enabled && needs_sso && self.sso.is_none() {
            return Err(Refusal::new(409, "sso_not_configured", "SCIM needs an SSO connection first"));
        }
        self.scim.enabled = enabled;
        if enabled {
            self.scim.token.get_or_insert_with(token);
        }
        Ok(())
    }

    /// Gives a user a role in a place, instead of the one that it had there.
    ///
    /// # Errors
    /// 404 for an unknown project or environment.
    pub fn grant(&mut self, user: &str, grant: Grant) -> Result<(), Refusal> {
        let known = match &grant {
            Grant::Organization(_) => true,
            Grant::Project(id, _) => self.projects.iter().any(|project| project.id == *id),
            Grant::Environment(id, _) => self.environments.iter().any(|environment| environment.id == *id),
        };
        if !known {
            return Err(Refusal { pointer: Some("/target".into()), ..Refusal::missing(grant.scope()) });
        }
        self.grants.retain(|(holder, held)| holder != user || !held.same_place(&grant));
        self.grants.push((user.to_owned(), grant));
        Ok(())
    }

    /// Takes a grant; answers whether it was there.
    pub fn ungrant(&mut self, user: &str, grant: &Grant) -> bool {
        let before = self.grants.len();
        self.grants.retain(|(holder, held)| holder != user || held != grant);
        self.grants.len() != before
    }

    /// Gives a user the RBAC roles that an app role becomes (COALESCE-SSO-043); answers them.
    ///
    /// # Errors
    /// As [`Organization::grant`].
    pub fn migrate(&mut self, user: &str, role: AppRole) -> Result<Vec<Grant>, Refusal> {
        let (organization, project, environment) = migrated(role);
        let mut grants = vec![Grant::Organization(organization)];
        grants.extend(self.projects.iter().map(|it| Grant::Project(it.id.clone(), project)));
        grants.extend(self.environments.iter().map(|it| Grant::Environment(it.id.clone(), environment)));
        grants.iter().try_for_each(|grant| self.grant(user, grant.clone()))?;
        Ok(grants)
    }

    /// The user's RBAC role in the organization: what was assigned, else what its app role stands for at creation
    /// (COALESCE-SSO-041).
    #[must_use]
    pub fn organization_role(&self, user: &str, role: AppRole) -> OrganizationRole {
        let assigned = self.grants.iter().find_map(|(holder, grant)| match grant {
            Grant::Organization(role) if holder == user => Some(*role),
            _ => None,
        });
        assigned.unwrap_or(match role {
            AppRole::Admin => OrganizationRole::Administrator,
            AppRole::User => OrganizationRole::Member,
        })
    }

    /// Forgets a user who is gone.
    pub fn forget(&mut self, user: &str) {
        self.grants.retain(|(holder, _)| holder != user);
        self.roles.forget(user);
    }
}

/// Reads a place and a role word as a grant.
///
/// # Errors
/// 400 with a pointer.
pub fn grant_of(scope: &str, target: Option<&str>, role: &str) -> Result<Grant, Refusal> {
    let place = || target.map(ToOwned::to_owned).ok_or_else(|| Refusal::invalid("/target", "an id is wanted"));
    let unknown = || Refusal::invalid("/role", format!("no such role in the scope {scope}"));
    Ok(match scope {
        "organization" => Grant::Organization(OrganizationRole::named(role).ok_or_else(unknown)?),
        "project" => Grant::Project(place()?, ProjectRole::named(role).ok_or_else(unknown)?),
        "environment" => Grant::Environment(place()?, EnvironmentRole::named(role).ok_or_else(unknown)?),
        _ => return Err(Refusal::invalid("/scope", "organization, project or environment is wanted")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scim_needs_sso_and_keeps_its_token() {
        let mut organization = Organization::new("acme", "Acme");
        let refusal = organization.switch_scim(true, true, || Secret::new("a")).unwrap_err();
        assert_eq!((refusal.status, refusal.code), (409, "sso_not_configured"));
        assert!(!organization.scim.enabled);
        organization.sso = Some(Sso {
            protocol: "oidc".into(),
            issuer: "https://idp.example.test".into(),
            client_id: "c".into(),
            subdomain: "acme".into(),
            provider: "okta".into(),
        });
        for (enabled, token) in [(true, "b"), (false, "c"), (true, "d")] {
            organization.switch_scim(enabled, true, || Secret::new(token)).unwrap();
            assert_eq!(organization.scim.enabled, enabled);
            assert_eq!(organization.scim.token.as_ref().unwrap().expose(), "b");
        }
    }

    #[test]
    fn a_user_has_one_role_in_a_place() {
        let mut organization = Organization::new("acme", "Acme");
        organization.projects.push(Project { id: "p".into(), name: "Sales".into() });
        for (scope, target, role, fault) in [
            ("project", Some("p"), "Project Architect", None),
            ("project", Some("p"), "Project Member", None),
            ("organization", None, "Organization Member", None),
            ("project", Some("q"), "Project Member", Some((404, "/target"))),
            ("project", None, "Project Member", Some((400, "/target"))),
            ("project", Some("p"), "VIEWER", Some((400, "/role"))),
            ("organization", None, "Project Member", Some((400, "/role"))),
            ("galaxy", None, "Project Member", Some((400, "/scope"))),
        ] {
            let done = grant_of(scope, target, role).and_then(|grant| organization.grant("1", grant));
            let seen = done.as_ref().err().map(|refusal| (refusal.status, refusal.pointer.as_deref().unwrap()));
            assert_eq!(seen, fault, "{scope} {role}");
        }
        assert_eq!(organization.grants.len(), 2);
        assert_eq!(organization.organization_role("1", AppRole::Admin), OrganizationRole::Member);
        assert_eq!(organization.organization_role("2", AppRole::Admin), OrganizationRole::Administrator);
        let grants = organization.migrate("2", AppRole::User).unwrap();
        assert_eq!(
            grants.iter().map(Grant::role).collect::<Vec<_>>(),
            ["Organization Contributor", "Project Administrator"]
        );
        assert!(organization.ungrant("1", &Grant::Organization(OrganizationRole::Member)));
        organization.forget("2");
        assert_eq!(organization.grants.len(), 1);
    }
}
