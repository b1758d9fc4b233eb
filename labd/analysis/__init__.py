"""Raw readings become outcomes."""

from labd.analysis.errors import AnalysisError
from labd.analysis.function import AnalysisFunction
from labd.analysis.registry import FUNCTIONS, analyse, signatures

__all__ = ["FUNCTIONS", "AnalysisError", "AnalysisFunction", "analyse", "signatures"]
