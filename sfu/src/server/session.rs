//! One browser's WebSocket: text frames to the worker that its room is on, and back.

use std::borrow::Cow;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use serde::Deserialize;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::bucket::Bucket;
use super::clock::Clock;
use super::requests::Entry;
use super::workers::{Line, Workers};
use crate::signalling::ServerMessage;

/// How often a browser is asked whether it is still there: often enough for the address translators on the way, which
/// forget a quiet connection after a minute at the earliest.
const PING: Duration = Duration::from_secs(20);

/// Pings without a sign of life after which it has gone.
const MISSED_PINGS: u32 = 3;

/// Serves one WebSocket until either side ends it.
///
/// A browser that says more than `messages` allows isn't listened to for as long as that takes; its own queue fills.
pub(super) async fn serve(mut socket: WebSocket, workers: Workers, clock: Clock, messages: Bucket) {
    // Until it joins a room, any worker will do.
    let Some(mut line) = workers.open(workers.directory.idlest()).await else { return };
    // Either side's end ends it: why doesn't matter.
    let _ = converse(&mut socket, &mut line, &workers, clock, messages).await;
    say_rest(&mut socket, &mut line).await;
    let _ = socket.send(Message::Close(None)).await;
    line.close().await;
}

async fn converse(
    socket: &mut WebSocket,
    line: &mut Line,
    workers: &Workers,
    clock: Clock,
    mut messages: Bucket,
) -> Option<()> {
    let mut pings = interval(PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut silent = 0;
    loop {
        let wait = messages.wait(clock.now());
        tokio::select! {
            () = sleep(wait), if !wait.is_zero() => {}
            received = socket.recv(), if wait.is_zero() => match received {
                Some(Ok(Message::Text(text))) => {
                    silent = 0;
                    messages.take(clock.now());
                    pass_on(text.as_str(), socket, line, workers).await?;
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => silent = 0,
                // The protocol has no binary messages.
                Some(Ok(Message::Binary(_) | Message::Close(_)) | Err(_)) | None => return None,
            },
            message = line.answers.recv() => socket.send(Message::Text(message?.into())).await.ok()?,
            _ = pings.tick() => {
                silent += 1;
                if silent > MISSED_PINGS {
                    return None;
                }
                socket.send(Message::Ping(Vec::new().into())).await.ok()?;
            }
        }
    }
}

/// Hands a message to the worker whose it is.
async fn pass_on(text: &str, socket: &mut WebSocket, line: &mut Line, workers: &Workers) -> Option<()> {
    let Some(Joining { room, token }) = joining(text).filter(|_| !line.is_inside()) else {
        return line.say(text.to_owned(), None).await;
    };
    let grant = match workers.access.grant(token.as_deref(), &room) {
        Ok(grant) => grant,
        Err(denied) => return refuse(socket, "token", denied.why).await,
    };
    let Some(seat) = workers.directory.seat(&room) else {
        return refuse(socket, "full", "the server is full").await;
    };
    if seat.worker != line.worker {
        say_rest(socket, line).await;
        let new = workers.open(seat.worker).await?;
        std::mem::replace(line, new).close().await;
    }
    line.say(text.to_owned(), Some(Entry { seat, grant })).await
}

/// What the worker has said and the browser wasn't told yet; one that has gone makes it fail, which is as well.
async fn say_rest(socket: &mut WebSocket, line: &mut Line) {
    while let Ok(text) = line.answers.try_recv() {
        if socket.send(Message::Text(text.into())).await.is_err() {
            break;
        }
    }
}

async fn refuse(socket: &mut WebSocket, code: &str, why: &str) -> Option<()> {
    let refusal = ServerMessage::Error { code: code.into(), message: why.into() };
    let text = serde_json::to_string(&refusal).expect("messages have string keys and no failing serializer");
    socket.send(Message::Text(text.into())).await.ok()
}

/// What a message joins, and by what right.
struct Joining<'a> {
    room: Cow<'a, str>,
    token: Option<Cow<'a, str>>,
}

/// Looks whether a message joins. The worker reads it anew, and says what is wrong with it.
fn joining(text: &str) -> Option<Joining<'_>> {
    #[derive(Deserialize)]
    struct Peek<'a> {
        #[serde(borrow, rename = "type")]
        kind: Cow<'a, str>,
        #[serde(borrow, default)]
        conference: Option<Cow<'a, str>>,
        #[serde(borrow, default)]
        token: Option<Cow<'a, str>>,
    }
    let peek: Peek<'_> = serde_json::from_str(text).ok()?;
    let joins = peek.kind == "join" || peek.kind == "view";
    let room = peek.conference.filter(|_| joins)?;
    Some(Joining { room, token: peek.token })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_joins_names_a_room() {
        let rows = [
            (r#"{"type":"join","version":1,"conference":"den","name":"ann"}"#, Some("den")),
            (r#"{"conference":"d\u0065n","type":"jo\u0069n"}"#, Some("den")),
            (r#"{"type":"view","conference":"den"}"#, Some("den")),
            (r#"{"type":"leave","conference":"den"}"#, None),
            (r#"{"type":"join"}"#, None),
            (r#"{"type":"join","conference":7}"#, None),
            (r#"{"type":"join","conference":"den","type":"leave"}"#, None),
            ("join den", None),
        ];
        for (text, room) in rows {
            assert_eq!(joining(text).map(|joining| joining.room).as_deref(), room, "{text}");
        }
    }
}
