"""Molecules: what RDKit says of them. The only home of RDKit, which comes with the extra `[chemistry]`."""

from __future__ import annotations

import numpy as np

from labd.domain.errors import InvalidInput
from labd.planning.spaces.numeric import Array

RADIUS, BITS = 2, 1024
"""Of the fingerprint: bonds around each atom, and columns.
Source: D. Rogers and M. Hahn, Extended-connectivity fingerprints, 2010 (ECFP4)."""


def molecules(parameter: str, options: tuple[tuple[str, str], ...]) -> list[Array]:
    """Of each option and its SMILES: 43 physico-chemical descriptors, and counts of its parts (to the root, so that
    the many of a chain do not outweigh the few of a group); two tables, `options x columns`. Raises `InvalidInput`."""
    try:
        from rdkit.Chem import MolFromSmiles, rdFingerprintGenerator, rdMolDescriptors
        from rdkit.rdBase import BlockLogs
    except ImportError:
        message = f"The options of {parameter} are molecules, and RDKit, which reads them, is not installed."
        raise InvalidInput(message, "pip install 'labd[chemistry]', or give descriptors.") from None
    described = rdMolDescriptors.Properties()
    fingerprint = rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS, fpSize=BITS)
    numbers, parts = [], []
    with BlockLogs():
        for option, smiles in options:
            molecule = MolFromSmiles(smiles)
            if molecule is None or not molecule.GetNumAtoms():
                message = f"{smiles!r}, of the option {option} of {parameter}, is no molecule."
                raise InvalidInput(message, "Write it as SMILES, as in CCO.")
            numbers.append(np.nan_to_num(np.array(described.ComputeProperties(molecule))))
            parts.append(np.sqrt(fingerprint.GetCountFingerprintAsNumPy(molecule).astype(float)))
    return [np.array(numbers), np.array(parts)]
