//! Traffic of others, which competes with conferences.

pub mod tcp;
