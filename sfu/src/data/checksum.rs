//! CRC32c, SCTP's checksum (RFC 9260 appendix A).

/// The polynomial 0x1EDC6F41, reflected.
const POLYNOMIAL: u32 = 0x82f6_3b78;

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut value = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { (value >> 1) ^ POLYNOMIAL } else { value >> 1 };
            bit += 1;
        }
        table[byte] = value;
        byte += 1;
    }
    table
}

static TABLE: [u32; 256] = table();

fn feed(crc: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(crc, |crc, byte| (crc >> 8) ^ TABLE[usize::from(crc as u8 ^ byte)])
}

/// The checksum of an SCTP packet, whose own checksum field (bytes 8 to 12) counts as zero, in the byte order
/// of the wire. `packet` has at least 12 bytes.
pub(super) fn of_packet(packet: &[u8]) -> [u8; 4] {
    let crc = feed(feed(feed(u32::MAX, &packet[..8]), &[0; 4]), &packet[12..]);
    (!crc).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_published_vectors() {
        // RFC 3720 appendix B.4.
        let ascending: Vec<u8> = (0..32).collect();
        let rows: [(&[u8], u32); 4] = [
            (&[0; 32], 0x8a91_36aa),
            (&[0xff; 32], 0x62a8_ab43),
            (&ascending, 0x46dd_794e),
            (b"123456789", 0xe306_9283),
        ];
        for (bytes, expected) in rows {
            assert_eq!(!feed(u32::MAX, bytes), expected, "{bytes:?}");
        }
    }
}
