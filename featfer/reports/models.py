"""Reports on recognizers: a Markdown page with pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from featfer.errors import ParameterError
from featfer.evaluation.metrics import calibration_error, reliability_bins
from featfer.evaluation.scoring import evaluate, remove_calibration, score
from featfer.labels import FER7
from featfer.reports import plots
from featfer.reports.plots import Bins
from featfer.reports.protocol import describe_protocol
from featfer.reports.published import DLIB_FEATURES_2022, has_fer2013_splits
from featfer.typing import Path as AnyPath
from featfer.utils.environment import describe_machine, find_versions
from featfer.utils.files import make_distinct, write_text
from featfer.utils.markdown import as_code, as_text, markdown_table, percent
from featfer.utils.outputs import PICTURE, REPORT, check_output
from featfer.utils.progress import bar

if TYPE_CHECKING:
    from featfer.recognizer import Recognizer
    from featfer.store.table import FeatureTable

Named: TypeAlias = "tuple[str, Recognizer, dict[str, Any]]"
"""A model's name, the model and its card."""

Scored: TypeAlias = tuple[str, dict[str, Any], dict[str, Any]]
"""The name of a model, its card and its figures by split."""


def write_report(models: Sequence[Named], table_of: Callable[[Recognizer], FeatureTable], path: AnyPath, command: str) -> None:
    """Write a Markdown report on some recognizers, with pictures in a folder of the same name.

    Parameters
    ----------
    models : list of tuple (str, Recognizer, dict)
        Names, models and cards. Equal names are numbered.
    table_of : callable
        Function from a Recognizer to the FeatureTable it is scored on.
    path : path
        The .md file.
    command : str
        The command that the report names.

    Raises
    ------
    WriteError
        Before any scoring, when a file cannot be written or is not part of a report.
    """
    path = Path(path)
    if path.suffix != ".md":
        raise ParameterError(f"{path}: a report's name ends in .md")
    results, curves, published, names = [], {}, {}, make_distinct(name for name, _, _ in models)
    _check_outputs(path, names)
    for name, (_, recognizer, card) in bar(list(zip(names, models, strict=True)), desc="scoring", unit=" models", delay=1):
        table = recognizer.match_labels(table_of(recognizer))
        test, curves[name] = _score_test(recognizer, table)
        published[name] = _find_published(card) if has_fer2013_splits(table) else {}
        val = evaluate(recognizer, table, "val") if table.has_split("val") else None
        results.append((name, card, {"val": val, "test": test}))
    pictures = path.with_suffix("")
    bars = [(name, _collect_bars(scored, published[name])) for name, _, scored in results]
    plots.draw_accuracies(bars, pictures / "accuracy.png")
    sections = [_format_head(table, command), _format_summary(results, published, pictures.name)]
    for name, card, scored in results:
        _draw_plots(name, card, scored, curves[name], pictures)
        sections.append(_format_model(name, card, scored, pictures.name))
    sections.append(_format_setting())
    write_text(path, "\n\n".join(sections) + "\n", REPORT)


def _draw_plots(name: str, card: dict[str, Any], scored: dict[str, Any], curves: Mapping[str, Bins], folder: Path) -> None:
    plots.draw_confusion(scored["test"], folder / f"{name}-confusion.png", f"{name} on test")
    plots.draw_reliability(curves, folder / f"{name}-reliability.png", f"{name} on test")
    if "cnn" in card:
        plots.draw_learning_curves({"": card["cnn"]["history"]}, folder / f"{name}-curves.png", f"{name}, epoch by epoch")


def _check_outputs(path: Path, names: Iterable[str]) -> None:
    check_output(path, REPORT)
    for picture in ("accuracy", *(f"{name}-{what}" for name in names for what in ("confusion", "reliability", "curves"))):
        check_output(path.with_suffix("") / f"{picture}.png", PICTURE)


def format_class_table(result: dict[str, Any], published: Mapping[str, Sequence[float | None]] | None = None) -> str:
    """Format precision, recall and F1 of each class and their means as a Markdown table, in percent.

    Parameters
    ----------
    result : dict
        Figures on test.
    published : dict, optional
        {class, "macro" or "weighted": (precision, recall, F1)}, fractions or None, to add as columns.

    Returns
    -------
    str
    """
    metrics, head = ("precision", "recall", "f1-score"), ["class, test", "precision", "recall", "F1", "support"]
    beside = [f"published {word}" for word in head[1:4]] if published else []
    rows = {**result["classes"], "macro": result["macro"], "weighted": result["weighted"]}
    return markdown_table(head + beside, [
        [row, *(percent(values[metric] if values["support"] else None) for metric in metrics), round(values["support"]),
         *(percent(value) for value in (published.get(row, (None, None, None)) if published else ()))]
        for row, values in rows.items()])


