//! The HTTP transport against a small server on loopback: headers, bodies, limits, redirects, TLS, OAuth, failures.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

use super::*;
use crate::wire::{FailureKind, Method, Redactor, Secret};

/// A request as the server saw it.
type Seen = Arc<Mutex<Vec<(String, HashMap<String, String>, Vec<u8>)>>>;

/// `hello gzip`, compressed.
const GZIPPED: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x57\x48\xaf\xca\x2c\x00\x00\x19\x6a\xd2\xdf\x0a\x00\x00\x00";

/// Answers by path; remembers what came.
async fn answer(request: hyper::Request<Incoming>, seen: Seen) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(|b| b.to_bytes().to_vec()).unwrap_or_default();
    let headers: HashMap<_, _> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
        .collect();
    let calls = {
        let mut seen = seen.lock().unwrap();
        seen.push((parts.uri.to_string(), headers.clone(), body));
        seen.len()
    };
    let reply = |status: u16, headers: &[(&str, &str)], body: &str| {
        let mut reply = hyper::Response::builder().status(status);
        for (name, value) in headers {
            reply = reply.header(*name, *value);
        }
        Ok(reply.body(Full::new(Bytes::copy_from_slice(body.as_bytes()))).unwrap())
    };
    match parts.uri.path() {
        "/v2/moved" => reply(307, &[("Location", "/v2/echo")], ""),
        "/v2/away" => reply(308, &[("Location", "http://127.0.0.2:9/v2/echo")], ""),
        "/v2/found" => reply(302, &[("Location", "/v2/echo")], ""),
        "/v2/loop" => reply(308, &[("Location", "/v2/loop")], ""),
        "/v2/slow" => {
            tokio::time::sleep(Duration::from_secs(5)).await;
            reply(200, &[], "")
        }
        "/v2/big" => reply(200, &[], &"x".repeat(5000)),
        "/v2/gzip" => Ok(hyper::Response::builder()
            .header("Content-Encoding", "gzip")
            .body(Full::new(Bytes::from_static(GZIPPED)))
            .unwrap()),
        "/v2/no-offers" if headers.contains_key("expect") => reply(417, &[], ""),
        "/token" => reply(200, &[], &format!(r#"{{"access_token":"fetched-{calls}","expires_in":3600}}"#)),
        "/v2/stale" if headers.get("authorization").is_some_and(|text| text == "Bearer fetched-1") => {
            reply(401, &[], "")
        }
        _ => reply(200, &[("X-Seen", "yes"), ("x-seen", "twice")], "hello"),
    }
}

/// Serves one accepted stream.
async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, seen: Seen) {
    let service = service_fn(move |request| answer(request, Arc::clone(&seen)));
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Starts the server, over TLS when a configuration is given.
async fn start(tls: Option<rustls::ServerConfig>) -> (SocketAddr, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Seen::default();
    let shared = Arc::clone(&seen);
    let acceptor = tls.map(|config| tokio_rustls::TlsAcceptor::from(Arc::new(config)));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (seen, acceptor) = (Arc::clone(&shared), acceptor.clone());
            tokio::spawn(async move {
                match acceptor {
                    None => converse(stream, seen).await,
                    Some(acceptor) => {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            converse(stream, seen).await;
                        }
                    }
                }
            });
        }
    });
    (address, seen)
}

fn transport(base: &str, auth: Auth, options: &HttpOptions) -> HttpTransport {
    let _ = rustls::crypto::ring::default_provider().install_default();
    HttpTransport::new(BaseUrl::parse(base).unwrap(), auth, options, &Redactor::default()).unwrap()
}

fn get(target: &str) -> Request {
    Request::new(Method::Get, target)
}

#[tokio::test]
async fn method_headers_body_and_credentials_arrive_and_the_answer_comes_back() {
    let (address, seen) = start(None).await;
    let http = transport(&format!("http://{address}/v2/"), Auth::Bearer(Secret::new("t0ken")), &HttpOptions::default());
    let mut request = Request::new(Method::Patch, "/Users/1?attributes=a%20b");
    request.headers.push("Content-Type", "application/scim+json");
    request.headers.push("Accept-Encoding", "gzip,deflate");
    request.body = Some(b"{}".to_vec());
    let response = http.send(&request).await.unwrap();
    assert_eq!((response.status, response.body.as_slice()), (200, b"hello".as_slice()));
    assert_eq!(response.headers.iter().filter(|(name, _)| *name == "x-seen").count(), 2);
    let seen = seen.lock().unwrap();
    let (target, headers, body) = &seen[0];
    assert_eq!((target.as_str(), body.as_slice()), ("/v2/Users/1?attributes=a%20b", b"{}".as_slice()));
    assert_eq!(headers["authorization"], "Bearer t0ken");
    assert_eq!(headers["content-type"], "application/scim+json");
    assert_eq!(headers["accept-encoding"], "gzip,deflate");
}

