//! The seam against itself and against the bare library, over a network that loses, repeats and invents.

mod handshake;
mod hostile;
mod loss;
mod net;
