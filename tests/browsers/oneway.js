// A client of WHIP and of WHEP, as a page of anybody's would have it.
window.oneWay = {
  async open(path, publishes) {
    this.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    if (publishes) {
      const video = { width: 640, height: 360, frameRate: 10 };
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video });
      for (const track of stream.getTracks()) this.pc.addTransceiver(track, { direction: 'sendonly' });
    } else {
      for (const kind of ['audio', 'video']) this.pc.addTransceiver(kind, { direction: 'recvonly' });
      // Nothing is decoded that nobody plays.
      this.player = document.body.appendChild(document.createElement('video'));
      this.player.srcObject = new MediaStream(this.pc.getReceivers().map(({ track }) => track));
      this.player.autoplay = true;
    }
    await this.pc.setLocalDescription();
    const headers = { 'Content-Type': 'application/sdp' };
    const answer = await fetch(path, { method: 'POST', headers, body: this.pc.localDescription.sdp });
    if (answer.status !== 201) return answer.status;
    [this.session, this.tag] = [answer.headers.get('Location'), answer.headers.get('ETag')];
    await this.pc.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
    return answer.status;
  },

  /// Goes on under new ICE credentials, as after a change of network.
  async restart() {
    const [answer, old] = [this.pc.remoteDescription.sdp, this.tag];
    await this.pc.setLocalDescription(await this.pc.createOffer({ iceRestart: true }));
    const own = this.pc.localDescription.sdp;
    const line = (name, sdp) => sdp.match(new RegExp(`^a=${name}:.*$`, 'm'))[0];
    const body = ['ice-ufrag', 'ice-pwd'].map((name) => line(name, own)).join('\r\n') + '\r\n';
    const headers = { 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*' };
    const said = await fetch(this.session, { method: 'PATCH', headers, body });
    if (said.status !== 200) return said.status;
    this.tag = said.headers.get('ETag');
    const fragment = await said.text();
    const sdp = ['ice-ufrag', 'ice-pwd'].reduce(
      (text, name) => text.replace(new RegExp(`^a=${name}:.*$`, 'gm'), line(name, fragment)), answer);
    await this.pc.setRemoteDescription({ type: 'answer', sdp });
    return this.tag === old ? 0 : said.status;
  },

  /// What it receives: frames decoded, energy of the sound, and how the server knows the path in use.
  async seen() {
    const all = await this.pc.getStats();
    const of = (kind) => [...all.values()].find((own) => own.type === 'inbound-rtp' && own.kind === kind);
    const transport = [...all.values()].find(({ type }) => type === 'transport');
    const pair = all.get(transport?.selectedCandidatePairId);
    return {
      frames: of('video')?.framesDecoded ?? 0, energy: of('audio')?.totalAudioEnergy ?? 0,
      ufrag: transport?.iceLocalUsernameFragment ?? '', state: this.pc.connectionState,
      pairs: pair?.state ?? '',
    };
  },

  async close() {
    const { status } = await fetch(this.session, { method: 'DELETE' });
    this.pc.close();
    return status;
  },
};
