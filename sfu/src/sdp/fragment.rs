//! Fragments of descriptions (RFC 8840 section 9), as WHIP and WHEP carry them: candidates that trickle in, and ICE
//! restarts (RFC 9725 section 4.3).

use super::parse::{Description, SdpError};
use crate::signalling::IceCredentials;

/// A peer's fragment, read. Of its candidates nothing is kept: a lite agent learns addresses from checks alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// The peer's ICE credentials.
    pub ice: IceCredentials,
}

impl Fragment {
    /// Reads a fragment.
    ///
    /// # Errors
    /// When it isn't made of a description's lines, or lacks ICE credentials: RFC 8840 section 9.2 wants them in each.
    pub fn parse(text: &str) -> Result<Self, SdpError> {
        let lines = Description::parse_lines(text)?;
        let said = |name, what| {
            let of_session = lines.attributes.iter().find(|own| own.name == name).map(|own| own.value);
            let of_section = lines.sections.iter().find_map(|section| section.first(name));
            of_session.or(of_section).map(str::to_owned).ok_or(SdpError::Missing(what))
        };
        let ice = IceCredentials { ufrag: said("ice-ufrag", "ice-ufrag")?, pwd: said("ice-pwd", "ice-pwd")? };
        Ok(Fragment { ice })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn credentials_may_stand_before_the_sections_or_in_the_first() {
        let trickled = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n\
                        a=mid:0\r\na=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host\r\n";
        let restarting = "a=ice-options:trickle ice2\r\na=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\n\
                          a=mid:0\na=ice-ufrag:EsAw\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\na=end-of-candidates\n";
        for text in [trickled, restarting] {
            let Fragment { ice } = Fragment::parse(text).expect(text);
            assert_eq!((ice.ufrag.as_str(), ice.pwd.as_str()), ("EsAw", "P2uYro0UCOQ4zxjKXaWCBui1"));
        }
    }

    #[test]
    fn what_is_no_fragment_is_refused() {
        let rows = [
            ("", SdpError::Missing("ice-ufrag")),
            ("a=ice-ufrag:EsAw\r\n", SdpError::Missing("ice-pwd")),
            ("nonsense\r\n", SdpError::Line(1)),
            ("a=mid:0\r\nm=audio\r\n", SdpError::Media(2)),
        ];
        for (text, wanted) in rows {
            assert_eq!(Fragment::parse(text), Err(wanted), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "(a=|m=|ice-ufrag:|[ -~]|\\r\\n|é){0,80}") {
            let _ = Fragment::parse(&text);
        }
    }
}
