//! Associations against each other and against what no peer of ours would send.

mod hostile;
mod pair;
mod peers;
mod transfer;
