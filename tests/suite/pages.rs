//! Reports in HTML, driven in a headless browser as a person would: opened from a file without network, by mouse and keys.
//! `SCIMPROOF_BROWSER` names the chromedriver; a gate must have one, a developer need not.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::process::{end, scimproof};

/// A browser window, steered by the WebDriver protocol.
struct Browser {
    driver: Child,
    port: u16,
    session: String,
}

impl Browser {
    #[expect(clippy::print_stderr, reason = "a test that is skipped must say so")]
    fn open() -> Option<Self> {
        let Some(program) = std::env::var_os("SCIMPROOF_BROWSER") else {
            let gate = std::env::var("CI").is_ok_and(|value| value == "true");
            assert!(!gate, "SCIMPROOF_BROWSER is not set: .ci/run installs chromium-driver");
            eprintln!("skipped: SCIMPROOF_BROWSER names no chromedriver");
            return None;
        };
        let mut driver = Command::new(program).arg("--port=0").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.contains("successfully on port ")).expect("the driver says its port");
        let port = line.rsplit("on port ").next().unwrap().trim_end_matches('.').parse().unwrap();
        // Whoever stops reading stops the driver.
        std::thread::spawn(move || lines.for_each(drop));
        let mut browser = Self { driver, port, session: "/session".to_owned() };
        let options = json!({
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1300,1100"]},
        });
        let made = browser.ask("", &json!({"capabilities": {"alwaysMatch": options}}));
        browser.session += &format!("/{}", made["sessionId"].as_str().expect("a session"));
        Some(browser)
    }

    fn ask(&self, path: &str, body: &Value) -> Value {
        let text = self.send("POST", path, &body.to_string()).unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert!(answer["value"]["error"].is_null(), "{path} {body}: {answer}");
        answer["value"].clone()
    }

    fn send(&self, method: &str, path: &str, body: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let (host, length) = (format!("127.0.0.1:{}", self.port), body.len());
        write!(
            stream,
            "{method} {}{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}",
            self.session
        )?;
        // The driver keeps the connection whatever it is asked, so the answer ends where its length says.
        let (mut answer, mut length) = (BufReader::new(stream), 0);
        loop {
            let mut line = String::new();
            answer.read_line(&mut line)?;
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        answer.read_exact(&mut body)?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// Opens a file and waits until it is drawn.
    fn show(&self, page: &Path) {
        self.ask("/url", &json!({"url": format!("file://{}", page.display())}));
        let drawn = "const done = arguments[0]; const look = () => document.documentElement.dataset.ready ? done(true) : setTimeout(look, 20); look();";
        assert_eq!(self.ask("/execute/async", &json!({"script": drawn, "args": []})), json!(true));
    }

    /// What an expression gives in the page.
    fn look(&self, expression: &str) -> Value {
        self.ask("/execute/sync", &json!({"script": format!("return {expression};"), "args": []}))
    }

    fn text(&self, selector: &str) -> String {
        let script =
            format!("[...document.querySelectorAll({})].map((it) => it.innerText).join('\\n')", json!(selector));
        self.look(&script).as_str().unwrap_or_default().to_owned()
    }

    /// Types keys into the page.
    fn keys(&self, keys: &str) {
        let strokes: Vec<Value> = keys
            .chars()
            .flat_map(|key| [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})])
            .collect();
        self.ask("/actions", &json!({"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]}));
    }

    /// What the page complained of.
    fn complaints(&self) -> Vec<Value> {
        let all = self.ask("/se/log", &json!({"type": "browser"}));
        all.as_array().unwrap().iter().filter(|it| it["level"] == "SEVERE").cloned().collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser ends with its session; whatever goes wrong here must not hide why the test failed.
        let _ = self.send("DELETE", "", "");
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Enter, as WebDriver names the key.
const ENTER: &str = "\u{e007}";

#[test]
fn a_red_run_is_read_by_mouse_and_keys_without_network() {
    let Some(browser) = Browser::open() else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("run.html");
    let select = "id(entra/gallery) or id(entra/users) or id(rfc/at-once) or id(rfc/security/hostile)";
    let arguments = ["run", "--profile", "strict", "--idp", "entra,okta", "--seed", "7", "--select", select];
    let ended = end(scimproof(folder.path(), &arguments).args(["--html", "run.html", "--json", "run.json"]));
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let json: Value = serde_json::from_str(&std::fs::read_to_string(folder.path().join("run.json")).unwrap()).unwrap();

    browser.show(&page);
    assert!(browser.text("#head").starts_with("FAIL scimproof"), "{}", browser.text("#head"));
    let verdict = browser.text("main");
    assert!(verdict.find("not-ready").unwrap() < verdict.find("Gate").unwrap(), "blockers first\n{verdict}");
    assert!(verdict.contains("usual fix: Entra ID writes Add, Replace and Remove"), "{verdict}");

    // Requirements: the worst first, each with its evidence; a search narrows them down.
    browser.keys("2");
    assert!(browser.text("tbody tr:first-child").contains("fail"), "{}", browser.text("tbody tr:first-child"));
    let all = browser.look("document.querySelectorAll('tbody tr').length").as_u64().unwrap();
    browser.keys("/entra-052");
    browser.ask("/execute/async", &json!({"script": "setTimeout(() => arguments[0](), 300)", "args": []}));
    let found = browser.look("document.querySelectorAll('tbody tr').length").as_u64().unwrap();
    assert!((1..all).contains(&found), "{found} of {all}");
    assert!(browser.text("main").contains("expected"), "{}", browser.text("main"));

    // From the evidence to the exchange, request and answer side by side, with the difference to what was expected.
    browser.look("document.querySelector('main td button').click()");
    assert_eq!(browser.text("nav [aria-selected=true]"), "Exchanges");
    let inspector = browser.text(".inspector");
    for part in ["Request", "Answer 400", "ENTRA-052", "copy as curl", "copy as hurl", "copy as HAR"] {
        assert!(inspector.contains(part), "{part}\n{inspector}");
    }
    browser.look("document.querySelector('.inspector button').click()");
    assert!(browser.text(".inspector").contains("copied"));
    let har = browser.look("har(report.exchanges[0], 0)");
    let har: Value = serde_json::from_str(har.as_str().unwrap()).unwrap();
    assert_eq!(har["log"]["entries"][0]["request"]["method"], json["exchanges"][0]["request"]["method"]);
    let curl = browser.look("curl(report.exchanges.find((it) => it.request.body))");
    assert!(curl.as_str().unwrap().contains("$SCIMPROOF_TOKEN"), "{curl}");

    // By keys alone: the scenarios, the first of them, its steps on a line of time.
    browser.keys(&format!("3jj{ENTER}"));
    assert!(browser.look("document.querySelectorAll('.track i').length").as_u64().unwrap() > 0);
    // What was sent at once has a line of its own, from the first start to the last answer.
    browser.look("[...document.querySelectorAll('tr[data-go]')].find((it) => it.innerText.includes('rfc/at-once/one-name')).click()");
    let race = browser.text(".race");
    assert!(race.contains("at once") && race.contains("six at once#6"), "{race}");
    let bars = browser.look("[...document.querySelectorAll('.race .track i')].map((it) => it.getAttribute('style'))");
    assert!(bars.as_array().is_some_and(|bars| bars.len() >= 6 && bars.iter().any(|it| *it != bars[0])), "{bars}");
    let ends = "[...document.querySelector('.race').querySelectorAll('.track i')].map((it) => it.getBoundingClientRect().right)";
    assert!(browser.look(&format!("Math.max(...{ends}) - Math.min(...{ends}) > 1")).as_bool().unwrap());
    browser.keys("6");
    assert!(
        browser.text("main").contains("gate (MUST and readiness) not passed"),
        "the text of the terminal is there too"
    );

    // A part that has nothing to show shows nothing.
    let parts = "(() => { show(PLACE); return [...document.getElementById('page').childNodes].filter((it) => it.nodeType === 3).length; })()";
    for place in ["0", "1", "2", "3", "4"] {
        assert_eq!(browser.look(&parts.replace("PLACE", place)), json!(0), "page {place}");
    }
    let exchanges = browser.look("report.exchanges.length");
    assert_eq!(exchanges, json["summary"]["exchanges"], "nothing is left out");
    assert_eq!(browser.look("document.querySelectorAll('main img, main iframe, main script').length"), json!(0));
    assert_eq!(browser.look("performance.getEntriesByType('resource').length"), json!(0), "nothing is fetched");
    assert_eq!(browser.complaints(), Vec::<Value>::new());
    // What 10,000 exchanges would take, 5 MB at most.
    let size = std::fs::metadata(&page).unwrap().len() / exchanges.as_u64().unwrap() * 10_000;
    assert!(size < 5_000_000, "{size} bytes");
}

#[test]
fn a_falsified_law_is_shown_with_the_scenario_that_repeats_it() {
    let Some(browser) = Browser::open() else { return };
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["prove", "--fault", "filter-is-ignored", "--law", "PROP-FILT-01", "--seed", "7", "--cases", "60"];
    let ended = end(scimproof(folder.path(), &arguments).args(["--html", "proof.html"]));
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    browser.show(&folder.path().join("proof.html"));
    let laws = browser.text("main");
    assert!(laws.contains("PROP-FILT-01") && laws.contains("fail") && laws.contains("[[step]]"), "{laws}");
    browser.keys("3");
    assert!(browser.text("main").contains("scimproof prove --fault filter-is-ignored"), "{}", browser.text("main"));
    assert_eq!(browser.complaints(), Vec::<Value>::new());
}

#[test]
fn a_load_is_shown_with_its_thresholds_its_charts_and_what_was_lost() {
    let Some(browser) = Browser::open() else { return };
    let folder = tempfile::tempdir().unwrap();
    let fault =
        ["load", "--fault", "parallel-changes-of-members-are-lost", "--workload", "group-churn", "--users", "16"];
    let more = ["--duration", "2s", "--seed", "7", "--slo", "p99<30s,errors<0.1%", "--html", "load.html"];
    let ended = end(scimproof(folder.path(), &fault).args(more));
    assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);
    browser.show(&folder.path().join("load.html"));
    let page = browser.text("main");
    for expected in ["p99<30s", "p99.99", "add members", "a member is lost", "Second by second"] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    assert!(browser.text("#head").starts_with("FAIL"), "{}", browser.text("#head"));
    // Two charts, each with a line for every value that it shows.
    assert_eq!(browser.look("document.querySelectorAll('main svg').length"), json!(2));
    assert_eq!(browser.look("document.querySelectorAll('main svg polyline').length"), json!(6));
    assert_eq!(browser.look("document.querySelectorAll('main svg polyline[points*=NaN]').length"), json!(0));
    browser.keys("2");
    assert!(browser.text("main").contains("lateness of this tool"), "{}", browser.text("main"));
    assert_eq!(browser.complaints(), Vec::<Value>::new());
}
