"""Large results as an analysis reads them: an array from its `.npy` file, or what a JSON file holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import BinaryIO, cast

from labd.analysis.errors import AnalysisError
from labd.domain.blob import Blob
from labd.domain.capability import Json
from labd.domain.errors import NotFound

Open = Callable[[str], BinaryIO]
"""Opens the content with that SHA-256. Raises `NotFound`."""


def nowhere(sha256: str) -> BinaryIO:
    """Where there is no store, there is no content."""
    raise NotFound(f"There is no data {sha256}.", "Analyse it where its laboratory is.")


def content(reference: Json, open_content: Open) -> Json:
    """What a reference refers to, as plain lists and numbers. Raises `AnalysisError` where it is neither."""
    blob = Blob.model_validate(reference)
    name = blob.name or blob.blob[:19]
    with open_content(blob.sha256) as file:
        try:
            if file.read(6) == b"\x93NUMPY":
                import numpy as np

                file.seek(0)
                return cast("Json", np.load(file, allow_pickle=False).tolist())
            file.seek(0)
            return cast("Json", json.load(file))
        except (ValueError, UnicodeDecodeError) as error:
            raise AnalysisError(
                f"{name} ({blob.media_type}) holds neither an array (.npy) nor JSON: {error}.",
                "Let the driver report what is to be analysed as numbers, or as an array.",
            ) from None
