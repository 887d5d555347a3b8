use super::*;

fn frame(timestamp: u32, temporal: u8, tl0: u8, forwarded: bool) -> Frame {
    let tl0 = Some(tl0);
    Frame {
        timestamp,
        part: 0,
        forwarded,
        key: false,
        picture: None,
        next_picture: 0,
        spatial: 0,
        temporal,
        tl0,
        limit: Limit::of_layers(0, 0),
        top: 0,
        keeps_distances: false,
        active_targets: None,
    }
}

#[test]
fn rows() {
    let (base, upper) = (frame(1, 0, 7, true), frame(1, 1, 7, false));
    let (next_base, next_upper) = (frame(2, 0, 8, true), frame(2, 2, 7, false));
    // frame before, ended, frame after, starts, pictures between, missing → head, middle, tail
    type Part = (u64, bool);
    type Row<'a> = (&'a Frame, bool, Option<&'a Frame>, bool, Option<u64>, u64, Part, bool, Part);
    let rows: [Row<'_>; 12] = [
        // Within one dropped frame, and within one forwarded frame.
        (&upper, false, Some(&upper), false, Some(0), 3, (3, true), false, (0, false)),
        (&base, false, Some(&base), false, Some(0), 3, (3, false), false, (0, false)),
        // The rest of the frame before; the start of the frame after.
        (&upper, false, Some(&next_base), true, Some(0), 2, (2, true), true, (0, false)),
        (&base, true, Some(&next_upper), false, Some(0), 2, (0, false), true, (2, true)),
        // Either frame's, and both dropped.
        (&upper, false, Some(&next_upper), false, Some(0), 3, (1, true), true, (1, true)),
        // Whole frames between: TL0PICIDX tells that no base frame is among them.
        (&base, true, Some(&next_upper), true, Some(2), 4, (0, false), true, (0, true)),
        (&base, true, Some(&next_base), true, None, 4, (0, false), true, (0, false)),
        // Of these, some may be of a base frame that goes out.
        (&base, true, Some(&next_base), false, None, 4, (0, false), false, (1, false)),
        (&base, false, Some(&next_upper), true, None, 4, (1, false), false, (0, true)),
        // A base frame is missing.
        (&base, true, Some(&frame(2, 2, 8, false)), true, Some(1), 4, (0, false), false, (0, true)),
        // Padding after the gap.
        (&upper, false, None, true, None, 4, (1, true), false, (0, false)),
        // Nothing but padding can be missing between two whole neighbours.
        (&base, true, Some(&next_base), true, Some(0), 1, (0, false), false, (0, false)),
    ];
    for (i, (before, ended, after, starts, pictures, missing, head, middle, tail)) in
        rows.into_iter().enumerate()
    {
        let after = after.map(|frame| After {
            frame,
            starts,
            layered: false,
            pictures_between: pictures,
            dependency: None,
        });
        let gap = Gap {
            missing,
            before,
            before_ended: ended,
            picture_ended: ended,
            after,
            limit: Limit::of_layers(0, 0),
        };
        assert_eq!(gap.judge(), Verdict { head, middle_dropped: middle, tail }, "row {i}");
    }
}

/// (the layer that was to end the picture before, whether what is missing after its base layer is known to be dropped)
#[test]
fn a_layer_that_may_have_begun_keeps_its_numbers() {
    for (top, middle_dropped) in [(0, true), (1, false)] {
        let before = Frame { top, ..frame(1, 0, 7, true) };
        let after = After {
            frame: &frame(2, 0, 8, true),
            starts: true,
            layered: true,
            pictures_between: Some(0),
            dependency: None,
        };
        let gap = Gap {
            missing: 2,
            before: &before,
            before_ended: true,
            picture_ended: false,
            after: Some(after),
            limit: Limit::of_layers(0, 0),
        };
        assert_eq!(gap.judge().middle_dropped, middle_dropped, "top {top}");
    }
}
