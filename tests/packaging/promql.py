"""What a PromQL expression asks for: its metrics, and the labels by which they are chosen and grouped. No
full parser (promtool is one, and is used where it is installed), but names that do not exist are found."""
import re

FUNCTIONS = {
    "abs",
    "absent",
    "changes",
    "count",
    "count_values",
    "delta",
    "histogram_quantile",
    "increase",
    "irate",
    "label_replace",
    "max",
    "min",
    "avg",
    "rate",
    "scalar",
    "sum",
    "time",
    "topk",
    "bottomk",
    "vector",
    "max_over_time",
    "min_over_time",
    "avg_over_time",
    "clamp_min",
    "clamp_max",
}
WORDS = {
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "and",
    "or",
    "unless",
    "bool",
    "offset",
}


def names(expression):
    """(metrics, {metric: labels of its selector}, labels that are grouped by)"""
    rest = re.sub(r"\$__\w+", "5m", expression)
    replaced = set(re.findall(r'label_replace\(.*?,\s*"(\w+)"', rest))
    selected = {}
    for metric, inside in re.findall(r"([A-Za-z_:]\w*)\s*\{([^}]*)\}", rest):
        selected.setdefault(metric, set()).update(re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"', inside))
    rest = re.sub(r"\{[^}]*\}", "", rest)
    rest = re.sub(r'"(?:[^"\\]|\\.)*"', "", rest)
    rest = re.sub(r"\[[^\]]*\]", "", rest)
    grouped = set()
    for clause in re.findall(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)", rest):
        grouped.update(name.strip() for name in clause.split(",") if name.strip())
    rest = re.sub(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", "", rest)
    rest = re.sub(r"\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b", "", rest)
    found = set(re.findall(r"[A-Za-z_:][\w:]*", rest)) - WORDS
    for name in re.findall(r"([A-Za-z_]\w*)\s*\(", rest):
        if name not in FUNCTIONS and name not in WORDS:
            raise ValueError("unknown function %s in %s" % (name, expression))
    return found - FUNCTIONS, selected, grouped - replaced
