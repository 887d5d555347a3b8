use std::time::Duration;

use super::{read, with_head};
use crate::model::{Layout, Publication};
use crate::{Rate, parse};

const LINKS: &str =
    "[link.home-up]\nrate = \"1Mbps\"\ndelay = \"25ms\"\n[participant.bob]\nup = \"home-up\"\n";

#[test]
fn change_what_the_file_says() {
    let set = [
        "duration=20s",
        "link.home-up.rate=600kbps",
        "participant.guest.rtx=false",
        "participant.bob.view.layout=stage",
        "seed = 9",
    ];
    let scenario = read(&with_head(LINKS), &set).expect("all fit");
    assert_eq!(scenario.duration, Duration::from_secs(20));
    assert_eq!(scenario.links["home-up"].rate.first(), Some(Rate::from_kbps(600)));
    assert!(!scenario.participants["guest"].rtx && scenario.participants["alice"].rtx);
    assert_eq!(scenario.participants["bob"].view.layout, Layout::Stage);
    assert_eq!(scenario.seed, 9);
}

#[test]
fn the_last_of_two_wins() {
    let scenario = read(&with_head(""), &["duration=20s", "duration=30s"]).expect("both fit");
    assert_eq!(scenario.duration, Duration::from_secs(30));
}

#[test]
fn reach_into_what_is_only_implied() {
    let set = [
        "sfu.main.config.rtx=false",
        "link.home-up.delay.jitter=uniform",
        "link.home-up.delay.std=\"2ms\"",
        "participant.alice.publish.cam.temporal_layers=3",
    ];
    let scenario = read(&with_head(LINKS), &set).expect("all fit");
    assert!(!scenario.sfu().1.rtx);
    assert_eq!(scenario.links["home-up"].delay.base, Duration::from_millis(25));
    let publish = &scenario.participants["alice"].publish;
    assert_eq!(publish.keys().collect::<Vec<_>>(), ["mic", "cam"], "the rest of the default stays");
    let Publication::Video(cam) = &publish["cam"] else { panic!("cam is video") };
    assert_eq!((cam.scalability.temporal, cam.layers.len()), (3, 3));
}

#[test]
fn wildcards_select_names() {
    let scenario = read(&with_head(LINKS), &["participant.*.rtx=false"]).expect("fits");
    assert!(scenario.participants.values().all(|participant| !participant.rtx));
}

#[test]
fn numbers_select_list_items() {
    let text = with_head("[[expect]]\nmetric = \"video.fps\"\nstat = \"mean\"\nmin = 1\n");
    assert_eq!(read(&text, &["expect.0.min=3"]).expect("fits").expect[0].min.map(|min| min.value), Some(3.0));
    let fault = read(&text, &["expect.1.min=3"]).expect_err("one item only");
    assert!(fault.contains("--set:1:8: no item `1` in the list"), "{fault}");
}

#[test]
fn faults_show_the_override() {
    let rows = [
        ("duration=20", "--set:1:10: unit missing: a duration needs one", "25ms"),
        (
            "link.home-up.raet=1Mbps",
            "--set:1:14: unknown key in `link.<name>`: `raet`",
            "did you mean `rate`?",
        ),
        ("link.hone-up.rate=1Mbps", "--set:1:6: no link `hone-up`", "did you mean `home-up`?"),
        ("participant.x*.rtx=false", "--set:1:13: no participant `x*`", "known: alice"),
        ("sfu.other.config.rtx=false", "--set:1:5: no sfu `other`", "known: main"),
        ("durtion=20s", "--set:1:1: unknown key in `scenario`: `durtion`", "did you mean `duration`?"),
        ("duration.x=1", "--set:1:10: `duration` is a string, not a table", "end the path"),
        ("duration", "--set:1:1: no `=`", "PATH=VALUE"),
        ("link..rate=1", "--set:1:6: a path has no empty parts", "link.home-up.rate"),
        ("me*sure.from=1s", "--set:1:1: wildcards don't fit here", "names of links"),
        ("participant.bob.up=gone", "--set:1:20: no link `gone`", "known: home-up"),
    ];
    for (set, message, hint) in rows {
        let shown = read(&with_head(LINKS), &[set]).expect_err(set);
        assert!(shown.starts_with(message), "{set}: {shown}");
        assert!(shown.contains(hint), "{set}: {shown}");
        assert_eq!(shown.matches("--set:").count(), 1, "{set}: {shown}");
    }
}

#[test]
fn grid_values_make_overrides() {
    let text = with_head(
        "[sweep]\nseeds = 2\ngrid.\"duration\" = [\"20s\", \"30s\"]\ngrid.\"participant.*.rtx\" = [true, false]\n",
    );
    let sweep = read(&text, &[]).expect("valid").sweep.expect("has a sweep");
    assert_eq!(sweep.seeds, 2);
    let mut seen = Vec::new();
    for (path, values) in &sweep.grid {
        for value in values {
            let change = crate::Override::of(path, value);
            seen.push(change.as_str().to_owned());
            assert!(parse("t.toml", &text, &[change]).is_ok());
        }
    }
    let expected =
        ["duration=\"20s\"", "duration=\"30s\"", "participant.*.rtx=true", "participant.*.rtx=false"];
    assert_eq!(seen, expected);
}
