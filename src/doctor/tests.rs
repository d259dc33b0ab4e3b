//! The probes against small targets on loopback: each thing that goes wrong in practice, once, and the whole page.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};
use tokio::net::TcpListener;

use super::*;
use crate::client::{Auth, BaseUrl, HttpOptions, HttpTransport};
use crate::report::doctor::{Subject, text, value};
use crate::wire::{Redactor, Secret};

const TOKEN: &str = "t0ken-that-is-long";
const JSON: (&str, &str) = ("Content-Type", "application/scim+json");
const CONFIG: &str = r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
    "patch": {"supported": true}, "bulk": {"supported": false}, "filter": {"supported": true},
    "authenticationSchemes": [{"type": "oauthbearertoken"}]}"#;
const LIST: &str = r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0}"#;

/// Status, fields, body.
type Reply = (u16, Vec<(&'static str, String)>, &'static str);

/// Path below the host, whether the token is right, how many came before.
type Answers = fn(&str, bool, usize) -> Reply;

fn reply(status: u16, fields: &[(&'static str, &str)], body: &'static str) -> Reply {
    (status, fields.iter().map(|(name, text)| (*name, (*text).to_owned())).collect(), body)
}

/// A good server at `/scim/v2`.
fn good(path: &str, known: bool, _before: usize) -> Reply {
    match path.strip_prefix("/scim/v2") {
        Some("/ServiceProviderConfig") => reply(200, &[JSON], CONFIG),
        Some(_) if !known => reply(401, &[("WWW-Authenticate", "Bearer realm=\"here\"")], ""),
        Some("/Users" | "/ResourceTypes" | "/Schemas") => reply(200, &[JSON], LIST),
        _ => reply(404, &[], ""),
    }
}

/// Starts a server; gives its address.
async fn start(answers: Answers, tls: Option<rustls::ServerConfig>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let acceptor = tls.map(|config| tokio_rustls::TlsAcceptor::from(Arc::new(config)));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (count, acceptor) = (Arc::clone(&count), acceptor.clone());
            let service = service_fn(move |request: hyper::Request<Incoming>| {
                let before = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let known = request.headers().get("authorization").is_some_and(|it| *it == format!("Bearer {TOKEN}"));
                let (status, fields, body) = answers(request.uri().path(), known, before);
                let mut response = hyper::Response::builder().status(status);
                for (name, text) in fields {
                    response = response.header(name, text);
                }
                async move { Ok::<_, Infallible>(response.body(Full::new(Bytes::from_static(body.as_bytes()))).unwrap()) }
            });
            tokio::spawn(async move {
                let http = hyper::server::conn::http1::Builder::new();
                match acceptor {
                    None => drop(http.serve_connection(TokioIo::new(stream), service).await),
                    Some(acceptor) => {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            drop(http.serve_connection(TokioIo::new(stream), service).await);
                        }
                    }
                }
            });
        }
    });
    address
}

/// Whom to examine at a base URL, with those credentials.
fn patient(base: &str, auth: Auth, options: HttpOptions) -> Patient {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let place = match BaseUrl::parse(base) {
        Err(error) => Place::Nowhere(error),
        Ok(url) => {
            let transport = HttpTransport::new(url.clone(), auth.clone(), &options, &Redactor::default()).unwrap();
            let proxy_from = options.proxy.is_some().then(|| "HTTPS_PROXY".to_owned());
            let (transport, slash) = (Arc::new(transport), base.ends_with('/'));
            Place::There(Box::new(There { base: url, slash, transport, auth, options, proxy_from }))
        }
    };
    Patient { place, requests: 1600, concurrency: 16, max_rps: None }
}

fn bearer() -> Auth {
    Auth::Bearer(Secret::new(TOKEN))
}

/// What is told at a base URL with the right token.
async fn findings(base: &str, options: HttpOptions) -> Vec<Finding> {
    examine(&patient(base, bearer(), options), OffsetDateTime::now_utc()).await
}

fn outcome(findings: &[Finding], probe: Probe) -> &Outcome {
    &findings.iter().find(|it| it.probe == probe).unwrap().outcome
}

/// A finding's status, and its texts.
fn told(findings: &[Finding], probe: Probe) -> (Status, String) {
    let it = outcome(findings, probe);
    (it.status, format!("{} / {}", it.seen, it.fix.as_deref().unwrap_or_default()))
}

