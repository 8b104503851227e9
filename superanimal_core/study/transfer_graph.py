"""The transfer table's part of the graph: its cells, and what each starts from."""

from dataclasses import dataclass

from superanimal_core.study.graph import Graph
from superanimal_core.study.transfer_cells import transfer_rows


@dataclass(frozen=True)
class TransferGraph:
    """The cells of the transfer table of a study."""

    graph: Graph

    def single_dataset(self) -> list[str]:
        """The labels that alone are pretrained on, to compare with."""
        chosen = self.graph.study.settings.transfer.single_dataset
        return [f"results/datasets/{chosen}/unified.parquet"]

    def parent(self, model: str, mode: str, seed: int) -> str:
        """What a cell starts from."""
        if mode == "single_dataset":
            return f"results/transfer/{model}/single/member-{seed}"
        return self.graph.member_like(model, seed)

    def rows(self) -> list[str]:
        """A file for every cell."""
        return transfer_rows(self.graph.study)
