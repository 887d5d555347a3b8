//! Chromium without a window, and the DevTools protocol: JSON over WebSocket, a request and its answer at a time.

use std::cell::RefCell;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

use super::page::Page;

/// What Chromium is called on the systems that have it.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// No window, no sandbox (which containers don't allow), no talk with its maker; cameras and microphones that aren't
/// there and need no permission; certificates that the server made itself; and pages that go on although nobody looks at them.
const FLAGS: [&str; 18] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--ignore-certificate-errors",
    "--remote-debugging-port=0",
];

/// A running Chromium with a profile of its own; killed when dropped.
pub(crate) struct Browser {
    child: Child,
    profile: PathBuf,
    connection: Rc<RefCell<Connection>>,
}

/// The one WebSocket through which all pages are driven.
pub(crate) struct Connection {
    socket: WebSocket<TcpStream>,
    next: u64,
}

impl Browser {
    /// Starts one.
    pub(crate) fn start() -> Self {
        let profile =
            std::env::temp_dir().join(format!("plenum-browser-{}-{}", std::process::id(), unique()));
        std::fs::create_dir_all(&profile).expect("a folder for the profile");
        let start = |name: &&str| {
            let mut command = Command::new(name);
            command.args(FLAGS).arg(format!("--user-data-dir={}", profile.display())).arg("about:blank");
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
        };
        let child = NAMES.iter().find_map(start);
        let child = child.expect("this test needs a Chromium ('apt-get install chromium', say)");
        let endpoint = endpoint(&profile);
        let stream = TcpStream::connect(endpoint.0).expect("Chromium listens where it says");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a socket takes a time-out");
        let url = format!("ws://{}{}", endpoint.0, endpoint.1);
        let (socket, _) = tungstenite::client(url, stream).expect("Chromium speaks WebSocket");
        let connection = Rc::new(RefCell::new(Connection { socket, next: 1 }));
        Browser { child, profile, connection }
    }

    /// A page in a window of its own, so that none is hidden behind another.
    pub(crate) fn open(&self, url: &str) -> Page {
        self.open_after(url, "")
    }

    /// The same, with a script that runs before anything of the page does.
    pub(crate) fn open_after(&self, url: &str, script: &str) -> Page {
        let mut connection = self.connection.borrow_mut();
        let made = connection.call(
            None,
            "Target.createTarget",
            json!({ "url": "about:blank", "newWindow": true, "width": 1280, "height": 900 }),
        );
        let attach = json!({ "targetId": made["targetId"], "flatten": true });
        let session = connection.call(None, "Target.attachToTarget", attach)["sessionId"]
            .as_str()
            .expect("a session has an id")
            .to_owned();
        connection.call(Some(&session), "Page.enable", json!({}));
        // Before anything of the page runs: what it complains of is kept.
        let keep = "window.complaints = []; const error = console.error; console.error = (...words) => \
                    { window.complaints.push(words.join(' ')); error(...words); };";
        let source = format!("{keep} {script}");
        connection.call(Some(&session), "Page.addScriptToEvaluateOnNewDocument", json!({ "source": source }));
        connection.call(Some(&session), "Page.navigate", json!({ "url": url }));
        drop(connection);
        let name = url.split("name=").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or(url);
        Page { name: name.to_owned(), connection: Rc::clone(&self.connection), session }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Closing ends its helpers too, which killing would leave behind.
        let close = json!({ "id": 0, "method": "Browser.close" }).to_string();
        let _ = self.connection.borrow_mut().socket.send(Message::text(close));
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

impl Connection {
    /// Calls a method, of the page that `session` is attached to or of the browser, and gives its result.
    pub(crate) fn call(&mut self, session: Option<&str>, method: &str, parameters: Value) -> Value {
        let id = self.next;
        self.next += 1;
        let mut request = json!({ "id": id, "method": method, "params": parameters });
        if let Some(session) = session {
            request["sessionId"] = session.into();
        }
        self.socket.send(Message::text(request.to_string())).expect("Chromium reads");
        loop {
            let message = self.socket.read().expect("Chromium answers within a minute");
            let Message::Text(text) = message else { continue };
            let mut answer: Value = serde_json::from_str(&text).expect("Chromium writes JSON");
            // Everything else is an event that nobody asked for.
            if answer["id"] == id {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].take();
            }
        }
    }
}

/// Where a Chromium that has just been started listens: it says so in a file of its profile.
fn endpoint(profile: &Path) -> (std::net::SocketAddr, String) {
    let file = profile.join("DevToolsActivePort");
    let end = Instant::now() + Duration::from_secs(60);
    while Instant::now() < end {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        if let Some((port, path)) = text.split_once('\n')
            && let Ok(port) = port.parse()
            && !path.is_empty()
        {
            return (([127, 0, 0, 1], port).into(), path.trim().to_owned());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("Chromium has not begun to listen within a minute");
}

/// Tells the browsers of one process from each other.
fn unique() -> u32 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
