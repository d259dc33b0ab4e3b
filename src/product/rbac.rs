//! The three role vocabularies, which never mix (COALESCE-SSO-050, CATALOG-042): roles in Catalog, roles in the app, and
//! RBAC roles by scope; and the table that turns app roles into RBAC roles (COALESCE-SSO-043).

macro_rules! words {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $member_doc:literal])+ $member:ident $word:literal,)+ }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[doc = $member_doc])+ $member,)+ }

        impl $name {
            /// All of them, the lowest first.
            pub const ALL: &'static [Self] = &[$(Self::$member,)+];

            /// Its word in the documents.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$member => $word,)+ }
            }

            /// The role of that word, exactly.
            #[must_use]
            pub fn named(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|role| role.word() == word)
            }
        }
    };
}

words! {
    /// A role in Catalog (CATALOG-020).
    CatalogRole {
        /// Reads.
        Viewer "VIEWER",
        /// Writes.
        Contributor "CONTRIBUTOR",
        /// Administers.
        Admin "ADMIN",
    }
}

words! {
    /// A role in the Coalesce app (COALESCE-SSO-040).
    AppRole {
        /// Everybody else.
        User "User",
        /// Sees the organization's settings.
        Admin "Admin",
    }
}

words! {
    /// An RBAC role of an organization (COALESCE-SSO-041).
    OrganizationRole {
        /// The default.
        Member "Organization Member",
        /// Makes projects.
        Contributor "Organization Contributor",
        /// Adds users.
        Administrator "Organization Administrator",
    }
}

words! {
    /// An RBAC role of a project.
    ProjectRole {
        /// Reads.
        Member "Project Member",
        /// Writes.
        Contributor "Project Contributor",
        /// Designs.
        Architect "Project Architect",
        /// Administers.
        Administrator "Project Administrator",
    }
}

words! {
    /// An RBAC role of an environment.
    EnvironmentRole {
        /// Reads.
        Reader "Environment Reader",
        /// Administers.
        Admin "Environment Admin",
    }
}

/// The RBAC roles that an app role becomes: of the organization, of every project, of every environment
/// (COALESCE-SSO-043).
#[must_use]
pub const fn migrated(role: AppRole) -> (OrganizationRole, ProjectRole, EnvironmentRole) {
    let organization = match role {
        AppRole::Admin => OrganizationRole::Administrator,
        AppRole::User => OrganizationRole::Contributor,
    };
    (organization, ProjectRole::Administrator, EnvironmentRole::Admin)
}

/// A role with the place where it holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grant {
    /// In the organization.
    Organization(OrganizationRole),
    /// In the project of that id.
    Project(String, ProjectRole),
    /// In the environment of that id.
    Environment(String, EnvironmentRole),
}

impl Grant {
    /// `organization`, `project`, `environment`
    #[must_use]
    pub const fn scope(&self) -> &'static str {
        match self {
            Self::Organization(_) => "organization",
            Self::Project(..) => "project",
            Self::Environment(..) => "environment",
        }
    }

    /// The id of the project or environment.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        match self {
            Self::Organization(_) => None,
            Self::Project(id, _) | Self::Environment(id, _) => Some(id),
        }
    }

    /// The role's word.
    #[must_use]
    pub const fn role(&self) -> &'static str {
        match self {
            Self::Organization(role) => role.word(),
            Self::Project(_, role) => role.word(),
            Self::Environment(_, role) => role.word(),
        }
    }

    /// Whether both hold in the same place.
    #[must_use]
    pub fn same_place(&self, other: &Self) -> bool {
        self.scope() == other.scope() && self.target() == other.target()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_means_two_things() {
        let mut words: Vec<&str> = CatalogRole::ALL.iter().map(|role| role.word()).collect();
        words.extend(AppRole::ALL.iter().map(|role| role.word()));
        words.extend(OrganizationRole::ALL.iter().map(|role| role.word()));
        words.extend(ProjectRole::ALL.iter().map(|role| role.word()));
        words.extend(EnvironmentRole::ALL.iter().map(|role| role.word()));
        let count = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!((words.len(), count), (14, 14));
        assert_eq!(CatalogRole::named("Admin"), None);
        assert_eq!(AppRole::named("ADMIN"), None);
        assert!(CatalogRole::Viewer < CatalogRole::Contributor && CatalogRole::Contributor < CatalogRole::Admin);
    }

    #[test]
    fn app_roles_become_rbac_roles_as_the_guide_says() {
        let words = |role| {
            let (organization, project, environment) = migrated(role);
            [organization.word(), project.word(), environment.word()]
        };
        assert_eq!(words(AppRole::Admin), ["Organization Administrator", "Project Administrator", "Environment Admin"]);
        assert_eq!(words(AppRole::User), ["Organization Contributor", "Project Administrator", "Environment Admin"]);
    }
}
