//! After the end everybody leaves, and nothing may be left.
//!
//! It is no part of the run: nothing of it is recorded or goes into the digest.

use std::time::Duration;

use super::{Event, World};
use crate::invariant::Invariant;

/// How long the SFU may take to find out that everybody has gone: a good-bye that a line swallows leaves consent to
/// expire (RFC 7675 section 5.1, 30 s), and the line's own delay.
const PATIENCE: Duration = Duration::from_secs(60);

impl World {
    /// Lets everybody leave, and looks at what is left.
    pub(super) fn part(&mut self) {
        self.over = true;
        for index in 0..self.people.len() {
            if self.people[index].client.has_joined() {
                self.with_person(index as u16, |client, now, around| client.leave(now, around));
            }
        }
        let until = self.end + PATIENCE;
        while self.sfu.participant_count() > 0
            && let Some((now, event)) = self.queue.pop_until(until)
        {
            self.now = now;
            match event {
                Event::Link(_) | Event::Person(_) | Event::Channel(_) | Event::Sfu | Event::Processor => {
                    self.handle(event);
                }
                _ => {}
            }
        }
        for index in 0..self.people.len() {
            if let Some(session) = self.server.session(index) {
                self.sfu_turn(|turn, signalling| signalling.close(session, turn));
            }
        }
        let moment = self.moment();
        let held = self.sfu.census();
        if held != sfu::Census::default() {
            let what = format!("everybody has left, and the SFU still holds {held:?}");
            self.watch.report(Invariant::Remains, moment, what);
        }
        let sessions = self.server.signalling.len();
        if sessions > 0 {
            let what = format!("every connection is closed, and the signalling still holds {sessions}");
            self.watch.report(Invariant::Remains, moment, what);
        }
    }
}
