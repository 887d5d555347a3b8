// The page around a call: entrance, grid, buttons. Parameters of the address: room, name, codec (vp8, vp9, av1, h264),
// height and fps of the camera, token where rooms are locked, and join=1 to go in at once.

import { Call } from './call.js';
import { Devices } from './devices.js';
import { Statistics } from './stats.js';

const byId = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
// Why a call ended, for people.
const REASONS = {
  removed: 'you have been sent away',
  resumed: 'it goes on in another place',
  stopping: 'the server has ended',
  consent_expired: 'nothing has come from you for a while',
  setup_timed_out: 'no media has reached the server',
  dtls_failed: 'no secure connection came about',
  closed: 'the connection was closed',
};
// How long to wait before each attempt to come back, ms; the last for all that follow. With some chance in it, so that
// not everybody comes in the same moment.
const ATTEMPTS = [200, 500, 1000, 1500];
// The key of one's own tile.
const OWN = 'own cam';
const tiles = new Map();
let screen = null;
let call = null;
let media = null;
let attempt = 0;
let again = 0;
let statistics = null;
const chooser = new Devices({ microphones: byId('microphones'), cameras: byId('cameras') }, (source, device) => {
  choose(source, device).catch((error) => console.error(error.name, error.message));
});

const resized = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    const { id, source } = target.dataset;
    if (id) call?.show(id, source, contentRect.height * devicePixelRatio);
  }
});

async function devices() {
  const video = constraints();
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

// One per source of pictures: `key` is the participant's id and the source's name.
function tile(key, name, own) {
  const element = document.createElement('article');
  const [id, source] = key.split(' ');
  element.className = ['tile', own ? 'own' : '', source === 'share' ? 'share' : ''].join(' ').trim();
  if (!own) Object.assign(element.dataset, { id, source });
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
  if (!own && source === 'cam') element.append(moderation(id, name));
  byId('grid').append(element);
  const numbers = document.createElement('div');
  numbers.className = 'numbers';
  element.append(numbers);
  const made = { element, video, state, numbers };
  tiles.set(key, made);
  if (!own) resized.observe(element);
  return made;
}

// What a moderator may do with somebody; hidden from everybody else.
function moderation(id, name) {
  const tools = document.createElement('div');
  tools.className = 'tools';
  tools.hidden = true;
  const button = (words, title, act) => {
    const made = document.createElement('button');
    made.type = 'button';
    made.textContent = words;
    made.setAttribute('aria-label', title);
    made.addEventListener('click', act);
    return made;
  };
  tools.append(
    button('Mute', `Mute ${name}`, () => call.silence(id)),
    button('Send away', `Send ${name} away`, () => call.remove(id)),
  );
  return tools;
}

function remove(key) {
  const gone = tiles.get(key);
  resized.unobserve(gone.element);
  gone.video.srcObject = null;
  gone.element.remove();
  tiles.delete(key);
}

// Tracks come and go in one stream: another one would interrupt what plays.
function play(video, tracks) {
  video.srcObject ??= new MediaStream();
  const stream = video.srcObject;
  for (const track of stream.getTracks()) if (!tracks.includes(track)) stream.removeTrack(track);
  for (const track of tracks) if (!stream.getTracks().includes(track)) stream.addTrack(track);
}

function constraints() {
  const height = Number(query.get('height')) || 720;
  return { height: { ideal: height }, width: { ideal: Math.round((height * 16) / 9) }, frameRate: { ideal: Number(query.get('fps')) || 30 } };
}

function stateOf({ id, muted }) {
  const words = [];
  if (muted.has('mic')) words.push('muted');
  if (muted.has('cam')) words.push('camera off');
  else if (call.paused.has(`${id} cam`)) words.push('paused: the line is thin');
  return words.join(', ');
}

// What is to be seen: a tile for each, and one for each screen that is shared.
function wantedTiles() {
  const wanted = new Map();
  for (const peer of call.participants.values()) {
    const sharing = peer.sources.some(({ name }) => name === 'share') && !peer.muted.has('share');
    if (sharing) wanted.set(`${peer.id} share`, peer);
    wanted.set(`${peer.id} cam`, peer);
  }
  return wanted;
}

function render() {
  const wanted = wantedTiles();
  for (const key of [...tiles.keys()]) if (key !== OWN && !wanted.has(key)) remove(key);
  for (const [key, peer] of wanted) {
    const isShare = key.endsWith(' share');
    const name = isShare ? `${peer.name} shows` : peer.name;
    const { element, video, state } = tiles.get(key) ?? tile(key, name, false);
    const tracks = call.tracksOf(peer.id).filter(([source]) => (source === 'share') === isShare);
    play(video, tracks.map(([, track]) => track));
    if (isShare) continue;
    state.textContent = stateOf(peer);
    element.classList.toggle('speaking', call.speaker === peer.id);
    element.classList.toggle('dark', peer.muted.has('cam'));
    element.querySelector('.tools').hidden = !call.moderates;
  }
  tiles.get(OWN)?.element.classList.toggle('speaking', call.speaker === call.id);
  const people = call.participants.size + 1;
  byId('count').textContent = people === 1 ? 'nobody else is here yet' : `${people} people`;
  const count = tiles.size;
  byId('grid').dataset.columns = count <= 1 ? 1 : count <= 4 ? 2 : count <= 9 ? 3 : 4;
}

async function join() {
  byId('notice').textContent = 'Joining …';
  media = await devices();
  tile(OWN, byId('name').value.trim(), true).video.srcObject = new MediaStream(media.getVideoTracks());
  await chooser.show(media);
  connect();
}

// Another camera or microphone, under way.
async function choose(source, deviceId) {
  const device = { deviceId: { exact: deviceId } };
  const wanted = source === 'mic' ? { audio: device } : { video: { ...constraints(), ...device } };
  const [track] = (await navigator.mediaDevices.getUserMedia(wanted)).getTracks();
  await call.replace(source, track);
  if (source === 'cam') tiles.get(OWN).video.srcObject = new MediaStream([track]);
}

// Looks at the statistics while somebody wants to see them.
async function look() {
  if (!isOn('stats') || !call || call.over) return;
  if (statistics?.pc !== call.pc) statistics = new Statistics(call.pc);
  const { tiles: said, line } = await statistics.look();
  byId('line').textContent = line;
  for (const [mid, words] of said) {
    const { publisher, source } = call.streams.get(mid) ?? {};
    const own = tiles.get(`${publisher} ${source}`);
    if (own) own.numbers.textContent = words;
  }
}

function showNumbers(on) {
  byId('stats').setAttribute('aria-pressed', String(on));
  byId('line').hidden = !on;
  byId('grid').classList.toggle('numbers', on);
  if (on) look();
}

function connect(resume) {
  const name = byId('name').value.trim();
  const room = byId('room').value.trim();
  const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
  call = new Call({ url, room, name, media, codec: query.get('codec') ?? 'vp8', resume, token: query.get('token') });
  // For whoever looks in with the developer tools.
  window.plenum = call;
  for (const event of ['change', 'media', 'joined']) call.addEventListener(event, render);
  call.addEventListener('joined', () => {
    attempt = 0;
    byId('title').textContent = room;
    byId('away').hidden = true;
    byId('entrance').hidden = true;
    byId('call').hidden = false;
    for (const source of ['mic', 'cam']) if (!isOn(source)) call.mute(source, true);
    if (screen) call.share(screen);
  });
  call.addEventListener('silenced', ({ detail }) => {
    const words = { mic: 'Microphone', cam: 'Camera' }[detail];
    if (words) pressed(byId(detail), words, false);
  });
  call.addEventListener('lost', ({ detail }) => {
    // Who never was in wants to know at once.
    if (byId('call').hidden) return over(detail);
    byId('away').textContent = `Coming back: ${REASONS[detail] ?? detail}.`;
    byId('away').hidden = false;
    const wait = ATTEMPTS[Math.min(attempt, ATTEMPTS.length - 1)] * (0.5 + Math.random() / 2);
    attempt += 1;
    again = setTimeout(connect, wait, call.secret);
    return undefined;
  });
  call.addEventListener('ended', ({ detail }) => over(detail));
}

function over(reason) {
  clearTimeout(again);
  attempt = 0;
  for (const id of [...tiles.keys()]) remove(id);
  for (const track of media.getTracks()) track.stop();
  stopSharing();
  byId('call').hidden = true;
  byId('entrance').hidden = false;
  byId('notice').textContent = reason ? `The call has ended: ${REASONS[reason] ?? reason}.` : 'You have left.';
  for (const [id, words] of [['mic', 'Microphone'], ['cam', 'Camera']]) pressed(byId(id), words, true);
}

// Somebody who has waited long enough may leave while the page is coming back: there is no call to end then.
function leave() {
  if (call.over) over(''); else call.leave();
}

async function toggleSharing() {
  if (screen) return stopSharing();
  try {
    const shown = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: 15 }, audio: false });
    [screen] = shown.getVideoTracks();
  } catch (error) {
    // Who thinks better of it has not done anything wrong.
    if (error.name !== 'NotAllowedError') console.error(error.name, error.message);
    return undefined;
  }
  screen.contentHint = 'detail';
  screen.addEventListener('ended', stopSharing);
  sharing(true);
  return call.share(screen);
}

