"""Execute a study's notebook with the running interpreter and keep what it showed."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impacteval.errors import Problem, StudyError
from impacteval.notebook.parameters import assignments, checked, declared
from impacteval.notebook.published import FILE_NAME, PLACE_VARIABLE
from impacteval.notebook.twin import (
    PARAMETERS_TAG,
    Cell,
    new_cell,
    notebook_of,
    read_cells,
    source_of,
    written,
)
from impacteval.progress import step

if TYPE_CHECKING:
    from jupyter_client.manager import AsyncKernelManager
    from nbformat import NotebookNode

_INJECTED_ID = "cell-parameters"
_INJECTED_TAG = "injected-parameters"

# What differs from run to run in a text without meaning anything.
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+")
_KERNEL_FILE = re.compile(r"(?:/\S*)?/ipykernel_\d+/\d+\.py")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def run_notebook(
    study_dir: Path | str,
    out_dir: Path | str,
    parameters: Mapping[str, object] | None = None,
    *,
    timeout: float = 600.0,
) -> Path:
    """Execute ``study.py`` of a study, or another source, and store it with its outputs.

    The notebook runs in the study's folder with the interpreter that runs this function, whatever
    kernels the machine knows. What it publishes (see `publish`) is stored beside it. Nothing is
    stored when a cell fails.

    Parameters
    ----------
    study_dir : path
        The study's folder, with ``study.py`` in the percent format; or a source of another name.
    out_dir : path
        Where ``study.ipynb`` (called as the source is) and ``published.json`` go; made when it does
        not exist.
    parameters : mapping, optional
        Values of declared parameters, instead of those by default.
    timeout : float
        Seconds that one cell may take.

    Returns
    -------
    Path
        The notebook as it ran. The same study, parameters and environment give the same bytes,
        provided the cells show nothing that changes by itself, such as the time.

    Raises
    ------
    StudyError
        No notebook, a cell that fails (with its number, the line of the source and the error's
        last line), or a cell that takes longer than `timeout`.
    UsageError
        A parameter that is not declared or of another type.
    """
    out, source = Path(out_dir), source_of(study_dir)
    cells = read_cells(source)
    known = declared(cells, source.as_posix())
    values = checked(parameters or {}, known)
    notebook = notebook_of(cells)
    if values:
        _inject(notebook, assignments(values, known))

    with tempfile.TemporaryDirectory(prefix="impacteval-") as scratch:
        # Resolved, because the kernel runs in the study's folder.
        published = Path(scratch).resolve() / "published"
        published.mkdir()
        _execute(notebook, cells, source, Path(scratch).resolve(), published, timeout)
        _settle(notebook, str(published))
        out.mkdir(parents=True, exist_ok=True)
        target = out / source.with_suffix(".ipynb").name
        target.write_text(written(notebook), encoding="utf-8", newline="\n")
        (out / FILE_NAME).unlink(missing_ok=True)
        if (published / FILE_NAME).exists():
            shutil.copyfile(published / FILE_NAME, out / FILE_NAME)
    return target


def _inject(notebook: NotebookNode, text: str) -> None:
    """Put the values given right behind the cell that declares the parameters."""
    import nbformat

    at = next(
        k
        for k, cell in enumerate(notebook.cells)
        if PARAMETERS_TAG in cell.metadata.get("tags", ())
    )
    new = new_cell(Cell("code", text, (_INJECTED_TAG,), 0), _INJECTED_ID)
    notebook.cells.insert(at + 1, nbformat.from_dict(new))  # type: ignore[no-untyped-call]  # no types


def _kernel(scratch: Path) -> AsyncKernelManager:
    """A kernel of this very interpreter, reached through sockets of the file system if possible."""
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    manager = AsyncKernelManager(kernel_name="python3")
    # Kernels registered on the machine under the same name may belong to another environment.
    manager._kernel_spec = KernelSpec(
        argv=[
            sys.executable,
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
            "--HistoryManager.enabled=False",
        ],
        display_name="Python 3",
        language="python",
    )
    manager.connection_file = str(scratch / "kernel.json")
    if os.name == "posix":
        manager.transport = "ipc"
    return manager


def _execute(
    notebook: NotebookNode,
    cells: tuple[Cell, ...],
    source: Path,
    scratch: Path,
    published: Path,
    timeout: float,
) -> None:
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    total = sum(cell.cell_type == "code" for cell in notebook.cells)
    running = {"index": 0, "done": 0}

    def begin(cell: Any, cell_index: int) -> None:
        running["index"] = cell_index

    def end(cell: Any, cell_index: int, execute_reply: Any) -> None:
        running["done"] += 1
        step("notebook", running["done"], total)

    client = NotebookClient(
        notebook,
        km=_kernel(scratch),
        timeout=timeout,
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
        resources={"metadata": {"path": str(source.parent)}},
        on_cell_start=begin,
        on_cell_executed=end,
    )
    environment = {
        **os.environ,
        # The order of sets is part of what cells show; profiles and start-up files are not.
        "PYTHONHASHSEED": "0",
        "IPYTHONDIR": str(scratch / "ipython"),
        "MPLCONFIGDIR": os.environ.get("MPLCONFIGDIR", str(scratch / "matplotlib")),
        PLACE_VARIABLE: str(published),
    }
    step("notebook", 0, total)
    try:
        client.execute(env=environment, cleanup_kc=True)
    except CellExecutionError as error:
        raise StudyError(_failure(notebook, running["index"], cells, source, error)) from None
    except CellTimeoutError:
        number, line, _ = _place(notebook, running["index"], cells)
        what = f"Cell {number} of the notebook took longer than {timeout:g} seconds."
        raise StudyError(Problem(what, "", source.as_posix(), line, 1)) from None
    except DeadKernelError:
        number, line, _ = _place(notebook, running["index"], cells)
        what = f"Cell {number} of the notebook ended the interpreter."
        raise StudyError(
            Problem(what, "It may have run out of memory.", source.as_posix(), line, 1)
        ) from None


def _place(notebook: NotebookNode, index: int, cells: tuple[Cell, ...]) -> tuple[str, int, str]:
    """What a person calls the cell, the line of the source where it begins, and its text."""
    cell = notebook.cells[index]
    if cell.id == _INJECTED_ID:
        return "of parameters", 0, cell.source
    number = int(cell.id.removeprefix("cell-"))
    return str(number), cells[number - 1].line, cell.source


def _failure(
    notebook: NotebookNode, index: int, cells: tuple[Cell, ...], source: Path, error: Any
) -> Problem:
    number, start, text = _place(notebook, index, cells)
    traceback = _COLOUR.sub("", str(error.traceback))
    # The first frame is the cell's own; deeper ones are functions that it called.
    inside = re.search(r"Cell In\[\d+\], line (\d+)", traceback)
    offset = int(inside.group(1)) - 1 if inside else 0
    lines = text.split("\n")
    quoted = lines[offset].strip() if offset < len(lines) else ""
    last = _COLOUR.sub("", f"{error.ename}: {error.evalue}").strip().split("\n")[0]
    return Problem(
        f"Cell {number} of the notebook stopped with {last}",
        f"(at `{quoted}`)." if quoted else "",
        source.as_posix(),
        start + offset if start else 0,
        1,
    )


def _settle(notebook: NotebookNode, published: str) -> None:
    """Take out what differs from run to run: timings, addresses, names of temporary files."""
    notebook.metadata.language_info = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            if "text" in output:
                output["text"] = _plain(output["text"], published)
            for kind, data in output.get("data", {}).items():
                if kind.startswith("text/") and isinstance(data, str):
                    output["data"][kind] = _plain(data, published)


def _plain(text: str, published: str) -> str:
    text = text.replace(published, ".")
    return _KERNEL_FILE.sub("<cell>", _ADDRESS.sub("at 0x...", text))
