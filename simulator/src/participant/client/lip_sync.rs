//! Which of a client's streams are kept together.

use reports::observation::Flow;
use sfu::participant::MediaKind;

use super::Client;

impl Client {
    /// A report on the stream at `place` came: when it is the picture of a publisher that is heard, too, compares both
    /// and has one wait for the other. Signalling says whose streams they are; their canonical names say the same.
    ///
    /// Of several pictures of one publisher the first leads, as libwebrtc keeps one picture a sound.
    pub(super) fn synchronise(&mut self, place: usize) {
        if !self.identity.lip_sync {
            return;
        }
        let Flow { publisher, source, .. } = self.incoming.get_mut(place).flow();
        let mut sound = None;
        for (other, stream) in self.incoming.iter().enumerate() {
            let flow = stream.flow();
            match stream.kind() {
                _ if flow.publisher != publisher => {}
                MediaKind::Audio => sound = sound.or(Some(other)),
                MediaKind::Video if flow.source < source => return,
                MediaKind::Video => {}
            }
        }
        let Some(sound) = sound.filter(|sound| *sound != place) else { return };
        let heard = self.incoming.get_mut(sound).delay();
        let seen = self.incoming.get_mut(place).delay();
        let (Some(heard), Some(seen)) = (heard, seen) else { return };
        if let Some((first, second)) = self.incoming.get_mut(place).compare(heard, seen) {
            self.incoming.get_mut(sound).wait(first);
            self.incoming.get_mut(place).wait(second);
        }
    }
}
