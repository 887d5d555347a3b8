//! What the core knows of Opus (RFC 6716, RFC 7587): how silence looks.

/// The longest packet that says "nothing changed", bytes. A frame of at most one byte stands for silence or loss
/// (RFC 6716 section 3.4 with 2.1.9's DTX), behind one byte of TOC; libopus gives one byte in all, and libwebrtc
/// takes up to two for DTX. Speech never fits: 20 ms at Opus's lowest rate of 6 kbit/s are 15 bytes.
const MAX_DTX: usize = 3;

/// The longest time that one packet can hold: 120 ms (RFC 7587 section 4.2, `maxptime`), in ticks of 48 kHz.
pub const MAX_PACKET_TICKS: u32 = 5_760;

/// Whether a payload is DTX: it holds no sound, and the decoder goes on with comfort noise. An end-to-end encrypted
/// payload is longer, and never taken for it.
pub const fn is_dtx(payload: &[u8]) -> bool {
    payload.len() <= MAX_DTX
}
