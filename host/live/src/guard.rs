//! Who may talk to the server: only pages that it served itself.
//!
//! A name that resolves to 127.0.0.1 lets any site's scripts reach a local
//! server (DNS rebinding), and browsers let any page open a WebSocket. So the
//! `Host` must be this server's own address, and an `Origin`, where there is
//! one, must be this server. Opening the WebSocket needs one.

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Where pages open their WebSocket.
pub(super) const SOCKET_PATH: &str = "/socket";
/// The names of the loopback interface that a browser may have used.
const NAMES: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// The address that the server answers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    port: u16,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The request is for another host.
    #[error("This server answers requests to 127.0.0.1 and localhost at its own port only.")]
    Host,
    /// The request comes from another site's page.
    #[error("Only the page that this server serves may talk to it.")]
    Origin,
}

impl Guard {
    /// A guard of a server at this port.
    pub fn new(port: u16) -> Self {
        Self { port }
    }

    /// Whether a request with these headers may be answered.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn check(&self, headers: &HeaderMap, needs_origin: bool) -> Result<(), Refused> {
        let is_own = |authority: &[u8]| {
            NAMES
                .iter()
                .any(|name| authority == format!("{name}:{}", self.port).as_bytes())
        };
        let host = single(headers, HOST.as_str()).ok_or(Refused::Host)?;
        if !is_own(host.as_bytes()) {
            return Err(Refused::Host);
        }
        if !needs_origin && !headers.contains_key(ORIGIN) {
            return Ok(());
        }
        let origin = single(headers, ORIGIN.as_str()).ok_or(Refused::Origin)?;
        match origin.as_bytes().strip_prefix(b"http://") {
            Some(authority) if is_own(authority) => Ok(()),
            _ => Err(Refused::Origin),
        }
    }
}

/// The header's value, if it is there once.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (StatusCode::FORBIDDEN, self.to_string()).into_response()
    }
}

/// Refuses other sites' requests, and tells browsers to load nothing from anywhere
/// else.
pub async fn middleware(guard: Guard, request: Request, next: Next) -> Response {
    let is_socket = request.uri().path() == SOCKET_PATH;
    let mut response = match guard.check(request.headers(), is_socket) {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.into_response(),
    };
    const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; \
        img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; base-uri 'none'; \
        form-action 'none'; frame-ancestors 'none'";
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        let headers = response.headers_mut();
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn check(pairs: &[(&'static str, &'static str)], needs_origin: bool) -> Result<(), Refused> {
        Guard::new(4180).check(&headers(pairs), needs_origin)
    }

    #[test]
    fn its_own_page_may() {
        for host in ["127.0.0.1:4180", "localhost:4180", "[::1]:4180"] {
            assert_eq!(check(&[("host", host)], false), Ok(()));
        }
        let own = [
            ("host", "localhost:4180"),
            ("origin", "http://localhost:4180"),
        ];
        assert_eq!(check(&own, true), Ok(()));
    }

    #[test]
    fn strangers_may_not() {
        for host in [
            "evil.example:4180",
            "127.0.0.1",
            "127.0.0.1:80",
            "127.0.0.1:4180.evil.example",
            "",
        ] {
            assert_eq!(
                check(&[("host", host)], false),
                Err(Refused::Host),
                "{host}"
            );
        }
        assert_eq!(check(&[], false), Err(Refused::Host));
        let twice = [("host", "127.0.0.1:4180"), ("host", "evil.example")];
        assert_eq!(check(&twice, false), Err(Refused::Host));
        for origin in [
            "null",
            "http://evil.example",
            "https://127.0.0.1:4180",
            "http://127.0.0.1:4181",
            "http://127.0.0.1:4180.evil.example",
        ] {
            for needs_origin in [false, true] {
                let pairs = [("host", "127.0.0.1:4180"), ("origin", origin)];
                assert_eq!(
                    check(&pairs, needs_origin),
                    Err(Refused::Origin),
                    "{origin}"
                );
            }
        }
    }

    #[test]
    fn a_socket_needs_an_origin() {
        let host = [("host", "127.0.0.1:4180")];
        assert_eq!(check(&host, true), Err(Refused::Origin));
    }
}