function stopSharing() {
  screen?.stop();
  screen = null;
  sharing(false);
  if (!call.over) call.share(null);
}

function sharing(on) {
  byId('share').setAttribute('aria-pressed', String(on));
  byId('share').textContent = on ? 'Stop sharing' : 'Share screen';
}

function isOn(id) {
  return byId(id).getAttribute('aria-pressed') === 'true';
}

function pressed(button, words, on) {
  button.setAttribute('aria-pressed', String(on));
  button.textContent = `${words} ${on ? 'on' : 'off'}`;
}

function toggle(id, words) {
  const button = byId(id);
  button.addEventListener('click', () => {
    pressed(button, words, !isOn(id));
    call.mute(id, !isOn(id));
    tiles.get(OWN).element.classList.toggle('dark', !isOn('cam'));
  });
}

toggle('mic', 'Microphone');
toggle('cam', 'Camera');
byId('share').addEventListener('click', toggleSharing);
byId('share').hidden = !navigator.mediaDevices?.getDisplayMedia;
byId('stats').addEventListener('click', () => showNumbers(!isOn('stats')));
setInterval(() => look().catch((error) => console.error(error.message)), 1000);
byId('leave').addEventListener('click', leave);
byId('join').addEventListener('submit', (event) => {
  event.preventDefault();
  join().catch((error) => { byId('notice').textContent = error.message; });
});
byId('room').value = query.get('room') ?? 'lobby';
byId('name').value = query.get('name') ?? '';
if (query.has('join')) byId('join').requestSubmit();
