"""Frames on a byte stream, sans I/O: bytes in, frames out.

One rule: no byte is believed before its length is; a frame that announces more than the limit ends the stream before it is
read. Grammar:

    stream = { frame }
    frame  = u32 length, big-endian ‖ `length` bytes

An empty frame is a frame. There is no resynchronisation: after FrameTooLarge the decoder refuses everything.
"""

from collections.abc import Sequence
from struct import Struct

from rollup.environment import FrameTooLarge

LENGTH = Struct(">I")
"""The prefix."""


def encode_frames(frames: Sequence[bytes], frame_bytes_max: int) -> bytes:
    """Return the frames with their prefixes. Raises FrameTooLarge."""
    pieces = []
    for frame in frames:
        if len(frame) > frame_bytes_max:
            raise FrameTooLarge(len(frame), frame_bytes_max)
        pieces.append(LENGTH.pack(len(frame)))
        pieces.append(frame)
    return b"".join(pieces)


class FrameDecoder:
    """Cuts received bytes into frames, however they were chopped up on the way."""

    def __init__(self, frame_bytes_max: int) -> None:
        self._frame_bytes_max = frame_bytes_max
        self._buffer = bytearray()
        self._failure: FrameTooLarge | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no part of a frame is waiting for the rest of it."""
        return not self._buffer

    def feed(self, received: bytes) -> list[bytes]:
        """Take bytes, return the frames that they complete. Raises FrameTooLarge, after the frames before it were returned."""
        if self._failure is not None:
            raise self._failure
        self._buffer += received
        frames, self._failure = self._cut()
        if self._failure is not None and not frames:
            raise self._failure
        return frames

    def _cut(self) -> tuple[list[bytes], FrameTooLarge | None]:
        buffer, frames, failure, start, end = self._buffer, [], None, 0, len(self._buffer)
        while end - start >= LENGTH.size:
            (length,) = LENGTH.unpack_from(buffer, start)
            if length > self._frame_bytes_max:
                failure = FrameTooLarge(length, self._frame_bytes_max)
                start = end
                break
            stop = start + LENGTH.size + length
            if stop > end:
                break
            with memoryview(buffer) as view:
                frames.append(bytes(view[start + LENGTH.size : stop]))
            start = stop
        del buffer[:start]
        return frames, failure
