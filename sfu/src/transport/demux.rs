//! Which protocol a datagram belongs to, from its first bytes (RFC 7983, RFC 5761).

/// A protocol that shares the media port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Connectivity checks and their answers (RFC 8489).
    Stun,
    /// Handshake and application records (RFC 6347).
    Dtls,
    /// Media, in the form of SRTP.
    Rtp,
    /// Control, in the form of SRTCP.
    Rtcp,
}

/// Sorts a datagram by its first byte (RFC 7983 section 7), and RTP from RTCP by its second (RFC 5761
/// section 4: packet types 192 to 223, which as RTP would be payload types 64 to 95 with the marker set).
///
/// `None` when it is empty, when the first byte belongs to none of the four, or when it looks like media
/// but is too short to tell RTP from RTCP. ZRTP (16 to 19) and TURN channels (64 to 79) count as none.
pub const fn classify(datagram: &[u8]) -> Option<Protocol> {
    match datagram {
        [0..=3, ..] => Some(Protocol::Stun),
        [20..=63, ..] => Some(Protocol::Dtls),
        [128..=191, 192..=223, ..] => Some(Protocol::Rtcp),
        [128..=191, _, ..] => Some(Protocol::Rtp),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Protocol::{Dtls, Rtcp, Rtp, Stun};
    use super::*;

    #[test]
    fn first_bytes_by_range() {
        let rows: &[(&[u8], Option<Protocol>)] = &[
            (&[], None),
            (&[0, 1], Some(Stun)),
            (&[3, 1], Some(Stun)),
            (&[4, 1], None),
            (&[16, 1], None),
            (&[19, 1], None),
            (&[20, 254], Some(Dtls)),
            (&[63, 1], Some(Dtls)),
            (&[64, 1], None),
            (&[79, 1], None),
            (&[127, 1], None),
            (&[128], None),
            (&[128, 96], Some(Rtp)),
            (&[191, 111], Some(Rtp)),
            (&[0x90, 0x80 | 96], Some(Rtp)),
            (&[128, 191], Some(Rtp)),
            (&[128, 192], Some(Rtcp)),
            (&[0x80, 200], Some(Rtcp)),
            (&[0xaf, 205], Some(Rtcp)),
            (&[128, 223], Some(Rtcp)),
            (&[128, 224], Some(Rtp)),
            (&[192, 200], None),
            (&[255, 200], None),
        ];
        for (datagram, expected) in rows {
            assert_eq!(classify(datagram), *expected, "{datagram:?}");
        }
    }
}
