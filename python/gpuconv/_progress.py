"""How far the program is: a bar of tqdm if that is installed."""

import re
import warnings

# The program's log lines on stderr, which it writes every two seconds.
_LINE = re.compile(r'time=\S+ level=INFO msg=("(?:[^"\\]|\\.)*"|\S+)(?: done=(\d+) of=(\d+))?')


def _bar(total):
    """Return a bar, or None if tqdm is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # in a notebook without ipywidgets tqdm.auto falls back to text, and warns
        try:
            from tqdm.auto import tqdm
        except ImportError:
            return None

        class Bar(tqdm):
            monitor_interval = 0  # no thread, which tqdm would keep for ever

        return Bar(total=total, leave=False)


def follow(stream):
    """Read the program's stderr to its end, and show the progress that it tells of. Return the rest."""
    bar, rest = None, []
    try:
        for line in stream:
            text = line.decode(errors="replace")
            found = _LINE.match(text)
            if found is None:
                rest.append(text)
            elif found[2] is not None and (bar or found[2] != found[3]):  # what is done at once needs no bar
                bar = bar or _bar(int(found[3]))
                if bar is not None:
                    bar.set_description(found[1].strip('"'), refresh=False)
                    bar.total, bar.n = int(found[3]), int(found[2])
                    bar.refresh()
    finally:
        if bar is not None:
            bar.close()
    return "".join(rest)
