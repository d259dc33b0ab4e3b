//! A filter as a tree that prints as text and says by itself whom it finds: written apart from the filters of the bundled
//! server, and only over what the standard leaves no room for. It draws nothing.

use super::people::Person;

/// A condition on a text attribute that every match must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Text {
    UserName,
    Display,
    Title,
    Kind,
    Given,
    Family,
}

/// How a text is compared; letters of either case are equal (`RFC7643 §4.1.1`: `caseExact` false).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Eq,
    Co,
    Sw,
    Ew,
    Gt,
    Ge,
    Lt,
    Le,
}

/// A filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Filter {
    Text(Text, How, String),
    /// `ne`, of an attribute that everybody has.
    NotNamed(String),
    Present(&'static str),
    Active(bool),
    /// Case counts here (`RFC7643 §3.1`).
    External(String),
    /// Everybody or nobody, by a time long ago or far ahead.
    Time(&'static str, &'static str, &'static str, bool),
    /// Some address of that type.
    MailType(&'static str),
    /// Some address begins so.
    MailStarts(String),
    /// One address of that type that begins so.
    MailOf(&'static str, String),
    /// One address of that type that does not begin so.
    MailOfNot(&'static str, String),
    /// An address that is not of that type.
    MailBut(&'static str),
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
}

impl Text {
    pub fn attribute(&self) -> &'static str {
        match self {
            Self::UserName => "userName",
            Self::Display => "displayName",
            Self::Title => "title",
            Self::Kind => "userType",
            Self::Given => "name.givenName",
            Self::Family => "name.familyName",
        }
    }

    /// What the person has there. Of a user name only the beginning, which the rest never changes.
    pub fn of<'a>(&self, person: &'a Person) -> Option<&'a str> {
        match self {
            Self::UserName => Some(&person.name),
            Self::Display => person.display.as_deref(),
            Self::Title => person.title,
            Self::Kind => person.kind,
            Self::Given => person.given,
            Self::Family => person.family,
        }
    }
}

impl How {
    pub const ALL: [Self; 8] = [Self::Eq, Self::Co, Self::Sw, Self::Ew, Self::Gt, Self::Ge, Self::Lt, Self::Le];

    fn word(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }

    fn holds(self, value: &str, operand: &str) -> bool {
        let (value, operand) = (value.to_lowercase(), operand.to_lowercase());
        match self {
            Self::Eq => value == operand,
            Self::Co => value.contains(&operand),
            Self::Sw => value.starts_with(&operand),
            Self::Ew => value.ends_with(&operand),
            Self::Gt => value > operand,
            Self::Ge => value >= operand,
            Self::Lt => value < operand,
            Self::Le => value <= operand,
        }
    }

    /// The sentence that it stands on.
    fn requirement(self) -> &'static str {
        match self {
            Self::Eq => "RFC7644-3.4.2.2-9",
            Self::Co => "RFC7644-3.4.2.2-12",
            Self::Sw => "RFC7644-3.4.2.2-13",
            Self::Ew => "RFC7644-3.4.2.2-14",
            Self::Gt => "RFC7644-3.4.2.2-18",
            Self::Ge => "RFC7644-3.4.2.2-19",
            Self::Lt => "RFC7644-3.4.2.2-20",
            Self::Le => "RFC7644-3.4.2.2-21",
        }
    }
}

/// A string literal.
fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl Filter {
    /// Whether it finds the person.
    pub fn finds(&self, person: &Person) -> bool {
        let mails = || person.emails.iter();
        let starts = |value: &str, start: &str| value.to_lowercase().starts_with(&start.to_lowercase());
        match self {
            Self::Text(text, how, operand) => text.of(person).is_some_and(|value| how.holds(value, operand)),
            Self::NotNamed(name) => !person.name.eq_ignore_ascii_case(name),
            Self::Present(attribute) => match *attribute {
                "displayName" => person.display.is_some(),
                "title" => person.title.is_some(),
                "userType" => person.kind.is_some(),
                "externalId" => person.external.is_some(),
                "name" => person.given.is_some() || person.family.is_some(),
                "name.givenName" => person.given.is_some(),
                "name.familyName" => person.family.is_some(),
                "emails" => !person.emails.is_empty(),
                _ => true,
            },
            Self::Active(active) => person.active == Some(*active),
            Self::External(id) => person.external.as_ref() == Some(id),
            Self::Time(.., everybody) => *everybody,
            Self::MailType(kind) => mails().any(|(own, _)| own == kind),
            Self::MailStarts(start) => mails().any(|(_, value)| starts(value, start)),
            Self::MailOf(kind, start) => mails().any(|(own, value)| own == kind && starts(value, start)),
            Self::MailOfNot(kind, start) => mails().any(|(own, value)| own == kind && !starts(value, start)),
            Self::MailBut(kind) => mails().any(|(own, _)| own != kind),
            Self::And(all) => all.iter().all(|one| one.finds(person)),
            Self::Or(all) => all.iter().any(|one| one.finds(person)),
            Self::Not(inner) => !inner.finds(person),
        }
    }

    /// The sentences that it stands on.
    pub fn requirements(&self) -> Vec<&'static str> {
        match self {
            Self::Text(Text::UserName | Text::Display, how, _) => vec![how.requirement()],
            Self::Text(_, how, _) => vec![how.requirement(), "RFC7644-3.4.2.2-47"],
            Self::NotNamed(_) => vec!["RFC7644-3.4.2.2-11"],
            Self::Present("name") => vec!["RFC7644-3.4.2.2-16"],
            Self::Present(_) => vec!["RFC7644-3.4.2.2-15"],
            Self::Active(_) => vec!["RFC7644-3.4.2.2-10"],
            Self::External(_) => vec!["RFC7644-3.4.2.2-9", "RFC7644-3.4.2.2-47"],
            Self::Time(..) => vec!["RFC7644-3.4.2.2-22", "RFC7644-3.4.2.2-49"],
            Self::MailType(_) | Self::MailStarts(_) => vec!["RFC7644-3.4.2.2-41"],
            Self::MailOf(..) | Self::MailOfNot(..) | Self::MailBut(_) => vec!["RFC7644-3.4.2.2-30"],
            Self::And(_) => vec!["RFC7644-3.4.2.2-26", "RFC7644-3.4.2.2-40"],
            Self::Or(_) => vec!["RFC7644-3.4.2.2-27", "RFC7644-3.4.2.2-40"],
            Self::Not(_) => vec!["RFC7644-3.4.2.2-28"],
        }
    }

    /// Its text, with the brackets that it needs and no others.
    pub fn text(&self) -> String {
        let joined = |all: &[Self], word: &str, bracket: fn(&Self) -> bool| {
            let one = |it: &Self| if bracket(it) { format!("({})", it.text()) } else { it.text() };
            all.iter().map(one).collect::<Vec<_>>().join(word)
        };
        match self {
            // Nobody else's user name can begin so: the whole one is its beginning and the run's own end.
            Self::Text(text @ Text::UserName, How::Eq, operand) => {
                format!("{} eq \"{operand}{{{{ pop.identifier }}}}\"", text.attribute())
            }
            Self::Text(text, how, operand) => format!("{} {} {}", text.attribute(), how.word(), literal(operand)),
            Self::NotNamed(name) => format!("userName ne \"{name}{{{{ pop.identifier }}}}\""),
            Self::Present(attribute) => format!("{attribute} pr"),
            Self::Active(active) => format!("active eq {active}"),
            Self::External(id) => format!("externalId eq \"{{{{ run.marker }}}}-{id}\""),
            Self::Time(attribute, word, time, _) => format!("{attribute} {word} \"{time}\""),
            Self::MailType(kind) => format!("emails.type eq \"{kind}\""),
            Self::MailStarts(start) => format!("emails.value sw {}", literal(start)),
            Self::MailOf(kind, start) => format!("emails[type eq \"{kind}\" and value sw {}]", literal(start)),
            Self::MailOfNot(kind, start) => format!("emails[type eq \"{kind}\" and not (value sw {})]", literal(start)),
            Self::MailBut(kind) => format!("emails[not (type eq \"{kind}\")]"),
            Self::And(all) => joined(all, " and ", |one| matches!(one, Self::Or(_) | Self::And(_))),
            Self::Or(all) => joined(all, " or ", |one| matches!(one, Self::Or(_))),
            Self::Not(inner) => format!("not ({})", inner.text()),
        }
    }
}