#[tokio::test]
async fn a_large_body_is_offered_first_and_arrives_whole() {
    let (address, seen) = start(None).await;
    let http = transport(&format!("http://{address}/v2"), Auth::None, &HttpOptions::default());
    let large: Vec<u8> = (0..300_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    for (target, offers) in [("/Bulk", vec![true]), ("/no-offers", vec![true, false])] {
        let mut request = Request::new(Method::Post, target);
        request.body = Some(large.clone());
        assert_eq!(http.send(&request).await.unwrap().status, 200, "{target}");
        let seen: Vec<_> = seen.lock().unwrap().drain(..).collect();
        let offered: Vec<bool> = seen.iter().map(|(_, headers, _)| headers.contains_key("expect")).collect();
        assert_eq!(offered, offers, "{target}");
        let (_, headers, body) = seen.last().unwrap();
        assert!(*body == large && headers["content-length"] == "300000", "{target}: {headers:?}");
    }
}

#[tokio::test]
async fn a_compressed_answer_is_decoded_even_when_the_flow_itself_asked_for_it() {
    let (address, _) = start(None).await;
    let http = transport(&format!("http://{address}/v2"), Auth::None, &HttpOptions::default());
    for own in [None, Some("gzip,deflate")] {
        let mut request = get("/gzip");
        own.into_iter().for_each(|text| request.headers.push("Accept-Encoding", text));
        assert_eq!(http.send(&request).await.unwrap().body, b"hello gzip", "{own:?}");
    }
}

#[tokio::test]
async fn a_probe_keeps_its_own_authorization_or_sends_none() {
    let (address, seen) = start(None).await;
    let http = transport(&format!("http://{address}/v2"), Auth::Bearer(Secret::new("t0ken")), &HttpOptions::default());
    for text in ["Bearer wrong", ""] {
        let mut request = get("/Users");
        request.headers.push("Authorization", text);
        http.send(&request).await.unwrap();
    }
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0].1["authorization"], "Bearer wrong");
    assert_eq!(seen[1].1.get("authorization"), None);
}

#[tokio::test]
async fn only_307_and_308_to_the_same_origin_are_followed() {
    let (address, seen) = start(None).await;
    let http = transport(&format!("http://{address}/v2"), Auth::None, &HttpOptions::default());
    for (target, status) in [("/moved", 200), ("/away", 308), ("/found", 302)] {
        let mut request = Request::new(Method::Post, target);
        request.body = Some(b"same".to_vec());
        assert_eq!(http.send(&request).await.unwrap().status, status, "{target}");
    }
    assert_eq!(seen.lock().unwrap()[1].2, b"same");
    let failure = http.send(&get("/loop")).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Broken);
}

#[tokio::test]
async fn failures_have_their_kind_and_never_name_the_url() {
    let (address, _) = start(None).await;
    let garbage = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let garbled = garbage.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = garbage.accept().await {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"220 mail.example.com ESMTP\r\n").await;
        }
    });
    let options = HttpOptions { timeout: Duration::from_millis(300), body_limit: 4000, ..HttpOptions::default() };
    let rows = [
        (format!("http://{address}/v2"), "/slow", FailureKind::Timeout),
        (format!("http://{address}/v2"), "/big", FailureKind::Broken),
        (format!("http://{garbled}/v2"), "/x", FailureKind::Broken),
        ("http://127.0.0.1:1/v2".to_owned(), "/x", FailureKind::Connect),
        (format!("https://{address}/v2"), "/x", FailureKind::Tls),
    ];
    for (base, target, kind) in rows {
        let options = HttpOptions { ca_pem: Some(authority("stranger").0.pem().into_bytes()), ..options.clone() };
        let failure = transport(&base, Auth::None, &options).send(&get(target)).await.unwrap_err();
        assert_eq!(failure.kind, kind, "{base}{target}: {}", failure.reason);
        assert!(!failure.reason.contains("http") && !failure.reason.is_empty(), "{}", failure.reason);
    }
}

