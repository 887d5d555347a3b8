//! What a participant looks at, and what it asks for to see that.

use sfu::participant::{Content, MediaKind, Wish};
use sfu::signalling::Peer;

/// Lines of the screen: 2560 × 1440.
const SCREEN: u16 = 1_440;
/// Lines of the large picture of a stage, above a strip of small ones.
const STAGE: u16 = 1_080;
/// Lines of a small picture beside a stage.
const THUMBNAIL: u16 = 180;

/// How pictures are laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Tiles of one size: the more pictures, the smaller each.
    #[default]
    Grid,
    /// One large picture, the others small: who is pinned, or else who shares a screen, or else who speaks.
    Stage,
}

/// What a participant looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// How.
    pub layout: Layout,
    /// Pictures on screen at most; 0 for none.
    pub tiles: u16,
    /// No picture higher than this, px.
    pub max_height: Option<u16>,
    /// Pictures that are to be sent at a time; all of the tiles when absent.
    pub last_n: Option<u16>,
}

impl Default for View {
    /// A grid of nine.
    fn default() -> Self {
        View { layout: Layout::Grid, tiles: 9, max_height: None, last_n: None }
    }
}

impl View {
    /// Whether it changes with who speaks.
    pub fn follows_speaker(&self) -> bool {
        self.layout == Layout::Stage && self.tiles > 0
    }

    /// Height of each tile of a grid when so many others have a picture, px.
    pub fn tile_height(&self, others: u16) -> u16 {
        let shown = self.tiles.min(others);
        let columns =
            (1..).find(|side: &u16| side * side >= shown.max(1)).expect("some square is large enough");
        (SCREEN / columns).min(self.most())
    }

    fn most(&self) -> u16 {
        self.max_height.unwrap_or(u16::MAX)
    }
}

/// Everybody's sound, and as many pictures as there are tiles: who is on stage or pinned, then the first to have come.
pub(super) fn wishes<'a>(
    view: &View,
    peers: impl Iterator<Item = &'a Peer> + Clone,
    pinned: Option<&str>,
    speaker: Option<&str>,
) -> Vec<Wish> {
    let stage = match view.layout {
        Layout::Grid => None,
        Layout::Stage => on_stage(peers.clone(), pinned, speaker),
    };
    let is_pinned = |peer: &Peer| pinned == Some(peer.name.as_str());
    let publishers = peers.clone().filter(|peer| pictures(peer) > 0).count();
    let tile_height = view.tile_height(publishers.try_into().unwrap_or(u16::MAX));
    let mut wishes = Vec::new();
    let mut shown: Vec<(bool, Wish)> = Vec::new();
    for peer in peers {
        let staged = stage.filter(|(id, _)| *id == peer.id).map(|(_, source)| source);
        for source in &peer.sources {
            let wish = Wish::new(peer.id.clone(), source.name.clone());
            if source.kind() == MediaKind::Audio {
                wishes.push((None, wish));
                continue;
            }
            let on_stage = staged == Some(source.name.as_str());
            let max_height = match view.layout {
                Layout::Grid => tile_height,
                Layout::Stage if on_stage => STAGE.min(view.most()),
                Layout::Stage => THUMBNAIL.min(view.most()),
            };
            let priority = u8::from(is_pinned(peer));
            wishes.push((Some(shown.len()), wish.clone()));
            shown.push((on_stage || priority > 0, Wish { max_height, priority, on_stage, ..wish }));
        }
    }
    let mut order: Vec<usize> = (0..shown.len()).collect();
    order.sort_by_key(|place| !shown[*place].0);
    order.truncate(usize::from(view.tiles));
    let chosen = |(picture, wish): (Option<usize>, Wish)| match picture {
        None => Some(wish),
        Some(place) => order.contains(&place).then(|| shown[place].1.clone()),
    };
    wishes.into_iter().filter_map(chosen).collect()
}

