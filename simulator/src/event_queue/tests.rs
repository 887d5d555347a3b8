use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn at(nanos: u64) -> Time {
    Time::from_nanos(nanos)
}

#[test]
fn same_instant_goes_by_class_then_node_then_sequence() {
    let mut queue = EventQueue::new();
    let t = at(5);
    queue.schedule(t, EventClass::Sample, NodeId(0), "sample");
    queue.schedule(t, EventClass::Timer, NodeId(1), "timer of 1");
    queue.schedule(t, EventClass::Arrival, NodeId(2), "first arrival at 2");
    queue.schedule(t, EventClass::Arrival, NodeId(2), "second arrival at 2");
    queue.schedule(t, EventClass::Arrival, NodeId(1), "arrival at 1");
    queue.schedule(t, EventClass::World, NodeId(9), "world");
    queue.schedule(at(4), EventClass::Sample, NodeId(9), "earlier");
    let order: Vec<_> = std::iter::from_fn(|| queue.pop()).map(|(_, event)| event).collect();
    assert_eq!(
        order,
        [
            "earlier",
            "world",
            "arrival at 1",
            "first arrival at 2",
            "second arrival at 2",
            "timer of 1",
            "sample"
        ]
    );
}

#[test]
fn a_participant_more_does_not_reshuffle_the_others() {
    let run = |with_guest: bool| {
        let mut queue = EventQueue::new();
        for round in 0..50u32 {
            for node in [3u16, 1, 2] {
                if with_guest {
                    queue.schedule(at(7), EventClass::Arrival, NodeId(4), (4, round));
                }
                queue.schedule(at(7), EventClass::Arrival, NodeId(node), (node, round));
            }
        }
        std::iter::from_fn(move || queue.pop())
            .map(|(_, event)| event)
            .filter(|&(node, _)| node != 4)
            .collect::<Vec<_>>()
    };
    assert_eq!(run(false), run(true));
}

#[test]
fn a_timer_moves_in_place_and_leaves_nothing_behind() {
    let mut queue = EventQueue::new();
    let timer = queue.add_timer(EventClass::Timer, NodeId(0), 'x');
    for nanos in (1..10_000).rev().chain(1..10_000) {
        queue.arm(timer, Some(at(nanos)));
        assert_eq!((queue.len(), queue.armed_for(timer)), (1, Some(at(nanos))));
    }
    assert_eq!(queue.pop(), Some((at(9_999), 'x')));
    assert_eq!((queue.armed_for(timer), queue.pop()), (None, None));
    queue.arm(timer, Some(at(20_000)));
    queue.arm(timer, None);
    assert!(queue.is_empty());
    queue.arm(timer, Some(Time::NEVER));
    assert!(queue.is_empty());
}

#[test]
fn the_past_counts_as_now() {
    let mut queue = EventQueue::new();
    queue.schedule(at(100), EventClass::World, NodeId(0), 1);
    let timer = queue.add_timer(EventClass::Timer, NodeId(0), 3);
    queue.pop();
    queue.schedule(at(50), EventClass::World, NodeId(0), 2);
    queue.arm(timer, Some(at(40)));
    assert_eq!(queue.pop(), Some((at(100), 2)));
    assert_eq!(queue.pop(), Some((at(100), 3)));
}

/// The reference: a list sorted by the documented key at every pop.
#[derive(Default)]
struct Reference {
    events: Vec<(Time, EventClass, u16, u64, u32)>,
    sequences: [u64; 8],
}

#[derive(Clone, Debug)]
enum Step {
    Schedule { after: u64, class: u8, node: u16 },
    Arm { timer: usize, after: Option<u64> },
    Pop,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0u64..4, 0u8..4, 0u16..4).prop_map(|(after, class, node)| Step::Schedule { after, class, node }),
        (0usize..4, proptest::option::of(0u64..6)).prop_map(|(timer, after)| Step::Arm { timer, after }),
        Just(Step::Pop),
    ]
}

fn class_of(index: u8) -> EventClass {
    [EventClass::World, EventClass::Arrival, EventClass::Timer, EventClass::Sample][usize::from(index)]
}

proptest! {
    #[test]
    fn agrees_with_a_sorted_list(steps in proptest::collection::vec(step(), 0..400)) {
        let mut queue = EventQueue::new();
        let mut reference = Reference::default();
        let timers: Vec<_> = (0..4u16).map(|node| {
            reference.sequences[usize::from(node)] += 1;
            queue.add_timer(EventClass::Timer, NodeId(node), u32::from(node))
        }).collect();
        let mut name = 100;
        for step in steps {
            match step {
                Step::Schedule { after, class, node } => {
                    let time = queue.now() + Duration::from_nanos(after);
                    let sequence = reference.sequences[usize::from(node)];
                    reference.sequences[usize::from(node)] += 1;
                    reference.events.push((time, class_of(class), node, sequence, name));
                    queue.schedule(time, class_of(class), NodeId(node), name);
                    name += 1;
                }
                Step::Arm { timer, after } => {
                    let time = after.map(|after| queue.now() + Duration::from_nanos(after));
                    reference.events.retain(|event| event.4 != timer as u32);
                    if let Some(time) = time {
                        reference.events.push((time, EventClass::Timer, timer as u16, 0, timer as u32));
                    }
                    queue.arm(timers[timer], time);
                }
                Step::Pop => {
                    reference.events.sort();
                    let expected = (!reference.events.is_empty()).then(|| reference.events.remove(0));
                    prop_assert_eq!(queue.pop(), expected.map(|event| (event.0, event.4)));
                }
            }
            prop_assert_eq!(queue.len(), reference.events.len());
            prop_assert_eq!(queue.next_time(), reference.events.iter().map(|event| event.0).min());
        }
    }
}
