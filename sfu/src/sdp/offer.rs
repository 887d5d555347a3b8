//! What a peer's offer says, in the core's words.

use std::str::FromStr;

use super::extensions;
use super::formats::{Format, Formats};
use super::parse::{Description, SdpError, Section, is_identifier};
use super::sources::{self, SourceHint};
use crate::codec::MediaKind;
use crate::conference::JoinRequest;
use crate::participant::{MediaParameters, SourceDescription};
use crate::rtp::ExtensionIds;
use crate::signalling::IceCredentials;
use crate::transport::certificate::Fingerprint;

/// A peer's offer, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its ICE credentials.
    pub ice: IceCredentials,
    /// The fingerprint of its certificate.
    pub fingerprint: Fingerprint,
    /// Payload types and header extensions, of all sections together: those of a bundle.
    pub media: MediaParameters,
    /// The codecs of all sections together.
    pub formats: Formats,
    /// Its media sections, in order.
    pub sections: Vec<Offered>,
}

/// One media section of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Media identification tag; empty only if it is refused.
    pub mid: String,
    /// What is to be said of it.
    pub use_as: Use,
    /// The codecs that it offers.
    pub formats: Formats,
}

/// What an offered section is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Use {
    /// The peer publishes on it.
    Publish {
        /// What it publishes with: the first of its codecs that the core forwards.
        format: Format,
        /// The rids that it announces, in its order; none for a single encoding without one.
        rids: Vec<String>,
    },
    /// The peer doesn't send on it: it shows what the peer can decode.
    Idle {
        /// What it could be used with.
        format: Format,
    },
    /// It can't be used: another protocol, no codec that the core forwards, or the peer has given it up.
    Refused {
        /// The words of its `m=` line, which are said again: media, protocol, formats.
        line: [String; 3],
    },
}

impl Offer {
    /// Reads an offer.
    ///
    /// # Errors
    /// When it is no session description, lacks what ICE and DTLS need, or names two sections alike.
    pub fn parse(text: &str) -> Result<Self, SdpError> {
        let description = Description::parse(text)?;
        let transport = description.sections.iter().find(|section| section.port != 0);
        let transport = transport.ok_or(SdpError::Missing("media section"))?;
        let need = |name, what| description.inherited(transport, name).ok_or(SdpError::Missing(what));
        let ice = IceCredentials {
            ufrag: need("ice-ufrag", "ice-ufrag")?.to_owned(),
            pwd: need("ice-pwd", "ice-pwd")?.to_owned(),
        };
        if description.inherited(transport, "setup") == Some("passive") {
            return Err(SdpError::Unusable("we are the DTLS server: setup:passive leaves nobody to begin"));
        }
        let mut formats = Formats::default();
        let mut ids = ExtensionIds::default();
        for section in description.sections.iter().filter(|section| is_media(section)) {
            formats.join(&Formats::of(section));
            extensions::collect(&mut ids, section);
        }
        extensions::settle(&mut ids);
        let sections: Vec<_> =
            description.sections.iter().map(|section| offered(&description, section, &formats)).collect();
        for (place, own) in sections.iter().enumerate().filter(|(_, own)| !own.mid.is_empty()) {
            if sections[..place].iter().any(|other| other.mid == own.mid) {
                return Err(SdpError::Unusable("two sections have the same mid"));
            }
        }
        let media = MediaParameters { payload_types: formats.payload_types(), extensions: ids };
        Ok(Offer { ice, fingerprint: fingerprint(&description, transport)?, media, formats, sections })
    }

    /// What the peer publishes, with what it says of its sources beside the offer.
    ///
    /// # Errors
    /// When a hint names a section that the peer doesn't publish on, or encodings that the offer doesn't have.
    pub fn sources(&self, hints: &[SourceHint]) -> Result<Vec<SourceDescription>, SdpError> {
        sources::describe(&self.sections, hints)
    }

