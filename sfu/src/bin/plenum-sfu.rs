//! `plenum-sfu`: the server's command line.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use sfu::load::{LoadError, Plan, Report, ServerUnderLoad, Shape, table};
use sfu::server::config::{Override, load};
use sfu::server::{ConfigError, Server, ServerConfig, ServerError};
use sfu::transport::Carrier;

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
    /// Puts load on a server of its own over loopback, and says what a forwarded packet costs and how long it takes.
    Load(Load),
}

#[derive(Args)]
struct Load {
    /// Who meets: fan:RECEIVERS (one publishes) or all:PEOPLE (each publishes and receives all others).
    #[arg(long = "shape", value_name = "SHAPE", default_values = ["fan:10", "fan:30", "fan:60", "all:10"])]
    shapes: Vec<Shape>,
    /// Rooms of that shape at a time.
    #[arg(long, default_value_t = 1)]
    rooms: usize,
    /// Media by TCP, as from networks that block UDP.
    #[arg(long)]
    tcp: bool,
    /// Threads that the server forwards in.
    #[arg(long, default_value_t = 1)]
    workers: usize,
    /// Seconds that are measured in each run.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// How often all shapes are run, in turn.
    #[arg(long, default_value_t = 1)]
    rounds: usize,
    /// One JSON object a run, a line each, in place of the table.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Serve {
    /// Settings as TOML. Any of them can also come from the environment, as in PLENUM_SFU_PAGE_LISTEN for `listen` of
    /// `[page]`, which goes before the file; flags go before both.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Says whether the settings are right, and ends.
    #[arg(long)]
    check_config: bool,
    /// Address of the page and its WebSocket [default: 127.0.0.1:8080].
    #[arg(long, value_name = "IP:PORT")]
    http: Option<String>,
    /// How the page is protected: off, self-made or files [default: off on a loopback address, else self-made].
    #[arg(long, value_name = "HOW")]
    tls: Option<String>,
    /// UDP address of the media, or one of each family [default: the addresses of the default routes, port 3478].
    #[arg(long, value_name = "IP:PORT", value_delimiter = ',')]
    media: Vec<String>,
    /// The address that peers are told in place of the one in --media, of the same family.
    #[arg(long, value_name = "IP", value_delimiter = ',')]
    advertise: Vec<String>,
    /// How many threads forward, each with a port of its own from that of --media on [default: one for each core].
    #[arg(long, value_name = "COUNT")]
    workers: Option<i64>,
    /// Address of metrics, state and commands [default: none].
    #[arg(long, value_name = "IP:PORT")]
    admin: Option<String>,
    /// Write the core's decisions to standard error, one a line: layers with their reason, key frames, estimates.
    #[arg(long)]
    events: bool,
}

impl Serve {
    /// The settings of file, environment and flags.
    fn settings(&self) -> Result<ServerConfig, ConfigError> {
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
            Override::from_variable(&name, &value)
        });
        let text = |from: &str, section: &str, key: &str, value: &Option<String>| {
            value.as_ref().map(|value| Override::from_flag(from, section, key, value.as_str().into()))
        };
        let list = |from: &str, section: &str, key: &str, values: &[String]| {
            (!values.is_empty()).then(|| Override::from_flag(from, section, key, values.to_vec().into()))
        };
        let flags = [
            text("--http", "page", "listen", &self.http),
            text("--tls", "page", "tls", &self.tls),
            list("--media", "media", "listen", &self.media),
            list("--advertise", "media", "advertise", &self.advertise),
            self.workers.map(|count| Override::from_flag("--workers", "media", "workers", count.into())),
            text("--admin", "admin", "listen", &self.admin),
        ];
        let overrides: Vec<Override> = variables.chain(flags.into_iter().flatten()).collect();
        let mut config = load(self.config.as_deref(), &overrides)?;
        config.log.events |= self.events;
        Ok(config)
    }
}

impl Load {
    fn run(&self) -> ExitCode {
        let mut believed = true;
        for round in 0..self.rounds {
            for shape in &self.shapes {
                match self.one(*shape) {
                    Ok(report) => {
                        believed &= report.doubts.is_empty();
                        self.tell(&report, round == 0 && *shape == self.shapes[0]);
                    }
                    Err(error) => {
                        eprintln!("plenum-sfu: {shape}: {error}");
                        return ExitCode::from(5);
                    }
                }
            }
        }
        ExitCode::from(if believed { 0 } else { 3 })
    }

    fn one(&self, shape: Shape) -> Result<Report, LoadError> {
        // A new server for each, so that none has the last one's memory.
        let server = ServerUnderLoad::start(&std::env::current_exe()?, self.workers)?;
        let (span, patience) = (Duration::from_secs(self.seconds), Duration::from_secs(60));
        let carrier = if self.tcp { Carrier::Tcp } else { Carrier::Udp };
        sfu::load::run(&server, &Plan { shape, rooms: self.rooms, carrier, span, patience })
    }

    fn tell(&self, report: &Report, first: bool) {
        let text = if self.json {
            serde_json::to_string(report).expect("numbers and texts") + "\n"
        } else {
            let text = table(std::slice::from_ref(report));
            if first {
                text
            } else {
                text.split_once('\n').map_or_else(String::new, |(_, rest)| rest.to_owned())
            }
        };
        // Nobody may be reading any more.
        let _ = std::io::stdout().write_all(text.as_bytes());
    }
}

fn main() -> ExitCode {
    let serve = match Arguments::parse().command {
        Subcommands::Serve(serve) => serve,
        Subcommands::Load(load) => return load.run(),
    };
    let config = match serve.settings() {
        Ok(config) => config,
        Err(error) => {
            eprintln!("plenum-sfu: {error}");
            return ExitCode::from(2);
        }
    };
    if serve.check_config {
        println!("the settings are right");
        return ExitCode::SUCCESS;
    }
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
        let _ = writeln!(out, "{}", server.url()?);
        let media: Vec<String> = server.media().iter().map(ToString::to_string).collect();
        let _ = writeln!(out, "media: udp {}", media.join(", "));
        if let Some(admin) = server.admin() {
            let _ = writeln!(out, "admin: http://{admin}/");
        }
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
