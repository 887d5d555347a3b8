//! A small cast for tests.

use crate::observation::*;

pub(crate) const ALICE: ParticipantIndex = ParticipantIndex(0);
pub(crate) const BOB: ParticipantIndex = ParticipantIndex(1);
pub(crate) const CAM: SourceIndex = SourceIndex(0);
pub(crate) const MIC: SourceIndex = SourceIndex(1);
/// Alice's camera at Bob's.
pub(crate) const VIDEO: Flow = Flow { receiver: BOB, publisher: ALICE, source: CAM };
/// Alice's microphone at Bob's.
pub(crate) const AUDIO: Flow = Flow { receiver: BOB, publisher: ALICE, source: MIC };
pub(crate) const UP: LinkIndex = LinkIndex(0);
pub(crate) const DOWN: LinkIndex = LinkIndex(1);
pub(crate) const BACKBONE: LinkIndex = LinkIndex(2);

/// Alice and Bob with camera (two encodings) and microphone each; Alice's uplink, Bob's downlink and a
/// shared backbone.
pub(crate) fn cast() -> Cast {
    let member = |name: &str| CastMember { name: name.to_owned(), sources: vec![camera(), microphone()] };
    let link = |name: &str, owner, direction| LinkInfo {
        name: name.to_owned(),
        definition: name.split('@').next().unwrap_or(name).to_owned(),
        owner,
        direction,
        leads_to_sfu: true,
    };
    Cast {
        participants: vec![member("alice"), member("bob")],
        links: vec![
            link("home-up@alice", Some(ALICE), Direction::Up),
            link("home-down@bob", Some(BOB), Direction::Down),
            link("backbone", None, Direction::Down),
        ],
        // Both are called over the backbone, and each has one link of its own.
        paths: vec![[vec![UP], vec![BACKBONE]], [vec![], vec![BACKBONE, DOWN]]],
        traffic: Vec::new(),
    }
}

fn camera() -> SourceInfo {
    let layer = |width, height, bps| LayerInfo { width, height, fps: 20, bps };
    SourceInfo {
        name: "cam".to_owned(),
        layers: vec![layer(320, 180, 150_000), layer(640, 360, 500_000)],
        stacked: false,
        kind: MediaKind::Video,
    }
}

fn microphone() -> SourceInfo {
    SourceInfo { name: "mic".to_owned(), layers: Vec::new(), stacked: false, kind: MediaKind::Audio }
}
