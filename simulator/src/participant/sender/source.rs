//! Cameras and microphones alike.

use sfu::Time;

use super::camera::CameraSource;
use super::microphone::MicrophoneSource;
use super::stream::RtpStream;

/// A source.
#[derive(Debug)]
pub(super) enum Source {
    Camera(Box<CameraSource>),
    Microphone(Box<MicrophoneSource>),
}

impl Source {
    /// The camera that a queued frame came from.
    pub(super) fn camera_mut(&mut self) -> Option<&mut CameraSource> {
        match self {
            Source::Camera(camera) => Some(camera),
            Source::Microphone(_) => None,
        }
    }

    /// When the source has something to do.
    pub(super) fn deadline(&self) -> Time {
        match self {
            Source::Camera(camera) => camera.deadline(),
            Source::Microphone(microphone) => microphone.deadline(),
        }
    }

    pub(super) fn set_muted(&mut self, now: Time, muted: bool) {
        match self {
            Source::Camera(camera) => camera.set_muted(now, muted),
            Source::Microphone(microphone) => microphone.set_muted(now, muted),
        }
    }

    /// Calls `visit` with each stream of media (retransmissions are none).
    pub(super) fn for_each_stream(&mut self, mut visit: impl FnMut(&mut RtpStream)) {
        match self {
            Source::Camera(camera) => {
                camera.encodings.iter_mut().for_each(|encoding| visit(&mut encoding.stream));
            }
            Source::Microphone(microphone) => visit(&mut microphone.stream),
        }
    }

    /// When the first of the streams' sender reports is due.
    pub(super) fn report_due(&self) -> Time {
        match self {
            Source::Camera(camera) => {
                let due = camera.encodings.iter().map(|encoding| encoding.stream.report_due());
                due.min().unwrap_or(Time::NEVER)
            }
            Source::Microphone(microphone) => microphone.stream.report_due(),
        }
    }
}
