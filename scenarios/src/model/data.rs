//! Data channels.

use std::time::Duration;

use serde::Serialize;

use crate::units::{Rate, Size, optional_duration_text};

/// One data channel of a participant, and what it sends on it: messages every so often, one transfer, or nothing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Data {
    /// Sends a message every so often from when the channel is open.
    #[serde(serialize_with = "optional_duration_text", skip_serializing_if = "Option::is_none")]
    pub every: Option<Duration>,
    /// Sends one transfer at this moment, or as soon as the channel is open.
    #[serde(serialize_with = "optional_duration_text", skip_serializing_if = "Option::is_none")]
    pub at: Option<Duration>,
    /// Sends nothing from this moment on.
    #[serde(serialize_with = "optional_duration_text", skip_serializing_if = "Option::is_none")]
    pub until: Option<Duration>,
    /// Bytes of each message, or of the whole transfer.
    pub size: Size,
    /// Bytes of each message that a transfer is cut into.
    pub piece: Size,
    /// How fast the application hands a transfer over; `None`: as fast as the channel takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// The one participant that is to get it; `None`: everybody with such a channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// In the order of sending.
    pub ordered: bool,
    /// A lost message is sent again at most so many times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_retransmits: Option<u32>,
    /// A message is given up after so long.
    #[serde(serialize_with = "optional_duration_text", skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<Duration>,
}
