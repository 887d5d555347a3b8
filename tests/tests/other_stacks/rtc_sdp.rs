//! The little SDP that is needed between `rtc`, which speaks nothing else, and the core's own protocol.

use sfu::conference::Joined;
use sfu::participant::StreamDescription;
use sfu::rtp::ExtensionIds;

use crate::stack::set_extension;

/// The longest message that the core takes (sfu/src/data/PROTOCOL.md).
pub(crate) const LONGEST_MESSAGE: u32 = 262_078;

/// The value of the first attribute `name` of an offer.
pub(crate) fn attribute<'a>(offer: &'a str, name: &str) -> &'a str {
    let mut lines = offer.lines().filter_map(|line| line.strip_prefix("a="));
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    value.unwrap_or_else(|| panic!("the offer has no {name}: {offer}"))
}

/// The header extension ids of an offer.
pub(crate) fn extensions(offer: &str) -> ExtensionIds {
    let mut ids = ExtensionIds::default();
    for line in offer.lines().filter_map(|line| line.strip_prefix("a=extmap:")) {
        let (id, uri) = line.split_once(' ').expect("an id and a name");
        set_extension(&mut ids, uri, id.parse().expect("a number"));
    }
    ids
}

/// An answer that takes everything that was offered, from an ICE-lite DTLS server that sends `streams`.
pub(crate) fn answer(offer: &str, joined: &Joined, streams: &[StreamDescription]) -> String {
    let begins = offer.find("m=").expect("there is a media section");
    let (session, media) = offer.split_at(begins);
    let mut answer = lines(session).replace("t=0 0\r\n", "t=0 0\r\na=ice-lite\r\n");
    for section in media.split("m=").skip(1) {
        answer += "m=";
        answer += &lines(section);
        answer += &transport(joined);
        if !section.starts_with("application") {
            answer += &sources(streams);
        }
    }
    answer
}

/// The lines of the offer that stay, turned round.
fn lines(offer: &str) -> String {
    let mut answer = String::new();
    for line in offer.lines() {
        let is_ours =
            ["a=ice-", "a=candidate", "a=end-of-candidates", "a=fingerprint", "a=setup", "a=ssrc", "a=msid:"];
        match line {
            "a=sendonly" => answer += "a=recvonly\r\n",
            _ if line.starts_with("a=max-message-size:") => {
                answer += &format!("a=max-message-size:{LONGEST_MESSAGE}\r\n");
            }
            "a=recvonly" => answer += "a=sendonly\r\n",
            _ if is_ours.iter().any(|name| line.starts_with(name)) => {}
            _ => match line.strip_prefix("a=rid:").or_else(|| line.strip_prefix("a=simulcast:")) {
                // Directions turn round (RFC 8853 section 5.3.2).
                Some(_) => answer += &format!("{}\r\n", line.replace("send", "recv")),
                None => answer += &format!("{line}\r\n"),
            },
        }
    }
    answer
}

fn transport(joined: &Joined) -> String {
    let Joined { ufrag, pwd, candidate, fingerprint, .. } = joined;
    let (ip, port) = (candidate.ip(), candidate.port());
    let mut lines = format!("a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\na=setup:passive\r\n");
    lines += &format!("a=fingerprint:sha-256 {fingerprint}\r\n");
    lines += &format!("a=candidate:1 1 udp 2130706431 {ip} {port} typ host\r\na=end-of-candidates\r\n");
    lines
}

fn sources(streams: &[StreamDescription]) -> String {
    let mut lines = String::new();
    for StreamDescription { publisher, ssrc, rtx_ssrc, .. } in streams {
        lines += &format!("a=msid:{publisher} source\r\n");
        if let Some(rtx) = rtx_ssrc {
            lines += &format!("a=ssrc-group:FID {ssrc} {rtx}\r\na=ssrc:{rtx} cname:{publisher}\r\n");
        }
        lines += &format!("a=ssrc:{ssrc} cname:{publisher}\r\n");
    }
    lines
}
