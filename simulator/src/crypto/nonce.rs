//! The nonces of deterministic ECDSA over P-256 with SHA-256 (RFC 6979).

use aws_lc_rs::hmac::{Context, HMAC_SHA256, Key, sign};

/// The nonces for one secret and hash, in the order in which they are to be tried (section 3.2, steps b to h).
pub(super) struct Nonces {
    key: Key,
    value: [u8; 32],
}

impl Nonces {
    /// `hash` is reduced modulo the group's order, `additional` is the data of section 3.6, or nothing.
    pub(super) fn new(secret: &[u8; 32], hash: &[u8; 32], additional: &[u8]) -> Self {
        let mut nonces = Nonces { key: Key::new(HMAC_SHA256, &[0; 32]), value: [1; 32] };
        for step in [0, 1] {
            nonces.renew(&[&[step], secret, hash, additional]);
        }
        nonces
    }

    fn renew(&mut self, parts: &[&[u8]]) {
        let mut context = Context::with_key(&self.key);
        context.update(&self.value);
        parts.iter().for_each(|part| context.update(part));
        self.key = Key::new(HMAC_SHA256, context.sign().as_ref());
        self.draw();
    }

    fn draw(&mut self) {
        let tag = sign(&self.key, &self.value);
        self.value.copy_from_slice(tag.as_ref());
    }
}

impl Iterator for Nonces {
    type Item = [u8; 32];

    /// One more; whether it is a scalar of the group is for the caller to see.
    fn next(&mut self) -> Option<[u8; 32]> {
        self.draw();
        let nonce = self.value;
        self.renew(&[&[0]]);
        Some(nonce)
    }
}