def format_counts_table(result: dict[str, Any]) -> str:
    """Format the confusion matrix as a Markdown table: true classes are rows, predicted ones columns.

    Parameters
    ----------
    result : dict
        Figures.

    Returns
    -------
    str
    """
    names = list(result["classes"])
    return markdown_table(["true", *names], [[name, *row] for name, row in zip(names, result["confusion"], strict=True)])


def _score_test(recognizer: Recognizer, table: FeatureTable) -> tuple[dict[str, Any], Mapping[str, Bins]]:
    """Return the figures on test, and {label: reliability bins} after and before calibration."""
    rows, before = table.split("test"), remove_calibration(recognizer)
    probabilities = recognizer.probabilities(rows.features)
    test = score(probabilities, table, "test", recognizer.label_set.names)
    label = f"{'calibrated' if before else 'not calibrated'}, ECE {test['ece']:.3f}"
    curves = {label: reliability_bins(rows.labels, probabilities)}
    if before:
        probabilities = before.probabilities(rows.features)
        test["uncalibrated_ece"] = calibration_error(rows.labels, probabilities)
        curves[f"before, ECE {test['uncalibrated_ece']:.3f}"] = reliability_bins(rows.labels, probabilities)
    return test, curves


def _format_head(table: FeatureTable, command: str) -> str:
    return (f"# Expression recognition on {as_text(table.source)}\n\n{date.today().isoformat()}. Made by\n\n"
            f"{as_code(command)}\n\n{describe_protocol(table)}")


def _format_summary(results: list[Scored], published: Mapping[str, Mapping[str, float]], folder: str) -> str:
    columns = [column for column in ("raw", "super-resolved") if any(column in known for known in published.values())]
    head = ["model", "features", "val", "test", "test without copies", "test macro F1", "test ECE",
            *(f"published, {column}" for column in columns)]
    rows = [[name, _format_features(card), percent(_get_accuracy(scored["val"])), percent(scored["test"]["accuracy"]),
             percent(scored["test"]["copies"]["accuracy_without"]), percent(scored["test"]["macro"]["f1-score"]),
             f"{scored['test']['ece']:.3f}", *(published[name].get(column, "-") for column in columns)]
            for name, card, scored in results]
    beside = ["Published: the 2022 study of dlib features on FER2013 with the same classifier (test, %)."] if columns else []
    return "\n\n".join(["## Accuracy, %", markdown_table(head, rows), *beside,
                        f"![Accuracy of each model on val and test]({quote(folder)}/accuracy.png)",
                        _format_further_figures(results)])


def _format_further_figures(results: list[Scored]) -> str:
    head = ["model, test", "top-1", "top-2", "top-3", "mean recall", "macro F1", "ECE before calibration", "ECE"]
    rows = [[name, *map(percent, test["top"]), percent(test["macro"]["recall"]), percent(test["macro"]["f1-score"]),
             f"{test['uncalibrated_ece']:.3f}" if "uncalibrated_ece" in test else "-", f"{test['ece']:.3f}"]
            for name, test in ((name, scored["test"]) for name, _, scored in results)]
    return ("## Beyond accuracy, %\n\nTop-2 and top-3: the truth is among so many likeliest expressions. Mean recall, which is "
            "balanced accuracy, and macro F1 count every expression that has images alike, however rare. ECE: the expected "
            f"calibration error, in [0, 1].\n\n{markdown_table(head, rows)}")


def _collect_bars(scored: dict[str, Any], published: Mapping[str, float]) -> dict[str, float | None]:
    return {"test": 100 * scored["test"]["accuracy"], "val": scored["val"] and 100 * scored["val"]["accuracy"],
            "published (test)": published.get("raw")}


def _get_accuracy(result: dict[str, Any] | None) -> float | None:
    return None if result is None else result["accuracy"]


def _format_val(result: dict[str, Any] | None) -> str:
    """Say the figures on val.

    result: None without val
    """
    if result is None:
        return "There is no val."
    return (f"Val: {result['images']:,} images, {percent(result['accuracy'])} %, without copies "
            f"{percent(result['copies']['accuracy_without'])} %.")


