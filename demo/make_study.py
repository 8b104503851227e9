"""Write the demo study: synthetic labs and videos with known truth."""

import argparse
import shutil
from pathlib import Path

from drawn_study import PICTURES, write_demo_study


def main() -> None:
    """Parse the command line and write the study."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="the study's folder; made when it does not exist")
    parser.add_argument("--seed", type=int, default=0, help="the same seed, the same study")
    parser.add_argument("--images", type=int, default=PICTURES, help="labeled pictures per lab")
    chosen = parser.parse_args()
    config = Path(chosen.folder) / "config"
    config.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(__file__).with_name("config.yaml"), config / "config.yaml")
    write_demo_study(chosen.folder, chosen.seed, chosen.images)


if __name__ == "__main__":
    main()
