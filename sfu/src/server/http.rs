//! HTTP: the page, its parts, and the WebSocket.

use axum::Router;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::mpsc;

use super::session;
use super::worker::Request;
use crate::signalling::browser::MAX_MESSAGE;

/// What the page may load and do: its own parts only.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; media-src 'self' blob: mediastream:; \
                      frame-ancestors 'none'";

/// Everything the server says over HTTP.
pub(super) fn routes(requests: mpsc::Sender<Request>) -> Router {
    Router::new()
        .route("/", get(|| part("text/html; charset=utf-8", include_str!("page/index.html"))))
        .route("/page.css", get(|| part("text/css; charset=utf-8", include_str!("page/page.css"))))
        .route("/page.js", get(|| part("text/javascript; charset=utf-8", include_str!("page/page.js"))))
        .route("/call.js", get(|| part("text/javascript; charset=utf-8", include_str!("page/call.js"))))
        .route("/health", get(|| async { "ok\n" }))
        .route("/ws", get(upgrade))
        .with_state(requests)
}

async fn part(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}

async fn upgrade(upgrade: WebSocketUpgrade, State(requests): State<mpsc::Sender<Request>>) -> Response {
    upgrade
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .on_upgrade(move |socket| session::serve(socket, requests))
}
