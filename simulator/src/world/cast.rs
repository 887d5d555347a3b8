//! Who takes part, as reports name them.

use reports::observation::{
    Cast, CastMember, Direction, LayerInfo, LinkInfo, MediaKind, ParticipantIndex, SourceInfo,
};
use scenarios::model::Publication;

/// The cast in the reports' terms.
pub(super) fn report_cast(cast: &scenarios::Cast) -> Cast {
    let participants = cast.members.iter().map(|member| CastMember {
        name: member.name.clone(),
        sources: member.publish.iter().map(|(name, publication)| source_info(name, publication)).collect(),
    });
    let conference = || cast.members.iter().filter(|member| member.call.is_none());
    let links = (0..).map(scenarios::LinkIndex).zip(&cast.links).map(|(index, line)| LinkInfo {
        name: line.name.clone(),
        definition: line.link.clone(),
        owner: line.owner.map(|owner| ParticipantIndex(owner.0 as u16)),
        direction: match line.direction {
            scenarios::Direction::Up => Direction::Up,
            scenarios::Direction::Down => Direction::Down,
        },
        leads_to_sfu: conference().any(|member| member.up.contains(&index) || member.down.contains(&index)),
    });
    Cast { participants: participants.collect(), links: links.collect() }
}

fn source_info(name: &str, publication: &Publication) -> SourceInfo {
    let (kind, layers) = match publication {
        Publication::Opus(_) => (MediaKind::Audio, Vec::new()),
        Publication::Video(video) => {
            let info = |layer: &scenarios::model::Layer| LayerInfo {
                width: u32::from(layer.width),
                height: u32::from(layer.height),
                fps: u32::from(layer.fps),
                bps: layer.rate.as_bps(),
            };
            (MediaKind::Video, video.layers.iter().map(info).collect())
        }
    };
    SourceInfo { name: name.to_owned(), layers, kind }
}
