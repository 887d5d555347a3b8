//! RTP on byte slices (RFC 3550, RFC 8285): headers, header extensions, sequence arithmetic.

pub mod extension;
pub mod flexfec;
pub mod frame_marking;
pub mod packet;
pub mod sequence;
pub mod video_layers_allocation;

pub use extension::{ExtensionIds, Extensions};
pub use frame_marking::FrameMarking;
pub use packet::{RtpError, RtpHeader};
pub use sequence::Unwrapper;
pub use video_layers_allocation::VideoLayersAllocation;
