//! The real server: the same core on real sockets, timers and WebSockets.
//!
//! The only room with a clock and sockets, beside the load generator's. A worker owns a core, a media port and the
//! sessions of its rooms; there is one for each of the machine's, each in a thread of its own, and a room stays with the
//! one that it began on. HTTP and WebSocket tasks talk to them through queues with a bound. Whoever connects passes the
//! gate first.
//!
//! Each worker has a port number of its own, and not one that all share: a datagram then comes to the thread whose it
//! is. With one number for all (SO_REUSEPORT), the system would deal datagrams out by their addresses' hash, and most
//! would have to be handed on from thread to thread, at several times the price of forwarding them.

mod access;
mod admin;
mod bucket;
pub(crate) mod clock;
pub mod config;
mod directory;
mod gate;
mod http;
mod listen;
mod metrics;
mod oneway;
mod outbox;
mod port;
mod requests;
mod session;
mod streams;
mod tls;
mod worker;
mod workers;

pub use access::AccessError;
pub use config::{ConfigError, ServerConfig, reachable_addresses};
pub use tls::TlsError;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use rtc_crypto::providers::AwsLcRsProvider;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};

use crate::conference::CommandError;
use crate::sdp::Candidate;
use crate::transport::Carrier;
use crate::{Config, Sfu};
use access::Access;
use clock::Clock;
use config::advertised;
use directory::Directory;
use gate::Gate;
use listen::Front;
use port::Bound;
use worker::Setup;
use workers::Workers;

/// Requests of all sessions that may wait for the worker: a thousand people who join within a moment.
const INBOX: usize = 1_024;

/// How long sessions have to say their last words when the server ends: a few round trips of any line.
const FAREWELL: std::time::Duration = std::time::Duration::from_secs(1);

/// How many free ports of UDP's are tried for one that TCP has free as well.
const ANY_PORT_ATTEMPTS: usize = 16;

/// What sessions still ask of a worker that has ended.
type LastRequests = mpsc::Receiver<requests::Request>;

