//! RTP on byte slices (RFC 3550, RFC 8285): headers, header extensions, sequence arithmetic.

pub mod extension;
pub mod flexfec;
pub mod packet;
pub mod sequence;

pub use extension::{ExtensionIds, Extensions};
pub use packet::{RtpError, RtpHeader};
pub use sequence::Unwrapper;
