//! Identity providers as clients: which headers they send, how they encode a query, which flows make one ready.
//!
//! Data in `fixtures/clients/*.toml`. The room knows nothing of servers, scenarios or HTTP libraries.

use std::sync::LazyLock;

use serde::Deserialize;

/// A client profile: one IdP in one variant, `okta/aiw`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// `okta/aiw`
    pub id: String,
    /// A sentence for people.
    pub title: String,
    /// Headers of a request without body, in order.
    pub headers_read: Vec<(String, String)>,
    /// Headers of a request with body, in order.
    pub headers_write: Vec<(String, String)>,
    /// How spaces and reserved characters in a query are written.
    pub encoding: Encoding,
    /// The flows that must have been seen before the client is called ready.
    pub flows: Vec<RequiredFlow>,
}

/// How a query is percent-encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// Space is `%20`.
    Percent,
    /// Space is `+` (`application/x-www-form-urlencoded`).
    Form,
}

/// A flow that readiness rests on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequiredFlow {
    /// `OKTA-F03`
    pub id: String,
    /// What it is, for people: `assign a person who is not there`.
    pub title: String,
    /// The provisioning action it belongs to (`create-users`, `push-groups` …); required only if the target has it.
    pub action: String,
    /// The capabilities without which it cannot work (`patch`, `groups`).
    #[serde(default)]
    pub needs: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    family: String,
    encoding: Encoding,
    headers_read: Vec<(String, String)>,
    headers_write: Vec<(String, String)>,
    variant: Vec<Variant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Variant {
    name: String,
    title: String,
    #[serde(default)]
    encoding: Option<Encoding>,
    flow: Vec<RequiredFlow>,
}

/// The embedded client files.
const FILES: [&str; 4] = [
    include_str!("../../fixtures/clients/okta.toml"),
    include_str!("../../fixtures/clients/entra.toml"),
    include_str!("../../fixtures/clients/ping.toml"),
    include_str!("../../fixtures/clients/jumpcloud.toml"),
];

/// Every known client profile, in the order of the files: Okta, Entra ID, Ping Identity, JumpCloud.
#[must_use]
#[expect(clippy::expect_used, reason = "the embedded files are parsed by a test")]
pub fn clients() -> &'static [Client] {
    static CLIENTS: LazyLock<Vec<Client>> = LazyLock::new(|| {
        FILES.iter().flat_map(|text| parse(text).expect("the embedded client files are valid")).collect()
    });
    &CLIENTS
}

/// The client with that id.
#[must_use]
pub fn client(id: &str) -> Option<&'static Client> {
    clients().iter().find(|client| client.id == id)
}

/// The clients that a word of `--idp` names: `okta` (all variants) or `okta/aiw`. Empty for an unknown word.
#[must_use]
pub fn select(word: &str) -> Vec<&'static Client> {
    clients()
        .iter()
        .filter(|client| client.id == word || client.id.split_once('/').is_some_and(|(family, _)| family == word))
        .collect()
}

fn parse(text: &str) -> Result<Vec<Client>, toml::de::Error> {
    let family: Family = toml::from_str(text)?;
    Ok(family
        .variant
        .into_iter()
        .map(|variant| Client {
            id: format!("{}/{}", family.family, variant.name),
            title: variant.title,
            headers_read: family.headers_read.clone(),
            headers_write: family.headers_write.clone(),
            encoding: variant.encoding.unwrap_or(family.encoding),
            flows: variant.flow,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_clients_are_valid_and_selectable() {
        for text in FILES {
            parse(text).unwrap();
        }
        assert_eq!(select("okta/aiw").len(), 1);
        assert!(select("okta").len() >= 3);
        assert_eq!(select("entra").len(), 2);
        assert_eq!(select("ping").len(), 2);
        assert_eq!(select("jumpcloud").len(), 1);
        assert!(select("nobody").is_empty());
    }
}
