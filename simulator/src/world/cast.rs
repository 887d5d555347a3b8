//! Who takes part, as reports name them.

use reports::observation::{
    Cast, CastMember, CrossInfo, Direction, LayerInfo, LinkIndex, LinkInfo, MediaKind, ParticipantIndex,
    SourceInfo,
};
use scenarios::model::{Publication, TrafficKind};
use scenarios::{FlowInstance, Time};

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
    let path = |links: &[scenarios::LinkIndex]| links.iter().map(|link| LinkIndex(link.0 as u16)).collect();
    Cast {
        participants: participants.collect(),
        links: links.collect(),
        paths: cast.members.iter().map(|member| [path(&member.up), path(&member.down)]).collect(),
        traffic: cast.traffic.iter().map(cross_info).collect(),
    }
}

fn cross_info(flow: &FlowInstance) -> CrossInfo {
    let definition = &flow.definition;
    CrossInfo {
        link: LinkIndex(flow.line.0 as u16),
        responsive: matches!(definition.kind, TrafficKind::Tcp { .. }),
        from: Time::ZERO + definition.from,
        until: definition.to.map_or(Time::NEVER, |to| Time::ZERO + to),
    }
}

fn source_info(name: &str, publication: &Publication) -> SourceInfo {
    let (kind, layers, stacked) = match publication {
        Publication::Opus(_) => (MediaKind::Audio, Vec::new(), false),
        Publication::Video(video) => {
            let info = |layer: &scenarios::model::Layer| LayerInfo {
                width: u32::from(layer.width),
                height: u32::from(layer.height),
                fps: u32::from(layer.fps),
                bps: layer.rate.as_bps(),
            };
            (MediaKind::Video, video.layers.iter().map(info).collect(), video.scalability.spatial > 1)
        }
    };
    SourceInfo { name: name.to_owned(), layers, stacked, kind }
}
