//! Which frames go out where a dependency descriptor says which decode targets need each.

use super::Layer;
use super::segment::Segment;
use crate::codec::dependency_descriptor::Indication;
use crate::codec::frame::{FrameDependency, Target, Targets};
use crate::forward::frames::{Frame, Frames};
use crate::forward::ingress::IngressVideo;
use crate::forward::limit::Limit;

/// What is known of a stream's decode targets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    targets: Targets,
    /// Those that the sender makes at present.
    active: u32,
    /// The receiver was told of fewer targets than the sender makes; from then on each packet says which are left.
    told: bool,
}

impl Choice {
    /// The choice at a frame that carries a structure.
    pub(super) const fn of(dependency: &FrameDependency) -> Self {
        Choice { targets: dependency.targets, active: dependency.active, told: false }
    }

    /// The highest target that is made and no higher than the layers wanted, else the lowest that is made.
    ///
    /// An encoding announced with one spatial layer is wanted as a whole.
    pub(super) fn best(&self, wanted: Layer, layered: bool) -> Option<Limit> {
        let made = || {
            let is_made =
                |(index, target): &(u8, &Target)| self.active & bit(*index) != 0 && target.begins_with_key;
            self.targets.iter().filter(is_made)
        };
        let spatial = if layered { wanted.spatial } else { u8::MAX };
        let within = made().filter(|(_, t)| t.spatial <= spatial && t.temporal <= wanted.temporal);
        let best = within.max_by_key(|(_, t)| (t.spatial, t.temporal));
        let (index, target) = best.or_else(|| made().min_by_key(|(_, t)| (t.spatial, t.temporal)))?;
        Some(limit_at(index, target, layered))
    }

    /// The highest target no higher than `desired` all of whose frames have been sent, as they are `current`'s too.
    fn below(&self, current: u8, desired: &Limit) -> Option<u8> {
        let includes = self.targets.get(current)?.includes;
        let desired = self.targets.get(desired.target)?;
        let within = self.targets.iter().filter(|(index, target)| {
            includes & bit(*index) != 0
                && target.spatial <= desired.spatial
                && target.temporal <= desired.temporal
        });
        within.max_by_key(|(_, target)| (target.spatial, target.temporal)).map(|(index, _)| index)
    }

    /// The highest target from `current` up to `desired` that may be taken up with this frame: the frame says so,
    /// and what it refers to and the frame before it in the target's chain have been sent.
    fn above(
        &self,
        current: u8,
        desired: &Limit,
        dependency: &FrameDependency,
        frames: &Frames,
        lets_begin: bool,
    ) -> Option<u8> {
        let (now, most) = (self.targets.get(current)?, self.targets.get(desired.target)?);
        let most = Target { spatial: if lets_begin { most.spatial } else { now.spatial }, ..*most };
        let reachable = self.targets.iter().filter(|(index, target)| {
            (now.spatial..=most.spatial).contains(&target.spatial)
                && (now.temporal..=most.temporal).contains(&target.temporal)
                && self.active & bit(*index) != 0
                && dependency.frame.indications.get(*index) == Indication::Switch
                && dependency.chain_before(*index).is_none_or(|number| frames.sent(number))
        });
        let (index, _) = reachable.max_by_key(|(_, target)| (target.spatial, target.temporal))?;
        let decodable = index != current && dependency.references().all(|number| frames.sent(number));
        decodable.then_some(index)
    }

    /// Whether only a key frame leads from `current` to `desired`: spatial layers above have no other entry, and
    /// those below only when all of their frames have been sent.
    pub(super) fn needs_key_frame(&self, current: &Limit, desired: &Limit) -> bool {
        let (Some(now), Some(wanted)) = (self.targets.get(current.target), self.targets.get(desired.target))
        else {
            return true;
        };
        let reached = |index| self.targets.get(index).is_some_and(|t| t.spatial == wanted.spatial);
        wanted.spatial > now.spatial
            || (wanted.spatial < now.spatial && !self.below(current.target, desired).is_some_and(reached))
    }

    /// What to tell the receiver of the active targets with a frame under `limit`, if anything.
    pub(super) fn announce(&mut self, limit: &Limit) -> Option<u32> {
        let left = self.targets.get(limit.target)?.includes & self.active;
        self.told |= left != self.active;
        self.told.then_some(left)
    }

    fn limit(&self, index: u8, layered: bool) -> Option<Limit> {
        self.targets.get(index).map(|target| limit_at(index, target, layered))
    }
}

const fn limit_at(index: u8, target: &Target, layered: bool) -> Limit {
    let spatial = if layered { target.spatial } else { 0 };
    Limit { spatial, temporal: target.temporal, target: index }
}

const fn bit(target: u8) -> u32 {
    if target < 32 { 1 << target } else { 0 }
}

impl Segment {
    /// Decides whether a frame newer than all before is forwarded, moving the limit towards the layers wanted.
    pub(super) fn admit_target(
        &mut self,
        packet: &IngressVideo,
        dependency: &FrameDependency,
        wanted: Layer,
        newest: &Frame,
        frames: &Frames,
    ) -> bool {
        if packet.frame.key_frame_start {
            self.choice = Some(Choice::of(dependency));
            self.limit = self.desired(wanted);
            return dependency.is_in(self.limit.target);
        }
        let Some(choice) = self.choice.as_mut().filter(|choice| choice.targets == dependency.targets) else {
            // Another structure without the key frame that it came with.
            self.choice = None;
            return false;
        };
        choice.active = dependency.active;
        let desired = self.desired(wanted);
        if let Some(choice) = self.choice
            && desired != self.limit
        {
            let current = self.limit.target;
            let is_new_picture = packet.timestamp != newest.timestamp;
            let exceeds = desired.spatial < self.limit.spatial || desired.temporal < self.limit.temporal;
            let below = if exceeds && is_new_picture { choice.below(current, &desired) } else { None };
            let from = below.unwrap_or(current);
            let to =
                choice.above(from, &desired, dependency, frames, newest.lets_begin(packet)).unwrap_or(from);
            self.limit = choice.limit(to, self.layered).unwrap_or(self.limit);
        }
        dependency.is_in(self.limit.target)
    }
}
