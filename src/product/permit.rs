//! Who may do what on the admin surface: one table of action × principal, which every request passes. It knows neither
//! credentials nor paths.

use super::Refusal;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The vendor's support staff: the credential of `serve --admin-token-env`.
    Operator,
    /// A signed-in user whose app role is Admin.
    Admin {
        /// The organization.
        org: String,
        /// The user's id.
        id: String,
    },
    /// A signed-in user whose app role is User.
    User {
        /// The organization.
        org: String,
        /// The user's id.
        id: String,
    },
    /// Nobody who is known.
    Anonymous,
}

impl Principal {
    /// How the audit log names it: by ids only.
    #[must_use]
    pub fn actor(&self) -> String {
        match self {
            Self::Operator => "operator".into(),
            Self::Admin { org, id } | Self::User { org, id } => format!("{org}/{id}"),
            Self::Anonymous => "anonymous".into(),
        }
    }

    /// The organization and id of a signed-in user.
    #[must_use]
    pub fn user(&self) -> Option<(&str, &str)> {
        match self {
            Self::Admin { org, id } | Self::User { org, id } => Some((org, id)),
            Self::Operator | Self::Anonymous => None,
        }
    }
}

/// How far a principal's permission for an action reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Not at all.
    Never,
    /// Itself only.
    Itself,
    /// Its own organization.
    Organization,
    /// Everything.
    Everywhere,
}

/// What an action is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Target<'a> {
    /// The organization; `None` is none in particular.
    pub org: Option<&'a str>,
    /// The user.
    pub user: Option<&'a str>,
}

