//! `scimproof.toml`: the flags of `run` under their own names. A flag wins over the file. The file never holds a
//! secret, only where one is; what is wrong in it is named with line and column but its values are not repeated.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};

use super::args::{self, AuthKind, Run};
use super::fault::Fault;
use super::probe::Probes;

/// The name that is looked for in the current folder.
pub const FILE: &str = "scimproof.toml";

/// The file's content.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Config {
    target: Option<String>,
    profile: Option<String>,
    allow_writes: bool,
    admin_url: Option<String>,
    admin_token_env: Option<String>,
    actions: Vec<String>,
    #[serde(deserialize_with = "duration")]
    wait: Option<std::time::Duration>,
    auth: Option<AuthKind>,
    token_env: Option<String>,
    token_file: Option<PathBuf>,
    second_token_env: Option<String>,
    expired_token_env: Option<String>,
    second_tenant: Option<String>,
    second_tenant_token_env: Option<String>,
    user: Option<String>,
    header: Vec<String>,
    oauth_token_url: Option<String>,
    oauth_client_id: Option<String>,
    oauth_scope: Option<String>,
    oauth_in_body: bool,
    cacert: Option<PathBuf>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    proxy: Option<String>,
    #[serde(deserialize_with = "duration")]
    timeout: Option<std::time::Duration>,
    #[serde(deserialize_with = "duration")]
    settle: Option<std::time::Duration>,
    max_rps: Option<f64>,
    concurrency: Option<u16>,
    max_users: Option<usize>,
    idp: Vec<String>,
    require: Vec<String>,
    select: Option<String>,
    scenarios: Option<PathBuf>,
    seed: Option<u64>,
    fail_on: Option<String>,
    allow_inconclusive: bool,
    baseline: Option<PathBuf>,
    json: Option<PathBuf>,
    har: Option<PathBuf>,
    html: Option<PathBuf>,
    junit: Option<PathBuf>,
    probe: Probes,
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<std::time::Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    args::duration(&text).map(Some).map_err(serde::de::Error::custom)
}

/// Fills what the flags left open from the configuration file, if there is one. Gives the file that was read.
///
/// # Errors
/// [`Fault`] (usage) for a file that cannot be read or holds a mistake.
pub fn complete(run: &mut Run, folder: &Path) -> Result<Option<PathBuf>, Fault> {
    let path = match &run.target.config {
        Some(path) => path.clone(),
        None if folder.join(FILE).is_file() => folder.join(FILE),
        None => return Ok(None),
    };
    let text = std::fs::read_to_string(&path).map_err(|error| Fault::usage(format!("{}: {error}", path.display())))?;
    let config = parse(&text).map_err(|reason| Fault::usage(format!("{}:{reason}", path.display())))?;
    merge(run, config)?;
    Ok(Some(path))
}

fn parse(text: &str) -> Result<Config, String> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start).min(text.len());
        let before = &text[..start];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        // The parser's excerpt would show the whole line, and somebody may have written a token there.
        let message = error.message().split(", expected one of").next().unwrap_or_default().to_owned();
        let hint = if message.contains("`token`") { " (write `token-env` with a variable's name)" } else { "" };
        format!("{line}:{column}: {message}{hint}")
    })
}

