//! One browser's WebSocket: text frames to the worker, and back.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::bucket::Bucket;
use super::clock::Clock;
use super::worker::{Request, WAITING};

/// How often a browser is asked whether it is still there: often enough for the address translators on the way, which
/// forget a quiet connection after a minute at the earliest.
const PING: Duration = Duration::from_secs(20);

/// Pings without a sign of life after which it has gone.
const MISSED_PINGS: u32 = 3;

/// Serves one WebSocket until either side ends it.
///
/// A browser that says more than `messages` allows isn't listened to for as long as that takes; its own queue fills.
pub(super) async fn serve(
    mut socket: WebSocket,
    requests: mpsc::Sender<Request>,
    clock: Clock,
    mut messages: Bucket,
) {
    let (outbox, mut answers) = mpsc::channel(WAITING);
    let (reply, opened) = oneshot::channel();
    if requests.send(Request::Open { outbox, reply }).await.is_err() {
        return;
    }
    let Ok(session) = opened.await else { return };
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
                    let text = text.as_str().to_owned();
                    if requests.send(Request::Message { session, text }).await.is_err() {
                        break;
                    }
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => silent = 0,
                // The protocol has no binary messages.
                Some(Ok(Message::Binary(_) | Message::Close(_)) | Err(_)) | None => break,
            },
            message = answers.recv() => {
                let Some(text) = message else { break };
                if socket.send(Message::Text(text.into())).await.is_err() {
                    break;
                }
            }
            _ = pings.tick() => {
                silent += 1;
                if silent > MISSED_PINGS || socket.send(Message::Ping(Vec::new().into())).await.is_err() {
                    break;
                }
            }
        }
    }
    // What the worker has said last still goes out; a peer that has gone makes it fail, which is as well.
    while let Ok(text) = answers.try_recv() {
        if socket.send(Message::Text(text.into())).await.is_err() {
            break;
        }
    }
    let _ = socket.send(Message::Close(None)).await;
    let _ = requests.send(Request::Close { session }).await;
}
