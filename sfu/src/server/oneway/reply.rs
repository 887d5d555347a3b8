//! What is said over HTTP when it isn't an answer.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::server::access::Denied;

/// What a session takes by PATCH (RFC 5789 section 3.1).
pub(super) const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// What an endpoint takes by POST (RFC 9725 section 4.7).
const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");

/// When who found no room may ask again, seconds.
const RETRY: &str = "10";

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    why: String,
}

macro_rules! refusals {
    ($($name:ident = $status:ident, $why:literal;)*) => {
        $(pub(super) const $name: Refused = Refused { status: StatusCode::$status, why: String::new() };)*

        fn words(&self) -> &str {
            // A constant holds no text of its own.
            $(if *self == Refused::$name { return $why; })*
            &self.why
        }
    };
}

impl Refused {
    refusals! {
        ORIGIN = FORBIDDEN, "another site's page";
        NO_TAG = PRECONDITION_REQUIRED, "If-Match says which ICE session is meant; * restarts it";
        OTHER_TAG = PRECONDITION_FAILED, "that ICE session has been replaced";
        NO_SESSION = NOT_FOUND, "there is no such session";
        SLOW = REQUEST_TIMEOUT, "the body was too long in coming";
        TOO_LONG = PAYLOAD_TOO_LARGE, "the body is too long";
        TOO_MANY = TOO_MANY_REQUESTS, "too many, or too often";
        FULL = SERVICE_UNAVAILABLE, "the server is full";
    }

    /// A description that can't be used.
    pub(super) fn sdp(why: String) -> Self {
        Refused { status: StatusCode::UNPROCESSABLE_ENTITY, why }
    }

    /// A body of another type than `wanted`.
    pub(super) fn wrong_type(wanted: &str) -> Self {
        Refused { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, why: format!("{wanted} is wanted") }
    }

    /// Whoever asks may not enter.
    pub(super) fn denied(denied: Denied) -> Self {
        let status = if denied.unauthorized { StatusCode::UNAUTHORIZED } else { StatusCode::FORBIDDEN };
        Refused { status, why: denied.why.to_owned() }
    }

    /// What the worker refused, by the code of its error.
    pub(super) fn by_worker(code: &str, why: String) -> Self {
        let status = match code {
            "sdp" | "invalid" => StatusCode::UNPROCESSABLE_ENTITY,
            "too_long" => StatusCode::PAYLOAD_TOO_LARGE,
            "forbidden" => StatusCode::FORBIDDEN,
            "full" | "draining" => StatusCode::SERVICE_UNAVAILABLE,
            // Another moment may bring it (draft-ietf-wish-whep section 4.2).
            "nothing_to_see" => StatusCode::CONFLICT,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Refused { status, why }
    }

    pub(super) fn into_response(self) -> Response {
        let mut response = (self.status, format!("{}\n", self.words())).into_response();
        let later = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::CONFLICT, StatusCode::TOO_MANY_REQUESTS];
        if later.contains(&self.status) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The tag of the ICE session that has our user name fragment `ufrag`.
pub(super) fn entity_tag(ufrag: &str) -> String {
    format!("\"{ufrag}\"")
}

/// The answer to whoever asks what may be asked.
pub(super) fn preflight(methods: &'static str) -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, methods),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, if-match"),
        (ACCEPT_POST, super::SDP),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// The response with what lets a page of another origin read it; which origins may, was asked before.
pub(super) fn shared(request: &HeaderMap, mut response: Response) -> Response {
    let refused = response.status() == StatusCode::FORBIDDEN;
    if let Some(origin) = request.get(header::ORIGIN).filter(|_| !refused) {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
        let readable = HeaderValue::from_static("location, etag, accept-patch, retry-after");
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, readable);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_status_and_its_words() {
        let rows = [
            (Refused::NO_TAG, 428),
            (Refused::OTHER_TAG, 412),
            (Refused::TOO_MANY, 429),
            (Refused::FULL, 503),
            (Refused::by_worker("nothing_to_see", "nobody".into()), 409),
            (Refused::by_worker("draining", "no more".into()), 503),
            (Refused::by_worker("sdp", "no ice-ufrag".into()), 422),
            (Refused::wrong_type("application/sdp"), 415),
        ];
        for (refused, status) in rows {
            assert!(!refused.words().is_empty(), "{status}");
            let response = refused.into_response();
            assert_eq!(response.status().as_u16(), status);
            let later = response.headers().contains_key(header::RETRY_AFTER);
            assert_eq!(later, [409, 429, 503].contains(&status), "{status}");
        }
    }
}
