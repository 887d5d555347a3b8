//! Rows of other projects' tests, where our semantics are theirs. `CONFORMANCE.md` says which group is where, and
//! how and why ours differs.

mod caches;
mod congestion;
mod key_frames;
mod missing;
mod primitives;
mod projection;
