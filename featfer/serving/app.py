"""The web application: the page, and the API behind it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial
from importlib.resources import files
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from featfer.expression import check_reject
from featfer.features.detection import check_no_face
from featfer.recognizer import Recognizer
from featfer.serving.limits import Limits
from featfer.serving.recognition import recognize
from featfer.serving.schemas import PHOTO, UNREAD, Model, Photo, Unread, describe_problem
from featfer.serving.security import Guard
from featfer.serving.upload import FIELD, read_files
from featfer.serving.worker import Worker

PAGE = {"/": ("index.html", "text/html"), "/style.css": ("style.css", "text/css"), "/icon.svg": ("icon.svg", "image/svg+xml"),
        "/script.js": ("script.js", "text/javascript"), "/card.js": ("card.js", "text/javascript")}

PROBLEMS: dict[int | str, dict[str, Any]] = {status: describe_problem(description, text) for status, description, text in (
    (400, "The body is not a whole multipart form.", "the body is not a whole multipart form (...)"),
    (403, "It names another host, or comes from another site's page.", "a page of '...' may not use this server"),
    (408, "The upload took too long.", "the upload took longer than 60 s: send fewer or smaller photos"),
    (413, "Too many bytes, files, parts or pixels.", "the request is larger than 50,000,000 bytes: ..."),
    (415, "The request is no multipart form.", "the content type is image/jpeg: send photos as ..."),
    (422, "There is no photo, or the only one cannot be read, has too many faces, or none with --no-face error; or `reject` is "
     "not from 0 to 1.", UNREAD["error"]),
    (503, "Too many requests are waiting, or memory is short; Retry-After says when to come back.",
     "too many requests are waiting: ..."),
    (504, "The photos took too long.", "the photos took longer than 60 s: send fewer or smaller ones"),
)}
Reject = Annotated[float, Query(ge=0, le=1, allow_inf_nan=False, description=(
    "a face whose likeliest expression has a probability below this has the label 'unsure'"))]
BODY = {"required": True, "content": {"multipart/form-data": {"schema": {
    "type": "object", "required": [FIELD], "properties": {FIELD: {
        "type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"},
        "description": "photos: JPEG, PNG, WebP, BMP, GIF, TIFF, PPM, AVIF or HEIC; of several frames, the first is taken"}}}}}}


def make_app(recognizer: Recognizer, limits: Limits | None = None, name: str = "model", card: dict[str, Any] | None = None,
             local: bool = True, no_face: str = "skip", smallest: float | None = None, reject: float = 0.0) -> FastAPI:
    """Make the web application: the page at /, POST /predict, GET /model and /openapi.json.

    Parameters
    ----------
    recognizer : featfer.recognizer.Recognizer
    limits : Limits, optional
    name, card : str, and dict, optional
        Of the model, for GET /model.
    local : bool
        Answer only requests to this machine's own names, such as localhost.
    no_face, smallest, reject
        As for `featfer.recognizer.Recognizer.predict`; with "error", a photo without a face is refused. A request may name
        another `reject`.

    Returns
    -------
    fastapi.FastAPI
    """
    limits = limits or Limits()
    check_no_face(no_face)
    check_reject(reject)
    worker, work = Worker(limits.waiting), partial(recognize, recognizer, no_face=no_face, smallest=smallest)
    app = FastAPI(title="featfer", lifespan=_end_worker, docs_url=None, redoc_url=None, version="1",
                  summary="Facial expressions in photos.",
                  description="Photos are kept in memory for as long as the answer takes, and never stored.")
    app.state.worker, app.state.limits = worker, limits
    app.add_middleware(Guard, local=local)
    app.add_exception_handler(ClientDisconnect, _answer_nobody)
    app.add_exception_handler(RequestValidationError, _refuse_parameter)
    _add_page(app)
    _add_api(app, partial(_answer, worker=worker, work=work, limits=limits), reject,
             _describe_model(name, recognizer.label_set, card or {}, limits))
    return app


@asynccontextmanager
async def _end_worker(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.worker.end()


def _add_api(app: FastAPI, answer: Callable[[Request, float], Awaitable[list[dict[str, Any]]]], reject: float,
             description: dict[str, Any]) -> None:
    """Add the routes /model and /predict; answer: coroutine function of a request and `reject`; description: of the model."""
    @app.get("/model", response_model=Model, response_model_exclude_none=True, summary="What the model is")
    async def model() -> dict[str, Any]:
        return description

    @app.post("/predict", response_model=list[Photo | Unread], summary="The expressions in the faces of photos",
              responses={200: _make_example(), **PROBLEMS}, openapi_extra={"requestBody": BODY})
    async def predict(request: Request, reject: Reject = reject) -> list[dict[str, Any]]:
        """Answers are in the files' order. Of several files, one that cannot be read has an error in place of its faces."""
        return await app.state.worker.admit(partial(answer, request, reject))


async def _answer(request: Request, reject: float, worker: Worker, work: Callable[..., Any],
                  limits: Limits) -> list[dict[str, Any]]:
    """Read the photos in a request, and return what `work` makes of them."""
    photos = await read_files(request, limits)
    return await worker.run(request, limits.seconds, partial(work, reject=reject), photos, limits)


def _add_page(app: FastAPI) -> None:
    for path, (name, kind) in PAGE.items():
        content = files("featfer.serving").joinpath("page", name).read_bytes()
        app.add_api_route(path, _make_static(content, kind), methods=["GET", "HEAD"], include_in_schema=False)


def _make_static(content: bytes, kind: str) -> Callable[[], Awaitable[Response]]:
    """Return a route that answers with a file's content."""
    async def static() -> Response:
        return Response(content, media_type=kind)
    return static


def _describe_model(name: str, label_set: Any, card: dict[str, Any], limits: Limits) -> dict[str, Any]:
    figures = {split: {"images": result["images"], "accuracy": result["accuracy"], "macro_f1": result["macro"]["f1-score"]}
               for split, result in card.get("figures", {}).items()}
    return {"name": name, "labels": label_set.names, "classifier": card.get("classifier"),
            "trained_on": card.get("data", {}).get("source"), "figures": figures, "limits": asdict(limits)}


def _make_example() -> dict[str, Any]:
    return {"description": "The photos, in their order.", "content": {"application/json": {"example": [PHOTO, UNREAD]}}}


async def _answer_nobody(request: Request, error: Exception) -> Response:
    return Response(status_code=400)


async def _refuse_parameter(request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": f"reject {request.query_params.get('reject')!r:.40} is not a number from 0 to 1"}, 422)
