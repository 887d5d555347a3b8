//! One browser's WebSocket: text frames to the worker that its room is on, and back.

use std::borrow::Cow;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use serde::Deserialize;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::bucket::Bucket;
use super::clock::Clock;
use super::directory::Seat;
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
    let room = room_to_join(text).filter(|_| !line.is_inside());
    let seat = match room {
        None => None,
        Some(room) => match workers.directory.seat(&room) {
            Some(seat) => Some(seat),
            None => return say_full(socket).await,
        },
    };
    if let Some(Seat { worker, .. }) = seat
        && worker != line.worker
    {
        say_rest(socket, line).await;
        let new = workers.open(worker).await?;
        std::mem::replace(line, new).close().await;
    }
    line.say(text.to_owned(), seat).await
}

/// What the worker has said and the browser wasn't told yet; one that has gone makes it fail, which is as well.
async fn say_rest(socket: &mut WebSocket, line: &mut Line) {
    while let Ok(text) = line.answers.try_recv() {
        if socket.send(Message::Text(text.into())).await.is_err() {
            break;
        }
    }
}

async fn say_full(socket: &mut WebSocket) -> Option<()> {
    let refusal = ServerMessage::Error { code: "full".into(), message: "the server is full".into() };
    let text = serde_json::to_string(&refusal).expect("messages have string keys and no failing serializer");
    socket.send(Message::Text(text.into())).await.ok()
}

/// The room that a message joins, if it is one that joins. The worker reads it anew, and says what is wrong with it.
fn room_to_join(text: &str) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Peek<'a> {
        #[serde(borrow, rename = "type")]
        kind: Cow<'a, str>,
        #[serde(borrow, default)]
        conference: Option<Cow<'a, str>>,
    }
    let peek: Peek<'_> = serde_json::from_str(text).ok()?;
    peek.conference.filter(|_| peek.kind == "join")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_join_names_a_room() {
        let rows = [
            (r#"{"type":"join","version":1,"conference":"den","name":"ann"}"#, Some("den")),
            (r#"{"conference":"d\u0065n","type":"jo\u0069n"}"#, Some("den")),
            (r#"{"type":"leave","conference":"den"}"#, None),
            (r#"{"type":"join"}"#, None),
            (r#"{"type":"join","conference":7}"#, None),
            (r#"{"type":"join","conference":"den","type":"leave"}"#, None),
            ("join den", None),
        ];
        for (text, room) in rows {
            assert_eq!(room_to_join(text).as_deref(), room, "{text}");
        }
    }
}
