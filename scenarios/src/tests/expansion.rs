use std::time::Duration;

use super::{read, with_head};
use crate::model::{Opus, Publication, Speech};
use crate::{Call, Direction, LinkIndex, MemberIndex, PlannedAction, Rate};

/// A draw that depends on the path alone.
fn draw(path: &str) -> f64 {
    let sum: u32 = path.bytes().map(u32::from).sum();
    f64::from(sum % 97) / 97.0
}

#[test]
fn groups_become_numbered_members() {
    let cast = read(&with_head(""), &[]).expect("valid").expand(&mut draw);
    let names: Vec<&str> = cast.members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["alice", "guest.1", "guest.2", "guest.3"]);
    assert_eq!(cast.members[3].group, "guest");
    assert_eq!(cast.links.len(), 8);
    assert_eq!(cast.links[0].name, "ideal/up@alice");
    assert_eq!(cast.links[0].definition.delay.base, Duration::from_millis(10));
    assert!(cast.links[0].definition.rate.is_unlimited());
}

#[test]
fn a_rota_gives_each_member_of_a_group_its_turns() {
    let lines = "[participant.a]\ncount = 3\npublish.mic = { codec = \"opus\", speech = { rota = \"8s\" } }\n\
        [participant.b]\npublish.mic = { codec = \"opus\", speech = { rota = \"20s\" } }\n";
    let cast = read(&with_head(lines), &[]).expect("valid").expand(&mut draw);
    let turns = |member: usize| match &cast.members[member].publish["mic"] {
        Publication::Opus(Opus { speech: Speech::Turns(turns), .. }) => {
            turns.iter().map(|turn| (turn.from.as_millis(), turn.until.as_millis())).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    // The run lasts 60 s.
    assert_eq!(turns(4), [(0, 7_500), (24_000, 31_500), (48_000, 55_500)]);
    assert_eq!(turns(6), [(16_000, 23_500), (40_000, 47_500)]);
    assert_eq!(turns(7), [(0, 19_500), (20_000, 39_500), (40_000, 59_500)], "a group of one");
}

#[test]
fn each_member_has_its_own_line_unless_shared() {
    let lines = "[link.home-up]\n[link.home-down]\n[link.office]\nshared = true\n[link.wired]\n\
        [participant.a]\nup = \"home-up\"\ndown = \"home-down\"\n[participant.b]\ncount = 2\nup = \"office\"\n\
        [participant.c]\nup = \"wired\"\ndown = \"wired\"\n";
    let cast = read(&with_head(lines), &[]).expect("valid").expand(&mut draw);
    let names: Vec<&str> = cast.links.iter().skip(8).map(|line| line.name.as_str()).collect();
    let expected =
        ["home-up@a", "home-down@a", "office", "ideal@b.1", "ideal@b.2", "wired/up@c", "wired/down@c"];
    assert_eq!(names, expected);
    let [.., b1, b2, c] = cast.members.as_slice() else { panic!("seven members") };
    assert_eq!((&b1.up[..], &b2.up[..]), (&[LinkIndex(10)][..], &[LinkIndex(10)][..]));
    assert_eq!(c.up, [LinkIndex(13)]);
    assert_eq!((cast.links[10].owner, cast.links[10].direction), (None, Direction::Up));
    assert_eq!((cast.links[8].owner, cast.links[9].direction), (Some(MemberIndex(4)), Direction::Down));
}

#[test]
fn a_way_may_pass_several_lines() {
    let lines = "[link.a]\nshared = true\n[link.b]\n[link.c]\nshared = true\n\
        [participant.x]\nup = [\"b\", \"a\"]\ndown = \"b\"\n\
        [participant.y]\nup = \"a\"\ndown = [\"c\", \"b\"]\n";
    let scenario = read(&with_head(lines), &[]).expect("valid");
    let json = scenario.to_json();
    assert_eq!(json["participant"]["x"]["up"], serde_json::json!(["b", "a"]));
    assert_eq!(json["participant"]["x"]["down"], "b");
    let cast = scenario.expand(&mut draw);
    let [.., x, y] = cast.members.as_slice() else { panic!("six members") };
    let names = |way: &[LinkIndex]| -> Vec<&str> {
        way.iter().map(|line| cast.links[line.0].name.as_str()).collect()
    };
    assert_eq!((names(&x.up), names(&x.down)), (vec!["b/up@x", "a"], vec!["b/down@x"]));
    assert_eq!((names(&y.up), names(&y.down)), (vec!["a"], vec!["c", "b@y"]));
}

#[test]
fn groups_call_each_other_number_by_number() {
    let lines = "[participant.x]\ncount = 2\npublish = \"none\"\ncalls = \"y\"\n\
        [participant.y]\ncount = 2\npublish = \"none\"\n";
    let cast = read(&with_head(lines), &[]).expect("valid").expand(&mut draw);
    let calls: Vec<_> = cast.members.iter().map(|member| member.call).collect();
    let call = |peer, is_caller| Some(Call { peer: MemberIndex(peer), is_caller });
    assert_eq!(calls[..4], [None; 4], "the others are in a conference");
    assert_eq!(calls[4..], [call(6, true), call(7, true), call(4, false), call(5, false)]);
}

#[test]
fn one_more_participant_changes_nobody_elses_join() {
    let group = "[participant.x]\ncount = 5\njoin = { uniform = [\"1s\", \"5s\"] }\n";
    let joins = |text: &str| {
        let cast = read(text, &[]).expect("valid").expand(&mut draw);
        let of_x = cast.members.iter().filter(|member| member.group == "x");
        of_x.map(|member| member.join).collect::<Vec<_>>()
    };
    let alone = joins(&with_head(group));
    let newcomer = "[participant.a]\njoin = { uniform = [\"0s\", \"9s\"] }\n";
    assert_eq!(alone, joins(&with_head(&format!("{newcomer}{group}"))));
    assert!(alone.iter().all(|at| (1..5).contains(&at.as_secs())), "{alone:?}");
    assert!(alone.windows(2).any(|pair| pair[0] != pair[1]), "each is drawn");
}

#[test]
fn fixed_joins_draw_nothing() {
    let scenario = read(&with_head("[participant.x]\njoin = \"3s\"\n"), &[]).expect("valid");
    let cast = scenario.expand(&mut |path| panic!("{path} needs no draw"));
    assert_eq!(cast.members[4].join, Duration::from_secs(3));
}

#[test]
fn events_are_ordered_by_time_and_name_single_targets() {
    let lines = "[link.up]\nrate = \"2Mbps\"\n[participant.x]\nup = \"up\"\nleave = \"50s\"\n\
        [[at]]\ntime = \"9s\"\nunmute = \"guest.2\"\n\
        [[at]]\ntime = \"4s\"\nmute = { participant = \"guest.*\", source = \"mic\" }\n\
        [[at]]\ntime = \"4s\"\nrate = { link = \"up\", to = \"1Mbps\" }\n\
        [[at]]\ntime = \"30s\"\nleave = \"[!x]*\"\n";
    let fault = read(&with_head(lines), &[]).expect_err("brackets are no wildcards");
    assert!(fault.contains("nobody is called `[!x]*`"), "{fault}");
    let text = with_head(lines).replace("[!x]*", "*");
    let cast = read(&text, &[]).expect("valid").expand(&mut draw);
    let seen: Vec<_> =
        cast.timeline.iter().map(|planned| (planned.at.as_secs(), planned.what.clone())).collect();
    let mic = |member| PlannedAction::Mute(MemberIndex(member), "mic".into());
    let back = |source: &str| PlannedAction::Unmute(MemberIndex(2), source.into());
    let expected = [
        (4, mic(1)),
        (4, mic(2)),
        (4, mic(3)),
        (4, PlannedAction::Rate(LinkIndex(8), Rate::from_kbps(1_000))),
        (9, back("mic")),
        (9, back("cam")),
    ];
    assert_eq!(seen, expected);
    assert!(cast.members.iter().all(|member| member.leave == Some(Duration::from_secs(30))));
}