macro_rules! actions {
    ($($(#[doc = $doc:literal])+ $name:ident $word:literal [$operator:ident $admin:ident $user:ident $anonymous:ident],)+) => {
        /// What can be done on the admin surface.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action { $($(#[doc = $doc])+ $name,)+ }

        impl Action {
            /// Every action, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its name in the audit log: `organization.create`.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// Its row of the table: operator, org-admin, user, anonymous.
            #[must_use]
            pub const fn row(self) -> [Reach; 4] {
                match self {
                    $(Self::$name => [Reach::$operator, Reach::$admin, Reach::$user, Reach::$anonymous],)+
                }
            }
        }
    };
}

// Seed 000: what an org-admin does alone, and what only support does; CATALOG-013, CATALYTIC-002, COALESCE-SSO-027, -040, -041.
actions! {
    /// A1
    OrganizationCreate "organization.create" [Everywhere Never Never Never],
    /// The organization and its settings.
    OrganizationRead "organization.read" [Everywhere Organization Never Never],
    /// An organization with all that is in it.
    OrganizationDelete "organization.delete" [Everywhere Never Never Never],
    /// A2
    SsoWrite "sso.write" [Everywhere Organization Never Never],
    /// A2
    SsoRead "sso.read" [Everywhere Organization Never Never],
    /// A3
    ScimWrite "scim.write" [Everywhere Organization Never Never],
    /// A4
    ScimRead "scim.read" [Everywhere Organization Never Never],
    /// A5
    MappingWrite "role-mapping.write" [Everywhere Organization Never Never],
    /// A5
    MappingRead "role-mapping.read" [Everywhere Organization Never Never],
    /// A6
    MappingApply "role-mapping.apply" [Everywhere Organization Never Never],
    /// A7, many users.
    UserList "user.list" [Everywhere Organization Never Never],
    /// A7, one user.
    UserRead "user.read" [Everywhere Organization Itself Never],
    /// A8
    UserCreate "user.create" [Everywhere Organization Never Never],
    /// A9
    UserWrite "user.write" [Everywhere Organization Never Never],
    /// A10
    PasswordWrite "password.write" [Everywhere Organization Itself Never],
    /// A10, on.
    MfaOn "mfa.on" [Everywhere Organization Itself Never],
    /// A10, off.
    MfaOff "mfa.off" [Everywhere Organization Never Never],
    /// A11
    UserDelete "user.delete" [Everywhere Organization Never Never],
    /// A12
    Login "login" [Everywhere Everywhere Everywhere Everywhere],
    /// A13
    SsoLogin "sso-login" [Everywhere Everywhere Everywhere Everywhere],
    /// A14
    IdpWrite "idp.write" [Everywhere Never Never Never],
    /// A15
    EnvironmentCreate "environment.create" [Everywhere Organization Never Never],
    /// A15
    EnvironmentRead "environment.read" [Everywhere Organization Never Never],
    /// A16
    Introspect "token.introspect" [Everywhere Organization Itself Never],
    /// A17
    Revoke "token.revoke" [Everywhere Organization Itself Never],
    /// A18, judged by its own credential.
    Session "session.read" [Everywhere Everywhere Everywhere Everywhere],
    /// A19
    ClockRead "clock.read" [Everywhere Never Never Never],
    /// A19
    ClockWrite "clock.write" [Everywhere Never Never Never],
    /// A20
    ProfileRead "profile.read" [Everywhere Never Never Never],
    /// A20
    ProfileWrite "profile.write" [Everywhere Never Never Never],
    /// A21
    FaultsRead "faults.read" [Everywhere Never Never Never],
    /// A21
    FaultsWrite "faults.write" [Everywhere Never Never Never],
    /// A22
    Reset "reset" [Everywhere Never Never Never],
    /// A22
    Load "load" [Everywhere Never Never Never],
    /// A23
    AuditRead "audit.read" [Everywhere Never Never Never],
    /// A24
    ProjectCreate "project.create" [Everywhere Organization Never Never],
    /// A24
    ProjectRead "project.read" [Everywhere Organization Never Never],
    /// A25
    AssignmentWrite "role-assignment.write" [Everywhere Organization Never Never],
    /// A25
    AssignmentRead "role-assignment.read" [Everywhere Organization Never Never],
    /// A26, about a customer who may be new.
    RequestCreate "request.create" [Everywhere Everywhere Never Never],
    /// A27
    DefaultsWrite "provisioning-defaults.write" [Everywhere Organization Never Never],
    /// A27
    DefaultsRead "provisioning-defaults.read" [Everywhere Organization Never Never],
}

/// How far the principal's permission reaches.
#[must_use]
pub const fn reach(action: Action, principal: &Principal) -> Reach {
    let [operator, admin, user, anonymous] = action.row();
    match principal {
        Principal::Operator => operator,
        Principal::Admin { .. } => admin,
        Principal::User { .. } => user,
        Principal::Anonymous => anonymous,
    }
}

/// Judges one cell of the table for a target.
///
/// # Errors
/// 401 for nobody, 403 for somebody who may not.
pub fn permit(action: Action, principal: &Principal, target: Target<'_>) -> Result<(), Refusal> {
    let own = principal.user();
    let permitted = match reach(action, principal) {
        Reach::Never => false,
        Reach::Everywhere => true,
        Reach::Organization => own.is_some_and(|(org, _)| target.org == Some(org)),
        Reach::Itself => own.is_some_and(|(org, id)| target.org == Some(org) && target.user == Some(id)),
    };
    match permitted {
        true => Ok(()),
        false if *principal == Principal::Anonymous => {
            Err(Refusal::new(401, "invalid_token", "credentials are required"))
        }
        false => Err(Refusal::denied(format!("this principal may not do {} here", action.word()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_of_the_table_holds_for_every_target() {
        let admin = Principal::Admin { org: "a".into(), id: "1".into() };
        let user = Principal::User { org: "a".into(), id: "2".into() };
        let targets = [
            Target::default(),
            Target { org: Some("a"), user: None },
            Target { org: Some("a"), user: Some("1") },
            Target { org: Some("a"), user: Some("2") },
            Target { org: Some("b"), user: None },
            Target { org: Some("b"), user: Some("2") },
        ];
        // For every reach and principal, which of the targets are permitted.
        let within = |reach: Reach, column: usize| match (reach, column) {
            (Reach::Never, _) => [false; 6],
            (Reach::Everywhere, _) => [true; 6],
            (Reach::Organization, 1 | 2) => [false, true, true, true, false, false],
            (Reach::Itself, 1) => [false, false, true, false, false, false],
            (Reach::Itself, 2) => [false, false, false, true, false, false],
            _ => [false; 6],
        };
        for action in Action::ALL {
            for (column, principal) in
                [&Principal::Operator, &admin, &user, &Principal::Anonymous].into_iter().enumerate()
            {
                let expected = within(action.row()[column], column);
                for (target, expected) in targets.iter().zip(expected) {
                    let judged = permit(*action, principal, *target);
                    assert_eq!(judged.is_ok(), expected, "{action:?} {principal:?} {target:?}");
                    if let Err(refusal) = judged {
                        let status = if *principal == Principal::Anonymous { 401 } else { 403 };
                        assert_eq!(refusal.status, status, "{action:?} {principal:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_the_documents_say_of_the_principals_stands_in_the_table() {
        let never = [
            (Action::OrganizationCreate, 1), // CATALOG-013
            (Action::ClockWrite, 1),
            (Action::FaultsWrite, 1),
            (Action::Reset, 1),
            (Action::ProfileWrite, 1),
            (Action::ScimWrite, 2), // CATALYTIC-002
            (Action::MfaOff, 2),    // COALESCE-SSO-027
            (Action::UserCreate, 2),
            (Action::OrganizationRead, 2), // COALESCE-SSO-040
        ];
        for (action, column) in never {
            assert_eq!(action.row()[column], Reach::Never, "{action:?}");
        }
        // Seed 000: self-service of an org-admin.
        for action in [Action::UserCreate, Action::UserWrite, Action::UserDelete, Action::AssignmentWrite] {
            assert_eq!(action.row()[1], Reach::Organization, "{action:?}");
        }
        let mut words: Vec<_> = Action::ALL.iter().map(|action| action.word()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Action::ALL.len());
    }
}
