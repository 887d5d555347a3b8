//! Media protection in both directions, by rtc-srtp or by nothing.
//!
//! rtc-srtp returns each packet in a buffer of its own: one allocation and one copy per packet and
//! direction, which its interface leaves no way around.

use rtc_crypto::RTCCrypto;
use rtc_rtp::Header;
use rtc_srtp::context::Context;
use rtc_srtp::option::{srtcp_replay_protection, srtp_replay_protection};
use rtc_srtp::protection_profile::ProtectionProfile;
use sfu::transport::dtls::{KeyingMaterial, Role, SrtpProfile};

use super::null::Null;
use super::{CryptoMode, TransportError, rtp_header};

/// Packets behind the newest that are still taken; libwebrtc's window. RTCP is rare: RFC 3711's minimum.
const RTP_REPLAY_WINDOW: usize = 1024;
const RTCP_REPLAY_WINDOW: usize = 64;

/// Both directions of one DTLS connection.
pub(crate) enum Srtp {
    Real(Box<Real>),
    Null { outbound: Null, inbound: Null },
}

pub(crate) struct Real {
    outbound: Context,
    inbound: Context,
    header: Header,
}

impl Srtp {
    pub(crate) fn new(
        mode: CryptoMode,
        role: Role,
        material: &KeyingMaterial,
        crypto: &dyn RTCCrypto,
    ) -> Result<Self, TransportError> {
        let profile = material.profile;
        if mode == CryptoMode::Null {
            return Ok(Srtp::Null { outbound: Null::new(profile), inbound: Null::new(profile) });
        }
        let (ours, theirs) = match role {
            Role::Client => (material.client(), material.server()),
            Role::Server => (material.server(), material.client()),
        };
        let profile = match profile {
            SrtpProfile::AeadAes128Gcm => ProtectionProfile::AeadAes128Gcm,
            SrtpProfile::AesCm128HmacSha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
        };
        let outbound = Context::new(ours.0, ours.1, profile, None, None, crypto).map_err(refused)?;
        let inbound = Context::new(
            theirs.0,
            theirs.1,
            profile,
            Some(srtp_replay_protection(RTP_REPLAY_WINDOW)),
            Some(srtcp_replay_protection(RTCP_REPLAY_WINDOW)),
            crypto,
        )
        .map_err(refused)?;
        Ok(Srtp::Real(Box::new(Real { outbound, inbound, header: Header::default() })))
    }

    pub(crate) fn protect_rtp(&mut self, packet: &mut Vec<u8>) -> Result<(), TransportError> {
        match self {
            Srtp::Real(real) => {
                rtp_header::read_into(&mut real.header, packet)?;
                let sealed = real.outbound.encrypt_rtp_with_header(packet, &real.header).map_err(refused)?;
                replace(packet, &sealed);
            }
            Srtp::Null { outbound, .. } => outbound.protect_rtp(packet),
        }
        Ok(())
    }

    pub(crate) fn protect_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), TransportError> {
        match self {
            Srtp::Real(real) => {
                let sealed = real.outbound.encrypt_rtcp(packet).map_err(refused)?;
                replace(packet, &sealed);
            }
            Srtp::Null { outbound, .. } => outbound.protect_rtcp(packet),
        }
        Ok(())
    }

    /// The length of the clear packet, which then starts `packet`.
    pub(crate) fn unprotect_rtp(&mut self, packet: &mut [u8]) -> Result<usize, TransportError> {
        match self {
            Srtp::Real(real) => {
                rtp_header::read_into(&mut real.header, packet)?;
                let clear = real.inbound.decrypt_rtp_with_header(packet, &real.header).map_err(refused)?;
                packet[..clear.len()].copy_from_slice(&clear);
                Ok(clear.len())
            }
            Srtp::Null { inbound, .. } => inbound.unprotect_rtp(packet),
        }
    }

    /// The length of the clear compound packet, which then starts `packet`.
    pub(crate) fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, TransportError> {
        match self {
            Srtp::Real(real) => {
                let clear = real.inbound.decrypt_rtcp(packet).map_err(refused)?;
                packet[..clear.len()].copy_from_slice(&clear);
                Ok(clear.len())
            }
            Srtp::Null { inbound, .. } => inbound.unprotect_rtcp(packet),
        }
    }
}

fn replace(packet: &mut Vec<u8>, with: &[u8]) {
    packet.clear();
    packet.extend_from_slice(with);
}

fn refused(error: rtc_shared::error::Error) -> TransportError {
    TransportError::Srtp(error.to_string())
}
