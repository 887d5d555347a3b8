use proptest::prelude::*;

use super::super::codel::CodelConfig;
use super::super::dual_pi2::DualPi2Config;
use super::super::fq_codel::FqCodelConfig;
use super::super::pie::PieConfig;
use super::*;

fn management() -> impl Strategy<Value = Management> {
    let limit = DataSize::from_bytes(20_000);
    let codel = move |ecn| CodelConfig { target: ms(5), interval: ms(100), limit, ecn };
    let quantum = DataSize::from_bytes(1_514);
    prop_oneof![
        any::<bool>().prop_map(move |ecn| Management::Codel(codel(ecn))),
        any::<bool>().prop_map(move |ecn| Management::FqCodel(FqCodelConfig {
            codel: codel(ecn),
            quantum,
            queues: 8
        })),
        any::<bool>().prop_map(move |ecn| Management::Pie(PieConfig { target: ms(15), limit, ecn })),
        Just(Management::DualPi2(DualPi2Config { target: ms(15), limit })),
    ]
}

fn ecn() -> impl Strategy<Value = Ecn> {
    prop_oneof![Just(Ecn::NotEct), Just(Ecn::Ect0), Just(Ecn::Ect1), Just(Ecn::Ce)]
}

proptest! {
    /// Every packet comes out once, served or shed; a flow keeps its order; bytes add up; the limit holds.
    #[test]
    fn packets_are_conserved(
        management in management(),
        steps in prop::collection::vec((0u64..40, any::<bool>(), 0u64..5, 40u64..1500, ecn()), 1..400),
    ) {
        let mut queue = ManagedQueue::new(management, Seed(7).stream("queue"));
        let (mut now, mut entered, mut gone, mut bytes) = (Time::ZERO, 0u64, Vec::new(), 0);
        let mut last = std::collections::BTreeMap::new();
        for (gap, arrives, flow, size, ecn) in steps {
            now += ms(gap);
            let mut out = Vec::new();
            if arrives {
                entered += 1;
                bytes += size;
                let probe = Probe { number: entered, flow, bytes: size, ecn };
                queue.enqueue(now, probe, &mut |shed| out.push(shed.waiting.packet));
            } else {
                let served = queue.dequeue(now, &mut |shed| out.push(shed.waiting.packet));
                if let Some(served) = served {
                    // A mark hides which of the two queues of L4S it was in.
                    if served.packet.ecn != Ecn::Ce {
                        let key = (served.packet.flow, served.packet.ecn == Ecn::Ect1);
                        let before = last.insert(key, served.packet.number);
                        prop_assert!(before.is_none_or(|before| before < served.packet.number));
                    }
                    out.push(served.packet);
                }
            }
            for packet in out {
                bytes -= packet.bytes;
                gone.push(packet.number);
            }
            let (held, packets) = queue.held();
            prop_assert_eq!((held.as_bytes(), packets as u64), (bytes, entered - gone.len() as u64));
            prop_assert!(bytes <= 20_000);
        }
        let mut numbers = gone.clone();
        numbers.sort_unstable();
        numbers.dedup();
        prop_assert_eq!(numbers.len(), gone.len());
    }
}
