//! The scenarios that ship inside the binary.

/// A shipped scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// Its name, equal to the one inside the file.
    pub name: &'static str,
    /// The file's path in the source tree, as messages show it.
    pub path: &'static str,
    /// The file's text.
    pub text: &'static str,
}

macro_rules! shipped {
    ($($theme:literal / $name:literal),* $(,)?) => {
        [$(Shipped {
            name: $name,
            path: concat!("scenarios/files/", $theme, "/", $name, ".toml"),
            text: include_str!(concat!("../files/", $theme, "/", $name, ".toml")),
        }),*]
    };
}

/// In the order of `plenum list`.
static ALL: [Shipped; 74] = shipped![
    "meetings" / "ten-party",
    "meetings" / "two-party",
    "meetings" / "late-joiner",
    "meetings" / "crowd-of-thirty",
    "meetings" / "swarm",
    "adaptation" / "one-bad-downlink",
    "adaptation" / "uplink-dip",
    "competition" / "competing-tcp",
    "repair" / "lossy-uplink",
    "data" / "chat-and-files",
    "audio" / "red-audio",
    "audio" / "lip-sync",
    "repair" / "fec-long-rtt",
    "codecs" / "svc-vp9",
    "codecs" / "svc-av1",
    "codecs" / "h264-simulcast",
    "codecs" / "temporal-layers-under-loss",
    "codecs" / "layer-switches",
    "audio" / "speaker-turns",
    "audio" / "loudest-three-of-thirty",
    "allocation" / "screen-share-burst",
    "allocation" / "estimate-collapse",
    "allocation" / "last-n-thirty",
    "allocation" / "pause-unwatched",
    "allocation" / "uplink-loss-stays-uplink",
    "allocation" / "thin-and-fat",
    "rfc8867" / "rfc8867-5-1-50ms",
    "rfc8867" / "rfc8867-5-1-100ms",
    "rfc8867" / "rfc8867-5-1-udp",
    "rfc8867" / "rfc8867-5-2",
    "rfc8867" / "rfc8867-5-2-udp",
    "rfc8867" / "rfc8867-5-3",
    "rfc8867" / "rfc8867-5-3-udp",
    "rfc8867" / "rfc8867-5-4",
    "rfc8867" / "rfc8867-5-5",
    "rfc8867" / "rfc8867-5-6-300ms",
    "rfc8867" / "rfc8867-5-6-1000ms",
    "rfc8867" / "rfc8867-5-7",
    "rfc8867" / "rfc8867-5-8",
    "rfc8867" / "rfc8867-6-1",
    "rfc8867" / "rfc8867-6-2-5-1-50ms",
    "rfc8867" / "rfc8867-6-2-5-1-100ms",
    "rfc8867" / "rfc8867-6-2-5-2",
    "rfc8867" / "rfc8867-6-2-5-3",
    "rfc8867" / "rfc8867-6-2-5-4",
    "rfc8867" / "rfc8867-6-2-5-5",
    "rfc8867" / "rfc8867-6-2-5-6-300ms",
    "rfc8867" / "rfc8867-6-2-5-7",
    "rfc8867" / "rfc8867-6-2-5-8",
    "rfc8867" / "rfc8867-6-3",
    "rfc8867-direct" / "rfc8867-direct-5-1-50ms",
    "rfc8867-direct" / "rfc8867-direct-5-1-100ms",
    "rfc8867-direct" / "rfc8867-direct-5-1-udp",
    "rfc8867-direct" / "rfc8867-direct-5-2",
    "rfc8867-direct" / "rfc8867-direct-5-2-udp",
    "rfc8867-direct" / "rfc8867-direct-5-3",
    "rfc8867-direct" / "rfc8867-direct-5-3-udp",
    "rfc8867-direct" / "rfc8867-direct-5-4",
    "rfc8867-direct" / "rfc8867-direct-5-5",
    "rfc8867-direct" / "rfc8867-direct-5-6-300ms",
    "rfc8867-direct" / "rfc8867-direct-5-6-1000ms",
    "rfc8867-direct" / "rfc8867-direct-5-7",
    "rfc8867-direct" / "rfc8867-direct-5-8",
    "rfc8867-direct" / "rfc8867-direct-6-1",
    "rfc8867-direct" / "rfc8867-direct-6-2-5-1-50ms",
    "rfc8867-direct" / "rfc8867-direct-6-2-5-1-100ms",
    "rfc8867-direct" / "rfc8867-direct-6-2-5-2",
    "rfc8867-direct" / "rfc8867-direct-6-2-5-3",
    "rfc8867-direct" / "rfc8867-direct-6-2-5-4",
    "rfc8867-direct" / "rfc8867-direct-6-2-5-5",
    "rfc8867-direct" / "rfc8867-direct-6-2-5-6-300ms",
    "rfc8867-direct" / "rfc8867-direct-6-2-5-7",
    "rfc8867-direct" / "rfc8867-direct-6-2-5-8",
    "rfc8867-direct" / "rfc8867-direct-6-3",
];

impl Shipped {
    /// The first line of its `doc`.
    ///
    /// # Panics
    /// Never: a test parses every shipped file.
    pub fn summary(&self) -> String {
        let scenario = crate::parse(self.path, self.text, &[]).expect("shipped scenarios are valid");
        scenario.doc.lines().next().unwrap_or_default().to_owned()
    }
}

/// Every shipped scenario, in the order of `plenum list`.
pub fn list() -> &'static [Shipped] {
    &ALL
}

/// The suites among them: the cases of one document. RFC 8867 has its cases in two forms, and a suite of each form.
pub const SUITES: [&str; 3] = ["rfc8867", "rfc8867-sfu", "rfc8867-direct"];

/// The folders that the cases of a suite lie in.
fn folders(suite: &str) -> &'static [&'static str] {
    match suite {
        "rfc8867" => &["rfc8867", "rfc8867-direct"],
        "rfc8867-sfu" => &["rfc8867"],
        "rfc8867-direct" => &["rfc8867-direct"],
        _ => &[],
    }
}

/// The cases of the suite called `name`, in the order of `plenum list`.
pub fn suite(name: &str) -> Option<Vec<&'static Shipped>> {
    let is_in = |shipped: &Shipped, folder: &str| {
        let below = shipped.path.strip_prefix("scenarios/files/").and_then(|path| path.strip_prefix(folder));
        below.is_some_and(|path| path.starts_with('/'))
    };
    let cases =
        ALL.iter().filter(|shipped| folders(name).iter().any(|folder| is_in(shipped, folder))).collect();
    SUITES.contains(&name).then_some(cases)
}

/// The shipped scenario called `name`.
pub fn find(name: &str) -> Option<&'static Shipped> {
    ALL.iter().find(|shipped| shipped.name == name)
}

/// The name of a shipped scenario that `name` was probably meant to be.
pub fn nearest(name: &str) -> Option<&'static str> {
    let names: Vec<&'static str> = ALL.iter().map(|shipped| shipped.name).collect();
    crate::diagnostics::nearest(name, &names)
}
