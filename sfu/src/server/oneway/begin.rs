//! How a session begins: an offer goes to the worker that the room is on, and an answer comes back.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::timeout;

use super::reply::Refused;
use crate::participant::StreamDescription;
use crate::server::requests::Entry;
use crate::server::workers::{Line, Workers};
use crate::signalling::browser::messages::{BrowserRequest, VERSION};

/// How long a worker may take to answer; it takes a millisecond.
const ANSWER: Duration = Duration::from_secs(5);

/// Which way media goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// WHIP.
    Publish,
    /// WHEP.
    View,
}

/// A session that the worker has opened.
pub(super) struct Begun {
    pub(super) line: Line,
    pub(super) answer: String,
    /// Our ICE user name fragment.
    pub(super) ufrag: String,
    /// Those whom a viewer watches.
    pub(super) publishers: Vec<String>,
}

/// What the worker may say to it.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    Joined {
        answer: String,
        ufrag: String,
    },
    Viewing {
        answer: String,
        ufrag: String,
        streams: Vec<StreamDescription>,
    },
    Error {
        code: String,
        message: String,
    },
    #[serde(other)]
    Else,
}

/// Opens a session in `room` with what the request's `query` says of it.
pub(super) async fn begin(
    kind: Kind,
    workers: &Workers,
    room: String,
    query: &str,
    token: Option<&str>,
    offer: String,
) -> Result<Begun, Refused> {
    let grant = workers.access.grant(token, &room).map_err(Refused::denied)?;
    let seat = workers.directory.seat(&room).ok_or(Refused::FULL)?;
    let mut line = workers.open(seat.worker).await.ok_or(Refused::FULL)?;
    let request = request(kind, room, query, offer);
    let text = serde_json::to_string(&request).expect("messages have string keys and no failing serializer");
    line.say(text, Some(Entry { seat, grant })).await.ok_or(Refused::FULL)?;
    let said = timeout(ANSWER, answer(&mut line)).await.ok().flatten();
    match said {
        Some(Said::Joined { answer, ufrag }) => Ok(Begun { line, answer, ufrag, publishers: Vec::new() }),
        Some(Said::Viewing { answer, ufrag, streams }) => {
            let publishers = streams.into_iter().map(|stream| stream.publisher).collect();
            Ok(Begun { line, answer, ufrag, publishers })
        }
        Some(Said::Error { code, message }) => {
            line.close().await;
            Err(Refused::by_worker(&code, message))
        }
        Some(Said::Else) | None => {
            line.close().await;
            Err(Refused::FULL)
        }
    }
}

async fn answer(line: &mut Line) -> Option<Said> {
    loop {
        match serde_json::from_str(&line.answers.recv().await?) {
            Ok(Said::Else) | Err(_) => {}
            Ok(said) => return Some(said),
        }
    }
}

fn request(kind: Kind, conference: String, query: &str, offer: String) -> BrowserRequest {
    let version = VERSION;
    let name = value(query, "name").unwrap_or_default();
    match kind {
        Kind::Publish => {
            let (sources, resume, token) = (Vec::new(), None, None);
            BrowserRequest::Join { version, conference, name, offer, sources, resume, token }
        }
        Kind::View => {
            let publisher = value(query, "publisher");
            BrowserRequest::View { version, conference, name, offer, publisher, token: None }
        }
    }
}

/// One of the `name=value` pairs of a query, with what is percent-encoded in it read; one that isn't text is none.
fn value(query: &str, name: &str) -> Option<String> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(own, _)| *own == name)?;
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?].map(|digit| char::from(digit).to_digit(16));
                let [Some(high), Some(low)] = digits else { return None };
                u8::try_from(high * 16 + low).ok()?
            }
            _ => byte,
        });
    }
    String::from_utf8(bytes).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_names_who_publishes_and_whom_to_watch() {
        let rows = [
            ("name=Ann", Some("Ann")),
            ("x=1&name=Ann+%C3%A9", Some("Ann é")),
            ("names=Ann", None),
            ("name=", None),
            ("name=%", None),
            ("name=%4", None),
            ("name=%4g", None),
            ("name=%+1", None),
            ("name=%ff", None),
            ("", None),
        ];
        for (query, name) in rows {
            assert_eq!(value(query, "name").as_deref(), name, "{query}");
        }
    }
}
