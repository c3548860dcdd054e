"""featfer data"""

import click
from featfer_cli import options, printing
from featfer_cli.stopping import keeping


@click.command()
@click.argument("source")
@click.option("--out", metavar="DIR", help="Write overview.md with pictures and the table of duplicates, copies.csv, there.")
@click.option("--store", metavar="DIR", help="A store that SOURCE was extracted to: says where no face was found.")
@click.option("--near", type=click.IntRange(min=0), default=40, show_default=True, metavar="N",
              help="Pairs of near duplicates to draw, least similar first; 0 does not search for them, which is quick.")
@options.labels
@options.codes
@options.as_json
def data(source, out, store, near, labels, codes, as_json):
    """Show what a data set holds, and which of its images stand in it more than once.

    Images of each class by split, exact, near and mirrored duplicates within and across splits, those with other labels, and
    images that are unreadable or show nothing. Each image is compared with each: FER2013 takes about a minute.

    \b
    featfer data fer2013.csv
    featfer data fer2013.csv --store store --out overview
    featfer evaluate svm.joblib --store store --dedup overview/copies.csv
    """
    from featfer.reports.dataset import inspect_dataset
    from featfer.reports.dataset_page import check_page, write_page

    if out:
        check_page(source, out)
    with keeping(f"Files that are whole in {out} stay; the same command begins anew." if out else ""):
        overview = inspect_dataset(source, near > 0, store, labels, codes)
        written = write_page(overview, out, near, options.command_line()) if out else []
    if as_json:
        return printing.print_json(overview.as_dict())
    _print(overview)
    for path in written:
        printing.echo_line(f"written: {path}")


def _print(overview):
    from featfer.reports.dataset_page import make_sentences, make_tables
    for head, rows in make_tables(overview):
        wide = max(len(row[0]) for row in [head, *rows])
        printing.echo_line(f"{head[0]:{wide}}" + "".join(f"{name:>9}" for name in head[1:]))
        for name, *cells in rows:
            printing.echo_line(f"{name:{wide}}" + "".join(f"{cell:9,}" for cell in cells))
        click.echo()
    for said in make_sentences(overview):
        printing.echo_line(said)
    printing.echo_line(f"{overview.source}: {len(overview.rows):,} images in {overview.seconds:.0f} s")
