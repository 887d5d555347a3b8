//! The names that patterns can select.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::diagnostics::{Faults, Place};
use crate::expand::{Cast, Member};
use crate::model::Glob;

/// Every member, published source and line of the run.
pub(crate) struct Names<'a> {
    cast: &'a Cast,
    /// False when a fault has already left names out: then nothing more is said about selections.
    complete: bool,
}

impl<'a> Names<'a> {
    pub(crate) fn new(cast: &'a Cast, complete: bool) -> Self {
        Names { cast, complete }
    }

    /// Reports a member pattern that selects nobody.
    pub(crate) fn check_member(&self, faults: &Faults, place: &Place, pattern: &Glob) {
        let members: Vec<&str> = self.cast.members.iter().map(|member| member.name.as_str()).collect();
        if !self.complete || members.iter().any(|name| pattern.matches(name)) {
            return;
        }
        let is_group = self.cast.members.iter().any(|member| member.group == pattern.as_str());
        if is_group {
            let hint = format!("it is a group: write `{pattern}.*` for all its members");
            faults.report(place, format!("nobody is called `{pattern}`"), hint);
        } else {
            faults.report_unknown(place, "nobody is called", pattern.as_str(), &members);
        }
    }

    /// Reports that someone whom the pattern selects may not have joined at `time`.
    pub(crate) fn check_present(&self, faults: &Faults, place: &Place, pattern: &Glob, time: Duration) {
        let late = |member: &&Member| pattern.matches(&member.name) && member.join >= time;
        if let Some(member) = self.cast.members.iter().find(late).filter(|_| self.complete) {
            let hint = "see `join`, in its latest case";
            faults.report(place, format!("`{}` has not joined by then", member.name), hint);
        }
    }

    /// Reports that someone whom the pattern selects is in a call, where there is nothing to look at but the other end.
    pub(crate) fn check_in_conference(&self, faults: &Faults, place: &Place, pattern: &Glob) {
        let calls = |member: &&Member| pattern.matches(&member.name) && member.call.is_some();
        if let Some(member) = self.cast.members.iter().find(calls).filter(|_| self.complete) {
            let hint = "take it out: a call shows the other end, and nothing else";
            faults.report(place, format!("`{}` is in a call", member.name), hint);
        }
    }

    /// Reports a source pattern that selects nothing of what the members of `who` publish.
    pub(crate) fn check_source(&self, faults: &Faults, place: &Place, who: Option<&Glob>, pattern: &Glob) {
        let members =
            self.cast.members.iter().filter(|member| who.is_none_or(|who| who.matches(&member.name)));
        let sources: BTreeSet<&str> =
            members.flat_map(|member| member.publish.keys()).map(String::as_str).collect();
        if self.complete && !sources.iter().any(|name| pattern.matches(name)) {
            let known: Vec<&str> = sources.into_iter().collect();
            faults.report_unknown(place, "nothing is published as", pattern.as_str(), &known);
        }
    }

    /// Reports a link pattern that selects no line.
    pub(crate) fn check_link(&self, faults: &Faults, place: &Place, pattern: &Glob) {
        if !self.complete || self.cast.links.iter().any(|line| line.is_selected_by(pattern)) {
            return;
        }
        let known: BTreeSet<&str> =
            self.cast.links.iter().flat_map(|line| [line.link.as_str(), line.name.as_str()]).collect();
        let known: Vec<&str> = known.into_iter().collect();
        faults.report_unknown(place, "no line in use is called", pattern.as_str(), &known);
    }
}
