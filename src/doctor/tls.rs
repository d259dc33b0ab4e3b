//! The certificate of the target: who issued it, for which names, until when, and whether this machine trusts it. A
//! connection of its own takes any certificate, sends nothing over it, and judges the certificate afterwards.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;
use time::OffsetDateTime;
use time::macros::format_description;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::address::proxy_of;
use super::look::Look;
use super::{Outcome, There};

/// Days before the end at which somebody should renew.
const SOON: i64 = 14;

/// Keeps the chain and takes it as it is.
#[derive(Debug)]
struct Keep {
    provider: Arc<CryptoProvider>,
    chain: Mutex<Vec<CertificateDer<'static>>>,
}

impl ServerCertVerifier for Keep {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(leaf).chain(others).map(|it| it.clone().into_owned()).collect();
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) = chain;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Is the certificate good, and for how long?
pub(super) async fn tls(look: &mut Look<'_>) -> Outcome {
    let Some(there) = look.patient.there() else { return Outcome::ok("none needed") };
    if !there.base.is_https() {
        return Outcome::ok("none: the target is plain HTTP");
    }
    if proxy_of(there).is_some() {
        return Outcome::ok(
            "not looked at by itself, since a proxy is between; the HTTP answer shows whether it stands",
        );
    }
    let url = Url::parse(there.base.as_str()).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let Ok(name) = ServerName::try_from(host.clone()) else {
        return Outcome::cut_off(format!("{host} cannot be the name on a certificate"), "Use the server's DNS name.");
    };
    let (version, chain) = match shake(there, look.addresses.first(), &name).await {
        Ok(seen) => seen,
        Err(reason) => return refused(&reason),
    };
    judge(there, &host, &name, &version, &chain, look.clock())
}

/// The handshake: the version of TLS and the chain.
async fn shake(
    there: &There,
    address: Option<&std::net::SocketAddr>,
    name: &ServerName<'static>,
) -> Result<(String, Vec<CertificateDer<'static>>), String> {
    let provider = provider();
    let keep = Arc::new(Keep { provider: Arc::clone(&provider), chain: Mutex::default() });
    let verifier: Arc<dyn ServerCertVerifier> = Arc::clone(&keep) as _;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let config = match identity(there) {
        Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(|error| error.to_string())?,
        None => builder.with_no_client_auth(),
    };
    let work = async {
        let address = address.ok_or_else(|| "there is no address".to_owned())?;
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        let connector = TlsConnector::from(Arc::new(config));
        let stream = connector.connect(name.clone(), stream).await.map_err(|error| error.to_string())?;
        let version = stream.get_ref().1.protocol_version().and_then(|it| it.as_str().map(str::to_owned));
        Ok::<_, String>(version.unwrap_or_default().replace("TLSv1_", "TLS 1."))
    };
    let version = tokio::time::timeout(there.options.connect_timeout, work);
    let version = version.await.map_err(|_| "no handshake in time".to_owned())??;
    let chain = keep.chain.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok((version, chain))
}

fn provider() -> Arc<CryptoProvider> {
    CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()))
}

/// The client certificate with its key, if one is given.
fn identity(there: &There) -> Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let pem = there.options.identity_pem.as_ref()?.expose().as_bytes();
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    Some((chain.ok()?, PrivateKeyDer::from_pem_slice(pem).ok()?))
}

/// The handshake did not stand.
fn refused(reason: &str) -> Outcome {
    let not_tls = reason.contains("InvalidContentType") || reason.contains("corrupt message");
    let fix = if not_tls {
        "The server speaks plain HTTP on this port: write http:// in --target, or take the port that speaks TLS."
    } else {
        "If the server wants a client certificate, give it with `--cert FILE --key FILE`; TLS 1.2 is the least."
    };
    Outcome::cut_off(format!("the handshake failed: {reason}"), fix)
}

