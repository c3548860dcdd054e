"""fer's analysis of a film, as its description says, without written pictures: python fer_video.py FILM OUT [mtcnn].

Run by the Python of fer's environment (`python -m benchmarks.peers.install fer`).
"""

import sys


def main():
    from fer.classes import Video
    from fer.fer import FER
    film, out, *detector = sys.argv[1:]
    video = Video(film, outdir=out)
    fer = FER(mtcnn=bool(detector))
    found = video.analyze(fer, output="pandas", save_frames=False, save_video=False, annotate_frames=False)
    print(f"{len(found)} frames with a face")


if __name__ == "__main__":
    main()
