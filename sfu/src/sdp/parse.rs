//! The lines of a session description (RFC 8866), sorted into the session and its media sections.

use thiserror::Error;

/// The longest description that is read, bytes: Chrome's offer of camera and microphone takes 5,000, and its answer
/// to a hundred streams 60,000.
pub const MAX_LEN: usize = 256 * 1024;

/// The most media sections: two per participant of a conference as large as subscriptions allow, and some that
/// wait to be used again.
pub const MAX_SECTIONS: usize = 600;

/// Why a description can't be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SdpError {
    /// It is longer than [`MAX_LEN`], or has more than [`MAX_SECTIONS`].
    #[error("the description is too long")]
    TooLong,
    /// A line has no type, or one that the grammar doesn't have there.
    #[error("line {0} is not of the form <type>=<value>")]
    Line(usize),
    /// An `m=` line lacks a part (RFC 8866 section 5.14).
    #[error("line {0}: m=<media> <port> <protocol> <formats>")]
    Media(usize),
    /// Something that is needed is missing.
    #[error("no {0}")]
    Missing(&'static str),
    /// Something is there that can't be used.
    #[error("{0}")]
    Unusable(&'static str),
}

/// A description, as lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description<'a> {
    /// The session's attributes.
    pub attributes: Vec<Attribute<'a>>,
    /// The media sections, in order.
    pub sections: Vec<Section<'a>>,
}

/// One `a=` line: `a=<name>` or `a=<name>:<value>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// The name.
    pub name: &'a str,
    /// The value; empty for a flag.
    pub value: &'a str,
}

/// One media section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section<'a> {
    /// "audio", "video", "application" and others.
    pub media: &'a str,
    /// The port; 0 for a section that is rejected or not used any more.
    pub port: u16,
    /// "UDP/TLS/RTP/SAVPF", for example.
    pub protocol: &'a str,
    /// The formats as one text: payload types, for RTP.
    pub formats: &'a str,
    /// Its attributes, in order.
    pub attributes: Vec<Attribute<'a>>,
}

impl<'a> Description<'a> {
    /// Reads the lines of `text`. Lines end with CR LF, or with LF alone (RFC 8866 section 5).
    ///
    /// # Errors
    /// When it is too long, or not made of lines of the form `<type>=<value>`.
    pub fn parse(text: &'a str) -> Result<Self, SdpError> {
        if text.len() > MAX_LEN {
            return Err(SdpError::TooLong);
        }
        if text.lines().find(|line| !line.is_empty()) != Some("v=0") {
            return Err(SdpError::Missing("v=0 line"));
        }
        Description::parse_lines(text)
    }

    /// The same for a part of a description, which needn't begin as one.
    ///
    /// # Errors
    /// As [`Description::parse`].
    pub(super) fn parse_lines(text: &'a str) -> Result<Self, SdpError> {
        if text.len() > MAX_LEN {
            return Err(SdpError::TooLong);
        }
        let mut description = Description { attributes: Vec::new(), sections: Vec::new() };
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
            let number = at + 1;
            match line.split_at_checked(2) {
                Some(("m=", value)) if description.sections.len() < MAX_SECTIONS => {
                    description.sections.push(Section::parse(value).ok_or(SdpError::Media(number))?);
                }
                Some(("m=", _)) => return Err(SdpError::TooLong),
                Some(("a=", value)) => description.current().push(Attribute::parse(value)),
                // Times, bandwidths, addresses: none of it is needed, ICE has the addresses.
                Some((kind, _)) if kind.as_bytes()[0].is_ascii_lowercase() && kind.ends_with('=') => {}
                _ => return Err(SdpError::Line(number)),
            }
        }
        Ok(description)
    }

    /// The attributes that the next line belongs to.
    fn current(&mut self) -> &mut Vec<Attribute<'a>> {
        self.sections.last_mut().map_or(&mut self.attributes, |section| &mut section.attributes)
    }

    /// An attribute of a section, or else of the session, which holds for every section.
    pub fn inherited(&self, section: &Section<'a>, name: &str) -> Option<&'a str> {
        first(&section.attributes, name).or_else(|| first(&self.attributes, name))
    }
}

impl<'a> Attribute<'a> {
    fn parse(text: &'a str) -> Self {
        let (name, value) = text.split_once(':').unwrap_or((text, ""));
        Attribute { name, value }
    }
}

impl<'a> Section<'a> {
    fn parse(value: &'a str) -> Option<Self> {
        let mut parts = value.splitn(4, ' ');
        let (media, port) = (parts.next()?, parts.next()?);
        // "9/2" would be two ports (RFC 8866 section 5.14), which nobody uses with ICE.
        let port = port.parse().ok()?;
        let (protocol, formats) = (parts.next()?, parts.next()?);
        (!media.is_empty() && !protocol.is_empty()).then_some(Section {
            media,
            port,
            protocol,
            formats,
            attributes: Vec::new(),
        })
    }

    /// The value of the first attribute called `name`.
    pub fn first(&self, name: &str) -> Option<&'a str> {
        first(&self.attributes, name)
    }

    /// The values of all attributes called `name`, in order.
    pub fn all(&self, name: &'static str) -> impl Iterator<Item = &'a str> {
        let named = self.attributes.iter().filter(move |attribute| attribute.name == name);
        named.map(|attribute| attribute.value)
    }
}

fn first<'a>(attributes: &[Attribute<'a>], name: &str) -> Option<&'a str> {
    attributes.iter().find(|attribute| attribute.name == name).map(|attribute| attribute.value)
}

/// Whether `text` is 1 to 16 characters that may stand in a mid or rid (RFC 8866 section 9, `token`; a one-byte
/// header extension has room for 16, RFC 8285 section 4.2).
pub(super) fn is_identifier(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`{|}~".contains(&byte);
    (1..=16).contains(&text.len()) && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_to_the_session_or_to_their_section() {
        let text = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\na=ice-lite\r\n\
                    m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\na=mid:0\r\nm=video 0 X 96\na=mid:1\n";
        let read = Description::parse(text).expect("sound");
        assert_eq!(read.attributes, [Attribute { name: "ice-lite", value: "" }]);
        let sections: Vec<_> =
            read.sections.iter().map(|s| (s.media, s.port, s.formats, s.first("mid"))).collect();
        assert_eq!(sections, [("audio", 9, "111 0", Some("0")), ("video", 0, "96", Some("1"))]);
        assert_eq!(read.inherited(&read.sections[0], "ice-lite"), Some(""));
    }

    #[test]
    fn what_is_no_description_is_refused_by_line() {
        let rows = [
            ("", SdpError::Missing("v=0 line")),
            ("v=1\r\n", SdpError::Missing("v=0 line")),
            ("v=0\r\nnonsense\r\n", SdpError::Line(2)),
            ("v=0\r\ns=-\r\nm=audio\r\n", SdpError::Media(3)),
            ("v=0\r\nm=audio 70000 X 0\r\n", SdpError::Media(2)),
            ("v=0\r\né\r\n", SdpError::Line(2)),
        ];
        for (text, wanted) in rows {
            assert_eq!(Description::parse(text), Err(wanted), "{text:?}");
        }
        let many = format!("v=0\r\n{}", "m=audio 9 X 0\r\n".repeat(MAX_SECTIONS + 1));
        assert_eq!(Description::parse(&many), Err(SdpError::TooLong));
        assert_eq!(Description::parse(&"v".repeat(MAX_LEN + 1)), Err(SdpError::TooLong));
    }
}
