//! One page: what is done to it, and what it sees and hears.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::devtools::Connection;

/// What a page receives, by its own statistics (W3C's identifiers for WebRTC statistics).
const RECEIVED: &str = "(async () => {
    if (!window.plenum) return [];
    const all = await plenum.pc.getStats();
    return [...all.values()].filter(({ type }) => type === 'inbound-rtp').map((own) => ({
        mid: own.mid, kind: own.kind, frames: own.framesDecoded ?? 0, energy: own.totalAudioEnergy ?? 0,
        codec: all.get(own.codecId)?.mimeType ?? '',
    })).filter(({ mid }) => plenum.streams.has(mid));
})()";

/// The rids of the encodings that leave a page.
const SENT: &str = "(async () => [...(await plenum.pc.getStats()).values()]
    .filter(({ type, kind, framesEncoded }) => type === 'outbound-rtp' && kind === 'video' && framesEncoded > 0)
    .map(({ rid }) => rid).sort())()";

/// How many lines the pictures have that a page receives.
const HEIGHTS: &str = "(async () => [...(await plenum.pc.getStats()).values()]
    .filter(({ type, kind, mid }) => type === 'inbound-rtp' && kind === 'video' && plenum.streams.has(mid))
    .map(({ frameHeight }) => frameHeight ?? 0))()";

/// The others' tiles as small pictures: red, green, blue and opacity of each point.
const PIXELS: &str = "[...document.querySelectorAll('.tile:not(.own) video')].map((video) => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [64, 36];
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0, 64, 36);
    return Array.from(context.getImageData(0, 0, 64, 36).data);
})";

/// The protocol of the path in use.
const CARRIER: &str = "(async () => {
    const all = await plenum.pc.getStats();
    const transport = [...all.values()].find(({ type }) => type === 'transport');
    const pair = all.get(transport?.selectedCandidatePairId);
    return all.get(pair?.localCandidateId)?.protocol ?? '';
})()";

/// See the module.
pub(crate) struct Page {
    /// Whose it is.
    pub(crate) name: String,
    pub(crate) connection: Rc<RefCell<Connection>>,
    pub(crate) session: String,
}

/// What a page has received so far, each by mid.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// Frames decoded of each picture.
    pub(crate) frames: Vec<(String, f64)>,
    /// Energy of each sound.
    pub(crate) energy: Vec<(String, f64)>,
    /// The codec of each picture.
    pub(crate) codecs: Vec<String>,
}

impl Received {
    /// Whether something of each has come.
    pub(crate) fn all_begun(&self) -> bool {
        self.frames.iter().chain(&self.energy).all(|(_, value)| *value > 0.0)
    }

    /// Whether more of each has come than by then.
    pub(crate) fn all_grown_since(&self, before: &Received) -> bool {
        let grown = |now: &[(String, f64)], then: &[(String, f64)]| {
            then.iter().all(|(mid, old)| now.iter().any(|(own, new)| own == mid && new > old))
        };
        grown(&self.frames, &before.frames) && grown(&self.energy, &before.energy)
    }
}

/// Whether each picture has another content than before, by more than its noise.
pub(crate) fn all_differ(before: &[Vec<u8>], after: &[Vec<u8>]) -> bool {
    let changed = |(old, new): (&Vec<u8>, &Vec<u8>)| {
        old.iter().zip(new).filter(|(old, new)| old.abs_diff(**new) > 24).count() >= 10
    };
    before.len() == after.len() && before.iter().zip(after).all(changed)
}

