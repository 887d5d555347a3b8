//! Other stacks at the real server, by WHIP and WHEP over real sockets: each publishes, and each watches.
//!
//! They are str0m, webrtc-rs and aiortc; Chromium is in `tests/browsers`. For aiortc the variable `AIORTC_PYTHON` names a
//! Python that has it: without one its tests fail. `tests/run` installs it.

#![expect(clippy::disallowed_methods, reason = "a server lives in real time")]

mod aiortc;
mod client;
#[path = "../tests/other_stacks/frames.rs"]
mod frames;
#[path = "../server/process.rs"]
#[expect(dead_code, reason = "shared with the tests of the server")]
mod process;
mod rtc_client;
mod rtc_settings;
mod str0m_client;

use std::time::{Duration, Instant};

use aiortc::Aiortc;
use client::{Client, Resource, drive};
use process::Server;
use rtc_client::RtcClient;
use sfu::participant::Codec;
use str0m_client::Str0mClient;

/// How long a call may take to stand on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Frames that a viewer is to get.
const FRAMES: usize = 60;

/// Between two frames.
const FRAME: Duration = Duration::from_millis(33);

type Make = fn(publishes: bool) -> Box<dyn Client>;

const STACKS: [(&str, Make); 2] = [
    ("str0m", |publishes| Box::new(Str0mClient::new(publishes))),
    ("webrtc-rs", |publishes| Box::new(RtcClient::new(publishes))),
];

/// Publishes and watches until the viewer has enough of both kinds; the frames sent and received, as bytes.
fn call(server: &Server, room: &str, publisher: Make, viewer: Make) -> (Vec<Vec<u8>>, Box<dyn Client>) {
    let mut publisher = publisher(true);
    let publishing = Resource::open(server, &format!("/whip/{room}"), &mut *publisher);
    drive(&mut [&mut *publisher], PATIENCE, |clients| clients[0].is_connected());
    let mut viewer = viewer(false);
    let watching = Resource::open(server, &format!("/whep/{room}"), &mut *viewer);
    let (mut sent, mut index) = (Vec::new(), 0);
    let mut due = Instant::now();
    drive(&mut [&mut *publisher, &mut *viewer], PATIENCE, |clients| {
        if Instant::now() >= due {
            due += FRAME;
            // A key frame now and then, as for those who ask.
            let picture = frames::frame(Codec::Vp8, 1, index, index % 30 == 0);
            let sound = frames::frame(Codec::Opus, 2, index, false);
            clients[0].send(Codec::Vp8, &picture);
            clients[0].send(Codec::Opus, &sound);
            sent.push(picture.bytes);
            index += 1;
        }
        clients[1].frames(Codec::Vp8).len() >= FRAMES && clients[1].frames(Codec::Opus).len() >= FRAMES
    });
    assert_eq!(watching.delete(server), 200);
    assert_eq!(publishing.delete(server), 200);
    (sent, viewer)
}

#[test]
fn what_one_stack_publishes_another_receives_byte_for_byte() {
    let server = Server::start(&[]);
    for (from, publisher) in STACKS {
        for (to, viewer) in STACKS {
            let (sent, viewer) = call(&server, "den", publisher, viewer);
            let received = viewer.frames(Codec::Vp8);
            let first = sent.iter().position(|frame| *frame == received[0]);
            let first = first.unwrap_or_else(|| panic!("{from} to {to}: a frame that nobody sent"));
            assert_eq!(first % 30, 0, "{from} to {to}: it begins with a key frame");
            for (n, frame) in received.iter().enumerate() {
                assert!(sent[first + n] == *frame, "{from} to {to}: frame {n} of {}", received.len());
            }
        }
    }
    assert_eq!(server.metric("participants"), 0, "all have left");
}

#[test]
fn aiortc_decodes_what_aiortc_encodes_and_others_receive_it() {
    let server = Server::start(&[]);
    let publisher = Aiortc::start(&server, "publish", "/whip/den");
    publisher.until(PATIENCE, |said| said["connected"] == true);
    let viewer = Aiortc::start(&server, "view", "/whep/den");
    let seen = viewer.until(PATIENCE, |said| {
        said["frames"].as_u64() >= Some(30) && said["samples"].as_u64() >= Some(48_000)
    });
    // The picture is of one colour, and the tone has energy.
    assert_eq!(seen["colour"], "green", "{seen}");
    assert!(seen["loudness"].as_f64() > Some(1_000.0), "{seen}");
    for (name, make) in STACKS {
        let mut other = make(false);
        let watching = Resource::open(&server, "/whep/den", &mut *other);
        drive(&mut [&mut *other], PATIENCE, |clients| clients[0].frames(Codec::Vp8).len() >= 20);
        // P, the lowest bit of a VP8 frame's header, is 0 in key frames (RFC 6386 section 9.1).
        assert_eq!(other.frames(Codec::Vp8)[0][0] & 1, 0, "{name} begins with a key frame");
        assert_eq!(watching.delete(&server), 200);
    }
    viewer.stop();
    publisher.stop();
    let end = Instant::now() + PATIENCE;
    while server.metric("participants") > 0 {
        assert!(Instant::now() < end, "DELETE has ended them");
        std::thread::sleep(Duration::from_millis(50));
    }
}
