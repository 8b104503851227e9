"""What is drawn into a frame, and what is not: found again in its pixels."""

import signal
import subprocess
import sys
from fractions import Fraction

import av
import numpy as np
import pytest
from drawn_film import SPACE, film_of

from superanimal_core.media.frame_index import index_frames
from superanimal_core.media.video import read_frames
from superanimal_core.pose.poses import Poses
from superanimal_core.report.clips import Part
from superanimal_core.report.colors import animal_color
from superanimal_core.report.drawn_animals import BONE, TRAIL
from superanimal_core.report.film import parts_shown
from superanimal_core.report.labeled_video import draw_poses, frame_line, labeled_frames
from superanimal_core.report.video_file import write_timed_video, write_video

FRAMES, FPS = 20, 20
GROUND = 90


def gray_video(folder, size=(640, 480), frames=FRAMES, **stream_options):
    """A gray video without a picture in it; every frame a little lighter."""
    path = folder / "v.mkv"
    options = {"pix_fmt": "yuv420p", "times_s": np.arange(frames) / FPS, **stream_options}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=FPS)
        stream.width, stream.height = size
        stream.pix_fmt = options["pix_fmt"]
        stream.codec_context.time_base = Fraction(1, 1000)
        for i, time_s in enumerate(options["times_s"]):
            image = np.full((size[1], size[0], 3), GROUND + i, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(
                format=options["pix_fmt"]
            )
            frame.pts, frame.time_base = round(1000 * time_s), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return gray_video(tmp_path_factory.mktemp("gray"))


def still(*places, frames=FRAMES):
    """One animal whose keypoints stay where they are; None: absent."""
    own = [(np.nan, np.nan) if place is None else place for place in places]
    own += [(np.nan, np.nan)] * (len(SPACE) - len(own))
    return np.tile(np.array(own, float), (frames, 1, 1, 1))


def pictures(film, parts=None):
    return [image for image, _ in labeled_frames(film, parts or [Part(0, FRAMES)])]


def marks(image, level=170, rows=480):
    """Places of light pixels of the picture itself."""
    row, column = np.nonzero(image[:rows].max(axis=2) > level)
    return np.column_stack([column, row]) + 0.5


def colored(image, color, rows=480, off=40):
    """Places of pixels of a color."""
    near = np.abs(image[:rows].astype(int) - color).max(axis=2) < off
    row, column = np.nonzero(near)
    return np.column_stack([column, row]) + 0.5


@pytest.mark.parametrize("side", [480, 240])  # the smaller is enlarged
def test_the_circle_has_the_radius_of_90_percent(side, tmp_path):
    path = gray_video(tmp_path, (side, side))
    at, zoom = (side / 2, side / 2 + 10), 480 / side
    film = film_of(tmp_path, path, still(at), radius_px=60.0, circles=True)
    ring = marks(pictures(film)[3]) - zoom * np.array(at)
    ring = ring[np.hypot(*ring.T) > 8]
    assert np.abs(np.hypot(*ring.T) - 60 * zoom).max() < 1.6
    assert len(ring) > 2 * np.pi * 60 * zoom * 0.7
    without = marks(pictures(film_of(tmp_path, path, still(at), radius_px=60.0))[3])
    assert np.hypot(*(without - zoom * np.array(at)).T).max() < 6


def test_circles_of_extrapolated_animals_are_dashed_and_their_keypoints_hollow(video, tmp_path):
    strange = np.arange(FRAMES)[:, None] == 3
    more = {"radius_px": 60.0, "strange": strange, "circles": True}
    film = film_of(tmp_path, video, still((300.0, 200.0)), **more)
    whole, dashed = (marks(pictures(film)[i]) - (300, 200) for i in (2, 3))
    on_ring = [(np.hypot(*found.T) > 30).sum() for found in (whole, dashed)]
    assert 0.4 * on_ring[0] < on_ring[1] < 0.75 * on_ring[0]
    middles = [(np.hypot(*found.T) < 1).sum() for found in (whole, dashed)]
    assert middles[0] > 0
    assert middles[1] == 0


@pytest.mark.parametrize(("score", "is_drawn"), [(0.5, True), (0.4999, False)])
def test_a_keypoint_below_the_score_is_not_drawn(score, is_drawn, video, tmp_path):
    film = film_of(tmp_path, video, still((300.0, 200.0)), score=score, min_score=0.5)
    assert bool(len(marks(pictures(film)[0]))) == is_drawn


def test_a_bone_goes_across_an_untaught_keypoint_but_not_across_an_absent_one(video, tmp_path):
    ends = still((100.0, 200.0), None, (500.0, 200.0))
    middle = [(290, 310), (195, 205)]

    def drawn(taught):
        image = pictures(film_of(tmp_path, video, ends, taught=taught))[0]
        (left, right), (top, bottom) = middle
        return len(marks(image[top:bottom, left:right])) > 0

    assert drawn(["nose", "tail"])
    assert not drawn(None)


def test_several_animals_have_their_own_colors_names_and_behaviors(video, tmp_path):
    xy = np.concatenate([still((100.0, 200.0)), still((500.0, 300.0))], axis=1)
    bouts = [{"individual": "animal1", "behavior": "rear", "start_s": 0.2, "stop_s": 0.4}]
    film = film_of(tmp_path, video, xy, bouts=bouts, names=True, behaviors=True)
    assert film.names == ["animal0", "animal1"]
    images = pictures(film)
    for i, place in enumerate([(100, 200), (500, 300)]):
        found = colored(images[0], animal_color(i))
        assert np.abs(found - place).max(axis=0)[1] < 40
        assert np.abs(found - place).max(axis=0)[0] < 60
    widths = [np.ptp(colored(image, animal_color(1))[:, 0]) for image in images]
    running = [0.2 <= film.time_s[i] < 0.4 for i in range(FRAMES)]
    assert [width > min(widths) + 10 for width in widths] == running
    assert len({*widths}) == 2


def test_a_name_stays_in_the_picture(video, tmp_path):
    xy = np.concatenate([still((2.0, 2.0)), still((638.0, 478.0))], axis=1)
    quiet, named = (pictures(film_of(tmp_path, video, xy, names=n))[0] for n in (False, True))
    for i in range(2):
        before, after = (colored(image, animal_color(i)) for image in (quiet, named))
        assert len(after) > len(before) + 60


def test_the_only_animal_is_named_below_the_picture_after_the_sheet(video, tmp_path):
    film = film_of(tmp_path, video, still((300.0, 200.0)), names=True, called="Rex 7")
    assert film.names == ["Rex 7"]
    named, other = (
        pictures(film_of(tmp_path, video, still((300.0, 200.0)), names=True, called=c))[0]
        for c in ("Rex 7", "m1")
    )
    assert np.array_equal(named[:480], other[:480])
    assert not np.array_equal(named[480:], other[480:])


def test_a_trail_is_where_the_keypoint_was_so_long_before(video, tmp_path):
    xy = still((0.0, 200.0))
    xy[:, 0, 0, 0] = 100 + 20 * np.arange(FRAMES)
    film = film_of(tmp_path, video, xy, trail="nose", trail_s=0.2)
    images = pictures(film)
    for number in (2, 10):  # 0.2 s are four frames
        trail = colored(images[number], TRAIL, off=30)
        assert trail[:, 0].min() == pytest.approx(100 + 20 * max(number - 4, 0), abs=2)
        assert np.abs(trail[:, 1] - 200).max() < 3
    clip = pictures(film, [Part(10, 12)])[0]
    assert colored(clip, TRAIL, off=30)[:, 0].min() == pytest.approx(220, abs=2)
    assert not len(colored(pictures(film_of(tmp_path, video, xy))[10], TRAIL, off=30))
    untaught = film_of(tmp_path, video, xy, trail="tail", taught=["nose"])
    assert untaught.trail is None


def test_a_gap_in_the_way_is_not_bridged_by_the_trail(video, tmp_path):
    xy = still((0.0, 200.0))
    xy[:, 0, 0, 0] = 100 + 20 * np.arange(FRAMES)
    xy[8, 0, 0] = np.nan
    trail = colored(pictures(film_of(tmp_path, video, xy, trail="nose", trail_s=0.4))[12], TRAIL)
    assert not ((trail[:, 0] > 245) & (trail[:, 0] < 275)).any()
    assert (trail[:, 0] < 240).any()


def test_paws_are_marked_in_the_frames_in_which_they_stand(video, tmp_path):
    strides = [
        {"individual": "animal0", "limb": "nose", "strike_s": 0.2, "lift_s": 0.4},
        {"individual": "animal0", "limb": "elsewhere", "strike_s": 0.0, "lift_s": 9.0},
    ]
    film = film_of(tmp_path, video, still((300.0, 200.0)), strides=strides, footfalls=True)
    corner = [len(marks(image[192:196, 304:309])) > 0 for image in pictures(film)]
    assert corner == [0.2 <= time_s < 0.4 for time_s in film.time_s]
    off = film_of(tmp_path, video, still((300.0, 200.0)), strides=strides)
    assert not any(len(marks(image[192:196, 304:309])) for image in pictures(off))


def test_boxes_are_drawn_where_they_are_asked_for(video, tmp_path):
    boxes = np.tile(np.array([100.0, 150.0, 400.0, 300.0]), (FRAMES, 1, 1))
    film = film_of(tmp_path, video, still(), corners=boxes, boxes=True)
    found = marks(pictures(film)[0])
    assert np.abs(found.min(axis=0) - (100, 150)).max() <= 1
    assert np.abs(found.max(axis=0) - (400, 300)).max() <= 1
    assert not len(marks(pictures(film_of(tmp_path, video, still(), corners=boxes))[0]))


def test_the_caption_lies_below_the_picture_and_says_the_frame(video, tmp_path):
    film = film_of(tmp_path, video, still(), legend=True)
    images = pictures(film)
    assert all(image.shape[0] > 480 and image.shape[1] == 640 for image in images)
    for i, image in enumerate(images):
        assert np.abs(image[:480].astype(int) - (GROUND + i)).max() < 3
    assert len({image[480:].tobytes() for image in images}) == FRAMES
    plain = pictures(film_of(tmp_path, video, still()))
    assert plain[0].shape[0] < images[0].shape[0]


@pytest.mark.parametrize("size", [(3840, 2160), (320, 240), (360, 640)])
def test_letters_are_as_large_beside_the_picture_whatever_its_size(size, tmp_path):
    path = gray_video(tmp_path, size, frames=1)
    film = film_of(tmp_path, path, still(None, frames=1))
    ((image, _),) = labeled_frames(film, [Part(0, 1)])
    zoom = image.shape[1] // size[0]
    text = np.nonzero((image[zoom * size[1] :] > 200).all(axis=2))[0]
    assert np.ptp(text) / (zoom * min(size)) == pytest.approx(11 / 480, rel=0.25)


def test_the_line_says_which_animals_are_extrapolated():
    assert frame_line("", 0, 1.25, []) == "frame 0   1.25 s"
    assert frame_line("worst 1 of 2", 7, 1.25, None) == (
        "worst 1 of 2   frame 7   1.25 s   extrapolated"
    )
    assert frame_line("", 0, 1.25, ["a", "b"]) == "frame 0   1.25 s   extrapolated: a, b"


def test_parts_follow_each_other_in_time_and_show_their_frames(video, tmp_path):
    film = film_of(tmp_path, video, still())
    shown = [*labeled_frames(film, [Part(12, 15), Part(3, 5)])]
    levels = [int(np.median(image[:480])) - GROUND for image, _ in shown]
    assert levels == pytest.approx([12, 13, 14, 3, 4], abs=1)
    assert [time_s for _, time_s in shown] == pytest.approx([0, 0.05, 0.1, 0.15, 0.2])


def test_clips_are_the_widest_circles_and_one_by_lot(video, tmp_path):
    radius_px = np.where(np.arange(FRAMES) // 4 == 2, 9.0, 3.0)[:, None, None]
    film = film_of(tmp_path, video, still((300.0, 200.0)), radius_px=radius_px, shows="clips")
    worst, by_lot = parts_shown(film, "m1")
    assert (worst.start, worst.stop, worst.title) == (8, 12, "worst 1 of 1")
    assert by_lot.title == "by lot 1 of 1"
    assert by_lot.stop - by_lot.start == 4
    whole = film_of(tmp_path, video, still((300.0, 200.0)), radius_px=radius_px)
    assert parts_shown(whole, "m1") == [Part(0, FRAMES)]


@pytest.mark.parametrize("pix_fmt", ["gray", "yuv444p", "bgr0"])
def test_gray_and_other_formats_are_drawn_into(pix_fmt, tmp_path):
    path = gray_video(tmp_path, pix_fmt=pix_fmt)
    images = pictures(film_of(tmp_path, path, still((300.0, 200.0))))
    assert np.abs(marks(images[0]) - (300, 200)).max() < 6


def test_times_that_are_not_even_come_out_as_they_were(tmp_path):
    times_s = np.cumsum(np.random.default_rng(0).integers(20, 90, FRAMES)) / 1000
    times_s -= times_s[0]
    path = gray_video(tmp_path, times_s=times_s)
    film = film_of(tmp_path, path, still((300.0, 200.0)))
    write_timed_video(labeled_frames(film, [Part(0, FRAMES)]), tmp_path / "l.mp4", film.fps)
    np.testing.assert_allclose(index_frames(tmp_path / "l.mp4", None).time_s, times_s, atol=1e-4)


def test_a_picture_of_odd_sides_keeps_its_last_row_and_column(tmp_path):
    path = gray_video(tmp_path, (641, 481))
    film = film_of(tmp_path, path, still((640.0, 480.0)))
    write_timed_video(labeled_frames(film, [Part(0, FRAMES)]), tmp_path / "l.mp4", film.fps)
    image = next(read_frames(tmp_path / "l.mp4"))
    assert image.shape[1] == 642
    assert image.shape[0] % 2 == 0
    assert image[480, 639:641].min() > 200  # the keypoint in the corner


def test_a_rate_of_the_sheet_counts_frames(video, tmp_path):
    film = film_of(tmp_path, video, still(), fps=100.0)
    assert film.stamp_s is None
    shown = [*labeled_frames(film, [Part(12, 14)])]
    assert int(np.median(shown[0][0][:480])) - GROUND == pytest.approx(12, abs=1)
    assert [time_s for _, time_s in shown] == pytest.approx([0, 0.01])


def test_a_single_frame_is_a_video(tmp_path):
    path = gray_video(tmp_path, frames=1)
    film = film_of(tmp_path, path, still((300.0, 200.0), frames=1), shows="clips")
    frames = labeled_frames(film, parts_shown(film, "m1"))
    write_timed_video(frames, tmp_path / "l.mp4", film.fps)
    assert len([*read_frames(tmp_path / "l.mp4")]) == 1


def test_a_turned_video_is_drawn_as_players_show_it(tmp_path):
    straight, turned = tmp_path / "s.mp4", tmp_path / "t.mp4"
    write_video(iter([np.full((480, 640, 3), GROUND, np.uint8)] * FRAMES), straight, FPS)
    quarter = (0, -(1 << 16), 0, 1 << 16, 0, 0, 0, 0, 1 << 30)  # ISO 14496-12, tkhd
    with av.open(str(straight)) as old, av.open(str(turned), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        stream.set_display_matrix(quarter)
        for packet in old.demux(old.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    film = film_of(tmp_path, turned, still((100.0, 600.0)))
    image = pictures(film)[0]
    assert image.shape[1] == 480
    assert np.abs(marks(image, rows=640) - (100, 600)).max() < 6


def test_damaged_frames_keep_their_places(tmp_path):
    """Their packets are there, and what the decoder makes of them is shown under their numbers."""
    path = tmp_path / "v.mp4"
    noise = np.random.default_rng(0).integers(0, 255, (FRAMES, 480, 640, 3), dtype=np.uint8)
    write_video(iter(noise), path, FPS)
    document = bytearray(path.read_bytes())
    middle = len(document) // 2
    document[middle : middle + 200] = bytes(200)
    path.write_bytes(document)
    frames = len(index_frames(path, None).frame)
    film = film_of(tmp_path, path, still((300.0, 200.0), frames=frames))
    shown = [*labeled_frames(film, [Part(0, frames)])]
    assert len(shown) == frames
    times = [time_s for _, time_s in shown]
    assert times == pytest.approx([*film.time_s - film.time_s[0]])


def test_a_picture_alone_gets_poses_and_no_caption():
    image = np.full((480, 640, 3), GROUND, np.uint8)
    xy, score = still((300.0, 200.0), frames=1), np.full((1, 1, 3), 0.9)
    poses = Poses(SPACE, ("a",), np.zeros(1), xy, score)
    boxes = np.array([[100.0, 150.0, 400.0, 300.0]])
    drawn = draw_poses(image, poses, boxes, SPACE.keypoints, min_score=0.3)
    assert drawn.shape == image.shape
    assert image.max() == GROUND
    assert len(marks(drawn[196:204, 296:304])) > 0
    assert np.abs(drawn[150, 200].astype(int) - BONE).max() < 60


KILLED = """
import sys, time, numpy as np
from superanimal_core.report.video_file import write_video
def frames():
    for i in range(1000):
        yield np.full((480, 640, 3), i % 255, np.uint8)
        if i == 50:
            print("half", flush=True)
            time.sleep(60)
write_video(frames(), sys.argv[1], 20)
"""


def test_a_killed_job_leaves_no_half_video(tmp_path):
    path = tmp_path / "labeled.mp4"
    job = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE)
    assert job.stdout is not None
    assert job.stdout.readline() == b"half\n"
    job.kill()
    assert job.wait() == -signal.SIGKILL
    assert not path.exists()