#[tokio::test]
async fn oauth_fetches_once_and_renews_after_a_401() {
    let (address, seen) = start(None).await;
    let oauth = |in_body| {
        Auth::OAuth(OAuth {
            token_url: BaseUrl::parse(&format!("http://{address}/token")).unwrap(),
            client_id: "me".into(),
            client_secret: Secret::new("pa ss"),
            scope: Some("scim".into()),
            in_body,
        })
    };
    let http = transport(&format!("http://{address}/v2"), oauth(false), &HttpOptions::default());
    for target in ["/Users", "/Users", "/stale"] {
        assert_eq!(http.send(&get(target)).await.unwrap().status, 200);
    }
    {
        let seen = seen.lock().unwrap();
        let path: Vec<_> = seen.iter().map(|(target, ..)| target.as_str()).collect();
        assert_eq!(path, ["/token", "/v2/Users", "/v2/Users", "/v2/stale", "/token", "/v2/stale"]);
        assert_eq!(seen[0].2, b"grant_type=client_credentials&scope=scim");
        assert_eq!(seen[0].1["authorization"], "Basic bWU6cGErc3M=");
        assert_eq!(seen[5].1["authorization"], "Bearer fetched-5");
    }
    let http = transport(&format!("http://{address}/v2"), oauth(true), &HttpOptions::default());
    http.send(&get("/Users")).await.unwrap();
    let form = String::from_utf8(seen.lock().unwrap()[6].2.clone()).unwrap();
    assert_eq!(form, "grant_type=client_credentials&scope=scim&client_id=me&client_secret=pa+ss");
    let failure = transport(
        &format!("http://{address}/v2"),
        Auth::OAuth(OAuth {
            token_url: BaseUrl::parse(&format!("http://{address}/v2/found")).unwrap(),
            client_id: "me".into(),
            client_secret: Secret::new("pa ss"),
            scope: None,
            in_body: false,
        }),
        &HttpOptions::default(),
    )
    .send(&get("/Users"))
    .await
    .unwrap_err();
    assert_eq!(failure.reason, "the token endpoint answered 302 (no error code)");
}

/// An authority of that name, and a store that trusts it.
fn authority(name: &str) -> (CertifiedIssuer<'static, KeyPair>, RootCertStore) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(issuer.der().clone()).unwrap();
    (issuer, roots)
}

fn leaf(issuer: &CertifiedIssuer<'static, KeyPair>, name: &str) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, issuer).unwrap();
    (certificate, key)
}

#[tokio::test]
async fn tls_needs_the_right_authority_and_the_server_may_ask_for_a_certificate() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (issuer, roots) = authority("ours");
    let (server, server_key) = leaf(&issuer, "localhost");
    let (client, client_key) = leaf(&issuer, "client");
    let key = || PrivateKeyDer::from(PrivatePkcs8KeyDer::from(server_key.serialize_der()));
    let plain = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![server.der().clone()], key())
        .unwrap();
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
    let mutual = rustls::ServerConfig::builder()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![server.der().clone()], key())
        .unwrap();
    let base = |address: SocketAddr| format!("https://localhost:{}/v2", address.port());
    let trusted = HttpOptions { ca_pem: Some(issuer.pem().into_bytes()), ..HttpOptions::default() };
    let identity = Secret::new(format!("{}{}", client.pem(), client_key.serialize_pem()));
    let known = HttpOptions { identity_pem: Some(identity), ..trusted.clone() };
    let stranger = HttpOptions { ca_pem: Some(authority("stranger").0.pem().into_bytes()), ..HttpOptions::default() };

    let (plain, _) = start(Some(plain)).await;
    assert_eq!(transport(&base(plain), Auth::None, &trusted).send(&get("/x")).await.unwrap().status, 200);
    let failure = transport(&base(plain), Auth::None, &stranger).send(&get("/x")).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Tls);
    assert!(failure.reason.contains("UnknownIssuer"), "{}", failure.reason);

    let (mutual, _) = start(Some(mutual)).await;
    assert_eq!(transport(&base(mutual), Auth::None, &known).send(&get("/x")).await.unwrap().status, 200);
    let failure = transport(&base(mutual), Auth::None, &trusted).send(&get("/x")).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Tls, "{}", failure.reason);
}

#[tokio::test]
async fn what_cannot_be_set_up_is_refused_before_anything_is_sent() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let rows = [
        (HttpOptions { ca_pem: Some(b"nonsense".to_vec()), ..HttpOptions::default() }, SetUpError::Ca),
        (HttpOptions { identity_pem: Some(Secret::new("nonsense")), ..HttpOptions::default() }, SetUpError::Identity),
        (HttpOptions { proxy: Some(Secret::new("http://")), ..HttpOptions::default() }, SetUpError::Proxy),
    ];
    for (options, expected) in rows {
        let base = BaseUrl::parse("http://127.0.0.1:1/v2").unwrap();
        let error = HttpTransport::new(base, Auth::None, &options, &Redactor::default()).err();
        assert_eq!(error, Some(expected));
    }
}

#[tokio::test]
async fn a_proxy_is_asked_for_the_absolute_url() {
    let (proxy, seen) = start(None).await;
    let options = HttpOptions { proxy: Some(Secret::new(format!("http://{proxy}"))), ..HttpOptions::default() };
    transport("http://scim.example/v2", Auth::None, &options).send(&get("/Users")).await.unwrap();
    assert_eq!(seen.lock().unwrap()[0].0, "http://scim.example/v2/Users");
}
