"""The web application: the page, and the API behind it."""

from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial
from importlib.resources import files

from fastapi import FastAPI, Request, Response
from starlette.requests import ClientDisconnect

from featfer.features.detection import check_no_face
from featfer.serving.limits import Limits
from featfer.serving.recognition import recognize
from featfer.serving.schemas import PHOTO, UNREAD, Model, Photo, Unread, problem
from featfer.serving.security import Guard
from featfer.serving.upload import FIELD, read_files
from featfer.serving.worker import Worker

PAGE = {"/": ("index.html", "text/html"), "/style.css": ("style.css", "text/css"), "/icon.svg": ("icon.svg", "image/svg+xml"),
        "/script.js": ("script.js", "text/javascript"), "/card.js": ("card.js", "text/javascript")}

PROBLEMS = {
    400: problem("The body is not a whole multipart form.", "the body is not a whole multipart form (...)"),
    403: problem("It names another host, or comes from another site's page.", "a page of '...' may not use this server"),
    408: problem("The upload took too long.", "the upload took longer than 60 s: send fewer or smaller photos"),
    413: problem("Too many bytes, files, parts or pixels.", "the request is larger than 50,000,000 bytes: ..."),
    415: problem("The request is no multipart form.", "the content type is image/jpeg: send photos as ..."),
    422: problem("There is no photo, or the only one cannot be read, has too many faces, or none with --no-face error.",
                 UNREAD["error"]),
    503: problem("Too many requests are waiting, or memory is short; Retry-After says when to come back.",
                 "too many requests are waiting: ..."),
    504: problem("The photos took too long.", "the photos took longer than 60 s: send fewer or smaller ones"),
}
BODY = {"required": True, "content": {"multipart/form-data": {"schema": {
    "type": "object", "required": [FIELD], "properties": {FIELD: {
        "type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"},
        "description": "photos: JPEG, PNG, WebP, BMP, GIF, TIFF, PPM, AVIF or HEIC; of several frames, the first is taken"}}}}}}


def make_app(recognizer, limits=None, name="model", card=None, local=True, no_face="skip", smallest=None):
    """Return a FastAPI application: the page at /, POST /predict, GET /model and /openapi.json.

    recognizer: a Recognizer; limits: a Limits; name, card: of the model, for GET /model
    local: answer only requests to this machine's own names, such as localhost
    no_face, smallest: as for featfer.recognizer.Recognizer.predict; of photos without a face "error" is a refusal
    """
    limits = limits or Limits()
    check_no_face(no_face)
    worker, work = Worker(limits.waiting), partial(recognize, no_face=no_face, smallest=smallest)

    @asynccontextmanager
    async def lifespan(app):
        yield
        worker.end()

    app = FastAPI(title="featfer", lifespan=lifespan, docs_url=None, redoc_url=None, summary="Facial expressions in photos.",
                  version="1", description="Photos are kept in memory for as long as the answer takes, and never stored.")
    app.state.worker, app.state.limits = worker, limits
    app.add_middleware(Guard, local=local)
    app.add_exception_handler(ClientDisconnect, _to_nobody)
    _add_page(app)
    described = _described(name, recognizer.label_set, card or {}, limits)

    @app.get("/model", response_model=Model, response_model_exclude_none=True, summary="What the model is")
    async def model():
        return described

    @app.post("/predict", response_model=list[Photo | Unread], summary="The expressions in the faces of photos",
              responses={200: _example(), **PROBLEMS}, openapi_extra={"requestBody": BODY})
    async def predict(request: Request):
        """Answers are in the files' order. Of several files, one that cannot be read has an error in place of its faces."""
        async def answer():
            photos = await read_files(request, limits)
            return await worker.run(request, limits.seconds, work, recognizer, photos, limits)
        return await worker.admit(answer)

    return app


def _add_page(app):
    def add(path, name, kind):
        content = files("featfer.serving").joinpath("page", name).read_bytes()

        @app.api_route(path, methods=["GET", "HEAD"], include_in_schema=False)
        async def static():
            return Response(content, media_type=kind)
    for path, (name, kind) in PAGE.items():
        add(path, name, kind)


def _described(name, label_set, card, limits):
    figures = {split: {"images": result["images"], "accuracy": result["accuracy"], "macro_f1": result["macro"]["f1-score"]}
               for split, result in card.get("figures", {}).items()}
    return {"name": name, "labels": label_set.names, "classifier": card.get("classifier"),
            "trained_on": card.get("data", {}).get("source"), "figures": figures, "limits": asdict(limits)}


def _example():
    return {"description": "The photos, in their order.", "content": {"application/json": {"example": [PHOTO, UNREAD]}}}


async def _to_nobody(request, error):
    return Response(status_code=400)
