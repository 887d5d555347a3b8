use super::*;
use crate::random::Seed;

const RATE: DataRate = DataRate::from_kbps(32);

fn speech(kind: SpeechKind, seed: u64) -> Speech {
    Speech::new(kind, RATE, Time::from_millis(5), Seed(seed).stream("participant/alice/mic"))
}

fn run(mut speech: Speech, count: usize) -> Vec<AudioFrame> {
    (0..count).map(|_| speech.next(speech.next_frame()).expect("a frame is due")).collect()
}

#[test]
fn a_frame_every_20_ms_ready_after_its_last_sample_and_look_ahead() {
    let mut speech = speech(SpeechKind::CONVERSATION, 7);
    assert_eq!(speech.next(Time::from_micros(31_499)), None);
    for number in 0..1_000u32 {
        let captured = Time::from_millis(5) + FRAME * number;
        let frame = speech.next(captured + Duration::from_micros(26_500)).expect("a frame is due");
        assert_eq!((frame.frame_number, frame.captured), (number, captured));
        assert_eq!(frame.encoded_at.since(captured), Duration::from_micros(26_500));
        assert_eq!(frame.size, DataSize::from_bytes(80), "32 kbps");
    }
}

#[test]
fn spurts_and_pauses_have_their_means() {
    let frames = run(speech(SpeechKind::CONVERSATION, 7), 1_000_000);
    let lengths = |voice: bool| {
        let spans = frames.chunk_by(|a, b| a.voice == b.voice).filter(|span| span[0].voice == voice);
        let lengths: Vec<f64> = spans.map(|span| span.len() as f64 * 0.02).collect();
        (lengths.len() as f64, lengths.iter().sum::<f64>() / lengths.len() as f64)
    };
    for (voice, mean) in [(true, 1.0), (false, 1.6)] {
        let (n, found) = lengths(voice);
        assert!((found - mean).abs() < 5.0 * mean / n.sqrt(), "{found} s instead of {mean}, {n} of them");
    }
    let share = frames.iter().filter(|frame| frame.voice).count() as f64 / frames.len() as f64;
    assert!((0.36..0.41).contains(&share), "talks {share} of the time");
}

#[test]
fn levels_tell_talk_from_pause() {
    let frames = run(speech(SpeechKind::CONVERSATION, 7), 100_000);
    let levels =
        |voice: bool| frames.iter().filter(move |frame| frame.voice == voice).map(|frame| frame.level);
    let mean = |voice| levels(voice).map(f64::from).sum::<f64>() / levels(voice).count() as f64;
    assert!((28.0..31.0).contains(&mean(true)), "talk at {}", mean(true));
    assert!((68.5..70.5).contains(&mean(false)), "pause at {}", mean(false));
    assert!(levels(true).max() < levels(false).min(), "one threshold tells them apart");
    let spurt_means: Vec<f64> = frames
        .chunk_by(|a, b| a.voice == b.voice)
        .filter(|span| span[0].voice && span.len() >= 25)
        .map(|span| span.iter().map(|frame| f64::from(frame.level)).sum::<f64>() / span.len() as f64)
        .collect();
    let (low, high) = spurt_means.iter().fold((127.0f64, 0.0f64), |(l, h), &m| (l.min(m), h.max(m)));
    assert!(low < 27.0 && high > 32.0, "spurts from {low} to {high}");
}

#[test]
fn constant_and_silent() {
    let constant = run(speech(SpeechKind::Constant, 7), 10_000);
    assert!(constant.iter().all(|frame| frame.voice && frame.level == 30));
    let silent = run(speech(SpeechKind::Silent, 7), 10_000);
    assert!(silent.iter().all(|frame| !frame.voice && frame.level == DIGITAL_SILENCE));
}

#[test]
fn a_mean_of_zero_still_lets_time_pass() {
    let kind = SpeechKind::OnOff { talk: Duration::ZERO, pause: Duration::ZERO };
    let frames = run(speech(kind, 7), 100);
    assert!(frames.windows(2).all(|pair| pair[0].voice != pair[1].voice));
}

#[test]
fn same_seed_same_conversation() {
    let frames = |seed| run(speech(SpeechKind::CONVERSATION, seed), 5_000);
    assert_eq!(frames(7), frames(7));
    assert_ne!(frames(7), frames(8));
}
