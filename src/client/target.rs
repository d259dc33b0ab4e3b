//! The base URL of a target, checked before anything is sent. What is refused is never echoed: it may be a token.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

/// The base URL of a SCIM server, `https://example.com/scim/v2`: http or https, no user, no query, no trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    url: Url,
}

/// Why a text is not a base URL. No variant carries the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// No http(s) URL at all.
    #[error(
        "the target is not an http:// or https:// URL (it is not shown: is this the token? then swap --target and \
         the token)"
    )]
    NotAUrl,
    /// Credentials inside the URL.
    #[error(
        "the target carries a user name or password (it is not shown): leave them out of the URL and use --auth basic \
         with --user and --token-env"
    )]
    Userinfo,
    /// A query or fragment.
    #[error("the target has a query or fragment (it is not shown): give the base URL alone, https://host/scim/v2")]
    Query,
}

impl BaseUrl {
    /// Reads a base URL.
    ///
    /// # Errors
    /// [`TargetError`], which never repeats the text.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let url = Url::parse(text.trim()).map_err(|_| TargetError::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(TargetError::NotAUrl);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::Userinfo);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(TargetError::Query);
        }
        Ok(Self { text: url.as_str().trim_end_matches('/').to_owned(), url })
    }

    /// The URL without trailing slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The absolute URL of a request target that begins with a slash.
    #[must_use]
    pub fn join(&self, target: &str) -> String {
        format!("{}{target}", self.text)
    }

    /// True for https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// True when the target is on this machine: `localhost` or a loopback address.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
            Some(Host::Ipv6(ip)) => {
                IpAddr::V6(ip).is_loopback() || ip.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback())
            }
            None => false,
        }
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_base_url_is_refused_without_being_shown() {
        let rows = [
            ("eyJhbGciOi.sEcReT.x", TargetError::NotAUrl),
            ("sEcReT", TargetError::NotAUrl),
            ("ftp://sEcReT/", TargetError::NotAUrl),
            ("localhost:8080/sEcReT", TargetError::NotAUrl),
            ("https://", TargetError::NotAUrl),
            ("https://user:sEcReT@example.com/v2", TargetError::Userinfo),
            ("https://sEcReT@example.com/v2", TargetError::Userinfo),
            ("https://example.com/v2?token=sEcReT", TargetError::Query),
        ];
        for (text, expected) in rows {
            let error = BaseUrl::parse(text).unwrap_err();
            assert_eq!(error, expected, "{text}");
            assert!(!format!("{error} {error:?}").contains("sEcReT"));
        }
    }

    #[test]
    fn the_trailing_slash_goes_and_loopback_is_known() {
        let rows = [
            ("http://127.0.0.1:8080/scim/v2/", "http://127.0.0.1:8080/scim/v2", true),
            ("https://localhost/", "https://localhost", true),
            ("http://[::1]:9/v2", "http://[::1]:9/v2", true),
            ("http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]", true),
            ("https://example.com/scim/v2", "https://example.com/scim/v2", false),
            ("http://127.0.0.1.example.com", "http://127.0.0.1.example.com", false),
            ("http://10.0.0.1", "http://10.0.0.1", false),
        ];
        for (text, shown, loopback) in rows {
            let base = BaseUrl::parse(text).unwrap();
            assert_eq!((base.as_str(), base.is_loopback()), (shown, loopback), "{text}");
        }
        assert_eq!(BaseUrl::parse("http://h/v2/").unwrap().join("/Users?count=1"), "http://h/v2/Users?count=1");
    }
}