/// Flags first, then the file.
fn merge(run: &mut Run, config: Config) -> Result<(), Fault> {
    fn fill<T>(flag: &mut Option<T>, value: Option<T>) {
        if flag.is_none() {
            *flag = value;
        }
    }
    let Run { target, credentials, further, connection, writing, selection, gate, .. } = run;
    // Credentials that belong to one target are not sent to another that was named on the command line.
    if target.target.is_none() || config.target.is_none() || target.target == config.target {
        let chosen = credentials.token_env.is_some() || credentials.token_file.is_some() || credentials.token_prompt;
        if !chosen {
            credentials.token_env = config.token_env;
            credentials.token_file = config.token_file;
        }
        fill(&mut credentials.auth, config.auth);
        fill(&mut credentials.user, config.user);
        fill(&mut credentials.oauth_token_url, config.oauth_token_url);
        fill(&mut credentials.oauth_client_id, config.oauth_client_id);
        fill(&mut credentials.oauth_scope, config.oauth_scope);
        credentials.oauth_in_body |= config.oauth_in_body;
        if credentials.header.is_empty() {
            credentials.header = config.header;
        }
        let same_admin = writing.admin_url.is_none() || writing.admin_url == config.admin_url;
        let same_tenant = further.second_tenant.is_none() || further.second_tenant == config.second_tenant;
        target.allow_writes |= config.allow_writes && same_admin && same_tenant;
        // The operator's token belongs to its URL as the other one does to the target.
        if same_admin {
            fill(&mut writing.admin_token_env, config.admin_token_env);
        }
        fill(&mut writing.admin_url, config.admin_url);
        if same_tenant {
            fill(&mut further.second_tenant_token_env, config.second_tenant_token_env);
        }
        fill(&mut further.second_tenant, config.second_tenant);
        fill(&mut further.second_token_env, config.second_token_env);
        fill(&mut further.expired_token_env, config.expired_token_env);
        target.probes = config.probe;
    }
    fill(&mut target.target, config.target);
    fill(&mut target.profile, config.profile);
    fill(&mut target.wait, config.wait);
    fill(&mut connection.cacert, config.cacert);
    if connection.cert.is_none() {
        connection.cert = config.cert;
        fill(&mut connection.key, config.key);
    }
    fill(&mut connection.proxy, config.proxy);
    fill(&mut connection.timeout, config.timeout);
    fill(&mut writing.settle, config.settle);
    fill(&mut connection.max_rps, config.max_rps);
    fill(&mut connection.concurrency, config.concurrency);
    fill(&mut writing.max_users, config.max_users);
    if selection.idp.is_empty() {
        selection.idp = config.idp;
    }
    if selection.require.is_empty() {
        selection.require = config.require;
    }
    fill(&mut selection.select, config.select);
    fill(&mut selection.scenarios, config.scenarios);
    fill(&mut selection.seed, config.seed);
    if gate.fail_on.is_none() {
        gate.fail_on = config.fail_on.map(|word| word.parse()).transpose().map_err(Fault::usage)?;
    }
    if gate.actions.is_empty() {
        gate.actions = config.actions;
    }
    gate.allow_inconclusive |= config.allow_inconclusive;
    fill(&mut gate.baseline, config.baseline);
    fill(&mut gate.json, config.json);
    fill(&mut gate.har, config.har);
    fill(&mut gate.html, config.html);
    fill(&mut gate.junit, config.junit);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::probe::RoleProbe;

    #[test]
    fn flags_win_and_the_rest_comes_from_the_file() {
        let config = parse(
            "target = \"https://scim.example.com/v2\"\nallow-writes = true\nidp = [\"okta\"]\ntimeout = \"5s\"\n\
             token-env = \"MINE\"\nfail-on = \"should\"",
        );
        let mut run = Run::default();
        run.selection.idp = vec!["entra".into()];
        merge(&mut run, config.unwrap()).unwrap();
        assert_eq!(run.selection.idp, ["entra"]);
        assert_eq!(run.target.target.as_deref(), Some("https://scim.example.com/v2"));
        assert!(run.target.allow_writes);
        assert_eq!(run.connection.timeout.unwrap().as_secs(), 5);
        assert_eq!(run.gate.fail_on.unwrap().as_str(), "should");
    }

    #[test]
    fn another_target_gets_neither_the_credentials_nor_the_permission_of_the_file() {
        let config = parse("target = \"https://a.example\"\nallow-writes = true\ntoken-env = \"A_TOKEN\"").unwrap();
        let mut run = Run::default();
        run.target.target = Some("https://b.example".into());
        merge(&mut run, config).unwrap();
        assert_eq!((run.credentials.token_env, run.target.allow_writes), (None, false));
    }

    #[test]
    fn another_second_tenant_gets_not_the_token_of_the_file() {
        let text = "target = \"https://a.example\"\nallow-writes = true\nsecond-tenant = \"https://two.example\"\n\
                    second-tenant-token-env = \"TWO\"\nsecond-token-env = \"SECOND\"\nexpired-token-env = \"OLD\"";
        for (target, tenant, token, second, allowed) in [
            (None, None, Some("TWO"), Some("SECOND"), true),
            (None, Some("https://other.example"), None, Some("SECOND"), false),
            (Some("https://b.example"), None, None, None, false),
        ] {
            let mut run = Run::default();
            run.target.target = target.map(str::to_owned);
            run.further.second_tenant = tenant.map(str::to_owned);
            merge(&mut run, parse(text).unwrap()).unwrap();
            let further = &run.further;
            assert_eq!(
                (further.second_tenant_token_env.as_deref(), further.second_token_env.as_deref()),
                (token, second)
            );
            assert_eq!((further.expired_token_env.is_some(), run.target.allow_writes), (second.is_some(), allowed));
        }
    }

    #[test]
    fn another_target_or_admin_surface_gets_not_the_operators_token_of_the_file() {
        let text = "target = \"https://a.example\"\nallow-writes = true\nadmin-url = \"https://admin.example\"\n\
                    admin-token-env = \"OPERATOR\"\nactions = [\"create-users\"]";
        let rows = [
            (None, None, Some("https://admin.example"), Some("OPERATOR"), true),
            (Some("https://b.example"), None, None, None, false),
            (None, Some("https://other.example"), Some("https://other.example"), None, false),
        ];
        for (target, url, admin, token, allowed) in rows {
            let mut run = Run::default();
            run.target.target = target.map(str::to_owned);
            run.writing.admin_url = url.map(str::to_owned);
            merge(&mut run, parse(text).unwrap()).unwrap();
            assert_eq!((run.writing.admin_url.as_deref(), run.writing.admin_token_env.as_deref()), (admin, token));
            assert_eq!((run.target.allow_writes, run.gate.actions.len()), (allowed, 1));
        }
    }

    #[test]
    fn a_probe_is_read_in_each_of_its_forms_and_belongs_to_its_target() {
        let rows = [
            ("at = \"roles.value\"", RoleProbe::At("roles.value".into())),
            ("at = \"/roles/0/value\"", RoleProbe::At("/roles/0/value".into())),
            (
                "get = \"https://h.example/u/{userName}\"\npointer = \"/role\"",
                RoleProbe::Get { from: "https://h.example/u/{userName}".into(), pointer: "/role".into() },
            ),
            (
                "command = [\"role\", \"--of={id}\"]\ntimeout = \"2s\"",
                RoleProbe::Command {
                    words: vec!["role".into(), "--of={id}".into()],
                    pointer: None,
                    timeout: std::time::Duration::from_secs(2),
                },
            ),
        ];
        for (text, expected) in rows {
            let text = format!("target = \"https://a.example\"\n[probe.role]\n{text}");
            for (target, probe) in [(None, Some(&expected)), (Some("https://b.example"), None)] {
                let mut run = Run::default();
                run.target.target = target.map(str::to_owned);
                merge(&mut run, parse(&text).unwrap()).unwrap();
                assert_eq!(run.target.probes.role.as_ref(), probe, "{text}");
            }
        }
    }

    #[test]
    fn mistakes_have_a_place_and_no_value_is_repeated() {
        let rows = [
            (
                "target = \"x\"\ntoken = \"hush\"\n",
                "2:1: unknown field `token` (write `token-env` with a variable's name)",
            ),
            ("\n  allow-writes = 3", "2:18: invalid type: integer `3`, expected a boolean"),
            ("timeout = \"soon\"", "1:11: write a duration as 500ms, 30s, 2m or 1h"),
            ("[probe.logins]\n", "1:8: unknown field `logins`"),
            ("[probe.login]\n", "1:1: a probe has one of `post`, `get` and `command`"),
            (
                "[probe.login]\nget = \"/login?user={userName}\"",
                "1:1: a login is a `post` or a `command`: a GET would have the password in its URL",
            ),
            (
                "[probe.login]\npost = \"/login\"\nbody = \"p={password}\"\npointer = \"/t\"",
                "1:1: the user is not named: {id} or {userName} is missing",
            ),
            ("[probe.login]\npost = \"/{id}\"\nbody = \"p=hush\"\npointer = \"/t\"", "1:1: `body` has no {password}"),
            (
                "[probe.login]\npost = \"/{id}?p={password}\"\nbody = \"p={password}\"\npointer = \"/t\"",
                "1:1: a secret has no place in a URL, where others can read it",
            ),
            (
                "[probe.login]\npost = \"/{id}\"\nbody = '{\"p\": {password}}'\npointer = \"/t\"",
                "1:1: `body` begins like JSON and is none",
            ),
            (
                "[probe.login]\ncommand = [\"login\", \"{userName}\", \"{password}\"]",
                "1:1: a secret has no place in a command, where others can read it",
            ),
            (
                "[probe.token]\npost = \"/introspect\"\nbody = \"token={token}\"",
                "1:1: `post` wants a `body` and a `pointer`, and nothing else",
            ),
            (
                "[probe.token]\npost = \"/introspect\"\nbody = \"token={token}&of={id}\"\npointer = \"/active\"",
                "1:1: the placeholders of a body are: {token}",
            ),
            (
                "[probe.token]\nget = \"/session\"\npointer = \"/active\"",
                "1:1: `get` has no `pointer`: 2xx says valid, 401 and 403 say not",
            ),
            ("[probe.token]\nget = \"https://me:hush@h/\"", "1:1: credentials have no place in a URL"),
            ("[probe.role]\nat = \"roles[\"", "2:6: at 6: expected an attribute name, found the end"),
            ("[probe.role]\nat = \"\"", "2:6: the address is empty"),
            ("[probe.role]\nat = \"roles\"\npointer = \"/x\"", "1:1: `at` is the place itself; leave `pointer` out"),
            ("[probe.role]\nat = \"roles\"\nget = \"/x/{id}\"", "1:1: a probe has one of `at`, `get` and `command`"),
            ("[probe.role]\n", "1:1: a probe has one of `at`, `get` and `command`"),
            (
                "[probe.role]\nget = \"/users/{id}\"",
                "1:1: `get` wants a `pointer`: where the role stands in the answer",
            ),
            ("[probe.role]\nget = \"/users\"", "2:7: the user is not named: {id} or {userName} is missing"),
            ("[probe.role]\nget = \"/users/{name}\"", "2:7: the placeholders are {id} and {userName}"),
            (
                "[probe.role]\nget = \"users/{id}\"",
                "2:7: write a path below the admin surface, /admin/v1/users/{id}, or an absolute URL",
            ),
            ("[probe.role]\nget = \"https://me:hush@h/{id}\"", "2:7: credentials have no place in a URL"),
            ("[probe.role]\nget = \"https://{id}.h/\"", "2:7: placeholders stand in the path or the query"),
            ("[probe.role]\nget = \"/a b/{id}\"", "2:7: a URL has no white space here and no fragment"),
            ("[probe.role]\nget = \"/{id}\"\npointer = \"role\"", "3:11: a JSON Pointer begins with a slash: /role"),
            ("[probe.role]\ncommand = []", "2:11: a command names a program"),
            ("[probe.role]\ncommand = [\"{id}\"]", "2:11: the first word is the program, without placeholder"),
            ("[probe.role]\ncommand = [\"role\"]", "2:11: the user is not named: {id} or {userName} is missing"),
            (
                "[probe.role]\nget = \"/{id}\"\npointer = \"/r\"\ntimeout = \"3s\"",
                "1:1: `timeout` belongs to `command`; requests have the one of the connection",
            ),
        ];
        let said = rows.map(|(text, _)| parse(text).unwrap_err());
        assert_eq!(said, rows.map(|(_, expected)| expected));
        assert!(!parse("token = \"hush\" x").unwrap_err().contains("hush"));
    }
}
