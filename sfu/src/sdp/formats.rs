//! Payload types by codec, out of `a=rtpmap` and `a=fmtp`.

use super::parse::Section;
use crate::codec::{Codec, MediaKind};
use crate::participant::{PayloadTypes, VideoFormat};

/// A codec that a peer offers, with what has to be said of it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// Which.
    pub codec: Codec,
    /// Its payload type.
    pub payload_type: u8,
    /// That of its companion: retransmissions for video (RFC 4588), redundancy for Opus (RFC 2198).
    pub companion: Option<u8>,
    /// The value of its `a=fmtp`, without the payload type; empty for none.
    pub parameters: String,
}

/// The codecs that one section or one peer offers, the most wanted first, one of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Formats(Vec<Format>);

/// One payload type of a section.
struct Mapped<'a> {
    payload_type: u8,
    encoding: &'a str,
    parameters: &'a str,
}

impl Formats {
    /// Those of a section that the core forwards, in the order of its `m=` line.
    pub fn of(section: &Section<'_>) -> Self {
        let mapped = mapped(section);
        let mut formats = Formats::default();
        for own in &mapped {
            let Some(codec) = codec(own) else { continue };
            let parameter = match codec.kind() {
                MediaKind::Audio => format!("{0}/{0}", own.payload_type),
                MediaKind::Video => format!("apt={}", own.payload_type),
            };
            let wanted = if codec.kind() == MediaKind::Audio { "red/48000/2" } else { "rtx/90000" };
            let companion = mapped.iter().find(|other| {
                other.encoding.eq_ignore_ascii_case(wanted)
                    && other.parameters.split(';').any(|own| own.trim() == parameter)
            });
            let format = Format {
                codec,
                payload_type: own.payload_type,
                companion: companion.map(|other| other.payload_type),
                parameters: own.parameters.to_owned(),
            };
            formats.add(format);
        }
        formats
    }

    /// Adds a codec unless it is there already, but for H.264, where the profile that everybody decodes is better.
    fn add(&mut self, format: Format) {
        let is_baseline = |format: &Format| {
            parameter(&format.parameters, "profile-level-id").is_none_or(|level| {
                level.get(..4).is_some_and(|profile| profile.eq_ignore_ascii_case("42e0"))
            })
        };
        match self.0.iter_mut().find(|known| known.codec == format.codec) {
            Some(known) if format.codec.is_h264() && !is_baseline(known) && is_baseline(&format) => {
                *known = format;
            }
            Some(_) => {}
            None => self.0.push(format),
        }
    }

    /// Takes over what another section offers besides. A payload type stands for one codec throughout a bundle
    /// (RFC 9143 section 9.1): one that says otherwise is passed over.
    pub fn join(&mut self, other: &Formats) {
        for format in &other.0 {
            let new = |own: &Format| {
                own.codec != format.codec && own.types().all(|t| format.types().all(|o| o != t))
            };
            if self.0.iter().all(new) {
                self.0.push(format.clone());
            }
        }
    }

    /// All of them, the most wanted first.
    pub fn iter(&self) -> impl Iterator<Item = &Format> {
        self.0.iter()
    }

    /// That of `codec`.
    pub fn get(&self, codec: Codec) -> Option<&Format> {
        self.0.iter().find(|format| format.codec == codec)
    }

    /// As the core takes them. Without Opus, which the core can't do without, the highest number that is free
    /// stands for it: nothing will have it.
    pub fn payload_types(&self) -> PayloadTypes {
        let taken =
            |payload_type: &u8| self.0.iter().any(|format| format.types().any(|own| own == *payload_type));
        let opus = self.get(Codec::Opus);
        let number = opus.map(|format| format.payload_type);
        let free = || (96..=127).rev().find(|payload_type| !taken(payload_type)).unwrap_or(127);
        let video = |codec| {
            let format = self.get(codec)?;
            Some(VideoFormat { payload_type: format.payload_type, rtx: format.companion })
        };
        PayloadTypes {
            opus_red: opus.and_then(|format| format.companion),
            vp8: video(Codec::Vp8),
            vp9: video(Codec::Vp9),
            av1: video(Codec::Av1),
            h264: video(Codec::H264),
            h264_mode0: video(Codec::H264Mode0),
            ..PayloadTypes::audio(number.unwrap_or_else(free))
        }
    }
}

impl Format {
    /// Its payload types: its own, and its companion's.
    pub fn types(&self) -> impl Iterator<Item = u8> {
        [Some(self.payload_type), self.companion].into_iter().flatten()
    }
}

/// The payload types that a section both lists and maps.
fn mapped<'a>(section: &Section<'a>) -> Vec<Mapped<'a>> {
    // A list longer than there are payload types repeats itself.
    let listed = section.formats.split(' ').take(128).filter_map(|text| text.parse::<u8>().ok());
    let value = |name, payload_type: u8| {
        let mut split = section.all(name).filter_map(|value| value.split_once(' '));
        split.find(|(number, _)| number.parse() == Ok(payload_type)).map(|(_, value)| value)
    };
    let map = |payload_type| {
        let parameters = value("fmtp", payload_type).unwrap_or_default();
        Some(Mapped { payload_type, encoding: value("rtpmap", payload_type)?, parameters })
    };
    listed.filter_map(map).collect()
}

/// The codec of a payload type, with the parameters that the core can forward: profile 0 of VP9 and AV1, 8 bits and
/// 4:2:0, which is what everybody decodes.
fn codec(mapped: &Mapped<'_>) -> Option<Codec> {
    let is = |name: &str| mapped.encoding.eq_ignore_ascii_case(name);
    let value = |name| parameter(mapped.parameters, name);
    match () {
        () if is("opus/48000/2") => Some(Codec::Opus),
        () if is("VP8/90000") => Some(Codec::Vp8),
        () if is("VP9/90000") && value("profile-id").is_none_or(|id| id == "0") => Some(Codec::Vp9),
        () if is("AV1/90000") && value("profile").is_none_or(|profile| profile == "0") => Some(Codec::Av1),
        () if is("H264/90000") => match value("packetization-mode") {
            Some("1") => Some(Codec::H264),
            Some("0") | None => Some(Codec::H264Mode0),
            Some(_) => None,
        },
        () => None,
    }
}

/// One of the `name=value` pairs of an `a=fmtp`.
fn parameter<'a>(parameters: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = parameters.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
