//! `[probe.login]` and `[probe.token]`: the laws of tokens judged on a server that is seen from outside, by SCIM and by two
//! probes, and what is said where one is missing.

use std::path::Path;

use serde_json::Value;

use super::process::{Served, TOKEN, end, scimproof};

const OPERATOR: &str = "operator-of-the-sign-ins";

/// The bundled server, behind a defect if one is named.
fn target(folder: &Path, fault: Option<&str>) -> Served {
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--profile", "coalesce-sso", "--token", TOKEN];
    let mut command = scimproof(folder, &arguments);
    command.args(["--admin-token", OPERATOR]);
    command.args(fault.iter().flat_map(|fault| ["--fault", fault]));
    Served::from(&mut command)
}

fn origin(served: &Served) -> &str {
    let path = served.url["http://".len()..].find('/').unwrap();
    &served.url[..path + "http://".len()]
}

fn configure(folder: &Path, served: &Served, rest: &str) {
    let head =
        format!("target = \"{}\"\nprofile = \"coalesce-sso\"\ntoken-env = \"TEST_TOKEN\"\nseed = 5\n", served.url);
    std::fs::write(folder.join("scimproof.toml"), format!("{head}{rest}")).unwrap();
}

/// The exit code and the JSON report of a command. Nobody's password or token is in it.
fn report(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let it = end(scimproof(folder, arguments).args(["--json", "r.json"]).env("OPERATOR", OPERATOR));
    let text = std::fs::read_to_string(folder.join("r.json")).unwrap_or_else(|_| panic!("{}", it.stderr));
    std::fs::remove_file(folder.join("r.json")).unwrap();
    // Every password of a person begins so.
    for said in [&text, &it.stdout, &it.stderr] {
        assert!(!said.contains("q7-V"), "a password is shown: {said}");
    }
    (it.code, serde_json::from_str(&text).unwrap())
}

const LAWS: [&str; 5] = ["PROP-TOK-01", "PROP-TOK-02", "PROP-TOK-03", "PROP-TOK-07", "PROP-TOK-10"];

/// Law, outcome and reason of all laws of the suite, in their order.
fn prove(folder: &Path) -> (i32, Vec<(String, String)>) {
    let (code, report) = report(folder, &["prove", "--law", "tokens-probed", "--cases", "0"]);
    let laws = report["laws"].as_array().unwrap().iter().map(|law| {
        let said = [&law["outcome"], &law["reason"]].map(|it| it.as_str().unwrap_or_default());
        (law["id"].as_str().unwrap().to_owned(), said.join(" "))
    });
    (code, laws.filter(|(id, _)| LAWS.contains(&id.as_str())).collect())
}

fn pass() -> (i32, Vec<(String, String)>) {
    (0, LAWS.map(|law| (law.to_owned(), "pass ".to_owned())).to_vec())
}

const LOGIN: &str = r#"
[probe.login]
post    = "/auth/login"
body    = '{"org": "default", "username": "{userName}", "password": "{password}"}'
pointer = "/access_token"
"#;

const TOKENS: &str = r#"
[probe.token]
post    = "/oauth2/introspect"
body    = "token={token}"
pointer = "/active"
"#;

/// The surface as it is configured, with its two probes.
fn surface(served: &Served) -> String {
    format!("admin-url = \"{}\"\nadmin-token-env = \"OPERATOR\"\n", origin(served))
}

/// The same without a surface: nobody's login, and the session of a token.
fn bare(served: &Served) -> String {
    let login = LOGIN.replace("/auth/login", &format!("{}/auth/login", origin(served)));
    format!("{login}\n[probe.token]\nget = \"{}/auth/session\"\n", origin(served))
}

#[test]
fn without_both_probes_nothing_is_seen_and_with_them_every_law_holds() {
    let folder = tempfile::tempdir().unwrap();
    let served = target(folder.path(), None);
    let surface = surface(&served);
    let rows = [
        (String::new(), "[probe.login]"),
        (format!("{surface}{TOKENS}"), "[probe.login]"),
        (format!("{surface}{LOGIN}"), "[probe.token]"),
    ];
    for (rest, missing) in rows {
        configure(folder.path(), &served, &rest);
        for (law, said) in prove(folder.path()).1 {
            assert!(said.starts_with("not-observable") && said.contains(missing), "{law}: {said}");
        }
    }
    for rest in [format!("{surface}{LOGIN}{TOKENS}"), bare(&served)] {
        configure(folder.path(), &served, &rest);
        assert_eq!(prove(folder.path()), pass(), "{rest}");
    }
}