/// Why the server can't run.
#[derive(Debug, Error)]
pub enum ServerError {
    /// A socket can't be opened.
    #[error("{what} {address}: {error}")]
    Socket {
        /// Which.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// Why not.
        error: std::io::Error,
    },
    /// The page can't be protected.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A key that tokens are checked with is of no use.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The core can't be made.
    #[error(transparent)]
    Core(#[from] CommandError),
    /// A socket failed while it was served.
    #[error("serving: {0}")]
    Serving(#[from] std::io::Error),
}

/// A server with its sockets open.
pub struct Server {
    page: TcpListener,
    front: Front,
    admin: Option<(TcpListener, Router)>,
    workers: Vec<Setup>,
}

impl Server {
    /// Opens the sockets. Port 0 takes any that is free.
    ///
    /// # Errors
    /// When a socket can't be opened, or there is no certificate to be had.
    pub async fn bind(config: &ServerConfig) -> Result<Self, ServerError> {
        let tls = tls::acceptor(&config.page)?;
        let page = listener("the page's address", config.page.listen).await?;
        let (clock, gate) = (Clock::start(), Gate::new(config.limits.clone()));
        let count = config.media.workers();
        let directory = Directory::new(count, config.limits.participants);
        let (requests, inboxes): (Vec<_>, Vec<_>) = (0..count).map(|_| mpsc::channel(INBOX)).unzip();
        let setup = |(index, inbox)| setup(config, clock, (&directory, &gate), index, inbox);
        let setups = inboxes.into_iter().enumerate().map(setup).collect::<Result<Vec<Setup>, _>>()?;
        let workers = Workers::new(requests, directory.clone(), Access::new(&config.access)?);
        let admin = match config.admin.listen {
            Some(address) => {
                let routes = admin::routes(workers.clone(), gate.clone(), config.admin.token.as_deref());
                Some((listener("the admin's address", address).await?, routes))
            }
            None => None,
        };
        let routes = http::routes(workers, clock, config);
        let front = Front { tls, routes, gate, clock };
        Ok(Server { page, front, admin, workers: setups })
    }

    /// Where the page is, for a browser on this machine.
    ///
    /// # Errors
    /// When the socket is of no use any more.
    pub fn url(&self) -> Result<String, ServerError> {
        let address = self.page.local_addr()?;
        let scheme = if self.front.tls.is_some() { "https" } else { "http" };
        Ok(format!("{scheme}://{}/", SocketAddr::new(tls::host(address.ip()), address.port())))
    }

    /// Where metrics, state and commands are, if anywhere.
    pub fn admin(&self) -> Option<SocketAddr> {
        self.admin.as_ref().and_then(|(listener, _)| listener.local_addr().ok())
    }

    /// Where media goes, as peers are told: for each worker an address of each family.
    pub fn media(&self) -> Vec<SocketAddr> {
        let candidates = self.workers.iter().flat_map(|worker| &worker.candidates);
        let over_udp = candidates.filter(|candidate| candidate.carrier == Carrier::Udp);
        over_udp.map(|candidate| candidate.address).collect()
    }

    /// Serves until `stop` is done, or until the last one has gone after a drain; then everybody is told to go, and the
    /// sockets close. A single worker stays in the calling thread; several have one each.
    ///
    /// # Errors
    /// When a socket fails.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), ServerError> {
        let Server { page, front, admin, workers } = self;
        let page = tokio::spawn(front.serve(page));
        let admin = admin.map(|(listener, routes)| tokio::spawn(axum::serve(listener, routes).into_future()));
        let (tell, told) = watch::channel(false);
        let sessions = match <[Setup; 1]>::try_from(workers) {
            Ok([one]) => alone(one, stop, tell, told).await.map(|sessions| vec![sessions]),
            Err(several) => side_by_side(several, stop, tell, told).await,
        };
        page.abort();
        if let Some(admin) = admin {
            admin.abort();
        }
        farewell(sessions?).await;
        Ok(())
    }
}

/// One worker with its port.
fn setup(
    config: &ServerConfig,
    clock: Clock,
    (directory, gate): (&Directory, &Gate),
    index: usize,
    inbox: mpsc::Receiver<requests::Request>,
) -> Result<Setup, ServerError> {
    let (bound, tcp) = ports(config, index)?;
    let carriers = if tcp.is_some() { &[Carrier::Udp, Carrier::Tcp][..] } else { &[Carrier::Udp] };
    let addresses = bound.addresses();
    let told = |carrier: &Carrier| {
        let (carrier, advertise) = (*carrier, &config.media.advertise);
        addresses.iter().map(move |own| Candidate { address: advertised(*own, advertise), carrier })
    };
    let candidates: Vec<Candidate> = carriers.iter().flat_map(told).collect();
    let first = candidates.first().expect("settings without an address are refused").address;
    let sfu = Sfu::new(core(config, first), Arc::new(AwsLcRsProvider::new()))?;
    let (directory, gate, telling) = (directory.clone(), gate.clone(), config.log.events);
    Ok(Setup { index, directory, sfu, bound, tcp, gate, candidates, inbox, clock, telling })
}

/// A worker's sockets: over TCP on the numbers that UDP has. Where those may be any, others are tried if one is taken.
fn ports(config: &ServerConfig, index: usize) -> Result<(Bound, Option<streams::Bound>), ServerError> {
    let media = &config.media;
    let any = media.listen.iter().any(|address| address.port() == 0);
    let mut attempts = if any { ANY_PORT_ATTEMPTS } else { 1 };
    loop {
        let bound = Bound::bind(media.listen.iter().map(|first| config::of_worker(*first, index)))?;
        if !media.tcp {
            return Ok((bound, None));
        }
        attempts -= 1;
        match streams::Bound::bind(&bound.addresses()) {
            Ok(tcp) => return Ok((bound, Some(tcp))),
            Err((address, error)) if attempts == 0 => {
                return Err(ServerError::Socket { what: "the media's address over TCP", address, error });
            }
            Err(_) => {}
        }
    }
}

/// Runs the only worker in this thread until `stop`, or until it ends.
async fn alone(
    worker: Setup,
    stop: impl Future<Output = ()>,
    tell: watch::Sender<bool>,
    told: watch::Receiver<bool>,
) -> std::io::Result<LastRequests> {
    let mut run = std::pin::pin!(worker.run(told));
    tokio::select! {
        () = stop => {}
        result = &mut run => return result,
    }
    // It listens for as long as it runs.
    let _ = tell.send(true);
    run.await
}

/// Says that a worker has ended, however it did.
struct Ended(mpsc::Sender<()>);

impl Drop for Ended {
    fn drop(&mut self) {
        // One word is enough for all.
        let _ = self.0.try_send(());
    }
}

/// Runs workers in threads of their own until `stop`, or until one of them ends; then all do.
async fn side_by_side(
    workers: Vec<Setup>,
    stop: impl Future<Output = ()>,
    tell: watch::Sender<bool>,
    told: watch::Receiver<bool>,
) -> std::io::Result<Vec<LastRequests>> {
    let mut results = Vec::with_capacity(workers.len());
    let (ended, mut one_ended) = mpsc::channel::<()>(1);
    for worker in workers {
        let (told, ended) = (told.clone(), Ended(ended.clone()));
        let (result, of_worker) = oneshot::channel();
        results.push(of_worker);
        std::thread::Builder::new().name(format!("worker {}", worker.index)).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let _ended = ended;
            // Whoever would hear of it has gone only when the whole server has.
            let _ = result.send(runtime.and_then(|runtime| runtime.block_on(worker.run(told))));
        })?;
    }
    tokio::select! {
        () = stop => {}
        _ = one_ended.recv() => {}
    }
    let _ = tell.send(true);
    let mut sessions = Vec::with_capacity(results.len());
    for result in results {
        let crashed = |_| Err(std::io::Error::other("a worker has crashed"));
        sessions.push(result.await.unwrap_or_else(crashed)?);
    }
    Ok(sessions)
}

/// Waits until the last session has said what it had to say, but not for those that nobody reads.
async fn farewell(sessions: Vec<LastRequests>) {
    let all_gone = async {
        for mut requests in sessions {
            while requests.recv().await.is_some() {}
        }
    };
    // Over in either case.
    let _ = tokio::time::timeout(FAREWELL, all_gone).await;
}

async fn listener(what: &'static str, address: SocketAddr) -> Result<TcpListener, ServerError> {
    TcpListener::bind(address).await.map_err(|error| ServerError::Socket { what, address, error })
}

/// The core's settings; its own defaults but for what the server's say.
fn core(config: &ServerConfig, media: SocketAddr) -> Config {
    let mut core = Config::new(media);
    core.limits.participants = config.limits.participants;
    core.limits.conference = config.limits.participants_per_room;
    core
}
