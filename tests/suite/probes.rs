//! `[probe.role]`: the role of a user read where the SCIM User does not show it, and what is said where nothing is configured.

use std::path::Path;

use serde_json::Value;

use super::process::{Served, TOKEN, end, scimproof};

const OPERATOR: &str = "operator-of-the-probes";

/// The bundled server, seen from outside: nobody tells `prove` where it shows roles.
fn target(folder: &Path) -> Served {
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--profile", "coalesce-catalog", "--token", TOKEN];
    Served::from(scimproof(folder, &arguments).args(["--admin-token", OPERATOR]))
}

fn origin(served: &Served) -> &str {
    let path = served.url["http://".len()..].find('/').unwrap();
    &served.url[..path + "http://".len()]
}

fn configure(folder: &Path, served: &Served, rest: &str) {
    let head =
        format!("target = \"{}\"\nprofile = \"coalesce-catalog\"\ntoken-env = \"TEST_TOKEN\"\nseed = 5\n", served.url);
    std::fs::write(folder.join("scimproof.toml"), format!("{head}{rest}")).unwrap();
}

/// The exit code and the JSON report of a command.
fn report(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let it = end(scimproof(folder, arguments).args(["--json", "r.json"]).env("OPERATOR", OPERATOR));
    let text = std::fs::read_to_string(folder.join("r.json")).unwrap_or_else(|_| panic!("{}", it.stderr));
    std::fs::remove_file(folder.join("r.json")).unwrap();
    (it.code, serde_json::from_str(&text).unwrap())
}

/// The suite with one user who moves between every two teams, its roles read before, while and after.
fn prove(folder: &Path) -> (i32, Vec<(String, String)>) {
    let (code, report) = report(folder, &["prove", "--law", "role-moves", "--cases", "0"]);
    let laws = report["laws"].as_array().unwrap().iter().map(|law| {
        let said = [&law["outcome"], &law["reason"]].map(|it| it.as_str().unwrap_or_default());
        (law["id"].as_str().unwrap().to_owned(), said.join(" "))
    });
    (code, laws.collect())
}

fn laws(outcome: &str) -> Vec<(String, String)> {
    ["PROP-ROLE-01", "PROP-ROLE-22"].map(|law| (law.to_owned(), format!("{outcome} "))).to_vec()
}

#[test]
fn a_role_is_read_where_the_configuration_says_and_nowhere_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let served = target(folder.path());
    configure(folder.path(), &served, "");
    for (law, said) in prove(folder.path()).1 {
        assert!(said.starts_with("not-observable") && said.contains("[probe.role]"), "{law}: {said}");
    }
    let (origin, url) = (origin(&served), &served.url);
    let surface = format!("admin-url = \"{origin}\"\nadmin-token-env = \"OPERATOR\"\n[probe.role]\n");
    let rows = [
        "[probe.role]\nat = \"roles.value\"".to_owned(),
        format!("{surface}get = \"/admin/v1/users/{{id}}\"\npointer = \"/role\""),
        format!("{surface}get = \"/admin/v1/users?userName={{userName}}\"\npointer = \"/Resources/0/role\""),
        format!("[probe.role]\nget = \"{url}/Users/{{id}}?attributes=roles\"\npointer = \"/roles/0/value\""),
    ];
    for rest in rows {
        configure(folder.path(), &served, &rest);
        assert_eq!(prove(folder.path()), (0, laws("pass")), "{rest}");
    }
}

#[test]
fn a_refused_read_out_is_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let served = target(folder.path());
    // The same host, and no credentials of the surface.
    let origin = origin(&served);
    let rest = format!("[probe.role]\nget = \"{origin}/admin/v1/users/{{id}}\"\npointer = \"/role\"");
    configure(folder.path(), &served, &rest);
    for (law, said) in prove(folder.path()).1 {
        assert!(said.starts_with("inconclusive"), "{law}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn a_role_is_read_by_a_command_and_a_false_one_replays_with_the_same_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let served = target(folder.path());
    let host = origin(&served).strip_prefix("http://").unwrap();
    let path = &served.url[origin(&served).len()..];
    let script = format!(
        "exec 3<>/dev/tcp/{}\n\
         printf 'GET {path}/Users/%s HTTP/1.1\\r\\nHost: {host}\\r\\nAuthorization: Bearer {TOKEN}\\r\\nConnection: close\\r\\n\\r\\n' \
         \"$1\" >&3\nsed '1,/^\\r*$/d' <&3\n",
        host.replace(':', "/")
    );
    std::fs::write(folder.path().join("role.sh"), script).unwrap();
    let asks =
        "[probe.role]\ncommand = [\"bash\", \"role.sh\", \"{id}\"]\npointer = \"/roles/0/value\"\ntimeout = \"30s\"";
    configure(folder.path(), &served, asks);
    assert_eq!(prove(folder.path()), (0, laws("pass")));

    let lies = "[probe.role]\ncommand = [\"sh\", \"-c\", \"echo ADMIN\", \"{userName}\"]";
    configure(folder.path(), &served, lies);
    assert_eq!(prove(folder.path()), (1, laws("fail")));
    let found = std::fs::read_dir(folder.path().join(".scimproof/proofs/scenarios")).unwrap();
    let found = found.map(|entry| entry.unwrap().path()).find(|path| path.to_string_lossy().contains("prop-role-01"));
    std::fs::create_dir(folder.path().join("mine")).unwrap();
    std::fs::copy(found.unwrap(), folder.path().join("mine/found.toml")).unwrap();

    let run = ["run", "--scenarios", "mine"];
    let outcome = |(_, report): (i32, Value)| {
        let rows = report["requirements"].as_array().unwrap().clone();
        rows.iter().find(|row| row["id"] == "PROP-ROLE-01").unwrap()["outcome"].as_str().unwrap().to_owned()
    };
    assert_eq!(outcome(report(folder.path(), &run)), "fail");
    configure(folder.path(), &served, asks);
    assert_eq!(outcome(report(folder.path(), &run)), "pass");
    configure(folder.path(), &served, "");
    assert_eq!(outcome(report(folder.path(), &run)), "inconclusive", "nothing answers the probe");
}
