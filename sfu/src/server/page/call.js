// One call: the WebSocket's messages and the peer connection, without a look at the page.

const VERSION = 1;

// A shared screen: full pictures, seldom, for text.
const SCREEN = { height: 1080, fps: 15, kbps: 2500 };

// How each codec is published: simulcast where a stream has one size only, spatial layers in one stream else.
const CODECS = {
  vp8: { simulcast: true, temporal: 3, mode: 'L1T3' },
  h264: { simulcast: true, temporal: 1, mode: 'L1T1' },
  vp9: { simulcast: false, temporal: 3, mode: (spatial) => (spatial > 1 ? `L${spatial}T3_KEY` : 'L1T3') },
  av1: { simulcast: false, temporal: 3, mode: (spatial) => (spatial > 1 ? `L${spatial}T3_KEY` : 'L1T3') },
};

// As many sizes as libwebrtc encodes of a picture so high.
const sizes = (height) => (height >= 540 ? 3 : height >= 360 ? 2 : 1);

// What an encoder is set to at most, kbit/s.
const kbps = (height) => (height <= 180 ? 150 : height <= 270 ? 300 : height <= 360 ? 600 : height <= 540 ? 1000 : 1800);

/// Describes a camera's encodings for the browser and for the server.
function encodingsOf(codec, height, fps) {
  const { simulcast, temporal, mode } = CODECS[codec];
  const count = sizes(height);
  if (!simulcast) {
    return {
      send: [{ scalabilityMode: mode(count), maxBitrate: kbps(height) * 1000 }],
      said: [{ rid: 'main', height, fps, max_kbps: kbps(height), temporal_layers: temporal, spatial_layers: count }],
    };
  }
  const scales = Array.from({ length: count }, (_, at) => 2 ** (count - 1 - at));
  const rids = ['l', 'm', 'h'].slice(3 - count);
  const each = scales.map((scale, at) => ({ rid: rids[at], scale, height: Math.round(height / scale) }));
  return {
    send: each.map(({ rid, scale, height: own }) => ({
      rid, scaleResolutionDownBy: scale, maxBitrate: kbps(own) * 1000, scalabilityMode: mode,
    })),
    said: each.map(({ rid, height: own }) => ({
      rid, height: own, fps, max_kbps: kbps(own), temporal_layers: temporal, spatial_layers: 1,
    })),
  };
}

/// The height to ask for of a picture that is shown `height` lines high: the server sends nothing higher, so it is the
/// lowest encoding that fills the tile. That it has a sixth fewer lines isn't seen.
function fitting(encodings, height) {
  const heights = encodings.flatMap(({ height: top, spatial_layers: layers = 1 }) => (
    Array.from({ length: layers }, (_, below) => Math.ceil(top / 2 ** below))));
  const enough = heights.filter((own) => own * 1.2 >= height);
  return Math.min(65535, enough.length ? Math.min(...enough) : Math.max(...heights));
}

/// The browser's codecs with the wanted one first.
function preferred(codec) {
  const { codecs } = RTCRtpReceiver.getCapabilities('video');
  const wanted = codecs.filter((own) => own.mimeType.toLowerCase() === `video/${codec}`);
  return [...wanted, ...codecs.filter((own) => !wanted.includes(own))];
}

/// The codecs that can be shown, in the server's words.
function decodable() {
  const video = RTCRtpReceiver.getCapabilities('video').codecs;
  const names = video.map((own) => own.mimeType.slice('video/'.length).toLowerCase());
  return new Set(['opus', ...names, ...(names.includes('h264') ? ['h264_mode0'] : [])]);
}

// How long the path may be silent before the call is taken for lost, ms: longer than a change of access point takes,
// and a fifth of what the browser waits by itself.
const SILENCE = 5000;

// What the server refuses for now only.
const FOR_NOW = new Set(['draining', 'full']);

