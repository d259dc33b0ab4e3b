//! The transport without sockets: a closure answers. The command line joins the reference server to it.

use std::sync::Arc;

use super::{AdminSurface, Answer, Auth, BaseUrl, Transport, admin};
use crate::wire::{Failure, FailureKind, Request, Response, Root, Secret};

/// Answers a request whose target includes the base path and whose headers include host and credentials.
pub type Handler = Arc<dyn Fn(Request) -> Response + Send + Sync>;

/// A target inside this process.
pub struct InProcess {
    base: BaseUrl,
    auth: Auth,
    admin: Option<AdminSurface>,
    handler: Handler,
}

impl InProcess {
    /// Joins a handler. `base` is the URL that the handler believes to be served at.
    #[must_use]
    pub fn new(base: BaseUrl, auth: Auth, handler: Handler) -> Self {
        Self { base, auth, admin: None, handler }
    }

    /// Adds the admin and auth surface, which the same handler answers.
    #[must_use]
    pub fn with_admin(self, admin: AdminSurface) -> Self {
        Self { admin: Some(admin), ..self }
    }

    /// The request as it would arrive at a socket: the whole path, with host and credentials.
    fn dress(&self, request: &Request) -> Result<Request, Failure> {
        let (base, surface) = admin::place(request, &self.base, self.admin.as_ref())?;
        let credentials: Vec<(String, Secret)> = match (&request.root, surface) {
            (Root::Scim, _) => self.auth.headers(),
            (_, Some(surface)) => surface.auth.headers(),
            (_, None) => Vec::new(),
        };
        let (host, path) = split(&base);
        let mut dressed = Request { root: Root::Scim, ..request.clone() };
        dressed.target = format!("{path}{}", request.target);
        dressed.headers.set("Host", host);
        match request.headers.get("Authorization") {
            Some("") => dressed.headers.remove("Authorization"),
            Some(_) => {}
            None => {
                for (name, value) in credentials {
                    dressed.headers.set(&name, value.expose());
                }
            }
        }
        if let Some(body) = &request.body {
            dressed.headers.set("Content-Length", body.len().to_string());
        }
        Ok(dressed)
    }
}

/// Host with port, and path.
fn split(base: &BaseUrl) -> (&str, &str) {
    let rest = base.as_str().split_once("://").map_or("", |(_, rest)| rest);
    rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash))
}

impl Transport for InProcess {
    fn send<'a>(&'a self, request: &'a Request) -> Answer<'a> {
        let dressed = self.dress(request);
        let handler = Arc::clone(&self.handler);
        Box::pin(async move {
            // A store may block on its file, so the handler runs where blocking is allowed.
            let dressed = dressed?;
            let response = tokio::task::spawn_blocking(move || handler(dressed)).await.map_err(|_| Failure {
                kind: FailureKind::Broken,
                reason: "the server in this process broke off while it answered".to_owned(),
            })?;
            if let (Root::Admin, Some(admin)) = (&request.root, &self.admin) {
                admin.learn(&response);
            }
            Ok(response)
        })
    }

    fn base_url(&self) -> &str {
        self.base.as_str()
    }

    fn admin_url(&self) -> Option<&str> {
        self.admin.as_ref().map(|admin| admin.base.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Method, Redactor};

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

    /// The SCIM base below `/scim/v2`, the admin surface at the root.
    fn with_admin(redactor: &Redactor) -> InProcess {
        let surface = AdminSurface::new(
            BaseUrl::parse("http://127.0.0.1:8080").unwrap(),
            Auth::Bearer(Secret::new("operat0r")),
            redactor,
        );
        echo().with_admin(surface)
    }

    #[tokio::test]
    async fn each_base_gets_its_own_credentials_and_no_other() {
        let at = |text: &str| Root::At(text.to_owned());
        let rows = [
            (Root::Scim, "/Users", "/scim/v2/Users", Some("Bearer t0ken")),
            (Root::Admin, "/admin/v1/users", "/admin/v1/users", Some("Bearer operat0r")),
            (at("http://127.0.0.1:8080/o/scim/v2"), "/Users", "/o/scim/v2/Users", None),
        ];
        for (root, target, seen, credentials) in rows {
            let transport = with_admin(&Redactor::default());
            let request = Request { root, ..Request::new(Method::Get, target) };
            let response = transport.send(&request).await.unwrap();
            assert_eq!(
                (response.body.as_slice(), response.headers.get("authorization")),
                (seen.as_bytes(), credentials)
            );
            assert_eq!(transport.url(&request), format!("http://127.0.0.1:8080{seen}"));
        }
    }

    #[tokio::test]
    async fn nothing_is_sent_to_other_hosts_or_to_a_surface_that_is_not_there() {
        let rows = [
            (Root::Admin, "has no admin surface"),
            (Root::Probe, "no such probe is configured"),
            (Root::At("http://127.0.0.1:8081/scim/v2".into()), "http://127.0.0.1:8081, which is neither"),
            (Root::At("https://127.0.0.1:8080/scim/v2".into()), "neither the target"),
            (Root::At("http://u:p4ss@127.0.0.1:8080".into()), "is no URL"),
            (Root::At("nonsense".into()), "is no URL"),
        ];
        for (root, expected) in rows {
            let request = Request { root, ..Request::new(Method::Get, "/Users") };
            let failure = echo().send(&request).await.unwrap_err();
            assert_eq!(failure.kind, FailureKind::Unsent);
            assert!(failure.reason.contains(expected) && !failure.reason.contains("p4ss"), "{}", failure.reason);
        }
    }

    #[tokio::test]
    async fn what_the_surface_issues_is_a_secret_from_then_on() {
        let handler = |_| {
            let body =
                br#"{"scim": {"bearer_token": "issued-once-and-for-all"}, "id": "organization-1", "token": "short"}"#;
            Response { body: body.to_vec(), ..Response::new(200) }
        };
        let redactor = Redactor::default();
        let base = BaseUrl::parse("http://h/v2").unwrap();
        let surface = AdminSurface::new(base.clone(), Auth::None, &redactor);
        let transport = InProcess::new(base, Auth::None, Arc::new(handler)).with_admin(surface);
        transport.send(&Request::new(Method::Get, "/x")).await.unwrap();
        assert_eq!(redactor.scrub("issued-once-and-for-all"), "issued-once-and-for-all", "SCIM issues no tokens");
        transport.send(&Request { root: Root::Admin, ..Request::new(Method::Get, "/x") }).await.unwrap();
        let text = "issued-once-and-for-all organization-1 short operat0r";
        assert_eq!(redactor.scrub(text), "*** organization-1 short operat0r");
    }
}
