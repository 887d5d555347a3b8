use super::*;
use crate::model::{PacketizationMode, Publication, Video, VideoCodec};

fn camera(keys: &str) -> Video {
    let text = with_head(&format!("[participant.bob.publish.cam]\n{keys}\n"));
    let scenario = read(&text, &[]).expect("valid");
    match &scenario.participants["bob"].publish["cam"] {
        Publication::Video(video) => video.clone(),
        Publication::Opus(_) => panic!("a camera"),
    }
}

#[test]
fn codecs_and_their_layers() {
    let simulcast = ["320x180@15 150kbps", "640x360@30 500kbps", "1280x720@30 1700kbps"];
    let spatial = ["320x180@30 150kbps", "640x360@30 350kbps", "1280x720@30 1200kbps"];
    // keys, codec, mode, layers, dependency descriptor
    let rows: [(&str, VideoCodec, &str, &[&str], bool); 8] = [
        ("codec = \"vp8\"", VideoCodec::Vp8, "L1T1", &simulcast, false),
        ("codec = \"vp8\"\ntemporal_layers = 3", VideoCodec::Vp8, "L1T3", &simulcast, false),
        ("codec = \"vp9\"\nscalability = \"L1T2\"", VideoCodec::Vp9, "L1T2", &simulcast, false),
        ("codec = \"vp9\"\nscalability = \"L3T3_KEY\"", VideoCodec::Vp9, "L3T3_KEY", &spatial, false),
        ("codec = \"vp9\"\nencrypted = true", VideoCodec::Vp9, "L1T1", &simulcast, true),
        ("codec = \"av1\"\nscalability = \"L2T1\"", VideoCodec::Av1, "L2T1", &spatial[1..], true),
        ("codec = \"h264\"", VideoCodec::H264(PacketizationMode::NonInterleaved), "L1T1", &simulcast, false),
        (
            "codec = \"h264\"\npacketization_mode = 0\ndependency_descriptor = true",
            VideoCodec::H264(PacketizationMode::SingleNal),
            "L1T1",
            &simulcast,
            true,
        ),
    ];
    for (keys, codec, mode, layers, described) in rows {
        let video = camera(keys);
        let found: Vec<String> = video.layers.iter().map(ToString::to_string).collect();
        assert_eq!((video.codec, video.scalability.name().as_str()), (codec, mode), "{keys}");
        assert_eq!(
            (found, video.is_described()),
            (layers.iter().map(ToString::to_string).collect(), described)
        );
        assert_eq!(video.is_simulcast(), layers.len() == 3 && !mode.starts_with("L3"), "{keys}");
    }
}

#[test]
fn the_effective_scenario_names_the_packetization_mode() {
    for mode in [0, 1] {
        let keys = format!("codec = \"h264\"\npacketization_mode = {mode}");
        let text = with_head(&format!("[participant.bob.publish.cam]\n{keys}\n"));
        let json = read(&text, &[]).expect("valid").to_json();
        let found = json.pointer("/participant/bob/publish/cam/packetization_mode").map(ToString::to_string);
        assert_eq!(found, Some(mode.to_string()));
    }
}