#[test]
fn what_is_no_clear_answer_is_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let served = target(folder.path(), None);
    let lost = format!("\n[probe.token]\nget = \"{}/nowhere\"\n", origin(&served));
    let login = LOGIN.replace("/auth/login", &format!("{}/auth/login", origin(&served)));
    let stranger = login.replace("default", "strangers");
    let nobody = TOKENS.replace("/oauth2", &format!("{}/oauth2", origin(&served)));
    let session = format!("\n[probe.token]\nget = \"{}/auth/session\"\n", origin(&served));
    for rest in [format!("{login}{lost}"), format!("{login}{nobody}"), format!("{stranger}{session}")] {
        configure(folder.path(), &served, &rest);
        let (code, laws) = prove(folder.path());
        assert_ne!(code, 0);
        // A create that works is judged, too.
        for (law, said) in laws.iter().filter(|(law, _)| law != "PROP-TOK-01" && law != "PROP-TOK-02") {
            assert!(!said.starts_with("fail"), "{rest}: {law}: {said}");
        }
        assert!(laws.iter().any(|(_, said)| said.starts_with("inconclusive")), "{rest}: {laws:?}");
    }
}

#[test]
fn a_token_that_outlives_its_user_is_found_and_replays_with_the_same_probes() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [
        // This defect is one of introspection alone.
        ("token-survives-disable", "PROP-TOK-10", true),
        ("token-old-revoked-on-login", "PROP-TOK-01", false),
        ("token-revokes-bystander", "PROP-TOK-02", false),
    ];
    for (fault, law, introspects) in rows {
        let served = target(folder.path(), Some(fault));
        let probes = if introspects { format!("{}{LOGIN}{TOKENS}", surface(&served)) } else { bare(&served) };
        configure(folder.path(), &served, &probes);
        let (code, said) = report(folder.path(), &["prove", "--law", "tokens-probed", "--cases", "0"]);
        let row = said["laws"].as_array().unwrap().iter().find(|row| row["id"] == law).unwrap().clone();
        assert_eq!((code, row["outcome"].as_str()), (1, Some("fail")), "{fault}: {said:#}");
        let scenarios = folder.path().join(".scimproof/proofs/scenarios");
        let found = std::fs::read_dir(&scenarios).unwrap().map(|entry| entry.unwrap().path());
        let found = found.into_iter().find(|path| path.to_string_lossy().contains(&law.to_lowercase())).unwrap();
        let text = std::fs::read_to_string(&found).unwrap();
        assert!(text.matches("[[step]]").count() <= 6, "{fault}:\n{text}");
        let mine = folder.path().join(fault);
        std::fs::create_dir(&mine).unwrap();
        std::fs::copy(&found, mine.join("found.toml")).unwrap();
        let outcome = || {
            let (_, report) = report(folder.path(), &["run", "--scenarios", fault]);
            let rows = report["requirements"].as_array().unwrap().clone();
            rows.iter().find(|row| row["id"] == law).unwrap()["outcome"].as_str().unwrap().to_owned()
        };
        assert_eq!(outcome(), "fail", "{fault}:\n{text}");
        configure(folder.path(), &served, "");
        assert_ne!(outcome(), "fail", "{fault}: nothing answers the probes");
        std::fs::remove_dir_all(folder.path().join(".scimproof")).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn programs_have_the_secret_on_their_stdin() {
    let folder = tempfile::tempdir().unwrap();
    let served = target(folder.path(), None);
    let host = origin(&served).strip_prefix("http://").unwrap();
    let place = host.replace(':', "/");
    let login = format!(
        "read -r password\n\
         body=\"{{\\\"org\\\":\\\"default\\\",\\\"username\\\":\\\"$1\\\",\\\"password\\\":\\\"$password\\\"}}\"\n\
         exec 3<>/dev/tcp/{place}\n\
         printf 'POST /auth/login HTTP/1.1\\r\\nHost: {host}\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\nConnection: close\\r\\n\\r\\n%s' \
         \"${{#body}}\" \"$body\" >&3\nsed '1,/^\\r*$/d' <&3\n"
    );
    let token = format!(
        "read -r token\nexec 3<>/dev/tcp/{place}\n\
         printf 'GET /auth/session HTTP/1.1\\r\\nHost: {host}\\r\\nAuthorization: Bearer %s\\r\\nConnection: close\\r\\n\\r\\n' \
         \"$token\" >&3\nread -r line <&3\ncase \"$line\" in *' 200 '*) echo true;; *) echo false;; esac\n"
    );
    std::fs::write(folder.path().join("login.sh"), login).unwrap();
    std::fs::write(folder.path().join("token.sh"), token).unwrap();
    let rest = "[probe.login]\ncommand = [\"bash\", \"login.sh\", \"{userName}\"]\npointer = \"/access_token\"\n\
                timeout = \"30s\"\n[probe.token]\ncommand = [\"bash\", \"token.sh\"]\ntimeout = \"30s\"\n";
    configure(folder.path(), &served, rest);
    assert_eq!(prove(folder.path()), pass());
}
