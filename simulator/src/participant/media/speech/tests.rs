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

#[test]
fn who_speaks_in_turns_speaks_then_and_makes_noises_else() {
    let secs = Time::from_secs;
    let turns: Arc<[(Time, Time)]> = [(secs(10), secs(40)), (secs(100), secs(102))].into();
    let frames = run(speech(SpeechKind::Turns(turns), 7), 10_000);
    let in_turn = |frame: &AudioFrame| {
        [(10_000, 40_000), (100_000, 102_000)]
            .iter()
            .any(|(from, until)| (*from..*until).contains(&frame.captured.as_millis()))
    };
    assert!(frames.iter().all(|frame| in_turn(frame) || !frame.voice));
    let inside = || frames.iter().filter(|frame| in_turn(frame));
    let share = inside().filter(|frame| frame.voice).count() as f64 / inside().count() as f64;
    assert!((0.75..0.95).contains(&share), "speaks {share} of its turn");
    // From the first frame of the turn on.
    assert!(frames.windows(2).all(|pair| in_turn(&pair[0]) || !in_turn(&pair[1]) || pair[1].voice));
    let level = |frame: &AudioFrame| frame.level;
    let spoken = || inside().filter(|frame| frame.voice).map(level);
    assert!(
        spoken().min() >= Some(18) && spoken().max() <= Some(62),
        "{:?}",
        (spoken().min(), spoken().max())
    );
    // Of what is outside, most is background, little is a noise, and no noise lasts as long as a word.
    let outside: Vec<_> = frames.iter().filter(|frame| !in_turn(frame)).collect();
    let noises = || outside.chunk_by(|a, b| (a.level < 60) == (b.level < 60)).filter(|run| run[0].level < 60);
    let noise: usize = noises().map(<[_]>::len).sum();
    assert!((0.002..0.05).contains(&(noise as f64 / outside.len() as f64)), "{noise} of {}", outside.len());
    assert!(noises().count() > 10 && noises().all(|run| run.len() <= 15));
    assert!(outside.iter().all(|frame| frame.level >= 18 && (frame.level < 60 || frame.level > 68)));
}