    /// The same offer of a peer whose sections are to carry streams under mids that the core doesn't know: it gets no
    /// header extension that names them, and tells streams apart by the SSRCs of the answer (RFC 9143 section 9.2).
    #[must_use]
    pub fn without_mids(mut self) -> Self {
        self.media.extensions.mid = 0;
        self
    }

    /// The request to join `conference` with this offer.
    ///
    /// # Errors
    /// As [`Offer::sources`].
    pub fn join_request(
        &self,
        conference: String,
        name: String,
        hints: &[SourceHint],
    ) -> Result<JoinRequest, SdpError> {
        Ok(JoinRequest {
            conference,
            name,
            remote_ufrag: self.ice.ufrag.clone(),
            remote_pwd: self.ice.pwd.clone(),
            fingerprint: self.fingerprint,
            media: self.media,
            sources: self.sources(hints)?,
        })
    }
}

/// The certificate's fingerprint: of several, the SHA-256 one (RFC 8122 section 5).
fn fingerprint(description: &Description<'_>, section: &Section<'_>) -> Result<Fingerprint, SdpError> {
    let own = section.attributes.iter().chain(&description.attributes);
    let sha_256 = own.filter(|attribute| attribute.name == "fingerprint").find_map(|attribute| {
        let (hash, value) = attribute.value.split_once(' ')?;
        hash.eq_ignore_ascii_case("sha-256").then_some(value)
    });
    let text = sha_256.ok_or(SdpError::Missing("sha-256 fingerprint"))?;
    Fingerprint::from_str(text).map_err(|_| SdpError::Unusable("a sha-256 fingerprint has 32 octets"))
}

/// Audio or video over DTLS-SRTP.
fn is_media(section: &Section<'_>) -> bool {
    kind(section).is_some() && section.port != 0 && section.protocol.ends_with("TLS/RTP/SAVPF")
}

fn kind(section: &Section<'_>) -> Option<MediaKind> {
    match section.media {
        "audio" => Some(MediaKind::Audio),
        "video" => Some(MediaKind::Video),
        _ => None,
    }
}

fn offered(description: &Description<'_>, section: &Section<'_>, all: &Formats) -> Offered {
    let mid = section.first("mid").filter(|mid| is_identifier(mid)).unwrap_or_default().to_owned();
    // What another section has given another meaning can't be used here.
    let usable =
        |own: &&Format| all.get(own.codec).is_some_and(|known| known.payload_type == own.payload_type);
    let formats = Formats::of(section);
    let format = formats.iter().find(usable).filter(|format| Some(format.codec.kind()) == kind(section));
    let Some(format) = format.filter(|_| is_media(section) && !mid.is_empty()).cloned() else {
        let line = [section.media, section.protocol, section.formats].map(str::to_owned);
        return Offered { mid, use_as: Use::Refused { line }, formats };
    };
    let directions = ["sendrecv", "sendonly", "recvonly", "inactive"];
    let mut said =
        directions.into_iter().filter(|direction| description.inherited(section, direction).is_some());
    let sends = matches!(said.next(), None | Some("sendrecv" | "sendonly"));
    let use_as = if sends { Use::Publish { format, rids: rids(section) } } else { Use::Idle { format } };
    Offered { mid, use_as, formats }
}

/// The rids that the peer wants to send (RFC 8853 section 5.1), without alternatives and without the `~` of those
/// that begin paused.
fn rids(section: &Section<'_>) -> Vec<String> {
    let Some(list) = section.first("simulcast").and_then(sending) else { return Vec::new() };
    let first =
        |stream: &str| stream.split(',').next().unwrap_or_default().trim_start_matches('~').to_owned();
    list.split(';').take(MAX_RIDS).map(first).filter(|rid| is_identifier(rid)).collect()
}

/// More than the core takes: how many there were is for its error message.
const MAX_RIDS: usize = 8;

/// The list behind "send" in the value of `a=simulcast`.
fn sending(value: &str) -> Option<&str> {
    let mut words = value.split(' ');
    words.find(|word| *word == "send")?;
    words.next()
}