#[test]
fn the_table_is_in_order_and_needs_only_what_was_before() {
    for (n, probe) in Probe::ALL.into_iter().enumerate() {
        assert_eq!(probe as usize, n);
        assert!(probe.needs().iter().all(|needed| (*needed as usize) < n), "{probe:?}");
    }
}

#[tokio::test]
async fn a_good_server_has_nothing_to_put_right() {
    let address = start(good, None).await;
    let base = format!("http://{address}/scim/v2/");
    let findings = findings(&base, HttpOptions::default()).await;
    let subject = Subject { target: Some(&base), name: "http://here/scim/v2", exit_code: 0 };
    let page = text(&subject, &findings, 80, &|text| text.replace(&address.to_string(), "here"));
    let page = anstream::adapter::strip_str(&page).to_string();
    insta::with_settings!({filters => vec![(r"[\d.]+ ms", "N ms"), (r"scimproof [\d.]+", "scimproof V")]}, {
        insta::assert_snapshot!(page);
    });
    assert!(findings.iter().all(|it| it.outcome.status == Status::Ok), "{page}");
    assert!(!page.contains(TOKEN));
}

#[tokio::test]
async fn each_thing_that_goes_wrong_is_named_with_its_fix() {
    let elsewhere: Answers = |path, known, before| match path {
        "/Users" | "/ServiceProviderConfig" | "/wrong/ServiceProviderConfig" => reply(404, &[], ""),
        _ => good(path, known, before),
    };
    let closed: Answers = |path, known, before| {
        if path.starts_with("/scim/v2/") && !known { reply(401, &[], "") } else { good(path, known, before) }
    };
    let page: Answers = |_, _, _| reply(200, &[("Content-Type", "text/html")], "<html>Sign in</html>");
    let moved: Answers = |path, known, before| match path {
        "/old/ServiceProviderConfig" => reply(301, &[("Location", "/scim/v2/ServiceProviderConfig")], ""),
        _ => good(path, known, before),
    };
    let login: Answers = |_, _, _| reply(302, &[("Location", "https://sso.example/?session=hush")], "");
    let for_tls: Answers = |_, _, _| reply(400, &[], "Client sent an HTTP request to an HTTPS server.");
    let sick: Answers = |_, _, _| reply(503, &[], "");
    let limited: Answers = |path, known, before| match before {
        0..=7 => good(path, known, before),
        _ => reply(429, &[("Retry-After", "30")], ""),
    };
    let undated: Answers = |path, known, before| {
        let (status, mut fields, body) = good(path, known, before);
        let off = OffsetDateTime::now_utc() + Duration::hours(1);
        fields.push(("Date", crate::wire::date::print(off)));
        (status, fields, body)
    };
    let plain: Answers = |path, known, before| {
        let (status, fields, body) = good(path, known, before);
        (status, fields.into_iter().map(|(name, text)| (name, text.replace("scim+", ""))).collect(), body)
    };
    let open: Answers = |path, _, before| good(path, true, before);
    let bare: Answers = |path, known, before| match path {
        "/scim/v2/ServiceProviderConfig" | "/scim/v2/Schemas" => reply(404, &[], ""),
        _ => good(path, known, before),
    };
    let shapeless: Answers = |path, known, before| match path {
        "/scim/v2/Users" if known => reply(200, &[JSON], r#"[{"userName": "alice"}]"#),
        _ => good(path, known, before),
    };
    let rows: [(Answers, &str, Probe, Status, &str); 16] = [
        (elsewhere, "/wrong", Probe::Base, Status::Fail, "/scim/v2: SCIM answers there"),
        (closed, "/wrong", Probe::Base, Status::Fail, "/scim/v2: credentials are asked for there"),
        (good, "/scim/v2/Users", Probe::Address, Status::Warn, "/scim/v2 instead"),
        (good, "/scim/v2/scim/v2", Probe::Address, Status::Warn, "/scim/v2 instead"),
        (good, "/scim//v2", Probe::Address, Status::Warn, "/scim/v2 instead"),
        (page, "/scim/v2", Probe::Base, Status::Fail, "a web page instead of JSON / Look up the base URL"),
        (moved, "/old", Probe::Answer, Status::Fail, "/scim/v2; redirects are not followed"),
        (login, "/scim/v2", Probe::Answer, Status::Fail, "a redirect to elsewhere / Is that a login page?"),
        (for_tls, "/scim/v2", Probe::Answer, Status::Fail, "Write https://"),
        (sick, "/scim/v2", Probe::Answer, Status::Fail, "503"),
        (limited, "/scim/v2", Probe::Rate, Status::Warn, "Retry-After 30 / Give `--max-rps"),
        (undated, "/scim/v2", Probe::Clock, Status::Fail, "ahead of this machine / Let both machines"),
        (plain, "/scim/v2", Probe::MediaType, Status::Warn, "application/json / Send `Content-Type"),
        (open, "/scim/v2", Probe::Anonymous, Status::Warn, "anybody can read users"),
        (bare, "/scim/v2", Probe::Discovery, Status::Warn, "/ServiceProviderConfig (404), /Schemas (404)"),
        (shapeless, "/scim/v2", Probe::Users, Status::Fail, "no JSON object / Answer with a ListResponse"),
    ];
    for (answers, path, probe, status, expected) in rows {
        let address = start(answers, None).await;
        let found = findings(&format!("http://{address}{path}"), HttpOptions::default()).await;
        let (was, said) = told(&found, probe);
        assert!(was == status && said.contains(expected), "{expected}: {was:?} {said}");
        assert!(!said.contains("hush"), "{said}");
        let better = found.iter().any(|it| it.outcome.cut_off);
        assert!(!better, "a target that answers is not cut off: {found:#?}");
    }
}

#[tokio::test]
async fn the_pace_that_was_set_is_kept_and_counts_for_the_time_of_a_run() {
    let address = start(good, None).await;
    let mut patient = patient(&format!("http://{address}/scim/v2"), bearer(), HttpOptions::default());
    patient.max_rps = Some(4.0);
    let begun = std::time::Instant::now();
    let found = examine(&patient, OffsetDateTime::now_utc()).await;
    assert!(told(&found, Probe::Rate).1.starts_with("5 reads in a row"), "{found:#?}");
    assert!(begun.elapsed() >= std::time::Duration::from_secs(1));
    // 1,600 requests at 4 a second.
    assert!(told(&found, Probe::RoundTrip).1.contains("about 6 min"), "{found:#?}");
}

#[tokio::test]
async fn refused_credentials_cut_off_and_what_needs_them_is_skipped() {
    let address = start(good, None).await;
    let base = format!("http://{address}/scim/v2");
    let rows = [
        (Auth::None, "401 with no credentials", "--token-env NAME"),
        (Auth::Bearer(Secret::new("wrong")), "Bearer realm=\"here\"", "complete, for this server"),
        (Auth::Bearer(Secret::new(format!("Bearer {TOKEN}"))), "401", "already begins with \"Bearer\""),
    ];
    for (auth, seen, fix) in rows {
        let found = examine(&patient(&base, auth, HttpOptions::default()), OffsetDateTime::now_utc()).await;
        let it = outcome(&found, Probe::Credentials);
        assert!(it.cut_off && it.seen.contains(seen) && it.fix.as_ref().unwrap().contains(fix), "{it:?}");
        assert_eq!(told(&found, Probe::Users), (Status::Skipped, "not looked at: credentials failed / ".to_owned()));
        assert!(!format!("{found:?}").contains(TOKEN));
    }
}

#[tokio::test]
async fn what_cannot_be_reached_is_told_from_the_bottom() {
    let rows = [
        ("nonsense", Probe::Address, "swap --target and the token"),
        ("http://127.0.0.1:1/scim/v2", Probe::Connect, "refused"),
        ("http://no-such-host.invalid/scim/v2", Probe::Name, "no-such-host.invalid"),
    ];
    for (base, probe, expected) in rows {
        let found = findings(base, HttpOptions::default()).await;
        let (status, said) = told(&found, probe);
        assert!(status == Status::Fail && said.contains(expected), "{said}");
        assert_eq!(told(&found, Probe::RoundTrip).0, Status::Skipped);
    }
}

/// A certificate for that name and those days from today, by an authority of its own or by itself.
fn certificate(name: &str, days: (i64, i64), own: bool) -> (rustls::ServerConfig, Vec<u8>) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "authority of the test");
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let now = OffsetDateTime::now_utc();
    (params.not_before, params.not_after) = (now + Duration::days(days.0), now + Duration::days(days.1));
    let leaf = if own { params.self_signed(&key).unwrap() } else { params.signed_by(&key, &issuer).unwrap() };
    let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = rustls::ServerConfig::builder().with_no_client_auth();
    (config.with_single_cert(vec![leaf.der().clone()], der).unwrap(), issuer.pem().into_bytes())
}

