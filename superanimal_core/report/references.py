"""The works that the methods paragraph cites, and their numbers in it."""

from collections.abc import Sequence

YE = "Ye"
BIDERMAN = "Biderman"
LEI = "Lei"
HIGGINS = "Higgins"
STURMAN = "Sturman"
MOELDER = "Mölder"
PASZKE = "Paszke"
REFERENCES = {
    YE: (
        "Ye, S. et al. SuperAnimal pretrained pose estimation models for behavioral analysis. "
        "Nature Communications 15, 5165 (2024).",
        "https://doi.org/10.1038/s41467-024-48792-2",
    ),
    BIDERMAN: (
        "Biderman, D., Whiteway, M. R. et al. Lightning Pose: improved animal pose estimation via "
        "semi-supervised learning, Bayesian ensembling and cloud-native open-source tools. "
        "Nature Methods 21, 1316–1328 (2024).",
        "https://doi.org/10.1038/s41592-024-02319-1",
    ),
    LEI: (
        "Lei, J. et al. Distribution-free predictive inference for regression. "
        "Journal of the American Statistical Association 113, 1094–1111 (2018).",
        "https://doi.org/10.1080/01621459.2017.1307116",
    ),
    HIGGINS: (
        "Higgins, J. P. T., Thompson, S. G. & Spiegelhalter, D. J. A re-evaluation of "
        "random-effects meta-analysis. Journal of the Royal Statistical Society A 172, 137–159 "
        "(2009).",
        "https://doi.org/10.1111/j.1467-985X.2008.00552.x",
    ),
    STURMAN: (
        "Sturman, O. et al. Deep learning-based behavioral analysis reaches human accuracy and is "
        "capable of outperforming commercial solutions. Neuropsychopharmacology 45, 1942–1952 "
        "(2020).",
        "https://doi.org/10.1038/s41386-020-0776-y",
    ),
    MOELDER: (
        "Mölder, F. et al. Sustainable data analysis with Snakemake. F1000Research 10, 33 (2021).",
        "https://doi.org/10.12688/f1000research.29032.2",
    ),
    PASZKE: (
        "Paszke, A. et al. PyTorch: an imperative style, high-performance deep learning library. "
        "Advances in Neural Information Processing Systems 32 (2019).",
        "https://doi.org/10.48550/arXiv.1912.01703",
    ),
}


def numbered(sentences: Sequence[str]) -> tuple[str, list[tuple[str, str]]]:
    """The paragraph with its references as numbers, and the references in that order."""
    paragraph = " ".join(sentences)
    cited = sorted((k for k in REFERENCES if f"[{k}]" in paragraph), key=paragraph.index)
    for i, key in enumerate(cited, start=1):
        paragraph = paragraph.replace(f"[{key}]", f"[{i}]")
    return paragraph, [REFERENCES[key] for key in cited]
