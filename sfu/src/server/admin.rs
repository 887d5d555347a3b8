//! For whoever runs the server: metrics, state and commands, on an address of their own.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get, post};
use serde_json::Value;

use super::gate::Gate;
use super::metrics::{self, Page};
use super::requests::{Answer, Question};
use super::workers::Workers;

#[derive(Clone)]
struct Desk {
    workers: Workers,
    gate: Gate,
    token: Option<Arc<str>>,
}

/// Everything that is said here.
pub(super) fn routes(workers: Workers, gate: Gate, token: Option<&str>) -> Router {
    let desk = Desk { workers, gate, token: token.map(Arc::from) };
    Router::new()
        .route("/health", get(|| async { "ok\n" }))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .route("/state", get(state))
        .route("/rooms", get(rooms))
        .route("/rooms/{room}", delete(close))
        .route("/rooms/{room}/participants/{participant}", delete(remove))
        .route("/drain", post(drain))
        .with_state(desk)
}

impl Desk {
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

    /// A command about a room, for the worker that it is on.
    async fn command(&self, headers: &HeaderMap, room: &str, question: Question) -> Response {
        if let Err(refusal) = self.allows(headers) {
            return refusal.into_response();
        }
        let Some(worker) = self.workers.directory.worker_of(room) else {
            return (StatusCode::NOT_FOUND, "there is none\n").into_response();
        };
        match self.workers.ask(worker, question).await {
            Some(Answer::Done(0)) => (StatusCode::NOT_FOUND, "there is none\n").into_response(),
            Some(_) => StatusCode::NO_CONTENT.into_response(),
            None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }

    /// What each worker says of itself.
    async fn json(&self, question: Question) -> impl Iterator<Item = Value> + use<> {
        self.workers.ask_all(question).await.into_iter().filter_map(|answer| match answer {
            Answer::Json(value) => Some(value),
            Answer::Page(_) | Answer::Done(_) => None,
        })
    }
}

fn json(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

async fn ready(State(desk): State<Desk>) -> Response {
    if desk.workers.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response();
    }
    "ready\n".into_response()
}

async fn metrics(State(desk): State<Desk>) -> Response {
    let mut sum = Page::default();
    for answer in desk.workers.ask_all(Question::Metrics).await {
        if let Answer::Page(page) = answer {
            sum.add(page);
        }
    }
    let rest = metrics::of_server(desk.gate.counts(), desk.workers.is_draining(), &desk.workers.busy());
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], sum.text(&rest)).into_response()
}

async fn state(State(desk): State<Desk>) -> Response {
    let workers: Vec<Value> = desk.json(Question::State).await.collect();
    json(&serde_json::json!({ "workers": workers }))
}

/// Names of rooms tell who meets whom: they are for who may give commands.
async fn rooms(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    if let Err(refusal) = desk.allows(&headers) {
        return refusal.into_response();
    }
    let lists = desk.json(Question::Rooms).await;
    json(&lists.flat_map(|list| list.as_array().cloned().unwrap_or_default()).collect())
}

async fn close(State(desk): State<Desk>, Path(room): Path<String>, headers: HeaderMap) -> Response {
    desk.command(&headers, &room, Question::Close { room: room.clone() }).await
}

async fn remove(
    State(desk): State<Desk>,
    Path((room, participant)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    desk.command(&headers, &room, Question::Remove { room: room.clone(), participant }).await
}

async fn drain(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    match desk.allows(&headers) {
        Ok(()) => {
            desk.workers.drain().await;
            StatusCode::NO_CONTENT.into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}