impl Page {
    /// Asks `probe` again and again until it finds what it looks for.
    pub(crate) fn until<T>(&self, patience: Duration, what: &str, probe: impl Fn(&Page) -> Option<T>) -> T {
        let end = Instant::now() + patience;
        loop {
            if let Some(found) = probe(self) {
                return found;
            }
            if Instant::now() > end {
                let (received, complaints) = (self.received(), self.complaints());
                panic!(
                    "{}: no {what} in {patience:?}; it has {received:?}; it says {complaints:?}",
                    self.name
                );
            }
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    pub(crate) fn received(&self) -> Received {
        let streams = self.evaluate(RECEIVED);
        let streams = streams.as_array().cloned().unwrap_or_default();
        let text = |stream: &Value, key: &str| stream[key].as_str().unwrap_or_default().to_owned();
        let of = |kind: &str, key: &str| {
            let own = streams.iter().filter(|stream| stream["kind"] == kind);
            own.map(|stream| (text(stream, "mid"), stream[key].as_f64().unwrap_or_default())).collect()
        };
        let pictures = streams.iter().filter(|stream| stream["kind"] == "video");
        Received {
            frames: of("video", "frames"),
            energy: of("audio", "energy"),
            codecs: pictures.map(|stream| text(stream, "codec")).collect(),
        }
    }

    pub(crate) fn sent_rids(&self) -> Vec<String> {
        serde_json::from_value(self.evaluate(SENT)).unwrap_or_default()
    }

    /// How many lines each picture has.
    pub(crate) fn heights(&self) -> Vec<u64> {
        serde_json::from_value(self.evaluate(HEIGHTS)).unwrap_or_default()
    }

    /// Gives the page another size.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        let method = "Emulation.setDeviceMetricsOverride";
        self.connection.borrow_mut().call(Some(&self.session), method, size);
    }

    pub(crate) fn pixels(&self) -> Vec<Vec<u8>> {
        serde_json::from_value(self.evaluate(PIXELS)).expect("bytes")
    }

    /// Presses one of the call's buttons.
    pub(crate) fn click(&self, id: &str) {
        self.evaluate(&format!("document.getElementById('{id}').click()"));
    }

    /// Sends the entrance's form.
    pub(crate) fn click_join(&self) {
        self.evaluate("document.querySelector('#join button').click()");
    }

    /// How many media sections the connection has.
    pub(crate) fn sections(&self) -> usize {
        let count = self.evaluate("plenum.pc.remoteDescription.sdp.split('\\nm=').length - 1");
        usize::try_from(count.as_u64().expect("a number")).expect("a small one")
    }

    /// How many of them have ended, as the page has agreed to.
    pub(crate) fn ended_sections(&self) -> usize {
        let count = "plenum.pc.currentLocalDescription.sdp.match(/^m=\\S+ 0 /gm)?.length ?? 0";
        usize::try_from(self.evaluate(count).as_u64().expect("a number")).expect("a small one")
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.evaluate("document.getElementById('call').hidden") == true
    }

    /// Whether it has lost its call and looks for it.
    pub(crate) fn is_coming_back(&self) -> bool {
        self.evaluate("!document.getElementById('away').hidden") == true
    }

    /// Its id in the call.
    pub(crate) fn id(&self) -> String {
        self.evaluate("plenum.id ?? ''").as_str().expect("a text").to_owned()
    }

    /// The ids of those whom it receives something of.
    pub(crate) fn receives_of(&self) -> Vec<String> {
        let publishers = "[...new Set([...plenum.streams.values()].map(({ publisher }) => publisher))]";
        serde_json::from_value(self.evaluate(publishers)).expect("words")
    }

    /// How many lines the screen has that somebody shares; nothing when nobody does.
    pub(crate) fn screen(&self) -> Option<u64> {
        let lines = "document.querySelector('.tile.share video')?.videoHeight ?? 0";
        self.evaluate(lines).as_u64().filter(|lines| *lines > 0)
    }

    /// What the others' tiles say besides the name.
    pub(crate) fn states(&self) -> Vec<String> {
        let states =
            "[...document.querySelectorAll('.tile:not(.own) .state')].map(({ textContent }) => textContent)";
        serde_json::from_value(self.evaluate(states)).expect("words")
    }

    /// What a change of network does: media has no way, and the WebSocket is still open but leads nowhere.
    pub(crate) fn lose_the_path(&self) {
        let mute = "plenum.socket.close = plenum.pc.close = () => {}";
        self.evaluate(&format!("(() => {{ {mute}; plenum.end('the network has changed', true); }})()"));
    }

    /// What carries the media: "udp" or "tcp".
    pub(crate) fn carrier(&self) -> String {
        self.evaluate(CARRIER).as_str().unwrap_or_default().to_owned()
    }

    /// What the page has written to its console as errors.
    pub(crate) fn complaints(&self) -> Vec<String> {
        serde_json::from_value(self.evaluate("window.complaints ?? []")).unwrap_or_default()
    }

    /// What an expression comes to, once it has.
    pub(crate) fn evaluate(&self, expression: &str) -> Value {
        let mut parameters = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        // As if a person did it: pages may ask for a screen only then.
        parameters["userGesture"] = true.into();
        let mut answer =
            self.connection.borrow_mut().call(Some(&self.session), "Runtime.evaluate", parameters);
        let exception = &answer["exceptionDetails"];
        assert!(exception.is_null(), "{}: {expression}: {exception}", self.name);
        answer["result"]["value"].take()
    }
}
