//! The settings of a TLS client from the options of a connection: certificate authorities and a client certificate.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls_platform_verifier::Verifier;

use super::{HttpOptions, SetUpError};

/// The settings; `http2` announces HTTP/2 (`RFC7301`), else HTTP/1.1.
///
/// # Errors
/// [`SetUpError`] for certificates that cannot be used.
pub fn client_config(options: &HttpOptions, http2: bool) -> Result<ClientConfig, SetUpError> {
    let other = |error: rustls::Error| SetUpError::Other(format!("TLS cannot be set up: {error}"));
    let provider =
        CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()));
    let extra = match &options.ca_pem {
        Some(pem) => {
            let all: Vec<_> =
                CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| SetUpError::Ca)?;
            if all.is_empty() {
                return Err(SetUpError::Ca);
            }
            all
        }
        None => Vec::new(),
    };
    let verifier = if extra.is_empty() {
        Verifier::new(Arc::clone(&provider)).map_err(other)?
    } else {
        Verifier::new_with_extra_roots(extra, Arc::clone(&provider)).map_err(|_| SetUpError::Ca)?
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match &options.identity_pem {
        None => builder.with_no_client_auth(),
        Some(pem) => {
            let pem = pem.expose().as_bytes();
            let chain: Vec<_> = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).collect();
            let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| SetUpError::Identity)?;
            builder.with_client_auth_cert(chain, key).map_err(|_| SetUpError::Identity)?
        }
    };
    config.alpn_protocols = vec![if http2 { b"h2".to_vec() } else { b"http/1.1".to_vec() }];
    Ok(config)
}