#[tokio::test]
async fn a_certificate_is_judged_by_its_issuer_its_name_and_its_days() {
    let rows = [
        ("localhost", (-1, 90), false, true, Status::Ok, "TLS 1.3, trusted, issued by CN=authority of the test"),
        ("localhost", (-1, 5), false, true, Status::Warn, "/ Renew the certificate before"),
        ("localhost", (-30, -3), false, true, Status::Fail, "the certificate expired on"),
        ("localhost", (3, 30), false, true, Status::Fail, "the certificate begins on"),
        ("scim.example", (-1, 90), false, true, Status::Fail, "the certificate is for scim.example, not for localhost"),
        ("localhost", (-1, 90), true, true, Status::Fail, "self-signed"),
        ("localhost", (-1, 90), false, false, Status::Fail, "which this machine does not know"),
    ];
    let stranger = certificate("stranger", (-1, 90), false).1;
    for (name, days, own, trusted, status, expected) in rows {
        let (config, authority) = certificate(name, days, own);
        let address = start(good, Some(config)).await;
        let pem = if trusted { authority } else { stranger.clone() };
        let options = HttpOptions { ca_pem: Some(pem), ..HttpOptions::default() };
        let found = findings(&format!("https://localhost:{}/scim/v2", address.port()), options).await;
        let (was, said) = told(&found, Probe::Tls);
        assert!(was == status && said.contains(expected), "{expected}: {was:?} {said}");
        // What the probe says of the certificate, the transport does.
        let reached = if status == Status::Fail { Status::Skipped } else { Status::Ok };
        assert_eq!(outcome(&found, Probe::Users).status, reached, "{found:#?}");
        assert_eq!(outcome(&found, Probe::Tls).cut_off, status == Status::Fail);
    }
    let (config, _) = certificate("localhost", (-1, 90), false);
    let address = start(good, Some(config)).await;
    let found = findings(&format!("http://{address}/scim/v2"), HttpOptions::default()).await;
    let it = outcome(&found, Probe::Answer);
    assert!(it.cut_off && it.fix.as_ref().unwrap().contains("needs https://"), "{it:?}");
    let plain = start(good, None).await;
    let options = HttpOptions { ca_pem: Some(stranger), ..HttpOptions::default() };
    let found = findings(&format!("https://localhost:{}/scim/v2", plain.port()), options).await;
    assert!(told(&found, Probe::Tls).1.contains("write http://"), "{found:#?}");
}

