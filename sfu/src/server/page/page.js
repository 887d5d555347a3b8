// The page around a call: entrance, grid, buttons. Parameters of the address: room, name, codec (vp8, vp9, av1, h264),
// height and fps of the camera, and join=1 to go in at once.

import { Call } from './call.js';

const byId = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
// Why a call ended, for people.
const REASONS = {
  removed: 'the server has ended it',
  consent_expired: 'nothing has come from you for a while',
  setup_timed_out: 'no media has reached the server',
  dtls_failed: 'no secure connection came about',
  closed: 'the connection was closed',
};
const tiles = new Map();
let call = null;

const resized = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    if (target.dataset.id) call?.show(target.dataset.id, contentRect.height * devicePixelRatio);
  }
});

async function devices() {
  const height = Number(query.get('height')) || 720;
  const video = { height: { ideal: height }, width: { ideal: Math.round((height * 16) / 9) }, frameRate: { ideal: Number(query.get('fps')) || 30 } };
  // Who has no camera still wants to be heard, and who has nothing to be there.
  for (const wanted of [{ audio: true, video }, { audio: true }, { video }]) {
    try {
      return await navigator.mediaDevices.getUserMedia(wanted);
    } catch (error) {
      console.warn(error.name, error.message);
    }
  }
  return new MediaStream();
}

function tile(id, name, own) {
  const element = document.createElement('article');
  element.className = own ? 'tile own' : 'tile';
  if (!own) element.dataset.id = id;
  const video = document.createElement('video');
  video.autoplay = true;
  video.playsInline = true;
  video.muted = own;
  const label = document.createElement('div');
  label.className = 'label';
  const state = document.createElement('span');
  state.className = 'state';
  label.append(own ? `${name} (you)` : name, state);
  element.append(video, label);
  byId('grid').append(element);
  const made = { element, video, state };
  tiles.set(id, made);
  if (!own) resized.observe(element);
  return made;
}

function remove(id) {
  const gone = tiles.get(id);
  resized.unobserve(gone.element);
  gone.video.srcObject = null;
  gone.element.remove();
  tiles.delete(id);
}

// Tracks come and go in one stream: another one would interrupt what plays.
function play(video, tracks) {
  video.srcObject ??= new MediaStream();
  const stream = video.srcObject;
  for (const track of stream.getTracks()) if (!tracks.includes(track)) stream.removeTrack(track);
  for (const track of tracks) if (!stream.getTracks().includes(track)) stream.addTrack(track);
}

function stateOf({ id, muted }) {
  const words = [];
  if (muted.has('mic')) words.push('muted');
  if (muted.has('cam')) words.push('camera off');
  else if (call.paused.has(`${id} cam`)) words.push('paused: the line is thin');
  return words.join(', ');
}

function render() {
  for (const id of [...tiles.keys()]) {
    if (id !== 'own' && !call.participants.has(id)) remove(id);
  }
  for (const peer of call.participants.values()) {
    const { element, video, state } = tiles.get(peer.id) ?? tile(peer.id, peer.name, false);
    play(video, call.tracksOf(peer.id).map(([, track]) => track));
    state.textContent = stateOf(peer);
    element.classList.toggle('speaking', call.speaker === peer.id);
    element.classList.toggle('dark', peer.muted.has('cam'));
  }
  tiles.get('own')?.element.classList.toggle('speaking', call.speaker === call.id);
  const people = tiles.size;
  byId('count').textContent = people === 1 ? 'nobody else is here yet' : `${people} people`;
  byId('grid').dataset.columns = people <= 1 ? 1 : people <= 4 ? 2 : people <= 9 ? 3 : 4;
}

async function join() {
  const name = byId('name').value.trim();
  const room = byId('room').value.trim();
  byId('notice').textContent = 'Joining …';
  const media = await devices();
  const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
  call = new Call({ url, room, name, media, codec: query.get('codec') ?? 'vp8' });
  // For whoever looks in with the developer tools.
  window.plenum = call;
  tile('own', name, true).video.srcObject = new MediaStream(media.getVideoTracks());
  for (const event of ['change', 'media', 'joined']) call.addEventListener(event, render);
  call.addEventListener('joined', () => {
    byId('title').textContent = room;
    byId('entrance').hidden = true;
    byId('call').hidden = false;
  });
  call.addEventListener('ended', ({ detail }) => {
    for (const id of [...tiles.keys()]) remove(id);
    byId('call').hidden = true;
    byId('entrance').hidden = false;
    byId('notice').textContent = detail ? `The call has ended: ${REASONS[detail] ?? detail}.` : 'You have left.';
    for (const [id, words] of [['mic', 'Microphone'], ['cam', 'Camera']]) pressed(byId(id), words, true);
  });
}

function pressed(button, words, on) {
  button.setAttribute('aria-pressed', String(on));
  button.textContent = `${words} ${on ? 'on' : 'off'}`;
}

function toggle(id, words) {
  const button = byId(id);
  button.addEventListener('click', () => {
    const on = button.getAttribute('aria-pressed') !== 'true';
    pressed(button, words, on);
    call.mute(id, !on);
    tiles.get('own').element.classList.toggle('dark', id === 'cam' ? !on : byId('cam').getAttribute('aria-pressed') !== 'true');
  });
}

toggle('mic', 'Microphone');
toggle('cam', 'Camera');
byId('leave').addEventListener('click', () => call.leave());
byId('join').addEventListener('submit', (event) => {
  event.preventDefault();
  join().catch((error) => { byId('notice').textContent = error.message; });
});
byId('room').value = query.get('room') ?? 'lobby';
byId('name').value = query.get('name') ?? '';
if (query.has('join')) byId('join').requestSubmit();
