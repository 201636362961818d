"""The table, the verdicts and the plot."""

import csv

from tools.house import paths

from .stages import NIGHT

FOLDER = paths.ROOT / "benchmarks" / "results"
MEMORY_MB = 700
SQL_TIMES, MAIL_TIMES, DESK_TIMES = 5, 1.5, 5
# Ten times the ledger may cost this much more than ten times the time: caches, deeper indexes.
LINEAR = 1.5

STAGES = (
    ("floor_sql", "floor: balance and aging by debtor, SQL"),
    ("night", "refresh + segment + plan, the first night: every case opens"),
    ("floor_orm", "floor: the contacts created through the ORM"),
    ("rules", "contact rules, a verdict for every case"),
    ("again", "refresh + segment + plan again, little to do"),
    ("deliver", "deliver by e-mail"),
    ("floor_mail", "floor: mail.mail created and sent, a commit each"),
    ("floor_mail_one_commit", "floor: mail.mail without a commit each"),
    ("tasks", "deliver as tasks"),
)


def write(results, machine):
    """Write the files of the results and print the table; return whether all bars were kept."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    best = {
        size: {stage: min(rounds, key=lambda r: r["seconds"]) for stage, rounds in found.items()}
        for size, found in results.items()
    }
    verdicts = list(_verdicts(best))
    text = "\n".join([_machine_text(machine), "", *_table(best), "", *_bars(verdicts), ""])
    (FOLDER / "bench.md").write_text(f"# Benchmarks\n\n{text}")
    _write_csv(best)
    _plot(best)
    print(text)
    return all(verdict[-1] for verdict in verdicts)


def _machine_text(machine):
    return (
        "{cores} cores, PostgreSQL {postgresql}, Python {python}; best of {rounds} rounds."
        " Processor: seconds of the process and of its database server process.".format(**machine)
    )


def _table(best):
    yield "| invoices | piece | done | seconds | processor | statements | peak MB |"
    yield "| ---: | --- | ---: | ---: | ---: | ---: | ---: |"
    for size, found in best.items():
        for stage, title in STAGES:
            if stage in found:
                r = found[stage]
                yield (
                    f"| {size:,} | {title} | {r['count']:,} | {r['seconds']:.2f} | {r['cpu']:.2f}"
                    f" | {r['queries']:,} | {r['peak_mb']:.0f} |"
                )
                yield from _parts(size, r)


def _parts(size, result):
    for part in NIGHT:
        if part in result:
            yield f"| {size:,} | – of which {part} | | {result[part]:.2f} | | | |"
    if desk := result.get("desk"):
        title = f"– beside it the desk's {desk['pieces']} pieces"
        yield f"| {size:,} | {title} | | {desk['seconds']:.2f} | {desk['cpu']:.2f} | | |"


def _bars(verdicts):
    yield "| bar | measured | allowed | kept |"
    yield "| --- | ---: | ---: | --- |"
    for title, measured, allowed, kept in verdicts:
        yield f"| {title} | {measured} | {allowed} | {'yes' if kept else '**no**'} |"


def _verdicts(best):
    """Yield ``(bar, measured, allowed, kept)``."""
    for size, found in best.items():
        for key, unit in (("seconds", "s"), ("cpu", "s of processor")):
            spent = found["night"][key]
            allowed = SQL_TIMES * found["floor_sql"][key] + found["floor_orm"][key]
            title = f"{size:,}: refresh + segment + plan, {unit}"
            bound = f"{SQL_TIMES} x SQL + ORM = {allowed:.2f}"
            yield title, f"{spent:.2f}", bound, spent <= allowed
            spent, floor = found["deliver"][key], found["floor_mail"][key]
            title = f"{size:,}: deliver {found['deliver']['count']:,} e-mails, {unit}"
            bound = f"{MAIL_TIMES} x mail = {MAIL_TIMES * floor:.2f}"
            yield title, f"{spent:.2f}", bound, spent <= MAIL_TIMES * floor
        desk = found["night"]["desk"]
        title = f"{size:,}: the desk's {desk['pieces']} pieces of the night, s"
        bound = f"{DESK_TIMES} x bare updates = {DESK_TIMES * desk['floor']:.2f}"
        kept = desk["seconds"] <= DESK_TIMES * desk["floor"]
        yield title, f"{desk['seconds']:.2f}", bound, kept
        peak = max(found[stage]["peak_mb"] for stage in ("night", "rules", "deliver"))
        yield f"{size:,}: peak memory, MB", f"{peak:.0f}", f"{MEMORY_MB}", peak < MEMORY_MB
    yield from _growth(best)


def _growth(best):
    """Yield what must not grow, or only as the ledger does, from the least to the largest."""
    small, large = min(best), max(best)
    if small == large:
        return
    growth = large / small
    ratio = best[large]["night"]["cpu"] / best[small]["night"]["cpu"]
    title = f"{small:,} to {large:,}: processor of refresh + segment + plan"
    yield title, f"x {ratio:.1f}", f"x {growth * LINEAR:.1f}", ratio <= growth * LINEAR
    for stage, what in (("night", "cases"), ("deliver", "e-mails")):
        most = {size: _most_statements(best[size][stage]["batches"]) for size in (small, large)}
        title = f"statements of a batch of {what}, at {small:,} and {large:,}"
        allowed = most[small] * 1.1
        yield title, f"{most[small]:.0f}, {most[large]:.0f}", "the same", most[large] <= allowed


def _most_statements(batches):
    """Return the most statements of a batch; of deliveries, which cost by message, per 100."""
    largest = max(size for size, _queries in batches)
    if largest > 100:
        return max(queries for _size, queries in batches)
    return max(queries * 100 / size for size, queries in batches if size == largest)


def _write_csv(best):
    with (FOLDER / "bench.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["invoices", "piece", "done", "seconds", "cpu", "statements", "peak_mb"])
        for size, found in best.items():
            for stage, r in found.items():
                numbers = [f"{r[key]:.3f}" for key in ("seconds", "cpu")]
                writer.writerow(
                    [size, stage, r["count"], *numbers, r["queries"], f"{r['peak_mb']:.0f}"]
                )


def _plot(best):
    """Draw the cost of each piece over the size of the ledger, floors dashed."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 5))
    sizes = sorted(best)
    for stage, title in STAGES:
        if "mail" in stage or stage in ("deliver", "tasks"):
            continue  # as many messages at every size
        style = "--" if stage.startswith("floor") else "-"
        seconds = [best[size][stage]["seconds"] for size in sizes]
        axes.plot(sizes, seconds, style, marker="o", label=title)
    axes.set(xscale="log", yscale="log", xlabel="invoices", ylabel="seconds")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(FOLDER / "bench.png", dpi=120)
    plt.close(figure)
