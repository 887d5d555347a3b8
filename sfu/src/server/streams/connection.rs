//! One connection: frames in, frames out, and how long it may be of no use.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, mpsc};

use super::Incoming;
use crate::server::port::Traffic;
use crate::sink::Transmit;
use crate::transport::framing::{MAX_FRAME, push_frame, whole_frames};

/// What may wait for a connection to take it, bytes: a key frame and some. More would be delay.
const WAITING: usize = 128 * 1024;

/// Room that a connection keeps between what it sends, bytes: a frame's packets and some sound.
const KEPT: usize = 16 * 1024;

/// What is read at once, bytes: some frames, and the longest at least.
const READ: usize = 4 * (MAX_FRAME + 2);

/// How long a connection may bring nothing of use: as long as a peer may be silent (RFC 7675), in which a browser
/// checks its path ten times; a new one has half of that at most before it is looked at for the first time.
const OF_NO_USE: Duration = Duration::from_secs(30);

/// What the worker leaves for a connection.
#[derive(Debug, Default)]
pub(in crate::server) struct Outgoing {
    frames: Mutex<Vec<u8>>,
    changed: Notify,
    closed: AtomicBool,
    of_use: AtomicBool,
}

impl Outgoing {
    fn frames(&self) -> MutexGuard<'_, Vec<u8>> {
        self.frames.lock().expect("nobody panics with it")
    }

    pub(super) fn push(&self, transmit: &Transmit<'_>, traffic: &mut Traffic) {
        let mut frames = self.frames();
        for (datagram, _) in transmit.datagrams() {
            if frames.len() + datagram.len() + 2 > WAITING {
                traffic.refused += 1;
                continue;
            }
            push_frame(&mut frames, datagram);
            traffic.datagrams += 1;
            traffic.bytes += datagram.len() as u64;
        }
        drop(frames);
        traffic.calls += 1;
        self.changed.notify_one();
    }

    pub(super) fn was_of_use(&self) {
        self.of_use.store(true, Ordering::Relaxed);
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.changed.notify_one();
    }
}

/// Serves a connection until either side ends it, or until it has been of no use for too long.
pub(super) async fn serve(
    stream: TcpStream,
    from: SocketAddr,
    outgoing: &Outgoing,
    worker: &mpsc::Sender<Incoming>,
) {
    let (reading, writing) = stream.into_split();
    tokio::select! {
        () = read(reading, from, worker) => {}
        () = write(writing, outgoing) => {}
        () = watch(outgoing) => {}
    }
}

async fn read(mut stream: OwnedReadHalf, from: SocketAddr, worker: &mpsc::Sender<Incoming>) {
    let mut buffer = Vec::with_capacity(READ);
    loop {
        // Nothing more will come, or nothing can.
        if !matches!(stream.read_buf(&mut buffer).await, Ok(1..)) {
            return;
        }
        // What follows a length that can't be is noise.
        let Ok(whole) = whole_frames(&buffer) else { return };
        if whole > 0 {
            let bytes = buffer[..whole].to_vec();
            buffer.drain(..whole);
            if worker.send(Incoming::Frames { from, bytes }).await.is_err() {
                return;
            }
        }
    }
}

async fn write(mut stream: OwnedWriteHalf, outgoing: &Outgoing) {
    let mut batch = Vec::new();
    loop {
        outgoing.changed.notified().await;
        // Read before what there is to send: what was said last still goes out.
        let closed = outgoing.closed.load(Ordering::Acquire);
        batch.clear();
        std::mem::swap(&mut batch, &mut *outgoing.frames());
        if stream.write_all(&batch).await.is_err() {
            return;
        }
        // What a key frame took isn't kept.
        if batch.capacity() > KEPT {
            batch = Vec::new();
        }
        if closed {
            return;
        }
    }
}

/// Ends when the worker found nothing of use for too long.
async fn watch(outgoing: &Outgoing) {
    // A new one is watched more closely: whoever has something to say says it at once.
    tokio::time::sleep(OF_NO_USE / 2).await;
    while outgoing.of_use.swap(false, Ordering::Relaxed) {
        tokio::time::sleep(OF_NO_USE).await;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::sink::{PacketClass, Segment};
    use crate::transport::Carrier;

    fn transmit<'a>(to: SocketAddr, bytes: &'a [u8], segments: &'a [Segment]) -> Transmit<'a> {
        Transmit { from: to, to, carrier: Carrier::Tcp, bytes, segments }
    }

    #[tokio::test]
    async fn who_does_not_read_loses_it_and_who_reads_gets_whole_datagrams_in_order() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
        let to = listener.local_addr().expect("it is bound");
        let mut peer = std::net::TcpStream::connect(to).expect("it listens");
        let (stream, from) = listener.accept().await.expect("somebody connected");
        let (worker, _incoming) = mpsc::channel(1);
        let outgoing = std::sync::Arc::new(Outgoing::default());
        let theirs = std::sync::Arc::clone(&outgoing);
        let served = tokio::spawn(async move { serve(stream, from, &theirs, &worker).await });
        let (mut traffic, mut pushed) = (Traffic::default(), 0_u32);
        let ecn = crate::rtcp::Ecn::NotEct;
        let segments = [Segment { len: 1_000, class: PacketClass::Video, forwarded: None, ecn }];
        // Until both the system's buffers and ours are full: what more there is has no room.
        while traffic.refused < 1_000 {
            let mut bytes = [7; 1_000];
            bytes[..4].copy_from_slice(&pushed.to_be_bytes());
            outgoing.push(&transmit(from, &bytes, &segments), &mut traffic);
            pushed += 1;
            assert!(outgoing.frames().capacity() <= 2 * WAITING && pushed < 1_000_000);
            tokio::task::yield_now().await;
        }
        assert_eq!(traffic.datagrams + traffic.refused, u64::from(pushed));
        outgoing.close();
        let reader = std::thread::Builder::new();
        let reader = reader.spawn(move || {
            let mut all = Vec::new();
            peer.read_to_end(&mut all).map(|_| all)
        });
        served.await.expect("it ends");
        let all = reader.expect("a thread").join().expect("it reads").expect("to the end");
        assert_eq!(all.len() as u64, traffic.datagrams * 1_002);
        let numbers: Vec<u32> = all
            .chunks(1_002)
            .map(|frame| {
                assert_eq!(frame[..2], [3, 232]);
                u32::from_be_bytes(frame[2..6].try_into().expect("four bytes"))
            })
            .collect();
        assert!(numbers.is_sorted() && numbers[0] == 0);
    }
}
