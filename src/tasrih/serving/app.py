"""The HTTP API over ``tasrih.api``, and the page that uses it."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from tasrih import __version__, api
from tasrih.models.deadline import check
from tasrih.results import Document, Explanation, Prediction, Summary
from tasrih.serving import drawing
from tasrih.serving.bodies import ClassifyBody, ExplainBody, Health, Problem, SummariseBody, TagBody, Texts
from tasrih.serving.guard import Guard
from tasrih.serving.workers import Busy, Workers

#: Texts that are read together, between two looks at the deadline: fewer where they are long.
CHUNK = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request, and all of them together, may take.

    Attributes:
        body: bytes of a body.
        bodies: bytes of all bodies that are held, from their first byte to their answer.
        characters: characters of a text; a ligature counts as its letters, which are what is read.
        explained: characters of a text that is explained: each of its words is a pass of the model.
        texts: texts of a body.
        threads: requests worked on at once.
        queue: requests that wait beyond these before one is refused.
        seconds: the longest that a request waits and runs.
        idle: the longest, in seconds, that nothing of a body comes in.
    """

    body: int = 2 * 2**20
    bodies: int = 32 * 2**20
    characters: int = 100_000
    explained: int = 4_000
    texts: int = 64
    threads: int = 2
    queue: int = 32
    seconds: float = 30.0
    idle: float = 10.0


PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "A body whose bytes are no text."},
    408: {"model": Problem, "description": "The body came in too slowly."},
    413: {"model": Problem, "description": "A body, a text or a batch over the limit."},
    422: {"model": Problem, "description": "A body that says nothing that can be done."},
    503: {"model": Problem, "description": "Busy: ask again after the seconds of Retry-After."},
    504: {"model": Problem, "description": "The work took longer than the time limit."},
}


def make_app(limits: Limits | None = None) -> FastAPI:
    """Make the service.

    Args:
        limits: what requests may take; None takes the defaults.

    Returns:
        An ASGI application: the page at ``/``, the API under ``/v1``, its description at ``/openapi.json``.

    Example:
        >>> make_app().openapi()["info"]["title"]
        'tasrih'
    """
    limits = limits or Limits()

    @asynccontextmanager
    async def lifespan(app: FastAPI):
        workers = app.state.workers = Workers(limits.threads, limits.queue, limits.seconds)
        yield
        workers.close()

    # FastAPI's own documentation pages load scripts from elsewhere
    app = FastAPI(
        title="tasrih", version=__version__, docs_url=None, redoc_url=None, lifespan=lifespan,
        description="Reads Arabic news: topics, statements, stances and summaries.",
    )  # fmt: skip
    app.router.route_class = _StrictRoute
    app.add_middleware(
        Guard, max_body=limits.body, max_bodies=limits.bodies, seconds=limits.seconds, idle=limits.idle
    )  # fmt: skip
    app.add_exception_handler(RequestValidationError, _unfit)
    app.add_exception_handler(Busy, _busy)
    app.add_exception_handler(TimeoutError, _late)
    _add_verbs(app, limits)
    _add_page(app, limits)
    return app


def _add_verbs(app: FastAPI, limits: Limits) -> None:
    async def answer(
        body: Texts, verb: Callable[[list[str]], Sequence[Any]], show=lambda result: result.to_dict(),
        chunk: int = CHUNK, most: int = limits.characters,
    ):  # fmt: skip
        texts = _checked(body, limits, most)

        def work() -> bytes:
            found: list[dict] = []
            for group in _groups(texts, chunk, limits.characters):
                check()
                found += map(show, verb(group))
            return _encoded(found[0] if body.texts is None else found)

        return Response(await app.state.workers.run(work), media_type="application/json")

    def post(path: str, result: Any, summary: str):
        responses = {**PROBLEMS, 200: {"model": result | list[result]}}
        return app.post(path, response_class=JSONResponse, responses=responses, summary=summary)

    # one thread a request: the pool has as many as the machine is meant to give
    @post("/v1/read", Document, "Take articles apart: topic, statements, summary.")
    async def read(body: Texts) -> Response:
        return await answer(body, partial(api.read, num_workers=1))

    @post("/v1/tag", Document, "Tag the statements of articles.")
    async def tag(body: TagBody) -> Response:
        _does(body.model, "statement")
        return await answer(body, partial(api.tag, model=body.model, num_workers=1))

    @post("/v1/classify", Prediction, "Give each text its topic, its stance to a target, or its statement tags.")
    async def classify(body: ClassifyBody) -> Response:
        if (body.task == "stance") != (body.target is not None):
            raise HTTPException(422, 'give "target" with the task "stance", and with no other')
        if body.model is not None:
            _does(body.model, body.task)
        options = {"target": body.target, "model": body.model, "abstain": body.abstain}
        return await answer(body, partial(api.classify, task=body.task, num_workers=1, **options))

    def explaining(body: ExplainBody) -> dict[str, Any]:
        task = body.task or api.task_of(body.label)
        if body.label not in api.labels_of(task):
            raise HTTPException(422, f"that is no label of {task}: choose from {', '.join(api.labels_of(task))}")
        if (task == "stance") != (body.target is not None):
            raise HTTPException(422, 'give "target" with a label of the task "stance", and with no other')
        verb = partial(api.explain, label=body.label, task=task, target=body.target, num_workers=1)
        return {"body": body, "verb": verb, "chunk": 1, "most": limits.explained}

    @post("/v1/explain", Explanation, "Say what each word of a text adds to a label's probability.")
    async def explain(body: ExplainBody) -> Response:
        return await answer(**explaining(body))

    @post("/v1/summarise", Summary, "Bring articles down to a headline or a brief.")
    async def summarise(body: SummariseBody) -> Response:
        options = body.model_dump(include={"style", "max_words", "min_words", "method", "grounded"})
        return await answer(body, partial(api.summarise, **options), chunk=1)  # together they are no quicker

    @app.post("/page/read", include_in_schema=False)
    async def draw(body: Texts) -> Response:
        return await answer(body, partial(api.read, num_workers=1), drawing.draw)

    @app.post("/page/explain", include_in_schema=False)
    async def draw_explanation(body: ExplainBody) -> Response:
        return await answer(**explaining(body), show=drawing.draw_explanation)

    @app.get("/healthz", summary="Say that the service answers.")
    async def healthz() -> Health:
        return Health(status="ok", version=__version__)


