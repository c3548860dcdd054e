"""featfer live"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
from featfer_cli import options
from featfer_cli.stopping import report_on_stop
from featfer_cli.values import FILE

from featfer.utils.words import count

if TYPE_CHECKING:
    from featfer.live import LiveSummary
    from featfer.live.frames import Frame
    from featfer.live.pipeline import LiveFace


@click.command()
@click.option("--camera", type=click.IntRange(0), metavar="N", help="Number of the camera, from 0.  [default: 0]")
@click.option("--file", "video", type=FILE, metavar="VIDEO",
              help="A video instead of a camera; every frame of it is shown, in order.")
@options.out("VIDEO", "Write a video with boxes and bars, each frame at its time: .mp4, .avi, .mkv or .mov.")
@options.model
@options.detector
@options.smallest_face
@click.option("--smoothing", type=click.FloatRange(0, 60), default=0.4, show_default=True, metavar="SECONDS",
              help="Time constant of the smoothing of expressions; 0 for no smoothing.")
@click.option("--window/--no-window", default=None,
              help="Whether to show the frames on the screen.  [default: shown, unless a video goes to --out or --json]")
@options.reject
@options.overwrite
@options.labels
@options.prior
@options.no_verify
@options.device
@options.model_precision
@options.as_json_lines
def live(camera: int | None, video: str | None, out: str | None, model: str, detector: str, smallest_face: int | None,
         smoothing: float, window: bool | None, reject: float, overwrite: bool, labels: str | None, prior: str | None,
         no_verify: bool, device: str, precision: str | None, as_json: bool) -> None:
    """Recognize expressions live, in the frames of a camera or a video.

    Faces are followed from frame to frame and keep their numbers. --json prints a line for each face in each frame, and one
    for a frame without faces. Press q in the window, or Ctrl-C, to stop; the video at --out
    then ends there, and can be played.

    \b
    featfer live
    featfer live --camera 1 --out take.mp4
    featfer live --file video.mp4 --out annotated.mp4
    featfer live --file video.mp4 --json > expressions.jsonl
    """
    from featfer.errors import ParameterError
    from featfer.live import live as run

    if video is not None and camera is not None:
        raise ParameterError(f"--camera {camera} and --file {video}: give one of them")
    if window is None:
        window = video is None or not (out or as_json)
    if not (window or out or as_json):
        raise ParameterError("--no-window leaves nothing to do: give --out VIDEO, --json or both besides")
    source = video if video is not None else camera or 0
    with report_on_stop(f"The frames up to here, where there were any, are in {out}." if out else ""):
        summary = run(source, model, out, window, _print_faces if as_json else None, smoothing, detector, verify=not no_verify,
                      labels=labels, overwrite=overwrite, smallest=smallest_face, reject=reject, prior=prior,
                      device=device, precision=precision)
    if not as_json:
        click.echo(_describe_summary(summary, out))
    if summary.damage:
        click.echo(f"Error: {summary.damage}", err=True)
        raise click.exceptions.Exit(1)


def _print_faces(frame: Frame, faces: list[LiveFace]) -> None:
    from featfer.utils.progress import hide_bars
    with hide_bars():
        for found in [face.as_dict() for face in faces] or [{"status": "no-face"}]:
            click.echo(json.dumps({"frame": frame.number, "seconds": round(frame.seconds, 3), **found}))


def _describe_summary(summary: LiveSummary, out: str | None) -> str:
    rate = f", {summary.frames / summary.seconds:.1f} frames/s" if summary.seconds else ""
    left_out = f"; {summary.left_out:,} left out, as they came too fast" if summary.left_out else ""
    written = f"; wrote {out}" if out else ""
    faceless = f"; no face found in {summary.faceless:,} of them" if summary.faceless else ""
    return f"{count(summary.frames, 'frame')} in {summary.seconds:.1f} s{rate}{left_out}{faceless}{written}"
