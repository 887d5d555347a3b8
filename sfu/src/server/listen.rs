//! The page's connections: let in, protected, and given so long to say what they want.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::clock::Clock;
use super::gate::{Gate, Pass};

/// How long a connection may take to agree on keys, and as long again for the head of a request, the next one of a
/// connection that is kept included. Slow lines need one second.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// The longest head of a request, bytes.
const MAX_HEAD: usize = 16 * 1024;

/// How long to wait when the system has no room for another connection: it lasts until somebody goes.
const NO_ROOM: Duration = Duration::from_millis(100);

/// Everything that a connection needs.
#[derive(Clone)]
pub(super) struct Front {
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) routes: Router,
    pub(super) gate: Gate,
    pub(super) clock: Clock,
}

impl Front {
    /// Takes connections for good.
    pub(super) async fn serve(self, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, from)) => self.take(stream, from),
                // The connection went as it came, or there are too many open files.
                Err(_) => tokio::time::sleep(NO_ROOM).await,
            }
        }
    }

    fn take(&self, stream: TcpStream, from: SocketAddr) {
        let Some(pass) = self.gate.admit(from.ip(), self.clock.now()) else { return };
        // It costs some bytes; messages are small and somebody waits for each.
        let _ = stream.set_nodelay(true);
        let (tls, routes) = (self.tls.clone(), self.routes.clone());
        tokio::spawn(async move {
            match tls {
                None => converse(stream, routes, pass).await,
                Some(tls) => {
                    if let Ok(Ok(stream)) = timeout(PATIENCE, tls.accept(stream)).await {
                        converse(stream, routes, pass).await;
                    }
                }
            }
        });
    }
}

async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, routes: Router, pass: Pass) {
    // A WebSocket outlives this connection: what it counts for goes with the request.
    let pass = std::sync::Arc::new(pass);
    let routes = routes.layer(axum::Extension(pass));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes))
        .with_upgrades();
    // What a peer does wrong ends its connection, and that is all.
    let _ = connection.await;
}
