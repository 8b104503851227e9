"""What a GPU does in a second, where its time goes, and whether it agrees with the processor.

    python benchmarks/gpu.py [--quick] [--record]

At most eight minutes; where there is no GPU it says so and measures nothing. Crops of networks
alone by precision and batch; from a video to Parquet, HRNet-w32 and an R-CNN that looks at every
13th frame, and what each step of this takes when none is done beside another; training steps on
three data sets that label different keypoints, without and with unlabeled video (the temporal
loss); a training on dots, its predictions there against the processor's, and the normalization that
several GPUs share. Weights are random, but for the dots. Speeds are those of torch's defaults, by
which convolutions of float32 may round to TF32. Each part has its share of the time; what does not
fit into it, or into memory, is told and left out. `--device cpu --tiny` tries all of it, at sizes
that say nothing about speed.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import torch
from gpu_agreement import agreement
from gpu_measuring import FULL, QUICK, TINY, Figures, Given, Sizes, calls_per_s, ends_s
from gpu_training import training_rates
from gpu_video import video_rates
from machine_rows import RESULTS, add_record_option, keep_row

from superanimal_core.network.devices import autocast
from superanimal_core.network.pose_network import PoseNetwork, ready_network


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one line per figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of it, two minutes and a half")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--tiny", action="store_true", help="try the program, measure nothing")
    add_record_option(parser)
    options = parser.parse_args(arguments)
    if options.device == "cpu" and not options.tiny:
        parser.error("--device cpu only tries the program: add --tiny")
    if options.tiny and options.record:
        parser.error("--tiny measures nothing that is worth keeping: leave out --record")
    if options.device == "cuda" and not torch.cuda.is_available():
        print("no GPU here: nothing was measured")
        return
    sizes = TINY if options.tiny else QUICK if options.quick else FULL
    device = torch.device(options.device)
    name = torch.cuda.get_device_name() if device.type == "cuda" else "the processor"
    print(name, "torch", torch.__version__)
    for figures in measured(device, sizes):
        tell(figures)
        if options.record:
            keep(figures, name)


def tell(figures: Figures) -> None:
    """One line."""
    values = ", ".join(f"{name} {value:.4g}" for name, value in figures.values.items())
    print(f"{figures.case}, {figures.precision}: {values}", flush=True)


def keep(figures: Figures, gpu: str, folder: Path = RESULTS) -> None:
    """The row of the table, at once: what was measured stays, whatever happens to the rest."""
    how = {"precision": figures.precision, "device": gpu, "folder": folder}
    keep_row("gpu", figures.case, figures.values, **how)


def measured(device: torch.device, sizes: Sizes) -> Iterator[Figures]:
    """All figures, as they come."""
    shares = {part: share for part, (_, share) in PARTS.items()}
    ends = ends_s(time.perf_counter(), sizes.budget_s, shares)
    for part, (figures_of, _) in PARTS.items():
        with tempfile.TemporaryDirectory() as folder:
            yield from figures_of(Given(device, sizes, Path(folder), ends[part]))


def crop_rates(given: Given) -> Iterator[Figures]:
    """Crops per second of networks alone, from pixels on the device to positions there."""
    sizes = given.sizes
    for name, network in sizes.networks.items():
        width, height = network.size_px
        ready = ready_network(network.bundle().network, given.device)
        for precision in sizes.precisions:
            for batch in sizes.batches:
                case = f"{name} alone, {width} x {height} px, batch {batch}"
                told = f"{case}, {precision}"
                if not given.has_time(told):
                    return
                shape = batch, 3, height, width
                values = given.fitting(told, partial(crop_rate, given, ready, shape, precision))
                if values is None:
                    break  # nor will a larger one
                yield Figures(case, precision, values)


@torch.inference_mode()
def crop_rate(
    given: Given, network: PoseNetwork, shape: tuple[int, int, int, int], precision: str
) -> dict[str, float]:
    """Crops per second in batches of a shape (batch, 3, height, width)."""
    pixels = torch.randn(shape, device=given.device).contiguous(memory_format=torch.channels_last)

    def see() -> object:
        with autocast(given.device, precision):
            outputs = network(pixels)
        return network.decode(outputs)

    return {"crops_per_s": shape[0] * calls_per_s(see, given.device, given.sizes.timed_s)}


PARTS: dict[str, tuple[Callable[[Given], Iterator[Figures]], float]] = {  # share of the time
    "crops": (crop_rates, 0.25),
    "video": (video_rates, 0.35),
    "training": (training_rates, 0.25),
    "agreement": (agreement, 0.15),
}


if __name__ == "__main__":
    main()
