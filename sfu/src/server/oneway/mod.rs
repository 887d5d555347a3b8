//! One-way publishing and viewing over HTTP: WHIP (RFC 9725), and WHEP (draft-ietf-wish-whep), which is its mirror.
//!
//! A POST with an offer opens a session and brings the answer; PATCH carries ICE restarts; DELETE ends it. To the worker
//! it is a session like a browser's, whose words are said here (see `signalling/browser/PROTOCOL.md`).

mod begin;
mod held;
mod reply;

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{patch, post};
use axum::{Extension, Router};
use tokio::time::timeout;

use self::begin::{Kind, begin};
use self::held::{Held, Sessions};
use self::reply::{ACCEPT_PATCH, Refused, preflight, shared};
use super::bucket::Bucket;
use super::clock::Clock;
use super::config::ServerConfig;
use super::gate::Pass;
use super::http::may_speak;
use super::listen::PATIENCE;
use super::workers::Workers;
use crate::sdp::Fragment;

/// The type of offers and answers (RFC 8866 section 8.1).
const SDP: &str = "application/sdp";

/// The type of fragments (RFC 8840 section 9).
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// The longest body, bytes: Chromium's offer of camera and microphone takes 5,000.
const MAX_BODY: usize = 64 * 1024;

/// What the routes share.
#[derive(Clone)]
pub(super) struct OneWay {
    workers: Workers,
    clock: Clock,
    messages_per_second: u32,
    /// Origins besides our own.
    origins: Arc<[String]>,
    sessions: Sessions,
}

/// The endpoints, and the sessions that they open.
pub(super) fn routes(workers: Workers, clock: Clock, config: &ServerConfig) -> Router {
    let state = OneWay {
        workers,
        clock,
        messages_per_second: config.limits.messages_per_second,
        origins: config.page.origins.as_slice().into(),
        sessions: Sessions::default(),
    };
    let sessions = || patch(change).delete(end).options(preflight_of_session);
    Router::new()
        .route("/whip/{room}", post(publish).options(preflight_of_endpoint))
        .route("/whep/{room}", post(view).options(preflight_of_endpoint))
        .route("/whip/{room}/{session}", sessions())
        .route("/whep/{room}/{session}", sessions())
        .with_state(state)
}

async fn publish(
    state: State<OneWay>,
    room: Path<String>,
    pass: Extension<Arc<Pass>>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    open(Kind::Publish, state, room, pass, (uri, headers, body)).await
}

async fn view(
    state: State<OneWay>,
    room: Path<String>,
    pass: Extension<Arc<Pass>>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    open(Kind::View, state, room, pass, (uri, headers, body)).await
}

async fn open(
    kind: Kind,
    State(state): State<OneWay>,
    Path(room): Path<String>,
    Extension(pass): Extension<Arc<Pass>>,
    (uri, headers, body): (Uri, HeaderMap, Body),
) -> Response {
    let opened = async {
        state.may_speak(&headers)?;
        let offer = text(&headers, SDP, body).await?;
        // It counts for its address for as long as it lasts, which the connection that asked for it needn't.
        let pass = pass.another(state.clock.now()).ok_or(Refused::TOO_MANY)?;
        let (query, token) = (uri.query().unwrap_or_default(), token(&headers));
        let begun = begin(kind, &state.workers, room, query, token, offer).await?;
        let messages = Bucket::new(state.messages_per_second, state.clock.now());
        let (answer, ufrag) = (begun.answer.clone(), begun.ufrag.clone());
        let id = state.sessions.hold(Held::new(begun, pass, messages, state.clock));
        let headers = [
            (header::CONTENT_TYPE, SDP.to_owned()),
            (header::LOCATION, format!("{}/{id}", uri.path().trim_end_matches('/'))),
            (header::ETAG, reply::entity_tag(&ufrag)),
            (ACCEPT_PATCH, FRAGMENT.to_owned()),
        ];
        Ok::<_, Refused>((StatusCode::CREATED, headers, answer).into_response())
    };
    shared(&headers, opened.await.unwrap_or_else(|refused: Refused| refused.into_response()))
}

async fn change(
    State(state): State<OneWay>,
    Path((_, session)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let changed = async {
        state.may_speak(&headers)?;
        let fragment = text(&headers, FRAGMENT, body).await?;
        let Fragment { ice } = Fragment::parse(&fragment).map_err(|error| Refused::sdp(error.to_string()))?;
        // RFC 9725 section 4.3: the tag says which of the session's ICE sessions is meant, "*" begins another.
        let tag = headers.get(header::IF_MATCH).ok_or(Refused::NO_TAG)?;
        let tag = tag.to_str().map_err(|_| Refused::OTHER_TAG)?.to_owned();
        let Some((fragment, ufrag)) = state.sessions.change(&session, tag, ice).await? else {
            return Ok(StatusCode::NO_CONTENT.into_response());
        };
        let headers =
            [(header::CONTENT_TYPE, FRAGMENT.to_owned()), (header::ETAG, reply::entity_tag(&ufrag))];
        Ok::<_, Refused>((StatusCode::OK, headers, fragment).into_response())
    };
    shared(&headers, changed.await.unwrap_or_else(|refused: Refused| refused.into_response()))
}

async fn end(
    State(state): State<OneWay>,
    Path((_, session)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let ended = async {
        state.may_speak(&headers)?;
        state.sessions.end(&session).await
    };
    let response = ended.await.map_or_else(Refused::into_response, |()| StatusCode::OK.into_response());
    shared(&headers, response)
}

async fn preflight_of_endpoint(State(state): State<OneWay>, headers: HeaderMap) -> Response {
    state.preflight(&headers, Method::POST.as_str())
}

async fn preflight_of_session(State(state): State<OneWay>, headers: HeaderMap) -> Response {
    state.preflight(&headers, "PATCH, DELETE")
}

impl OneWay {
    fn preflight(&self, headers: &HeaderMap, methods: &'static str) -> Response {
        let allowed = self.may_speak(headers).map(|()| preflight(methods));
        shared(headers, allowed.unwrap_or_else(Refused::into_response))
    }

    fn may_speak(&self, headers: &HeaderMap) -> Result<(), Refused> {
        if may_speak(headers, &self.origins) { Ok(()) } else { Err(Refused::ORIGIN) }
    }
}

/// What the request is authorized by (RFC 6750 section 2.1).
fn token(headers: &HeaderMap) -> Option<&str> {
    let said = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = said.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The body, which must be text of the type `wanted`.
async fn text(headers: &HeaderMap, wanted: &str, body: Body) -> Result<String, Refused> {
    let said = headers.get(header::CONTENT_TYPE).and_then(|said| said.to_str().ok()).unwrap_or_default();
    let said = said.split(';').next().unwrap_or_default().trim();
    if !said.eq_ignore_ascii_case(wanted) {
        return Err(Refused::wrong_type(wanted));
    }
    let bytes = timeout(PATIENCE, to_bytes(body, MAX_BODY)).await.map_err(|_| Refused::SLOW)?;
    let bytes = bytes.map_err(|_| Refused::TOO_LONG)?;
    String::from_utf8(bytes.into()).map_err(|_| Refused::sdp("it isn't UTF-8".into()))
}
