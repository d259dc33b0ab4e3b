//! Law 11: no artefact, stdout or stderr ever holds a credential, in whatever form a hostile server echoes it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::process::{Ended, Served, end, scenarios, scimproof};

/// Awkward to encode, so that its forms differ.
const HUSH: &str = "S3cr+t/T0ken==%\"<&>q'z";

/// Every form that must not be found; written without the code under test.
fn forms(secret: &str) -> Vec<String> {
    let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let json = serde_json::Value::from(secret).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let xml = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    vec![
        STANDARD.encode(secret),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        percent
            .replace("%2B", "%2b")
            .replace("%2F", "%2f")
            .replace("%3D", "%3d")
            .replace("%3C", "%3c")
            .replace("%3E", "%3e"),
        percent,
        json.replace('\\', "\\\\").replace('"', "\\\""),
        json,
        xml.replace('\'', "&apos;"),
        xml,
        secret.to_owned(),
    ]
}

fn assert_clean(name: &str, text: &str, secrets: &[&str]) {
    for secret in secrets {
        // A recognisable part too, in case that only the edges were scrubbed.
        for form in forms(secret).into_iter().chain([secret[2..12].to_owned()]) {
            assert!(!text.contains(&form), "{name} holds {form}:\n{text}");
        }
    }
}

/// Runs with all artefacts and looks through them.
fn run_and_search(folder: &Path, arguments: &[&str], secrets: &[&str]) -> Ended {
    let reports = ["--json", "r.json", "--junit", "r.xml", "--html", "r.html", "--har", "r.har", "--github"];
    let it = end(scimproof(folder, &["run", "-v", "--color", "always"])
        .args(reports)
        .args(arguments)
        .env("HUSH", HUSH)
        .env("GITHUB_STEP_SUMMARY", "r.md"));
    assert_clean("stdout", &it.stdout, secrets);
    assert_clean("stderr", &it.stderr, secrets);
    for file in ["r.json", "r.xml", "r.html", "r.har", "r.md"] {
        if let Ok(text) = std::fs::read_to_string(folder.join(file)) {
            assert_clean(file, &text, secrets);
            for packed in text.split("octet-stream\" id=").skip(1) {
                let base64 = packed.split('>').nth(1).unwrap().split('<').next().unwrap();
                let bytes = STANDARD.decode(base64).unwrap();
                let mut data = String::new();
                flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut data).unwrap();
                assert!(data.contains("requirements"), "{data}");
                assert_clean("the data of r.html", &data, secrets);
            }
            std::fs::remove_file(folder.join(file)).unwrap();
        } else {
            assert!(matches!(it.code, 2 | 3), "{file} is missing: {}", it.stderr);
        }
    }
    it
}

#[test]
fn a_token_is_in_no_artefact_of_a_run_that_passes_fails_or_is_refused() {
    let basic = STANDARD.encode(format!("ann:{HUSH}"));
    let secrets = [HUSH, basic.as_str()];
    for passes in [true, false] {
        let folder = scenarios(passes);
        let served = Served::from(
            scimproof(
                folder.path(),
                &["serve", "--listen", "127.0.0.1:0", "--token-env", "HUSH", "--basic", "ann:HUSH"],
            )
            .env("HUSH", HUSH),
        );
        let target = ["--scenarios", "mine", "--target", &served.url, "--token-env", "HUSH"];
        for (more, code) in [
            (vec![], i32::from(!passes)),
            (vec!["--auth", "basic", "--user", "ann"], i32::from(!passes)),
            (vec!["--auth", "header"], 3),
        ] {
            let arguments: Vec<_> = target.iter().copied().chain(more).collect();
            let it = run_and_search(folder.path(), &arguments, &secrets);
            assert_eq!(it.code, code, "{}{}", it.stdout, it.stderr);
        }
    }
}

#[test]
fn a_server_that_echoes_credentials_in_every_form_puts_none_into_a_report() {
    let folder = scenarios(false);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/scim", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut head, mut length) = (String::new(), 0);
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {
                let line = head.lines().last().unwrap().to_lowercase();
                length = line.strip_prefix("content-length: ").and_then(|text| text.parse().ok()).unwrap_or(length);
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let authorization = head.lines().find_map(|line| line.strip_prefix("Authorization: ")).unwrap();
            let echo: Vec<_> = forms(authorization).into_iter().chain(forms(HUSH)).collect();
            let body = serde_json::json!({ "id": "1", "totalResults": 0, "detail": echo, "raw": head }).to_string();
            let status = if head.starts_with("DELETE") { 204 } else { 200 };
            let head = format!(
                "HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nX-Echo: {authorization}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes());
        }
    });
    let arguments = ["--scenarios", "mine", "--target", &url, "--token-env", "HUSH"];
    let it = run_and_search(folder.path(), &arguments, &[HUSH]);
    assert_eq!(it.code, 1, "{}{}", it.stdout, it.stderr);
    assert!(it.stdout.contains("***") || it.stdout.contains("418"), "{}", it.stdout);
}

#[test]
fn a_token_in_the_wrong_place_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        vec!["--target", HUSH],
        vec!["--token-env", HUSH],
        vec![HUSH],
        vec!["--target", "https://user:S3cr+t%2FT0ken@example.com/"],
        vec!["--header", "X-Key=S3cr+t/T0ken"],
    ] {
        let it = run_and_search(folder.path(), &arguments, &[HUSH]);
        assert_eq!(it.code, 2, "{}", it.stderr);
        assert!(!it.stderr.contains("T0ken"), "{}", it.stderr);
    }
}
