//! The real server: the same core on real sockets, timers and WebSockets.
//!
//! The only room with a clock and sockets. One worker owns the core, one UDP socket and all sessions; HTTP and
//! WebSocket tasks talk to it through queues with a bound. Whoever connects passes the gate first.

mod admin;
mod bucket;
pub(crate) mod clock;
pub mod config;
mod gate;
mod http;
mod listen;
mod metrics;
mod outbox;
mod port;
mod runs;
mod session;
mod tls;
mod worker;

pub use config::{ConfigError, ServerConfig, reachable_addresses};
pub use tls::TlsError;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use rtc_crypto::providers::AwsLcRsProvider;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::conference::CommandError;
use crate::sdp::Candidate;
use crate::signalling::browser::BrowserSignalling;
use crate::{Config, Sfu};
use clock::Clock;
use config::advertised;
use gate::Gate;
use listen::Front;
use port::Port;
use worker::Worker;

/// Requests of all sessions that may wait for the worker: a thousand people who join within a moment.
const INBOX: usize = 1_024;

/// How long sessions have to say their last words when the server ends: a few round trips of any line.
const FAREWELL: std::time::Duration = std::time::Duration::from_secs(1);

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
    media: Vec<SocketAddr>,
    worker: Worker,
}

impl Server {
    /// Opens the sockets. Port 0 takes any that is free.
    ///
    /// # Errors
    /// When a socket can't be opened, or there is no certificate to be had.
    pub async fn bind(config: &ServerConfig) -> Result<Self, ServerError> {
        let tls = tls::acceptor(&config.page)?;
        let page = listener("the page's address", config.page.listen).await?;
        let port = Port::bind(&config.media.listen)?;
        let told = |address: SocketAddr| advertised(address, &config.media.advertise);
        let media: Vec<SocketAddr> = port.addresses().into_iter().map(told).collect();
        let first = *media.first().expect("settings without an address are refused");
        let sfu = Sfu::new(core(config, first), Arc::new(AwsLcRsProvider::new()))?;
        let (requests, inbox) = mpsc::channel(INBOX);
        let (clock, gate) = (Clock::start(), Gate::new(config.limits.clone()));
        let admin = match config.admin.listen {
            Some(address) => {
                let routes = admin::routes(requests.clone(), config.admin.token.as_deref());
                Some((listener("the admin's address", address).await?, routes))
            }
            None => None,
        };
        let routes = http::routes(requests, clock, config);
        let front = Front { tls, routes, gate: gate.clone(), clock };
        let candidates = media.iter().copied().map(Candidate::from).collect();
        let signalling = BrowserSignalling::new().with_candidates(candidates);
        let worker = Worker::new(sfu, port, signalling, inbox, clock, gate, config.log.events);
        Ok(Server { page, front, admin, media, worker })
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

    /// Where media goes, as peers are told: an address of each family.
    pub fn media(&self) -> &[SocketAddr] {
        &self.media
    }

    /// Serves until `stop` is done, or until the last one has gone after a drain; then everybody is told to go, and the
    /// sockets close.
    ///
    /// # Errors
    /// When a socket fails.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), ServerError> {
        let Server { page, front, admin, worker, .. } = self;
        let page = tokio::spawn(front.serve(page));
        let admin = admin.map(|(listener, routes)| tokio::spawn(axum::serve(listener, routes).into_future()));
        let sessions = worker.run(stop).await;
        page.abort();
        if let Some(admin) = admin {
            admin.abort();
        }
        farewell(sessions?).await;
        Ok(())
    }
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

/// Waits until the last session has said what it had to say, but not for those that nobody reads.
async fn farewell(mut sessions: mpsc::Receiver<worker::Request>) {
    let all_gone = async { while sessions.recv().await.is_some() {} };
    // Over in either case.
    let _ = tokio::time::timeout(FAREWELL, all_gone).await;
}