/// What is wrong with the chain, and what to do; else its dates.
fn judge(
    there: &There,
    host: &str,
    name: &ServerName<'_>,
    version: &str,
    chain: &[CertificateDer<'_>],
    now: OffsetDateTime,
) -> Outcome {
    let Some((leaf, others)) = chain.split_first() else {
        return Outcome::cut_off("the server showed no certificate", "Give the server a certificate.");
    };
    let Ok((_, certificate)) = X509Certificate::from_der(leaf) else {
        return Outcome::cut_off("the certificate cannot be read", "Give the server an X.509 certificate.");
    };
    let day = |timestamp: i64| {
        let date = OffsetDateTime::from_unix_timestamp(timestamp).ok();
        date.and_then(|it| it.format(format_description!("[year]-[month]-[day]")).ok()).unwrap_or_default()
    };
    let (begins, ends) = (certificate.validity().not_before.timestamp(), certificate.validity().not_after.timestamp());
    let (date, days) = (day(ends), (ends - now.unix_timestamp()).div_euclid(86_400));
    let issuer = certificate.issuer().to_string();
    let own = certificate.issuer() == certificate.subject();
    let seconds = u64::try_from(now.unix_timestamp()).unwrap_or_default();
    let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let verifier = match Verifier::new_with_extra_roots(authorities(there), provider()) {
        Ok(verifier) => verifier,
        Err(error) => {
            let fix = "Install the package of certificate authorities (ca-certificates), or give --cacert FILE.";
            return Outcome::cut_off(format!("this machine has no certificate authorities: {error}"), fix);
        }
    };
    let verdict = verifier.verify_server_cert(leaf, others, name, &[], at);
    let found = match &verdict {
        Ok(_) => None,
        Err(Error::InvalidCertificate(found)) => Some(found),
        Err(error) => return Outcome::cut_off(format!("not trusted here: {error}"), TRUST),
    };
    match found {
        None if days < SOON => Outcome::warn(
            format!("{version}, trusted, expires {date}, in {days} days"),
            "Renew the certificate before that day.",
        ),
        None => Outcome::ok(format!("{version}, trusted, issued by {issuer}, expires {date}, in {days} days")),
        Some(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => Outcome::cut_off(
            format!("the certificate expired on {date}, {} days ago", -days),
            "Renew the certificate of the server, and restart it where it reads the file only once.",
        ),
        Some(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => Outcome::cut_off(
            format!("the certificate begins on {}", day(begins)),
            "Set the clock of this machine; if that is right, issue the certificate anew.",
        ),
        Some(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }) => Outcome::cut_off(
            format!("the certificate is for {}, not for {host}", names(&certificate)),
            "Use one of these names in --target, or issue a certificate that holds this name.",
        ),
        Some(_) if own => Outcome::cut_off(
            format!("the certificate is self-signed ({issuer}) and not trusted here"),
            "Give the certificate itself with `--cacert FILE`, if it is yours.",
        ),
        // A wrong signature is one by another authority of the same name.
        Some(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            let alone = if others.is_empty() { "; the server sends no intermediate certificate" } else { "" };
            Outcome::cut_off(format!("issued by {issuer}, which this machine does not know{alone}"), TRUST)
        }
        Some(other) => Outcome::cut_off(format!("not trusted here: {other}"), TRUST),
    }
}

const TRUST: &str = "If it is your own authority, give its certificate with `--cacert FILE`; else let the server send \
                     its whole chain.";

/// The extra authorities that `--cacert` gives.
fn authorities(there: &There) -> Vec<CertificateDer<'static>> {
    let pem = there.options.ca_pem.as_deref().unwrap_or_default();
    CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).collect()
}

/// The names that a certificate is for.
fn names(certificate: &X509Certificate<'_>) -> String {
    let names = certificate.subject_alternative_name().ok().flatten();
    let names: Vec<String> = names
        .iter()
        .flat_map(|it| &it.value.general_names)
        .map(|it| match it {
            GeneralName::DNSName(name) => (*name).to_owned(),
            GeneralName::IPAddress(bytes) => address(bytes),
            other => other.to_string(),
        })
        .collect();
    if names.is_empty() { format!("no name but {}", certificate.subject()) } else { names.join(", ") }
}

/// Four or sixteen bytes as an address.
fn address(bytes: &[u8]) -> String {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return std::net::Ipv4Addr::from(four).to_string();
    }
    <[u8; 16]>::try_from(bytes).map_or_else(|_| "an address".to_owned(), |it| std::net::Ipv6Addr::from(it).to_string())
}
