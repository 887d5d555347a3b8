//! Fuzz bodies: one function per parser or state machine that reads what a peer or a user wrote.
//!
//! A body takes any bytes and must neither panic nor hang nor grow. libFuzzer calls them by the targets in
//! `tests/fuzz/`; `tests/tests/fuzz_bodies.rs` calls the same functions in every ordinary test run.

mod av1;
mod conference;
mod data;
mod dependency_descriptor;
mod dtls;
mod flexfec;
mod frame_marking;
mod framing;
mod h264;
mod input;
mod nack;
mod projection;
mod red;
mod room;
mod rtcp;
mod rtp;
mod scenario;
mod sdp;
mod sfu_connected;
mod sfu_port;
mod signalling;
mod srtp;
mod stun;
mod transport_cc;
mod video_layers_allocation;
mod vp8;
mod vp9;

/// What a body is called, and the body.
#[derive(Clone, Copy)]
pub struct Body {
    /// The name of its fuzz target and of its folder of seeds.
    pub name: &'static str,
    /// The function.
    pub run: fn(&[u8]),
    /// How many generated inputs an ordinary test run gives it: fewer where one takes a whole handshake.
    pub cases: u32,
}

/// Every body.
pub static BODIES: [Body; 28] = [
    Body { name: "rtp", run: rtp::run, cases: 4_000 },
    Body { name: "vp8", run: vp8::run, cases: 4_000 },
    Body { name: "vp9", run: vp9::run, cases: 4_000 },
    Body { name: "h264", run: h264::run, cases: 4_000 },
    Body { name: "av1", run: av1::run, cases: 4_000 },
    Body { name: "dependency_descriptor", run: dependency_descriptor::run, cases: 4_000 },
    Body { name: "video_layers_allocation", run: video_layers_allocation::run, cases: 4_000 },
    Body { name: "frame_marking", run: frame_marking::run, cases: 4_000 },
    Body { name: "red", run: red::run, cases: 4_000 },
    Body { name: "flexfec", run: flexfec::run, cases: 4_000 },
    Body { name: "rtcp", run: rtcp::run, cases: 4_000 },
    Body { name: "transport_cc", run: transport_cc::run, cases: 4_000 },
    Body { name: "framing", run: framing::run, cases: 4_000 },
    Body { name: "stun", run: stun::run, cases: 2_000 },
    Body { name: "srtp_gcm", run: srtp::run_gcm, cases: 1_000 },
    Body { name: "srtp_cm", run: srtp::run_counter_mode, cases: 1_000 },
    Body { name: "dtls", run: dtls::run, cases: 100 },
    Body { name: "dcep", run: data::run_dcep, cases: 4_000 },
    Body { name: "envelope", run: data::run_envelope, cases: 4_000 },
    Body { name: "sctp", run: data::run_sctp, cases: 400 },
    Body { name: "signalling", run: signalling::run, cases: 500 },
    Body { name: "sdp", run: sdp::run, cases: 1_000 },
    Body { name: "browser", run: sdp::run_browser, cases: 200 },
    Body { name: "scenario", run: scenario::run, cases: 500 },
    Body { name: "projection", run: projection::run, cases: 2_000 },
    Body { name: "nack", run: nack::run, cases: 2_000 },
    Body { name: "sfu_port", run: sfu_port::run, cases: 300 },
    Body { name: "sfu_connected", run: sfu_connected::run, cases: 60 },
];

/// The body called `name`.
pub fn find(name: &str) -> Option<&'static Body> {
    BODIES.iter().find(|body| body.name == name)
}

/// Runs the body called `name` on `data`: what a libFuzzer target does.
///
/// # Panics
/// When there is no such body, or when it has found a fault.
pub fn run(name: &str, data: &[u8]) {
    (find(name).expect("a fuzz target is named as its body").run)(data);
}