#[tokio::test]
async fn the_proxy_is_named_without_its_password_and_connected_to() {
    // The small server takes the absolute form of a proxy request, and its path is the same.
    let proxy = start(good, None).await;
    let through = |no_proxy: Option<&str>| HttpOptions {
        proxy: Some(Secret::new(format!("http://me:hush@{proxy}"))),
        no_proxy: no_proxy.map(str::to_owned),
        ..HttpOptions::default()
    };
    let found = findings("http://scim.example/scim/v2", through(None)).await;
    let (status, said) = told(&found, Probe::Proxy);
    assert!(status == Status::Ok && said.contains(&format!("HTTPS_PROXY: http://{proxy}")), "{said}");
    assert_eq!(outcome(&found, Probe::Users).status, Status::Ok, "{found:#?}");
    assert!(!format!("{found:?}").contains("hush"));
    let direct = findings(&format!("http://{proxy}/scim/v2"), through(Some("127.0.0.1"))).await;
    assert!(told(&direct, Probe::Proxy).1.contains("NO_PROXY excludes"), "{direct:#?}");
}

#[tokio::test]
async fn the_json_report_keeps_its_schema() {
    let schema = include_str!("../../reports/schema/scimproof.doctor.v1.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let address = start(good, None).await;
    for base in [format!("http://{address}/scim/v2"), format!("http://{address}/v2"), "nonsense".to_owned()] {
        let findings = findings(&base, HttpOptions::default()).await;
        let subject = Subject { target: Some(base.as_str()).filter(|it| *it != "nonsense"), name: "", exit_code: 0 };
        let mut value = value(&subject, &findings);
        assert_eq!(schema.iter_errors(&value).map(|error| error.to_string()).collect::<Vec<_>>(), [""; 0]);
        value["probes"][0]["status"] = "perhaps".into();
        assert!(!schema.is_valid(&value));
    }
}
