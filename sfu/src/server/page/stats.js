// What the browser knows of the call's network, in words: by the W3C's identifiers for WebRTC statistics.

// What has grown between two looks at one stream, per second.
const rate = (now, then, key) => (then && now.timestamp > then.timestamp
  ? Math.max(0, now[key] - then[key]) / ((now.timestamp - then.timestamp) / 1000) : null);

const kbps = (bytes) => (bytes === null ? '' : `${Math.round((bytes * 8) / 1000)} kbit/s`);

// Of one picture that comes: how large, how smooth, what it takes, and what was lost on the way.
function words(own, then) {
  const lost = then ? own.packetsLost - then.packetsLost : 0;
  const came = then ? own.packetsReceived - then.packetsReceived : 0;
  return [
    own.frameHeight ? `${own.frameHeight}p` : '',
    own.framesPerSecond ? `${own.framesPerSecond} fps` : '',
    kbps(rate(own, then, 'bytesReceived')),
    lost > 0 ? `${((100 * lost) / (lost + came)).toFixed(1)} % lost` : '',
  ].filter(Boolean).join(', ');
}

/// Looks at a peer connection again and again; each look tells what is new since the one before.
export class Statistics {
  constructor(pc) {
    this.pc = pc;
    this.before = new Map();
  }

  /// `tiles`: for each mid that brings a picture what is to be said of it; `line`: the whole connection.
  async look() {
    const all = await this.pc.getStats();
    const tiles = new Map();
    for (const own of all.values()) {
      if (own.type === 'inbound-rtp' && own.kind === 'video') tiles.set(own.mid, words(own, this.before.get(own.id)));
    }
    const transport = [...all.values()].find(({ type }) => type === 'transport');
    const then = transport && this.before.get(transport.id);
    const pair = all.get(transport?.selectedCandidatePairId);
    const line = transport ? [
      `up ${kbps(rate(transport, then, 'bytesSent')) || '…'}`,
      `down ${kbps(rate(transport, then, 'bytesReceived')) || '…'}`,
      pair?.currentRoundTripTime === undefined ? '' : `round trip ${Math.round(pair.currentRoundTripTime * 1000)} ms`,
      all.get(pair?.localCandidateId)?.protocol === 'tcp' ? 'over TCP' : '',
    ].filter(Boolean).join(', ') : '';
    this.before = new Map([...all.values()].map((own) => [own.id, own]));
    return { tiles, line };
  }
}
