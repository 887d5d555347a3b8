//! `plenum-sfu`: the server's command line.

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use sfu::server::{Server, ServerConfig, ServerError};

/// A selective forwarding unit for video conferences.
#[derive(Parser)]
#[command(name = "plenum-sfu", version)]
struct Arguments {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Subcommand)]
enum Subcommands {
    /// Serves conferences, and the page to meet on.
    Serve(Serve),
}

#[derive(Args)]
struct Serve {
    /// Address of the page and its WebSocket [default: 127.0.0.1:8080].
    #[arg(long, value_name = "IP:PORT")]
    http: Option<SocketAddr>,
    /// UDP address of the media [default: the address of the default route, port 3478].
    #[arg(long, value_name = "IP:PORT")]
    media: Option<SocketAddr>,
    /// The address that peers are told in place of the one in --media.
    #[arg(long, value_name = "IP")]
    advertise: Option<IpAddr>,
    /// Write the core's decisions to standard error, one a line: layers with their reason, key frames, estimates.
    #[arg(long)]
    events: bool,
}

fn main() -> ExitCode {
    let Subcommands::Serve(serve) = Arguments::parse().command;
    let default = ServerConfig::default();
    let config = ServerConfig {
        http: serve.http.unwrap_or(default.http),
        media: serve.media.unwrap_or(default.media),
        advertised: serve.advertise,
        events: serve.events,
    };
    match run(&config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("plenum-sfu: {error}");
            // What can't be opened was asked for wrongly; what fails later is a crash.
            ExitCode::from(if matches!(error, ServerError::Serving(_)) { 5 } else { 2 })
        }
    }
}

fn run(config: &ServerConfig) -> Result<(), ServerError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Server::bind(config).await?;
        let mut out = std::io::stdout();
        // Nobody may be reading: that is no reason not to serve.
        let _ = writeln!(out, "{}", server.url());
        let _ = writeln!(out, "media: udp {}", server.media());
        let _ = out.flush();
        server.run(stop()?).await
    })
}

/// Done when somebody asks the program to end: ctrl-c, or SIGTERM.
fn stop() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
