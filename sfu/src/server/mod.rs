//! The real server: the same core on real sockets, timers and WebSockets.
//!
//! The only room with a clock and sockets. One worker owns the core, one UDP socket and all sessions; HTTP and
//! WebSocket tasks talk to it through queues with a bound.

mod clock;
mod config;
mod http;
mod outbox;
mod session;
mod worker;

pub use config::{ServerConfig, reachable_address};

use std::net::SocketAddr;
use std::sync::Arc;

use rtc_crypto::providers::AwsLcRsProvider;
use thiserror::Error;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;

use crate::conference::CommandError;
use crate::{Config, Sfu};
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
    /// The core can't be made.
    #[error(transparent)]
    Core(#[from] CommandError),
    /// A socket failed while it was served.
    #[error("serving: {0}")]
    Serving(#[from] std::io::Error),
}

/// A server with its sockets open.
pub struct Server {
    listener: TcpListener,
    http: SocketAddr,
    media: SocketAddr,
    worker: Worker,
    requests: mpsc::Sender<worker::Request>,
}

impl Server {
    /// Opens the sockets. Port 0 takes any that is free.
    ///
    /// # Errors
    /// When a socket can't be opened, or there is no certificate to be had.
    pub async fn bind(config: &ServerConfig) -> Result<Self, ServerError> {
        let failed = |what, address| move |error| ServerError::Socket { what, address, error };
        let listener =
            TcpListener::bind(config.http).await.map_err(failed("the page's address", config.http))?;
        let http = listener.local_addr().map_err(failed("the page's address", config.http))?;
        let socket =
            UdpSocket::bind(config.media).await.map_err(failed("the media's address", config.media))?;
        let mut media = socket.local_addr().map_err(failed("the media's address", config.media))?;
        if let Some(ip) = config.advertised {
            media.set_ip(ip);
        }
        let sfu = Sfu::new(Config::new(media), Arc::new(AwsLcRsProvider::new()))?;
        let (requests, inbox) = mpsc::channel(INBOX);
        Ok(Server { listener, http, media, worker: Worker::new(sfu, socket, inbox, config.events), requests })
    }

    /// Where the page is.
    pub fn url(&self) -> String {
        format!("http://{}/", self.http)
    }

    /// Where media goes, as peers are told.
    pub const fn media(&self) -> SocketAddr {
        self.media
    }

    /// Serves until `stop` is done; then everybody is told to go, and the sockets close.
    ///
    /// # Errors
    /// When a socket fails.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), ServerError> {
        let Server { listener, worker, requests, .. } = self;
        let page = tokio::spawn(axum::serve(listener, http::routes(requests)).into_future());
        let sessions = worker.run(stop).await;
        page.abort();
        farewell(sessions?).await;
        Ok(())
    }
}

/// Waits until the last session has said what it had to say, but not for those that nobody reads.
async fn farewell(mut sessions: mpsc::Receiver<worker::Request>) {
    let all_gone = async { while sessions.recv().await.is_some() {} };
    // Over in either case.
    let _ = tokio::time::timeout(FAREWELL, all_gone).await;
}