/// The id of who is on stage, and which source: the pinned one's screen or camera, or else the first screen, or else
/// the speaker's camera, or else the first one's.
fn on_stage<'a>(
    peers: impl Iterator<Item = &'a Peer> + Clone,
    pinned: Option<&str>,
    speaker: Option<&str>,
) -> Option<(&'a str, &'a str)> {
    let best = |peer: &'a Peer| {
        let video = || peer.sources.iter().filter(|source| source.kind() == MediaKind::Video);
        let screen = video().find(|source| source.content == Content::Screen);
        let source = screen.or_else(|| video().next())?;
        Some((peer.id.as_str(), source.name.as_str()))
    };
    let shares = |peer: &&Peer| peer.sources.iter().any(|source| source.content == Content::Screen);
    let pinned = peers.clone().find(|peer| pinned == Some(peer.name.as_str())).and_then(best);
    let screen = || peers.clone().find(shares).and_then(best);
    let speaker = || peers.clone().find(|peer| speaker == Some(peer.id.as_str())).and_then(best);
    pinned.or_else(screen).or_else(speaker).or_else(|| peers.clone().find_map(best))
}

fn pictures(peer: &Peer) -> usize {
    peer.sources.iter().filter(|source| source.kind() == MediaKind::Video).count()
}

#[cfg(test)]
mod tests {
    use sfu::participant::{Codec, SourceDescription};

    use super::*;

    fn peer(id: &str, sources: &[(&str, Content)]) -> Peer {
        let source = |(name, content): &(&str, Content)| SourceDescription {
            name: (*name).into(),
            codec: if *name == "mic" { Codec::Opus } else { Codec::Vp8 },
            mid: (*name).into(),
            content: *content,
            encodings: Vec::new(),
        };
        let sources = sources.iter().map(source).collect();
        Peer { id: id.into(), name: id.to_uppercase(), sources, muted: Vec::new() }
    }

    fn seen(view: &View, peers: &[Peer], pinned: Option<&str>, speaker: Option<&str>) -> Vec<String> {
        let line = |wish: &Wish| {
            let stage = if wish.on_stage { "*" } else { "" };
            format!("{}/{}{stage} {} {}", wish.publisher, wish.source, wish.max_height, wish.priority)
        };
        let wishes = wishes(view, peers.iter(), pinned, speaker);
        wishes.iter().filter(|wish| wish.source != "mic").map(line).collect()
    }

    #[test]
    fn a_fuller_grid_has_smaller_tiles() {
        let rows = [(1, 1440), (2, 720), (4, 720), (5, 480), (9, 480), (10, 480), (0, 1440)];
        for (others, height) in rows {
            assert_eq!(View::default().tile_height(others), height, "{others} others");
        }
        assert_eq!(View { max_height: Some(300), ..View::default() }.tile_height(1), 300);
    }

    #[test]
    fn a_stage_has_one_large_picture() {
        const BOTH: [(&str, Content); 2] = [("mic", Content::Camera), ("cam", Content::Camera)];
        let mut people = [peer("a", &BOTH), peer("b", &BOTH), peer("c", &BOTH)];
        let view = View { layout: Layout::Stage, tiles: 2, ..View::default() };
        assert_eq!(seen(&view, &people, None, None), ["a/cam* 1080 0", "b/cam 180 0"]);
        assert_eq!(seen(&view, &people, None, Some("c")), ["a/cam 180 0", "c/cam* 1080 0"]);
        assert_eq!(seen(&view, &people, Some("B"), Some("c")), ["a/cam 180 0", "b/cam* 1080 1"]);
        people[2] = peer("c", &[BOTH[0], BOTH[1], ("share", Content::Screen)]);
        assert_eq!(seen(&view, &people, None, Some("a")), ["a/cam 180 0", "c/share* 1080 0"]);
        let grid = View { tiles: 2, ..View::default() };
        assert_eq!(seen(&grid, &people, Some("C"), None), ["c/cam 720 1", "c/share 720 1"]);
        assert_eq!(wishes(&grid, people.iter(), None, None).len(), 5, "and everybody's sound");
        assert!(seen(&View { tiles: 0, ..grid }, &people, None, None).is_empty());
    }
}