/// Events: `change` (somebody came, went, was muted, speaks, is paused), `silenced` (a moderator muted one's source), `media` (a track of somebody's has come),
/// `joined`, and at the end either `lost` (the server or the way to it has gone; another call may take its place) or
/// `ended`, each with a reason. The media stays its owner's.
export class Call extends EventTarget {
  /// `resume` is the `secret` of a call that was lost: the server ends that one in the same moment.
  constructor({ url, room, name, media, codec = 'vp8', resume, token }) {
    super();
    Object.assign(this, { room, name, media, codec, resume, token });
    this.moderates = false;
    this.participants = new Map();
    this.streams = new Map();
    this.tracks = new Map();
    this.paused = new Set();
    this.heights = new Map();
    this.speaker = null;
    this.id = null;
    this.queue = Promise.resolve();
    this.decodes = decodable();
    this.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    this.pc.addEventListener('track', ({ track, transceiver }) => {
      this.tracks.set(transceiver.mid, track);
      this.tell('media');
    });
    this.pc.addEventListener('connectionstatechange', () => this.watch());
    this.socket = new WebSocket(url);
    this.socket.addEventListener('open', () => this.join().catch((error) => this.end(error.message)));
    this.socket.addEventListener('message', ({ data }) => this.enqueue(JSON.parse(data)));
    this.socket.addEventListener('close', () => this.end('the connection to the server has gone', true));
  }

  // The browser itself gives a path up after half a minute only.
  watch() {
    clearTimeout(this.silence);
    const { connectionState: state } = this.pc;
    if (state === 'failed') this.end('no media reaches the server', true);
    if (state === 'disconnected') {
      this.silence = setTimeout(() => this.end('no media reaches the server', true), SILENCE);
    }
  }

  /// What only the server and this page know: who shows it is the same participant.
  get secret() {
    return this.pc.remoteDescription?.sdp.match(/^a=ice-pwd:(\S+)/m)?.[1] ?? this.resume;
  }

  // One message at a time: what it does to the peer connection is done before the next.
  enqueue(message) {
    this.queue = this.queue.then(() => this.take(message)).catch((error) => this.end(error.message));
  }

  async join() {
    const [mic] = this.media.getAudioTracks();
    const [cam] = this.media.getVideoTracks();
    const streams = [this.media];
    const audio = this.pc.addTransceiver(mic ?? 'audio', { direction: mic ? 'sendonly' : 'recvonly', streams });
    const { height = 720, frameRate = 30 } = cam?.getSettings() ?? {};
    const { send, said } = encodingsOf(this.codec, height, Math.round(frameRate));
    const video = cam
      ? this.pc.addTransceiver(cam, { direction: 'sendonly', streams, sendEncodings: send })
      : this.pc.addTransceiver('video', { direction: 'recvonly' });
    video.setCodecPreferences(preferred(this.codec));
    // A section for a screen from the start: sharing then takes no other offer.
    this.screen = this.pc.addTransceiver('video', {
      direction: 'sendonly', sendEncodings: [{ maxBitrate: SCREEN.kbps * 1000, maxFramerate: SCREEN.fps }],
    });
    this.screen.setCodecPreferences(preferred(this.codec));
    await this.pc.setLocalDescription();
    const sources = [];
    if (mic) sources.push({ mid: audio.mid, name: 'mic' });
    if (cam) sources.push({ mid: video.mid, name: 'cam', encodings: said });
    const { height: lines, fps, kbps: most } = SCREEN;
    const layers = { temporal_layers: 1, spatial_layers: 1 };
    const encodings = [{ rid: 'main', height: lines, fps, max_kbps: most, ...layers }];
    sources.push({ mid: this.screen.mid, name: 'share', content: 'screen', encodings });
    this.send({
      type: 'join', version: VERSION, conference: this.room, name: this.name,
      offer: this.pc.localDescription.sdp, sources, ...(this.resume ? { resume: this.resume } : {}),
      ...(this.token ? { token: this.token } : {}),
    });
  }