def _format_absent_classes(test: dict[str, Any]) -> str:
    """Name the classes without images on test."""
    names = [name for name, values in test["classes"].items() if not values["support"]]
    return f" No images of {as_text(', '.join(names))}: what is macro is of the other classes." if names else ""


def _find_published(card: dict[str, Any]) -> dict[str, float]:
    """Return the published accuracies in percent, by "raw" or "super-resolved", for embeddings of FER2013."""
    on_embedding = any(feature["feature"] == "embedding" for feature in card["features"])
    if card["labels"]["set"] != FER7.name or not on_embedding:
        return {}
    return DLIB_FEATURES_2022.get(card["classifier"], {})


def _format_features(card: dict[str, Any]) -> str:
    """Say which features a model uses."""
    names = (f"{f['feature']} {f['params'].get('stage', '')}".strip() + _format_alignment(f["params"])
             for f in card["features"])
    return " + ".join(dict.fromkeys(names))


def _format_views(card: dict[str, Any]) -> str:
    """Say which views a model averages over; nothing for the plain view."""
    averaged = dict.fromkeys(view for member in card.get("members", [card])
                             for view in member.get("views", {}).get("averaged", []))
    return f"; predictions averaged over the views {', '.join(averaged)} (test-time augmentation)" if len(averaged) > 1 else ""


def _format_objective(card: dict[str, Any]) -> str:
    """Say what a model learnt other than plain labels."""
    said = {"balance": "classes balanced by {}", "soft": "soft labels", "coarse_to_fine": "coarse to fine"}
    return "".join(f"; {said[name].format(value)}" for name, value in card.get("objective", {}).items() if value)


def _format_alignment(params: Mapping[str, Any]) -> str:
    align = params.get("align")
    return {None: "", "none": ", unaligned"}.get(align, f", {align}-point chips")


def _format_model(name: str, card: dict[str, Any], scored: dict[str, Any], folder: str) -> str:
    test, duplicates = scored["test"], scored["test"]["copies"]
    quoted, net = quote(f"{folder}/{name}"), _format_network(name, card, folder)
    name = as_text(name)
    objective = as_text(_format_objective(card))
    return f"""## {name}

{as_text(card["classifier"])} on {as_text(_format_features(card))}{as_text(_format_views(card))}{objective}; \
parameters {as_text(card["params"] or "as by default")}, seed {as_text(card["seed"])}; trained on \
{card["data"]["rows"]:,} faces in {card["seconds"]:.0f} s ({as_text(card["date"])}, {as_text(card["machine"])}) by

{as_code(card["command"] or "")}
{net}
Test: {test["images"]:,} images predicted, {test["unreadable"]} unreadable; accuracy {percent(test["accuracy"])} %, on the \
{duplicates["images"]} copies of training images {percent(duplicates["accuracy"])} %, on the other \
{duplicates["images_without"]:,} {percent(duplicates["accuracy_without"])} %. \
{_format_val(scored["val"])}{_format_absent_classes(test)}

{format_class_table(test)}

{_format_confusion(test)}

![Confusion matrix of {name} on test]({quoted}-confusion.png)

![How often {name} is right, by how sure it is, on test]({quoted}-reliability.png)"""


def _format_network(name: str, card: dict[str, Any], folder: str) -> str:
    """Return a paragraph on a network with its learning curves; nothing for other classifiers."""
    if "cnn" not in card:
        return ""
    net = card["cnn"]
    return f"""
The network {as_text(net["network"])} has {net["parameters"]:,} parameters and takes {net["multiply_adds"]:,} multiply-adds a \
face; epochs trained: {len(net["history"])}, by the recipe {as_text(net["recipe"]["name"])}.

![Loss and accuracy of {as_text(name)} by epoch]({quote(f"{folder}/{name}")}-curves.png)
"""


def _format_confusion(test: dict[str, Any]) -> str:
    percentages = [[f"{100 * count / sum(row):.1f}" if sum(row) else "-" for count in row] for row in test["confusion"]]
    return ("Confusion on test, % of each true class (rows: true, columns: predicted):\n\n"
            f"{format_counts_table(test | {'confusion': percentages})}\n\nThe same in images:\n\n{format_counts_table(test)}")


def _format_setting() -> str:
    libraries = ", ".join(f"{name} {version}" for name, version in find_versions().items())
    return f"## Scored with\n\n{describe_machine()}; {libraries}."