def _add_page(app: FastAPI, limits: Limits) -> None:
    def give(path: str, content: str, media_type: str) -> None:
        async def get() -> Response:
            return Response(content, media_type=media_type)

        app.add_api_route(path, get, include_in_schema=False)

    facts = {"english": drawing.english(), "characters": limits.characters, "texts": limits.texts, "body": limits.body}
    give("/", drawing.own_file("page.html"), "text/html")
    give("/page.css", drawing.style_sheet(), "text/css")
    give("/page.js", drawing.own_file("page.js"), "text/javascript")
    give("/page.json", json.dumps(facts, ensure_ascii=False), "application/json")
    give("/icon.svg", drawing.own_file("icon.svg"), "image/svg+xml")
    give("/example.txt", drawing.own_file("example.txt"), "text/plain")


def _encoded(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:  # half of a surrogate pair has no UTF-8, but JSON can escape it
        return json.dumps(value, allow_nan=False).encode()


class _StrictRequest(Request):
    async def json(self) -> Any:
        return json.loads(await self.body(), object_pairs_hook=_unique)


class _StrictRoute(APIRoute):
    """Refuses bodies that have a key twice, as files are refused: nobody can tell which was meant."""

    def get_route_handler(self) -> Callable:
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return strict


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        key = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise HTTPException(422, f"body: the key {key[:40]!r} stands twice in an object: keep one")
    return row


def _checked(body: Texts, limits: Limits, most: int) -> list[str]:
    texts = body.all
    if len(texts) > limits.texts:
        raise HTTPException(413, f"{len(texts)} texts: at most {limits.texts} in a body")
    for index, text in enumerate(texts):
        if (size := _spelt(text)) > most:
            told = "" if size == len(text) else ", ligatures spelt out"
            raise HTTPException(413, f"text {index} has {size} characters{told}: at most {most} are read")
    return texts


def _spelt(text: str) -> int:
    """Count the characters of a text after NFKC, of which a ligature has up to eighteen."""
    # one by one: NFKC of a whole text takes time with the square of its vowel marks
    return sum(count * len(unicodedata.normalize("NFKC", char)) for char, count in Counter(text).items())


def _groups(texts: list[str], most: int, characters: int) -> Iterator[list[str]]:
    """Part texts into groups that take no longer than one text may: by their number, and by their characters."""
    group: list[str] = []
    size = 0
    for text in texts:
        more = _spelt(text)
        if group and (len(group) == most or size + more > characters):
            yield group
            group, size = [], 0
        group.append(text)
        size += more
    if group:
        yield group


def _does(model: str, task: str) -> None:
    if model != api.DEFAULT_MODELS[task]:
        raise HTTPException(422, f"the model {model} does not do the task {task}")


async def _unfit(request: Request, error: RequestValidationError) -> JSONResponse:
    # the values are not given back: they may be long, and need not be encodable
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])[:200].encode("ascii", "backslashreplace").decode()
    return JSONResponse({"detail": f"{place}: {first['msg']}"}, 422)


async def _busy(request: Request, error: Busy) -> JSONResponse:
    return JSONResponse({"detail": "busy: ask again later"}, 503, {"Retry-After": "2"})


async def _late(request: Request, error: TimeoutError) -> JSONResponse:
    return JSONResponse({"detail": "the work took longer than the time limit: send less at once"}, 504)
