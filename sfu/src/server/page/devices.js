// Which camera and which microphone: the browser tells their names once it may use one.

const KINDS = { microphones: ['audioinput', 'mic'], cameras: ['videoinput', 'cam'] };

/// Offers what there is, where there is a choice; `change` is told source and device when another is chosen.
export class Devices {
  constructor(elements, change) {
    this.elements = elements;
    for (const [id, [, source]] of Object.entries(KINDS)) {
      elements[id].addEventListener('change', () => change(source, elements[id].value));
    }
    navigator.mediaDevices?.addEventListener?.('devicechange', () => this.media && this.show(this.media));
  }

  /// Shows the choice, with what `media` has.
  async show(media) {
    this.media = media;
    const all = await navigator.mediaDevices.enumerateDevices();
    for (const [id, [kind]] of Object.entries(KINDS)) {
      const known = all.filter((device) => device.kind === kind && device.deviceId);
      const select = this.elements[id];
      select.replaceChildren(...known.map(({ deviceId, label }, at) => new Option(label || `Device ${at + 1}`, deviceId)));
      const track = media.getTracks().find((own) => `${own.kind}input` === kind);
      if (track) select.value = track.getSettings().deviceId ?? select.value;
      // Who has but one, or publishes nothing of the kind, has nothing to choose.
      select.closest('label').hidden = known.length < 2 || !track;
    }
  }
}
