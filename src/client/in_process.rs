//! The transport without sockets: a closure answers. The command line joins the reference server to it.

use std::sync::Arc;

use super::{Answer, Auth, BaseUrl, Transport};
use crate::wire::{Failure, FailureKind, Request, Response};

/// Answers a request whose target includes the base path and whose headers include the credentials.
pub type Handler = Arc<dyn Fn(Request) -> Response + Send + Sync>;

/// A target inside this process.
pub struct InProcess {
    base: BaseUrl,
    path: String,
    host: String,
    auth: Auth,
    handler: Handler,
}

impl InProcess {
    /// Joins a handler. `base` is the URL that the handler believes to be served at.
    #[must_use]
    pub fn new(base: BaseUrl, auth: Auth, handler: Handler) -> Self {
        let rest = base.as_str().split_once("://").map_or("", |(_, rest)| rest);
        let (host, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        let (host, path) = (host.to_owned(), path.to_owned());
        Self { base, path, host, auth, handler }
    }

    /// The request as it would arrive at a socket.
    fn dress(&self, request: &Request) -> Request {
        let mut dressed = request.clone();
        dressed.target = format!("{}{}", self.path, request.target);
        dressed.headers.set("Host", self.host.clone());
        match request.headers.get("Authorization") {
            Some("") => dressed.headers.remove("Authorization"),
            Some(_) => {}
            None => {
                for (name, value) in self.auth.headers() {
                    dressed.headers.set(&name, value.expose());
                }
            }
        }
        if let Some(body) = &request.body {
            dressed.headers.set("Content-Length", body.len().to_string());
        }
        dressed
    }
}

impl Transport for InProcess {
    fn send<'a>(&'a self, request: &'a Request) -> Answer<'a> {
        let dressed = self.dress(request);
        let handler = Arc::clone(&self.handler);
        Box::pin(async move {
            // A store may block on its file, so the handler runs where blocking is allowed.
            tokio::task::spawn_blocking(move || handler(dressed)).await.map_err(|_| Failure {
                kind: FailureKind::Broken,
                reason: "the server in this process broke off while it answered".to_owned(),
            })
        })
    }

    fn base_url(&self) -> &str {
        self.base.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Method, Secret};

    fn echo() -> InProcess {
        let handler = |request: Request| {
            assert!(!request.target.ends_with("/panic"));
            Response { headers: request.headers.clone(), body: request.target.into_bytes(), ..Response::new(200) }
        };
        let base = BaseUrl::parse("http://127.0.0.1:8080/scim/v2").unwrap();
        InProcess::new(base, Auth::Bearer(Secret::new("t0ken")), Arc::new(handler))
    }

    #[tokio::test]
    async fn the_base_path_and_the_credentials_are_added_and_probes_keep_theirs() {
        for (given, seen) in [(None, Some("Bearer t0ken")), (Some("Bearer x"), Some("Bearer x")), (Some(""), None)] {
            let mut request = Request::new(Method::Get, "/Users?count=1");
            if let Some(text) = given {
                request.headers.push("Authorization", text);
            }
            let response = echo().send(&request).await.unwrap();
            assert_eq!(response.body, b"/scim/v2/Users?count=1");
            assert_eq!(response.headers.get("authorization"), seen);
            assert_eq!(response.headers.get("host"), Some("127.0.0.1:8080"));
        }
    }

    #[tokio::test]
    async fn a_panic_of_the_handler_is_a_broken_answer() {
        let failure = echo().send(&Request::new(Method::Get, "/panic")).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Broken);
    }
}
