"""An aiortc peer that publishes by WHIP or watches by WHEP until its standard input ends.

Twice a second it says, as a line of JSON, what it has: whether it is connected, frames decoded and their colour,
samples of sound and how loud they are.
"""

import array
import asyncio
import fractions
import json
import math
import sys
import urllib.request

from aiortc import AudioStreamTrack, RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, VideoFrame

RATE = 48_000
SAMPLES = 960


class Green(VideoStreamTrack):
    """A green picture that moves a little, 30 times a second."""

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        frame = VideoFrame(width=320, height=240, format="rgb24")
        shade = 180 + pts // 3000 % 40
        frame.planes[0].update(bytes((20, shade, 20)) * (320 * 240))
        frame.pts, frame.time_base = pts, time_base
        return frame


class Tone(AudioStreamTrack):
    """A tone of 440 Hz."""

    async def recv(self):
        silence = await super().recv()
        # aiortc's own silence has the pace; the samples are at its rate.
        rate, count = silence.sample_rate, silence.samples
        first = silence.pts
        frame = AudioFrame(format="s16", layout="mono", samples=count)
        tone = (int(8_000 * math.sin(2 * math.pi * 440 * (first + n) / rate)) for n in range(count))
        frame.planes[0].update(b"".join(value.to_bytes(2, "little", signed=True) for value in tone))
        frame.pts, frame.sample_rate, frame.time_base = first, rate, fractions.Fraction(1, rate)
        return frame


seen = {"connected": False, "frames": 0, "colour": "", "samples": 0, "loudness": 0}


async def consume(track):
    try:
        while True:
            frame = await track.recv()
            if track.kind == "video":
                # The first row will do; a row may be padded.
                row = bytes(frame.reformat(format="rgb24").planes[0])[: 3 * frame.width]
                red, green, blue = (sum(row[at::3]) / frame.width for at in range(3))
                seen["frames"] += 1
                seen["colour"] = "green" if green > 120 and red < 80 and blue < 80 else f"{red:.0f} {green:.0f} {blue:.0f}"
            else:
                samples = array.array("h", bytes(frame.planes[0]))
                seen["samples"] += frame.samples
                seen["loudness"] = max(seen["loudness"], *map(abs, samples))
    except MediaStreamError:
        pass


def request(method, url, body=None):
    headers = {"Content-Type": "application/sdp"} if body else {}
    asked = urllib.request.Request(url, data=body, method=method, headers=headers)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return answer.headers.get("Location"), answer.read().decode()


async def main(what, url):
    connection = RTCPeerConnection()
    if what == "publish":
        connection.addTrack(Tone())
        connection.addTrack(Green())
    else:
        connection.addTransceiver("audio", direction="recvonly")
        connection.addTransceiver("video", direction="recvonly")

    @connection.on("track")
    def on_track(track):
        asyncio.ensure_future(consume(track))

    @connection.on("connectionstatechange")
    def on_state():
        seen["connected"] = connection.connectionState == "connected"

    await connection.setLocalDescription(await connection.createOffer())
    body = connection.localDescription.sdp.encode()
    loop = asyncio.get_running_loop()
    location, answer = await loop.run_in_executor(None, request, "POST", url, body)
    await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    ended = loop.run_in_executor(None, sys.stdin.read)
    while not ended.done():
        print(json.dumps(seen), flush=True)
        await asyncio.wait([ended], timeout=0.5)
    session = "/".join(url.split("/")[:3]) + location
    await loop.run_in_executor(None, request, "DELETE", session)
    await connection.close()


asyncio.run(main(sys.argv[1], sys.argv[2]))