  async take(message) {
    switch (message.type) {
      case 'joined':
        this.id = message.id;
        for (const peer of message.participants) this.add(peer);
        [this.speaker = null] = message.recent_speakers ?? [];
        await this.pc.setRemoteDescription({ type: 'answer', sdp: message.answer });
        this.send({ type: 'mute', source: 'share', muted: true });
        this.subscribe();
        return this.tell('joined');
      case 'offer':
        this.streams = new Map(message.streams.map((stream) => [stream.mid, stream]));
        await this.pc.setRemoteDescription({ type: 'offer', sdp: message.offer });
        await this.pc.setLocalDescription();
        this.send({ type: 'answer', answer: this.pc.localDescription.sdp });
        return this.tell('media');
      case 'participant_joined':
        this.add(message.participant);
        // Nobody comes in with a screen: that it is muted is said in the next message.
        for (const { name, content } of message.participant.sources) {
          if (content === 'screen') this.participants.get(message.participant.id).muted.add(name);
        }
        this.subscribe();
        return this.tell('change');
      case 'participant_left':
        this.participants.delete(message.id);
        this.subscribe();
        return this.tell('change');
      case 'moderator':
        this.moderates = true;
        return this.tell('change');
      case 'muted': {
        if (message.id === this.id) {
          // A moderator has done it; who is muted may speak again.
          this.enable(message.source, !message.muted);
          return this.tell('silenced', message.source);
        }
        const muted = this.participants.get(message.id)?.muted;
        if (message.muted) muted?.add(message.source); else muted?.delete(message.source);
        this.subscribe();
        return this.tell('change');
      }
      case 'paused': {
        const key = `${message.publisher} ${message.source}`;
        if (message.paused) this.paused.add(key); else this.paused.delete(key);
        return this.tell('change');
      }
      case 'dominant_speaker':
        this.speaker = message.id;
        return this.tell('change');
      case 'ended':
        return this.end(message.reason, message.reason !== 'removed' && message.reason !== 'resumed');
      case 'error':
        console.error(message.code, message.message);
        return this.id ? undefined : this.end(message.message, FOR_NOW.has(message.code));
      default:
        return undefined;
    }
  }

  add({ id, name, sources, muted = [] }) {
    this.participants.set(id, { id, name, sources, muted: new Set(muted) });
  }

  /// Asks for everybody's sources, pictures as high as their tiles.
  subscribe() {
    const wishes = [...this.participants.values()].flatMap(({ id, sources, muted }) => sources
      .filter(({ codec }) => this.decodes.has(codec))
      // Hardly anybody shares a screen: a section for each who might would be a long description for nothing.
      .filter(({ content, name }) => content !== 'screen' || !muted.has(name))
      .map(({ name, codec, content, encodings = [] }) => (codec === 'opus'
        ? { publisher: id, source: name }
        : {
          publisher: id, source: name, priority: content === 'screen' ? 1 : 0,
          max_height: fitting(encodings, this.heights.get(`${id} ${name}`) ?? 360),
        })));
    const text = JSON.stringify(wishes);
    if (text === this.wished) return;
    this.wished = text;
    this.send({ type: 'subscribe', wishes });
  }

  /// The tile of a source is so high, in pixels of the screen.
  show(id, source, height) {
    this.heights.set(`${id} ${source}`, Math.max(1, Math.round(height)));
    if (this.id) this.subscribe();
  }

  /// What can be seen and heard of somebody, as tracks by source.
  tracksOf(id) {
    const theirs = [...this.streams.values()].filter(({ publisher }) => publisher === id);
    return theirs.filter(({ mid }) => this.tracks.has(mid)).map(({ mid, source }) => [source, this.tracks.get(mid)]);
  }

  /// Shows a screen to everybody, or nothing any more.
  async share(track) {
    await this.screen?.sender.replaceTrack(track);
    this.send({ type: 'mute', source: 'share', muted: !track });
  }

  /// Lets a source's tracks go on or not; how many it has.
  enable(source, on) {
    const tracks = source === 'mic' ? this.media.getAudioTracks() : this.media.getVideoTracks();
    for (const track of tracks) track.enabled = on;
    return tracks.length;
  }

  /// Publishes another device's track in a source's place; the one before ends.
  async replace(source, track) {
    const [old] = source === 'mic' ? this.media.getAudioTracks() : this.media.getVideoTracks();
    const sender = this.pc.getSenders().find((own) => own.track === old);
    if (!old || !sender) return track.stop();
    track.enabled = old.enabled;
    await sender.replaceTrack(track);
    this.media.removeTrack(old);
    this.media.addTrack(track);
    return old.stop();
  }

  /// For moderators: mutes somebody's microphone, or sends them away.
  silence(participant) {
    this.send({ type: 'silence', participant, source: 'mic' });
  }

  remove(participant) {
    this.send({ type: 'remove', participant });
  }

  mute(source, muted) {
    if (this.enable(source, !muted)) this.send({ type: 'mute', source, muted });
  }

  leave() {
    this.send({ type: 'leave' });
    this.end('');
  }

  end(reason, lost = false) {
    if (this.over) return;
    this.over = true;
    const { secret } = this;
    this.resume = secret;
    clearTimeout(this.silence);
    this.pc.close();
    this.socket.close();
    this.dispatchEvent(new CustomEvent(lost ? 'lost' : 'ended', { detail: reason }));
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  tell(what, detail) {
    this.dispatchEvent(new CustomEvent(what, { detail }));
  }
}
