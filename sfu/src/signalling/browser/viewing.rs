//! Those who only watch: one offer and one answer, with what they are sent in the sections of their own offer.

use super::messages::BrowserReply;
use super::messages::VERSION;
use super::{Admitted, Browser, BrowserSignalling, Grant, Joining, Member, Refusal, unusable};
use crate::core::Turn;
use crate::participant::{StreamDescription, Wish};
use crate::sdp::{Negotiation, Offer, Use};
use crate::signalling::SessionId;
use crate::signalling::messages::{ClientMessage, Peer, VERSION as INNER_VERSION};

/// What a viewer asks for.
pub(super) struct View {
    pub(super) conference: String,
    pub(super) name: String,
    pub(super) offer: String,
    /// Whose sources, by id or name; anybody's without.
    pub(super) publisher: Option<String>,
}

impl BrowserSignalling {
    /// Joins a viewer, and subscribes it to what its sections have room for.
    pub(super) fn view(
        &mut self,
        session: SessionId,
        view: View,
        turn: &mut Turn<'_>,
    ) -> Result<(), Refusal> {
        let Grant { name, subscribe, .. } = self.grant(session);
        if !subscribe {
            return Err(("forbidden", "the token lets nobody receive".into()));
        }
        let offer = Offer::parse(&view.offer).map_err(unusable)?.without_mids();
        let browser = self.outside(session)?;
        let join = ClientMessage::Join {
            version: INNER_VERSION,
            conference: view.conference,
            name: name.unwrap_or(view.name),
            ice: offer.ice.clone(),
            fingerprint: offer.fingerprint.to_string(),
            media: offer.media,
            sources: Vec::new(),
        };
        *browser = Browser::Joining(Box::new(Joining { offer, sources: Vec::new(), views: true }));
        self.server.request(session, join, turn);
        self.pass_on();
        let Some(Browser::Admitted(admitted)) = self.browsers.get(session) else {
            // It was refused, and told so.
            return Ok(());
        };
        let wishes = wishes(&admitted.offer, &admitted.participants, view.publisher.as_deref());
        if wishes.is_empty() {
            self.browsers[session] = Browser::Outside;
            self.server.request(session, ClientMessage::Leave, turn);
            return Err(("nothing_to_see", "nobody publishes what the offer has sections for".into()));
        }
        self.server.request(session, ClientMessage::Subscribe { wishes, last_n: None }, turn);
        Ok(())
    }

    /// The core sends what a viewer wished for: our answer to its offer. Says whether the session is a viewer's that
    /// waits for it.
    pub(super) fn begin_viewing(&mut self, session: SessionId, streams: &[StreamDescription]) -> bool {
        let Some(browser @ Browser::Admitted(_)) = self.browsers.get_mut(session) else { return false };
        let Browser::Admitted(admitted) = std::mem::take(browser) else { return false };
        let Admitted { id, offer, local, .. } = *admitted;
        let (negotiation, streams) = Negotiation::viewing(offer, streams, local);
        let (answer, ufrag) = (negotiation.answer(), negotiation.ufrag().to_owned());
        let member = Member { id: id.clone(), negotiation, streams: streams.clone(), views: true };
        *browser = Browser::Inside(Box::new(member));
        self.say(session, &BrowserReply::Viewing { version: VERSION, id, answer, ufrag, streams });
        true
    }

    /// Whether a session is a viewer's.
    pub(super) fn views(&self, session: SessionId) -> bool {
        matches!(self.browsers.get(session), Some(Browser::Inside(member)) if member.views)
    }
}

/// For each section of an offer the first source that goes into it, of those who are there or of one of them.
fn wishes(offer: &Offer, participants: &[Peer], publisher: Option<&str>) -> Vec<Wish> {
    let wanted = |peer: &&Peer| publisher.is_none_or(|wanted| peer.id == wanted || peer.name == wanted);
    let of_peer = |peer: &'_ Peer| {
        peer.sources.iter().map(|source| (peer.id.clone(), source.clone())).collect::<Vec<_>>()
    };
    let mut sources: Vec<_> = participants.iter().filter(wanted).flat_map(of_peer).collect();
    let sections = offer.sections.iter().filter(|section| !matches!(section.use_as, Use::Refused { .. }));
    let mut next = |formats: &crate::sdp::Formats| {
        let at = sources.iter().position(|(_, source)| formats.get(source.codec).is_some())?;
        let (publisher, source) = sources.remove(at);
        Some(Wish::new(publisher, source.name))
    };
    sections.filter_map(|section| next(&section.formats)).collect()
}
