//! Payload buffers that are used again, so that a packet costs no allocation once the pool is warm.

/// How a pool was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolCounters {
    /// Buffers handed out.
    pub taken: u64,
    /// Of these, allocated because none was free.
    pub allocated: u64,
    /// Buffers given back.
    pub returned: u64,
    /// Of these, freed because the pool was full.
    pub freed: u64,
}

/// A bounded stock of empty buffers. A buffer that is never given back is merely freed by its owner.
#[derive(Clone, Debug)]
pub struct BufferPool {
    free: Vec<Vec<u8>>,
    limit: usize,
    counters: PoolCounters,
}

/// An Ethernet payload: the largest datagram that an unfragmented packet carries fits.
const BUFFER_CAPACITY: usize = 1500;

impl BufferPool {
    /// A pool that keeps at most `limit` free buffers.
    pub fn new(limit: usize) -> Self {
        BufferPool { free: Vec::with_capacity(limit), limit, counters: PoolCounters::default() }
    }

    /// An empty buffer with room for 1500 bytes at least.
    pub fn take(&mut self) -> Vec<u8> {
        self.counters.taken += 1;
        self.free.pop().unwrap_or_else(|| {
            self.counters.allocated += 1;
            Vec::with_capacity(BUFFER_CAPACITY)
        })
    }

    /// A buffer that holds a copy of `bytes`.
    pub fn take_copy(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut buffer = self.take();
        buffer.extend_from_slice(bytes);
        buffer
    }

    /// Takes a buffer back, whoever made it.
    pub fn put(&mut self, mut buffer: Vec<u8>) {
        self.counters.returned += 1;
        if self.free.len() == self.limit {
            self.counters.freed += 1;
            return;
        }
        buffer.clear();
        buffer.reserve(BUFFER_CAPACITY);
        self.free.push(buffer);
    }

    /// How it was used so far.
    pub fn counters(&self) -> PoolCounters {
        self.counters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warm_pool_allocates_nothing() {
        let mut pool = BufferPool::new(4);
        for round in 0..100 {
            let buffers: Vec<_> = (0..4).map(|_| pool.take_copy(&[round; 1200])).collect();
            assert!(buffers.iter().all(|buffer| buffer.len() == 1200));
            buffers.into_iter().for_each(|buffer| pool.put(buffer));
        }
        let expected = PoolCounters { taken: 400, allocated: 4, returned: 400, freed: 0 };
        assert_eq!(pool.counters(), expected);
    }

    #[test]
    fn it_keeps_no_more_than_its_limit() {
        let mut pool = BufferPool::new(2);
        (0..5).for_each(|_| pool.put(Vec::new()));
        assert_eq!((pool.counters().freed, pool.free.len()), (3, 2));
        assert!(pool.take().capacity() >= BUFFER_CAPACITY);
    }
}
