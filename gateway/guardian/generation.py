"""One streamed generation of a guardian: read up to its verdict, then closed at once or read on as the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from gateway.guardian.family import Ask, Completion, Family, Reading, Unparseable
from gateway.guardian.json_string import JsonString
from gateway.guardian.reply import MalformedReply, Reply
from gateway.upstream.endpoint import Response
from gateway.upstream.sse import EventSplitter

GRACE_SECONDS = 0.02
"""After a safe label the end token is one decoding step away; a new connection costs more than that step's bytes."""
LONGEST_TEXT, LONGEST_BODY = 1 << 16, 1 << 20
"""What a guardian may say, before its verdict and in all: one that never stops must not hold memory and time."""


class Generation:
    """The stream and what was read of it. `aclose` cancels the guardian's work; it may be called twice."""

    def __init__(self, response: Response, ask: Ask) -> None:
        self.response = response
        self.chunks = response.aiter_raw()
        self.splitter = EventSplitter()
        self.reply = Reply(ask.begun, ask.about)
        self.streamed = ask.streamed
        self.closed = False
        self.awaiting: list[Callable[[], None]] = []

    @property
    def completion(self) -> Completion:
        return self.reply.completion

    async def reading(self, family: Family) -> Reading | Unparseable:
        """The verdict, as soon as the family sees one in the text. Raises MalformedReply and the transport's errors."""
        while True:
            ended = not await self.advance()
            reading = family.parse(self.completion)
            if reading is not None:
                return reading
            if ended:
                return Unparseable("the generation ended before a verdict")
            if len(self.reply.text) > LONGEST_TEXT:
                return Unparseable(f"{LONGEST_TEXT} characters without a verdict")

    async def advance(self) -> bool:
        """Reads one more piece; False when there is none."""
        if not self.streamed:
            return await self.whole()
        chunk = await anext(self.chunks, None)
        for data in self.splitter.flush() if chunk is None else self.splitter.feed(chunk):
            self.reply.feed(data)
        if self.splitter.pending > LONGEST_BODY:
            raise MalformedReply(f"an event over {LONGEST_BODY} bytes")
        if chunk is None and not self.reply.finished:
            raise MalformedReply("the stream was cut")
        return not self.reply.finished

    async def whole(self) -> bool:
        """Reads a body that does not come as a stream: all of it is the completion's text."""
        body = b""
        async for chunk in self.chunks:
            body += chunk
            if len(body) > LONGEST_BODY:
                raise MalformedReply(f"a body over {LONGEST_BODY} bytes")
        try:
            self.reply.text = body.decode()
        except UnicodeDecodeError:
            raise MalformedReply("a body that is not UTF-8") from None
        self.reply.finished = True
        return False

    async def answer(self, start: int, *, quoted: bool = False) -> AsyncIterator[str]:
        """The text from `start` on: what is there already, then what comes. Leading blanks are dropped. `quoted`: it is
        the rest of a JSON string, and ends where that ends.
        """
        string, begun = JsonString() if quoted else None, False
        async for text in self.text(start):
            piece = text if string is None else string.feed(text)
            piece = piece if begun else piece.lstrip()
            begun = begun or bool(piece)
            if piece:
                yield piece
            if string is not None and string.closed:
                self.dismiss()
                return

    async def text(self, start: int) -> AsyncIterator[str]:
        """What was generated from `start` on, in pieces as they come."""
        sent = start
        while True:
            piece = self.reply.text[sent:]
            sent += len(piece)
            if piece:
                yield piece
            if sent == len(self.reply.text) and (self.reply.finished or not await self.advance()):
                yield self.reply.text[sent:]
                return
            if sent > LONGEST_TEXT:
                raise MalformedReply(f"a response over {LONGEST_TEXT} characters")

    def dismiss(self) -> None:
        """Nobody reads on. If it ends by itself within the grace its connection is used again, else it is cancelled."""
        if not self.closed:
            self.end()
            self.response.release(GRACE_SECONDS)

    async def aclose(self) -> None:
        if not self.closed:
            self.end()
            await self.response.aclose()

    def end(self) -> None:
        self.closed = True
        for call in self.awaiting:
            call()


class Answer:
    """A safe response that the guardian is writing: an iterator of text, and the generation to close."""

    def __init__(self, generation: Generation, start: int, silence: float, *, quoted: bool = False) -> None:
        self.generation = generation
        self.start = start
        self.quoted = quoted
        self.silence = silence

    async def pieces(self) -> AsyncIterator[str]:
        """Raises TimeoutError when the guardian falls silent for `silence` seconds."""
        pieces = self.generation.answer(self.start, quoted=self.quoted)
        while True:
            async with asyncio.timeout(self.silence):
                piece = await anext(pieces, None)
            if piece is None:
                return
            yield piece

    def when_closed(self, call: Callable[[], None]) -> None:
        """Has `call` called once, when the guardian has no more work with this: at once, if that is so already."""
        if self.generation.closed:
            call()
        else:
            self.generation.awaiting.append(call)

    async def aclose(self) -> None:
        await self.generation.aclose()
