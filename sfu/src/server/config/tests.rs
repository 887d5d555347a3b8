use std::path::PathBuf;

use super::{ConfigError, Override, ServerConfig, Tls, advertised, load, reachable_addresses};

/// A file in the system's folder for such, gone at the end.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plenum-sfu-{}-{name}.toml", std::process::id()));
        std::fs::write(&path, text).expect("there is room for a few bytes");
        File(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // Nothing depends on it.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn variable(name: &str, text: &str) -> Override {
    Override::from_variable(name, text).expect("it begins as settings do")
}

#[test]
fn nothing_said_is_the_default() {
    assert_eq!(load(None, &[]).expect("defaults go together"), ServerConfig::default());
}

#[test]
fn the_environment_goes_before_the_file_and_flags_before_both() {
    let file = File::new(
        "order",
        "[page]\nlisten = '127.0.0.1:1'\norigins = ['https://a.example']\n[limits]\nparticipants = 3\n[log]\nevents = true\n",
    );
    let flag = Override {
        from: "--http".into(),
        section: "page".into(),
        key: "listen".into(),
        value: "127.0.0.1:3".into(),
    };
    let overrides = [
        variable("PLENUM_SFU_PAGE_LISTEN", "127.0.0.1:2"),
        variable("PLENUM_SFU_LIMITS_PARTICIPANTS_PER_ROOM", "7"),
        variable("PLENUM_SFU_LOG_EVENTS", "false"),
        flag,
    ];
    let config = load(Some(&file.0), &overrides).expect("all are well");
    assert_eq!(config.page.listen.port(), 3);
    assert_eq!(config.page.origins, ["https://a.example"]);
    assert_eq!((config.limits.participants, config.limits.participants_per_room), (3, 7));
    assert!(!config.log.events);
    assert!(Override::from_variable("PATH", "/bin").is_none());
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let rows = [
        ("key", "[page]\nlissten = '127.0.0.1:1'\n", "line 2, column 1"),
        ("section", "[pages]\n", "unknown field `pages`"),
        ("value", "[page]\nlisten = 'here'\n", "invalid socket address"),
        ("tls", "[page]\ntls = 'on'\n", "unknown variant `on`"),
        ("toml", "[page\n", "line 1"),
        ("pair", "[page]\ncertificate = 'a.pem'\n", "go together"),
        ("files", "[page]\ntls = 'files'\n", "needs certificate and key"),
        ("unused", "[page]\ntls = 'off'\ncertificate = 'a'\nkey = 'b'\n", "says not to use it"),
        ("everywhere", "[media]\nlisten = '0.0.0.0:3478'\n", "advertise"),
        ("twice", "[media]\nlisten = ['192.0.2.1:1', '192.0.2.2:1']\n", "more than one"),
        ("family", "[media]\nlisten = '192.0.2.1:1'\nadvertise = '2001:db8::1'\n", "listen has none"),
        ("nowhere", "[media]\nlisten = []\n", "nowhere"),
        ("workers", "[media]\nworkers = 0\n", "nobody would forward"),
        ("ports", "[media]\nlisten = '192.0.2.1:65534'\nworkers = 3\n", "no port for each"),
        ("number", "[media]\nlisten = 3478\n", "neither a text"),
        ("port", "[media]\nlisten = ['192.0.2.1']\n", "invalid socket address"),
        ("token", "[admin]\ntoken = 'short'\n", "guessed"),
        ("nobody", "[limits]\nconnections = 0\n", "nobody"),
    ];
    for (name, text, says) in rows {
        let file = File::new(name, text);
        let error = load(Some(&file.0), &[]).expect_err(name).to_string();
        assert!(error.contains(says), "{name}: {error}");
    }
    let missing = load(Some("/nowhere/plenum.toml".as_ref()), &[]);
    assert!(matches!(missing, Err(ConfigError::Unreadable { .. })));
    for (name, text) in
        [("PLENUM_SFU_PAGE_LISTEN", "here"), ("PLENUM_SFU_PAGE", "x"), ("PLENUM_SFU_LOG_EVENT", "true")]
    {
        let error = load(None, &[variable(name, text)]).expect_err(name).to_string();
        assert!(error.starts_with(name), "{error}");
    }
}

#[test]
fn a_page_that_others_reach_is_protected_unless_told_otherwise() {
    let page = |text: &str| {
        let file = File::new(&format!("tls{}", text.len()), text);
        load(Some(&file.0), &[]).expect(text).page.tls()
    };
    assert_eq!(page("[page]\nlisten = '127.0.0.1:80'\n"), Tls::Off);
    assert_eq!(page("[page]\nlisten = '0.0.0.0:443'\n"), Tls::SelfMade);
    assert_eq!(page("[page]\nlisten = '0.0.0.0:443'\ntls = 'off'\n"), Tls::Off);
    assert_eq!(page("[page]\ncertificate = 'a.pem'\nkey = 'b.pem'\n"), Tls::Files);
}

#[test]
fn media_has_an_address_of_each_family_and_each_its_own_to_tell() {
    let text = "[media]\nlisten = ['0.0.0.0:3478', '[::1]:3478']\nadvertise = '203.0.113.7'\n";
    let file = File::new("families", text);
    let media = load(Some(&file.0), &[]).expect("all are well").media;
    let told: Vec<String> =
        media.listen.iter().map(|address| advertised(*address, &media.advertise).to_string()).collect();
    assert_eq!(told, ["203.0.113.7:3478", "[::1]:3478"]);
    let one = load(None, &[variable("PLENUM_SFU_MEDIA_LISTEN", "192.0.2.7:1")]).expect("one is enough");
    assert_eq!(one.media.listen.iter().map(ToString::to_string).collect::<Vec<_>>(), ["192.0.2.7:1"]);
    let two =
        load(None, &[variable("PLENUM_SFU_MEDIA_LISTEN", "['192.0.2.7:1', '[::1]:2']")]).expect("a list");
    assert_eq!(two.media.listen.len(), 2);
    assert!(!reachable_addresses().is_empty());
}

#[test]
fn the_file_that_ships_says_the_defaults() {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/plenum-sfu.toml");
    assert_eq!(load(Some(shipped.as_ref()), &[]).expect("it is right"), ServerConfig::default());
}
