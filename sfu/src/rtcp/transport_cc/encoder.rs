//! Choosing packet status chunks.

use super::chunk::{Chunk, MAX_RUN, ONE_BIT_LEN, Symbol, TWO_BIT_LEN};

/// Symbols that are not in a chunk yet. They always fit into one last chunk together.
///
/// A run is kept for as long as it lasts; what doesn't fit a run goes into the vector that covers most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    len: u32,
    /// Whether they are not all the same.
    mixed: bool,
    /// Whether a large delta is among them.
    large: bool,
    /// The first symbols; a run may be longer than this.
    symbols: [Symbol; ONE_BIT_LEN],
}

impl Pending {
    pub(super) const EMPTY: Pending =
        Pending { len: 0, mixed: false, large: false, symbols: [Symbol::Lost; ONE_BIT_LEN] };

    /// Adds `count` times `symbol`, and hands over each chunk that is complete.
    pub(super) fn push(&mut self, symbol: Symbol, mut count: u32, mut emit: impl FnMut(Chunk)) {
        while count > 0 {
            if self.len as usize >= ONE_BIT_LEN && self.is_run_of(symbol) {
                let taken = count.min(MAX_RUN - self.len);
                self.len += taken;
                count -= taken;
                if count == 0 {
                    break;
                }
            }
            if self.takes(symbol) {
                self.store(symbol);
                count -= 1;
            } else {
                emit(self.take_chunk(false));
            }
        }
    }

    /// Adds one more of those that are pending, when they are a run that is already longer than any vector.
    pub(super) fn lengthen(&mut self, symbol: Symbol) -> bool {
        let is_longer = (ONE_BIT_LEN as u32..MAX_RUN).contains(&self.len);
        let lengthens = is_longer && !self.mixed && self.symbols[0] == symbol;
        self.len += u32::from(lengthens);
        lengthens
    }

    /// The last chunk, if there is anything left.
    pub(super) fn flush(&mut self, mut emit: impl FnMut(Chunk)) {
        if self.len > 0 {
            emit(self.take_chunk(true));
            debug_assert_eq!(self.len, 0, "what is pending fits into one chunk");
        }
    }

    /// Whether the pending symbols and `symbol` fit into one chunk.
    fn takes(&self, symbol: Symbol) -> bool {
        let len = self.len as usize;
        len < TWO_BIT_LEN
            || (len < ONE_BIT_LEN && symbol != Symbol::LargeDelta && !self.large)
            || (self.is_run_of(symbol) && self.len < MAX_RUN)
    }

    /// Only the last vector of a report may be short of symbols.
    fn take_chunk(&mut self, is_last: bool) -> Chunk {
        let len = self.len as usize;
        let first = self.symbols[0];
        if self.is_run_of(first) {
            *self = Pending::EMPTY;
            return Chunk::run(first, len as u32);
        }
        let symbols = self.symbols;
        if !self.large && (is_last || len == ONE_BIT_LEN) {
            *self = Pending::EMPTY;
            return Chunk::one_bit(&symbols[..len]);
        }
        let covered = len.min(TWO_BIT_LEN);
        *self = Pending::EMPTY;
        symbols[covered..len].iter().for_each(|rest| self.store(*rest));
        Chunk::two_bit(&symbols[..covered])
    }

    fn store(&mut self, symbol: Symbol) {
        self.mixed |= self.len > 0 && symbol != self.symbols[0];
        self.large |= symbol == Symbol::LargeDelta;
        if let Some(place) = self.symbols.get_mut(self.len as usize) {
            *place = symbol;
        }
        self.len += 1;
    }

    fn is_run_of(&self, symbol: Symbol) -> bool {
        self.len == 0 || (!self.mixed && self.symbols[0] == symbol)
    }
}
