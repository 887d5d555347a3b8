//! For whoever runs the server: metrics, state and commands, on an address of their own.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get, post};
use tokio::sync::{mpsc, oneshot};

use super::worker::{Question, Request};

#[derive(Clone)]
struct Desk {
    requests: mpsc::Sender<Request>,
    token: Option<Arc<str>>,
}

/// Everything that is said here.
pub(super) fn routes(requests: mpsc::Sender<Request>, token: Option<&str>) -> Router {
    let desk = Desk { requests, token: token.map(Arc::from) };
    let metrics = async |State(desk): State<Desk>| {
        desk.answer(Question::Metrics, "text/plain; version=0.0.4; charset=utf-8").await
    };
    Router::new()
        .route("/health", get(|| async { "ok\n" }))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .route("/state", get(async |State(desk): State<Desk>| desk.answer(Question::State, JSON).await))
        .route("/rooms", get(rooms))
        .route("/rooms/{room}", delete(close))
        .route("/participants/{participant}", delete(remove))
        .route("/drain", post(drain))
        .with_state(desk)
}

const JSON: &str = "application/json";

impl Desk {
    async fn ask(&self, question: Question) -> Option<String> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::Ask { question, reply }).await.ok()?;
        answer.await.ok()
    }

    async fn answer(&self, question: Question, kind: &'static str) -> Response {
        match self.ask(question).await {
            Some(text) => ([(header::CONTENT_TYPE, kind)], text).into_response(),
            None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }

    /// Whether a command comes from somebody who may give it.
    fn allows(&self, headers: &HeaderMap) -> Result<(), (StatusCode, &'static str)> {
        let Some(token) = &self.token else {
            return Err((StatusCode::FORBIDDEN, "commands need [admin] token\n"));
        };
        let said = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let said = said.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        // In a time that doesn't tell how much of it was right.
        if aws_lc_rs::constant_time::verify_slices_are_equal(said.as_bytes(), token.as_bytes()).is_err() {
            return Err((StatusCode::UNAUTHORIZED, "wrong token\n"));
        }
        Ok(())
    }

    async fn command(&self, headers: &HeaderMap, question: Question) -> Response {
        if let Err(refusal) = self.allows(headers) {
            return refusal.into_response();
        }
        match self.ask(question).await {
            Some(done) if done == "0" => (StatusCode::NOT_FOUND, "there is none\n").into_response(),
            Some(_) => StatusCode::NO_CONTENT.into_response(),
            None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }
}

async fn ready(State(desk): State<Desk>) -> Response {
    match desk.ask(Question::Ready).await.as_deref() {
        Some("1") => "ready\n".into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response(),
    }
}

/// Names of rooms tell who meets whom: they are for who may give commands.
async fn rooms(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    match desk.allows(&headers) {
        Ok(()) => desk.answer(Question::Rooms, JSON).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn close(State(desk): State<Desk>, Path(room): Path<String>, headers: HeaderMap) -> Response {
    desk.command(&headers, Question::Close { room }).await
}

async fn remove(State(desk): State<Desk>, Path(participant): Path<String>, headers: HeaderMap) -> Response {
    desk.command(&headers, Question::Remove { participant }).await
}

async fn drain(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    desk.command(&headers, Question::Drain).await
}
