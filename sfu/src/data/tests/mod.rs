//! Associations against each other and against what no peer of ours would send.

mod hostile;
mod library;
mod pair;
mod peers;
mod transfer;
