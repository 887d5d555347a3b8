//! HTTP: the page, its parts, the WebSocket, and the endpoints of WHIP and WHEP.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};

use super::bucket::Bucket;
use super::clock::Clock;
use super::config::ServerConfig;
use super::gate::Pass;
use super::oneway;
use super::session;
use super::workers::Workers;
use crate::signalling::browser::MAX_MESSAGE;

/// What the page may load and do: its own parts only.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; media-src 'self' blob: mediastream:; \
                      frame-ancestors 'none'";

/// What the routes share.
#[derive(Clone)]
struct Shared {
    workers: Workers,
    clock: Clock,
    messages_per_second: u32,
    /// Origins besides our own.
    origins: Arc<[String]>,
}

/// Everything the server says to people over HTTP.
pub(super) fn routes(workers: Workers, clock: Clock, config: &ServerConfig) -> Router {
    let messages_per_second = config.limits.messages_per_second;
    let one_way = oneway::routes(workers.clone(), clock, config);
    let origins = config.page.origins.as_slice().into();
    Router::new()
        .route("/", get(|| part("text/html; charset=utf-8", include_str!("page/index.html"))))
        .route("/page.css", get(|| part("text/css; charset=utf-8", include_str!("page/page.css"))))
        .route("/page.js", get(|| part("text/javascript; charset=utf-8", include_str!("page/page.js"))))
        .route("/call.js", get(|| part("text/javascript; charset=utf-8", include_str!("page/call.js"))))
        .route("/stats.js", get(|| part("text/javascript; charset=utf-8", include_str!("page/stats.js"))))
        .route("/devices.js", get(|| part("text/javascript; charset=utf-8", include_str!("page/devices.js"))))
        .route("/health", get(|| async { "ok\n" }))
        .route("/ws", get(upgrade))
        .with_state(Shared { workers, clock, messages_per_second, origins })
        .merge(one_way)
}

async fn part(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, text).into_response()
}

async fn upgrade(
    upgrade: WebSocketUpgrade,
    State(shared): State<Shared>,
    pass: Extension<Arc<Pass>>,
    headers: HeaderMap,
) -> Response {
    if !may_speak(&headers, &shared.origins) {
        return (StatusCode::FORBIDDEN, "another site's page\n").into_response();
    }
    let Shared { workers, clock, messages_per_second, .. } = shared;
    let messages = Bucket::new(messages_per_second, clock.now());
    upgrade.max_message_size(MAX_MESSAGE).max_frame_size(MAX_MESSAGE).on_upgrade(async move |socket| {
        session::serve(socket, workers, clock, messages).await;
        // It counts for its address until here.
        drop(pass);
    })
}

/// Whether the page that opens a WebSocket is ours, or one that the settings name. Programs that aren't browsers send
/// no origin; a browser always does (RFC 6455 section 10.2).
pub(super) fn may_speak(headers: &HeaderMap, others: &[String]) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let own = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    (own.is_some() && own == host) || others.iter().any(|other| other == origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_page_and_named_ones_may_speak() {
        let rows = [
            (None, true),
            (Some("https://meet.example:8443"), true),
            (Some("http://meet.example:8443"), true),
            (Some("https://other.example"), true),
            (Some("https://meet.example"), false),
            (Some("https://evil.example"), false),
            (Some("null"), false),
            (Some("meet.example:8443"), false),
        ];
        for (origin, allowed) in rows {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "meet.example:8443".parse().expect("a host"));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().expect("an origin"));
            }
            assert_eq!(may_speak(&headers, &["https://other.example".to_owned()]), allowed, "{origin:?}");
        }
    }
}
