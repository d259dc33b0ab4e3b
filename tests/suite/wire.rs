//! The bundled server behind sockets that misbehave as the network does: chunked, compressed, closed, late, reset, and HTTP/2
//! over TLS. Every wait is bounded.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use scimproof::client::{Auth, BaseUrl, HttpOptions, HttpTransport, Transport};
use scimproof::fault::tools::{edit, error};
use scimproof::server::Server;
use scimproof::wire::{Headers, Method, Redactor, Request, Response, Secret};

use super::faults::play::TOKEN;

/// What happens to answers on their way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// In chunks of 100 bytes.
    Chunked,
    /// Compressed.
    Gzip,
    /// The connection is closed after each answer.
    Close,
    /// Each takes so long.
    Late(Duration),
    /// Every so many requests the connection breaks, by turns before the request is carried out and after it.
    Reset(usize),
    /// A body of [`LIMIT`] bytes is refused once so many bytes of it were read, and the connection is closed with
    /// the rest unread: a reset.
    Early(usize),
}

/// What is too large for [`Way::Early`], bytes: more than a connection takes without anybody reading.
pub const LIMIT: usize = 8 << 20;

/// A server on a loopback socket; it stops when this is dropped.
pub struct Wire {
    pub address: SocketAddr,
    stop: Arc<AtomicBool>,
}

impl Wire {
    pub fn start(server: Server, way: Way) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
        let (server, over, count) = (Arc::new(server), Arc::clone(&stop), Arc::new(AtomicUsize::new(0)));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(stream), false) = (stream, over.load(Ordering::Relaxed)) else { return };
                let (server, count) = (Arc::clone(&server), Arc::clone(&count));
                // A connection that ends early is what some of these tests are about.
                std::thread::spawn(move || _ = converse(&stream, &server, way, &count));
            }
        });
        Self { address, stop }
    }

    /// The way to it, with credentials.
    pub fn transport(&self) -> Arc<dyn Transport> {
        transport(&format!("http://{}/scim/v2", self.address), &HttpOptions::default())
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

fn transport(base: &str, options: &HttpOptions) -> Arc<dyn Transport> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (base, auth) = (BaseUrl::parse(base).unwrap(), Auth::Bearer(Secret::new(TOKEN)));
    Arc::new(HttpTransport::new(base, auth, options, &Redactor::default()).unwrap())
}

/// Requests of one connection, until it ends.
fn converse(stream: &TcpStream, server: &Server, way: Way, count: &AtomicUsize) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(mut request) = head(&mut reader)? {
        let number = count.fetch_add(1, Ordering::Relaxed) + 1;
        let length = request.headers.get("Content-Length").and_then(|text| text.parse().ok()).unwrap_or(0);
        if let (Way::Early(read), LIMIT..) = (way, length) {
            reader.read_exact(&mut vec![0; read])?;
            let told = format!("the limit is {LIMIT} bytes");
            return send(stream, edit(error(413, None), |error| error["detail"] = told.into()), way);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        request.body = Some(body).filter(|body| !body.is_empty());
        let breaks = matches!(way, Way::Reset(every) if number.is_multiple_of(every));
        if breaks && number.is_multiple_of(2) {
            return Ok(());
        }
        let response = server.handle(request);
        if breaks {
            return Ok(());
        }
        if let Way::Late(time) = way {
            std::thread::sleep(time);
        }
        send(stream, response, way)?;
        if way == Way::Close {
            return Ok(());
        }
    }
    Ok(())
}

/// The next request without its body; `None` when the peer has closed.
fn head(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let mut request = Request::new(Method::from_word(words.next().unwrap()), words.next().unwrap());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        request.headers.push(name, value.trim());
    }
    Ok(Some(request))
}

fn send(mut stream: &TcpStream, mut response: Response, way: Way) -> std::io::Result<()> {
    response.headers.remove("Content-Length");
    let bodiless = response.status == 204 || response.status == 304;
    let mut body = std::mem::take(&mut response.body);
    if way == Way::Gzip && !body.is_empty() {
        body = gzip(&body);
        response.headers.set("Content-Encoding", "gzip");
    }
    match way {
        _ if bodiless => body.clear(),
        Way::Chunked => {
            response.headers.set("Transfer-Encoding", "chunked");
            let chunks = body.chunks(100).map(|it| [format!("{:x}\r\n", it.len()).as_bytes(), it, b"\r\n"].concat());
            body = chunks.chain([b"0\r\n\r\n".to_vec()]).collect::<Vec<_>>().concat();
        }
        _ => response.headers.set("Content-Length", body.len().to_string()),
    }
    if way == Way::Close {
        response.headers.set("Connection", "close");
    }
    let mut head = format!("HTTP/1.1 {} Weather\r\n", response.status);
    response.headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    stream.write_all(&[head.as_bytes(), b"\r\n", &body].concat())
}

/// RFC 1952 around stored blocks of RFC 1951: compressed in form, which is all that a reader sees.
fn gzip(body: &[u8]) -> Vec<u8> {
    let mut out = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
    let mut blocks = body.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap();
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    let crc = !body.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 })
    });
    out.extend(crc.to_le_bytes());
    out.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
    out
}

/// A server that speaks HTTP/2 over TLS and nothing else, for as long as the runtime lives.
pub struct Http2 {
    pub runtime: tokio::runtime::Runtime,
    pub transport: Arc<dyn Transport>,
}

impl Http2 {
    pub fn start(server: Server) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut tls = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .unwrap();
        tls.alpn_protocols = vec![b"h2".to_vec()];
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(tls));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Arc::new(server);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, server) = (acceptor.clone(), Arc::clone(&server));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let service = hyper::service::service_fn(move |request| exchange(Arc::clone(&server), request));
                    let http = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                    let _ = http.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        let options = HttpOptions { ca_pem: Some(certificate.pem().into_bytes()), ..HttpOptions::default() };
        let transport = transport(&format!("https://localhost:{port}/scim/v2"), &options);
        Self { runtime, transport }
    }
}

async fn exchange(
    server: Arc<Server>,
    request: hyper::Request<hyper::body::Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, hyper::Error> {
    assert_eq!(request.version(), hyper::Version::HTTP_2);
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes().to_vec();
    let mut plain = Request::new(Method::from_word(head.method.as_str()), head.uri.path_and_query().unwrap().as_str());
    plain.headers = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
        .collect::<Headers>();
    // HTTP/2 has no Host field; the authority takes its place.
    plain.headers.set("Host", head.uri.authority().unwrap().as_str());
    plain.body = Some(body).filter(|body| !body.is_empty());
    let answer = server.handle(plain);
    let mut response = hyper::Response::builder().status(answer.status);
    for (name, value) in answer.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("Content-Length")) {
        response = response.header(name.to_ascii_lowercase(), value);
    }
    Ok(response.body(Full::new(Bytes::from(answer.body))).unwrap())
}
